"""One sitting of a judge: a pair is shown, a key is pressed, a judgment is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .judgments import Judgments
from .pool import Pair

GRADES = {"0": 0, "1": 1, "2": 2, "3": 3}
SKIP, UNDO, QUIT = "s", "u", "q"


def sit(
    pairs: Sequence[Pair],
    judgments: Judgments,
    keys: Callable[[], str],
    show: Callable[[Pair | None, int, int], None],
    tell: Callable[[str], None],
) -> int:
    """Judge pairs until there are none left, or the judge has had enough.

    Args:
        pairs: what is to be judged.
        judgments: where judgments are kept.
        keys: the next key that is pressed; empty where none will come.
        show: shows a pair, its number from 1 and how many there are; None where all are through.
        tell: told what became of a key.

    Returns:
        How many judgments were kept.

    Raises:
        FileError: a judgment cannot be written; those before it are kept.
    """
    at, graded = 0, list[int]()
    shown = -1
    while True:
        if shown != at:
            show(pairs[at] if at < len(pairs) else None, at + 1, len(pairs))
            shown = at
        key = keys().lower()
        if key in ("", QUIT):
            return judgments.count
        if key == UNDO:
            if graded:
                judgments.undo()
                at = graded.pop()
                tell("taken back")
            else:
                tell("nothing to take back in this sitting")
        elif at == len(pairs):
            return judgments.count
        elif key in GRADES:
            judgments.add(pairs[at].query.query_id, pairs[at].paper_id, GRADES[key])
            graded.append(at)
            at += 1
        elif key == SKIP:
            at += 1
        else:
            tell("0 to 3 grades, s skips, u takes back, q ends")
