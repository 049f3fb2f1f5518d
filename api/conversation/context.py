"""Conversation context: whether a question leans on the papers of earlier turns, decided by retrieval.

A question is searched twice, alone and within the conversation's papers. It stands alone if other papers hold twice as
much of its words, or more by more than one word can tell; no list of wordings has to know how people refer back.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...index.query.record_fields import requested_fields
from ...index.query.sections import section_terms
from ...index.retrieval.request import SearchResult

_CONTEXT_SHARE = 0.5  # of what the best paper anywhere holds of several words, from which on a context paper is meant


def choose_context_paper(alone: SearchResult, within: SearchResult, recency: Sequence[str]) -> str | None:
    """Return the earlier paper that a question is about; None if it stands alone.

    Args:
        alone: the question searched everywhere.
        within: the question searched in the conversation's papers only.
        recency: ids of the conversation's papers, latest first.
    """
    asked = asked_words(alone)
    papers = [paper_id for paper_id in recency if paper_id in within.sentences]
    if not papers:
        return None
    if not asked:
        return papers[0]
    information = alone.words.information
    anywhere = max(
        (float(sentences.held[asked] @ information[asked]) for sentences in alone.sentences.values()), default=0.0
    )
    held = {
        paper_id: float(within.sentences[paper_id].held[asked] @ within.words.information[asked]) for paper_id in papers
    }
    best = max(papers, key=lambda paper_id: held[paper_id])  # the latest of equals
    if not held[best] and (len(asked) > 1 or not anywhere):
        return None
    is_half = held[best] >= _CONTEXT_SHARE * anywhere or alone.assessment.confidence == "none"
    is_close = anywhere - held[best] <= alone.words.unseen
    return best if is_close and (is_half or len(asked) == 1) else None


def asked_words(result: SearchResult) -> list[int]:
    """Return the positions of the words that say what is asked, without those that name a part of any paper.

    These are the names of sections and, in a question that asks for nothing else, those of the fields of its record.
    """
    if requested_fields(result.question.terms):
        return []
    return result.words.content(set(result.question.terms).difference(*section_terms().values()))
