"""Trust verdicts on LLM-written summaries: a label, and the reasons for it with their spans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Label = Literal["refused", "invented", "contradicted", "unchecked", "supported"]
"""The trust labels of a summary:

- refused: it has no content, because its author could not read the paper.
- invented: its author admits that, and then writes from the title.
- contradicted: the paper's own abstract contradicts it.
- unchecked: there is nothing to compare it with.
- supported: the paper's own abstract supports it.
"""

LABELS: tuple[Label, ...] = get_args(Label)


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for a trust label.

    Attributes:
        code: kind of the reason: "apology", "number", "name", "meaning", "wrong_paper" ...
        message: the reason on one line.
        start, end: `entry.body[start:end]` is the span concerned; equal where it is the whole summary.
        against: the text of the abstract that the span was compared with; empty where there is none.
    """

    code: str
    message: str
    start: int
    end: int
    against: str = ""


@dataclass(frozen=True, slots=True)
class Trust:
    """The trust verdict on a summary.

    Attributes:
        label: the verdict.
        reasons: the reasons, decisive ones first.
        wrong_paper: the paper that the summary seems to be about, where it is not the entry's own; else None.
    """

    label: Label
    reasons: tuple[Reason, ...] = ()
    wrong_paper: str | None = None
