"""Conversation context: whether a question leans on the papers of earlier turns, decided by retrieval.

A question is searched twice, alone and within the conversation's papers. It stands alone only if other papers hold more
of it than those of the conversation, by more than one word can tell; no list of wordings has to know how people refer
back.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...index.query.sections import section_terms
from ...index.retrieval.request import SearchResult


def choose_context_paper(
    alone: SearchResult, within: SearchResult, recency: Sequence[str], allowance: float = 1.0
) -> str | None:
    """Return the earlier paper that a question is about; None if it stands alone.

    Args:
        alone: the question searched everywhere.
        within: the question searched in the conversation's papers only.
        recency: ids of the conversation's papers, latest first.
        allowance: how much more of the question other papers may hold, in words that no text of the index holds.
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
    return best if anywhere - held[best] <= allowance * alone.words.unseen else None


def asked_words(result: SearchResult) -> list[int]:
    """Return the positions of the words that say what is asked, without those that name a section of any paper."""
    return result.words.content(set(result.question.terms).difference(*section_terms().values()))
