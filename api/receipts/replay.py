"""Replays: a stored answer compared with the answer to the same request today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from ..results import Answer
from .checks import CheckedReceipt
from .model import Made

Verdict = Literal["same", "changed", "gone"]
"""Whether the answer is the same; another; or cannot be given, as its texts are gone or the question is refused."""

Difference = Literal["generation", "model", "configuration", "version"]
"""What an answer was made with that differs."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of one or both answers.

    Attributes:
        kind: "same", "removed" (only then) or "added" (only now).
        text: the line.
    """

    kind: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True, slots=True)
class Replay:
    """A stored answer compared with the one of today.

    Attributes:
        verdict: how they compare.
        lines: the lines of both, in order.
        differences: what they were made with that differs.
        answer: the answer of today.
        made: what it was made with.
    """

    verdict: Verdict
    lines: tuple[DiffLine, ...]
    differences: tuple[Difference, ...]
    answer: Answer
    made: Made


def compare_answers(checked: CheckedReceipt, answer: Answer, made: Made) -> Replay:
    """Compare a checked receipt with the answer to the same request today.

    Args:
        checked: the receipt.
        answer: the answer of today.
        made: what it was made with.
    """
    then = checked.receipt.answer
    is_refused = answer.abstained and not then.abstained
    old, new = _lines(checked.shown_answer()), _lines(answer)
    is_same = old == new and checked.is_complete and _places(then) == _places(answer)
    verdict: Verdict = "gone" if is_refused or not checked.is_complete else "same" if is_same else "changed"
    was = checked.receipt.made
    pairs: dict[Difference, tuple[object, object]] = {
        "generation": (then.generation, answer.generation),
        "model": (was.model_id, made.model_id),
        "configuration": (was.configuration, made.configuration),
        "version": (was.version, made.version),
    }
    differences: list[Difference] = [name for name, (before, after) in pairs.items() if before != after]
    return Replay(verdict, _diff(old, new), tuple(differences), answer, made)


def _lines(answer: Answer) -> list[str]:
    return [segment.text for segment in answer.segments]


def _places(answer: Answer) -> list[tuple[str, int, int]]:
    return [(citation.text_hash, citation.start, citation.end) for citation in answer.citations]


def _diff(old: Sequence[str], new: Sequence[str]) -> tuple[DiffLine, ...]:
    lines: list[DiffLine] = []
    for operation, old_start, old_end, new_start, new_end in SequenceMatcher(None, old, new, False).get_opcodes():
        if operation == "equal":
            lines += [DiffLine("same", text) for text in old[old_start:old_end]]
        else:
            lines += [DiffLine("removed", text) for text in old[old_start:old_end]]
            lines += [DiffLine("added", text) for text in new[new_start:new_end]]
    return tuple(lines)
