"""A turn of a conversation, as clients keep it and send it back."""

from __future__ import annotations

from dataclasses import dataclass

from ...index.domain.filters import DateField
from ..results import Answer

MAX_TURNS = 20
"""Number of turns that count; older ones are ignored."""


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question with what its answer was about.

    Attributes:
        question: the question as asked.
        papers: arXiv ids of the papers that the answer cites, in its order.
        since: first day that the answer was limited to, as an ISO date (`interpretation.since` of the answer).
        until: last day that the answer was limited to, as an ISO date (`interpretation.until` of the answer).
        by: whether those are dates of digests or of first versions on arXiv (`interpretation.by` of the answer).
    """

    question: str
    papers: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    by: DateField = "digest"

    @classmethod
    def of(cls, answer: Answer) -> Turn:
        """Return the turn that an answer completes."""
        interpretation = answer.interpretation
        cited = tuple(dict.fromkeys(citation.paper_id for citation in answer.citations))
        return cls(
            answer.question,
            cited or interpretation.papers,
            interpretation.since,
            interpretation.until,
            interpretation.by,
        )
