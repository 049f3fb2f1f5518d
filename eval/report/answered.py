"""What answering did, counted: answered rightly, wrongly, refused, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..runs.model import Outcome, Reply
from .sides import Side


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers of a run, counted.

    Attributes:
        right: queries that a paper answers, answered with a relevant paper among the cited.
        wrong: the same, with none among them.
        refused: the same, refused.
        rightly_refused: queries that nothing answers, refused.
        misled: queries that nothing answers, answered all the same.
        quotes, verified: quotations, and how many stand letter for letter in their text.
        reasons: why it refused, as codes with their counts, most frequent first.
        area: under risk and coverage; None where it is not known.
    """

    side: Side
    right: int
    wrong: int
    refused: int
    rightly_refused: int
    misled: int
    quotes: int
    verified: int
    reasons: tuple[tuple[str, int], ...]
    area: float | None

    @property
    def answerable(self) -> int:
        """Queries that a paper answers."""
        return self.right + self.wrong + self.refused

    @property
    def unanswerable(self) -> int:
        """Queries that nothing answers."""
        return self.rightly_refused + self.misled


def answered(side: Side) -> Answered | None:
    """Count the answers of a run; None where it made none."""
    given = [(one, one.reply) for one in side.run.outcomes if one.reply and one.is_judged]
    if not given:
        return None
    kinds = Counter(_kind(one, reply) for one, reply in given)
    reasons = Counter(reply.reason or "no reason" for _, reply in given if reply.abstained)
    return Answered(
        side,
        kinds["right"],
        kinds["wrong"],
        kinds["refused"],
        kinds["rightly_refused"],
        kinds["misled"],
        sum(reply.quotes for _, reply in given),
        sum(reply.verified for _, reply in given),
        tuple(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        (side.record.get("risk_coverage") or {}).get("area"),
    )


def _kind(outcome: Outcome, reply: Reply) -> str:
    if not outcome.answerable:
        return "rightly_refused" if reply.abstained else "misled"
    if reply.abstained:
        return "refused"
    return "wrong" if outcome.answering.isdisjoint(reply.cited) else "right"
