"""What an LLM-written summary is worth: its label, the reasons for it, and where in the summary they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Label = Literal["refused", "invented", "contradicted", "unchecked", "supported"]
"""refused: no content, the writer could not read the paper. invented: the writer says so, then writes from the title.
unchecked: nothing to hold it against. supported, contradicted: held against the paper's own abstract."""

LABELS: tuple[Label, ...] = get_args(Label)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a summary has its label.

    Attributes:
        code: what kind of reason, as a code: "apology", "number", "name", "meaning", "wrong_paper" ...
        message: one line for a reader.
        start, end: `entry.body[start:end]` is the offending or supported span; equal where it is the whole summary.
        against: the words of the abstract that the span was held against; empty where there are none.
    """

    code: str
    message: str
    start: int
    end: int
    against: str = ""


@dataclass(frozen=True, slots=True)
class Trust:
    """How far to trust one summary.

    Attributes:
        label: the verdict.
        reasons: why, the decisive ones first.
        wrong_paper: the paper that the summary seems to speak of, where that is not its own; else None.
    """

    label: Label
    reasons: tuple[Reason, ...] = ()
    wrong_paper: str | None = None
