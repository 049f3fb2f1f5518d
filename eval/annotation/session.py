"""An interactive annotation session: shows a paper, reads a key, records a judgment."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .judgments import JudgmentLog
from .pool import PooledPaper

GRADES = {"0": 0, "1": 1, "2": 2, "3": 3}
SKIP, UNDO, QUIT = "s", "u", "q"


def run_session(
    pool: Sequence[PooledPaper],
    judgments: JudgmentLog,
    read_key: Callable[[], str],
    show: Callable[[PooledPaper | None, int, int], None],
    notify: Callable[[str], None],
) -> int:
    """Judge papers until none is left or the annotator quits.

    Args:
        pool: the papers to judge.
        judgments: the log that judgments are added to.
        read_key: returns the next key; an empty string at the end of input.
        show: shows a paper, its number from 1 and the size of the pool; None after the last paper.
        notify: shows a message about a key.

    Returns:
        Number of judgments added.

    Raises:
        FileError: a judgment cannot be written; earlier ones are kept.
    """
    position, graded = 0, list[int]()
    shown = -1
    while True:
        if shown != position:
            show(pool[position] if position < len(pool) else None, position + 1, len(pool))
            shown = position
        key = read_key().lower()
        if key in ("", QUIT):
            return judgments.count
        if key == UNDO:
            if graded:
                judgments.undo()
                position = graded.pop()
                notify("undone")
            else:
                notify("nothing to undo in this session")
        elif position == len(pool):
            return judgments.count
        elif key in GRADES:
            judgments.add(pool[position].query.query_id, pool[position].paper_id, GRADES[key])
            graded.append(position)
            position += 1
        elif key == SKIP:
            position += 1
        else:
            notify("0 to 3 grade, s skips, u undoes, q quits")
