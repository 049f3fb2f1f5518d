"""Abstention: which of the ranked papers answer, and how surely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..domain.hits import Confidence
from ..engine.artifacts import Calibration
from ..query.question import Question


@dataclass(frozen=True, slots=True)
class Assessment:
    """How surely the ranked papers answer.

    Attributes:
        confidence: of the best paper.
        scores: by paper id, `Calibration.score`; empty where the question asks for whatever lies within a window.
        relevant: the papers that answer, or come near.
    """

    confidence: Confidence
    scores: Mapping[str, float]
    relevant: frozenset[str]


def assess(
    question: Question,
    relevance: Mapping[str, float],
    support: Mapping[str, float],
    calibration: Calibration,
    *,
    is_filtered: bool,
) -> Assessment:
    """Compare the papers with what unrelated questions reach.

    A question that asks for nothing but a window, and one without terms under a metadata filter, is answered by
    whatever lies within.

    Args:
        question: the question.
        relevance: by paper id, best first, `RankedPaper.relevance`.
        support: by paper id, `ScoredSentences.support`.
        calibration: that of the index.
        is_filtered: whether a metadata filter applies.
    """
    if question.intent == "digest" or (is_filtered and not question.terms):
        papers = frozenset(relevance)
        return Assessment("high" if papers else "none", {}, papers)
    scores = {
        paper_id: calibration.score(question.lang, reached, support[paper_id])
        for paper_id, reached in relevance.items()
        if paper_id in support
    }
    # The paper that ranks first is the one that admits: another one is no surer than it.
    first = next(iter(scores.values()), -float("inf"))
    confidence = calibration.confidence(first)
    if confidence == "none" and question.window and first > 0:
        confidence = "low"  # who names the days of a digest asks about its papers
    relevant = {paper for paper, score in scores.items() if calibration.confidence(score) != "none" or score == first}
    return Assessment(confidence, scores, frozenset(relevant if confidence != "none" else ()))
