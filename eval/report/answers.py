"""Counts of a run's answers: correct, wrong, abstained, and the reasons for abstaining."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..runs.model import AssessedAnswer, QueryOutcome
from .runs import ReportRun


@dataclass(frozen=True, slots=True)
class AnswerCounts:
    """Counts of a run's answers to judged queries.

    Attributes:
        right: answerable queries that were answered with a citation of a relevant paper.
        wrong: answerable queries that were answered without one.
        abstained: answerable queries that were abstained from.
        rightly_abstained: unanswerable queries that were abstained from.
        wrongly_answered: unanswerable queries that were answered.
        quotes, verified: number of quotations, and of those that are verbatim in their text.
        reasons: codes of reasons for abstaining with their counts, most frequent first.
        area: area under the risk-coverage curve; None if unknown.
    """

    run: ReportRun
    right: int
    wrong: int
    abstained: int
    rightly_abstained: int
    wrongly_answered: int
    quotes: int
    verified: int
    reasons: tuple[tuple[str, int], ...]
    area: float | None

    @property
    def answerable(self) -> int:
        """Number of answerable queries."""
        return self.right + self.wrong + self.abstained

    @property
    def unanswerable(self) -> int:
        """Number of unanswerable queries."""
        return self.rightly_abstained + self.wrongly_answered


def count_answers(run: ReportRun) -> AnswerCounts | None:
    """Count the answers of a run; None if it has none."""
    answered = [(outcome, outcome.answer) for outcome in run.outcomes if outcome.answer and outcome.is_judged]
    if not answered:
        return None
    kinds = Counter(_kind(outcome, answer) for outcome, answer in answered)
    reasons = Counter(answer.reason or "no reason" for _, answer in answered if answer.abstained)
    return AnswerCounts(
        run,
        right=kinds["right"],
        wrong=kinds["wrong"],
        abstained=kinds["abstained"],
        rightly_abstained=kinds["rightly_abstained"],
        wrongly_answered=kinds["wrongly_answered"],
        quotes=sum(answer.quotes for _, answer in answered),
        verified=sum(answer.verified for _, answer in answered),
        reasons=tuple(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        area=(run.record.get("risk_coverage") or {}).get("area"),
    )


def _kind(outcome: QueryOutcome, answer: AssessedAnswer) -> str:
    if not outcome.answerable:
        return "rightly_abstained" if answer.abstained else "wrongly_answered"
    if answer.abstained:
        return "abstained"
    return "wrong" if outcome.relevant.isdisjoint(answer.cited) else "right"
