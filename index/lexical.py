"""BM25 over morphemes and words: which chunks share the question's terms."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence

from .reading import View


def expression(terms: Iterable[str]) -> str:
    """An FTS5 expression that matches any of the terms; empty where there are none."""
    unique = dict.fromkeys(term for term in terms if term)
    return " OR ".join(f'"{term}"' for term in unique)


def information(view: View, terms: Sequence[str]) -> dict[str, float]:
    """Inverse document frequency of each term, as FTS5's bm25() weighs it; a term of no chunk weighs most.

    idf = ln((N - n + 0.5) / (n + 0.5)), at least 1e-6 (Robertson & Zaragoza 2009, eq. 3.15).
    """
    found = view.document_frequency(terms)
    total = max(view.chunk_count(), 1)
    return {
        term: max(math.log((total - found.get(term, 0) + 0.5) / (found.get(term, 0) + 0.5)), 1e-6)
        for term in dict.fromkeys(terms)
    }


class Lexical:
    """The lexical channel of one question over one snapshot.

    Scores are BM25 divided by the sum of the terms' idf: 1 is what a chunk of average length scores that holds
    every term once, whatever the question's length or the index's size.
    """

    def __init__(self, view: View, terms: Sequence[str]) -> None:
        self.weights = information(view, terms) if terms else {}
        scale = sum(self.weights.values()) or 1.0
        found = view.matches(expression(terms)) if terms else {}
        # All of them at once: asking again for the rows that other channels found costs more than keeping the rest.
        self._scores = {row: score / scale for row, score in found.items()}

    def best(self, limit: int) -> dict[int, float]:
        """The best chunks, score by row."""
        top = heapq.nsmallest(limit, self._scores.items(), key=lambda item: (-item[1], item[0]))
        return dict(top)

    def among(self, rows: Iterable[int]) -> dict[int, float]:
        """Scores of some chunks, by row; those that share no term are left out."""
        return {row: self._scores[row] for row in rows if row in self._scores}
