"""Abstention: which of the ranked papers are relevant enough to answer."""

from __future__ import annotations

from collections.abc import Iterable

from ..engine.artifacts import Calibration
from .fusion import RankedPaper
from .understanding import Query


def relevant_papers(query: Query, ranking: Iterable[RankedPaper], calibration: Calibration) -> frozenset[str]:
    """Return the papers whose relevance reaches the calibrated threshold of the question's language.

    A question that asks for nothing but a window, and one without terms under a metadata filter, is answered by
    whatever lies within.
    """
    question = query.question
    if question.intent == "digest" or (query.where and not question.terms):
        return frozenset(paper.paper_id for paper in ranking)
    threshold = calibration.threshold(question.lang)
    return frozenset(paper.paper_id for paper in ranking if paper.relevance >= threshold)
