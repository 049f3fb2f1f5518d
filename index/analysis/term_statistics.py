"""Term statistics of an index, and the information that terms carry by them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Protocol

from .weighted_terms import WeightedTerms


class TermStatistics(Protocol):
    """How many chunks an index holds, and how many of them contain each term."""

    @property
    def chunk_count(self) -> int:
        """Number of chunks."""
        ...

    def document_frequency(self, term: str) -> int:
        """Return the number of chunks that contain a term; 0 for an unknown one."""
        ...

    def items(self) -> Iterator[tuple[str, int]]:
        """Yield every term with its document frequency, each term once."""
        ...


def inverse_document_frequency(frequency: float, chunk_count: int) -> float:
    """Return ln((N - n + 0.5) / (n + 0.5) + 1), the never negative form of Lucene's BM25Similarity.

    Args:
        frequency: n, chunks that contain the term; may be an expected value.
        chunk_count: N, chunks of the index.
    """
    frequency = min(frequency, chunk_count)
    return math.log((chunk_count - frequency + 0.5) / (frequency + 0.5) + 1)


def term_information(statistics: TermStatistics, term: str) -> float:
    """Return the inverse document frequency of a term; 0 for one that no chunk contains."""
    frequency = statistics.document_frequency(term)
    return inverse_document_frequency(frequency, statistics.chunk_count) if frequency else 0.0


def group_information(statistics: TermStatistics, groups: Sequence[WeightedTerms]) -> dict[str, float]:
    """Return the information of each group of synonymous terms by its name, its weight included.

    The document frequency of a group is the sum over its terms, each times its probability (probabilistic structured
    queries, Darwish & Oard 2003). A group that no chunk contains carries the most information.
    """
    chunk_count = statistics.chunk_count
    return {
        group.name: group.weight
        * inverse_document_frequency(
            sum(probability * statistics.document_frequency(term) for term, probability in group.terms.items()),
            chunk_count,
        )
        for group in groups
    }
