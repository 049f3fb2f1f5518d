"""In-memory posting lists, and BM25 over groups of weighted terms."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..analysis.term_statistics import TermStatistics, group_information
from ..analysis.weighted_terms import WeightedTerms
from ..domain.papers import Language
from ..domain.vectors import Scores

_ARRAYS = ("rows", "korean", "lengths", "starts", "places", "counts")
K1, B = 1.2, 0.75  # Robertson & Zaragoza 2009


class Postings:
    """Posting lists of a set of chunks.

    Attributes:
        rows: int64 (n,), row numbers of the chunks, ascending.
        korean: bool (n,), whether the chunk's language is Korean.
        lengths: float32 (n,), number of terms of the chunk.
        vocabulary: every term, in the order of `starts`.
        starts: int64 (terms + 1,): the postings of term i are `places[starts[i]:starts[i + 1]]`.
        places: int32 (postings,), indices into `rows`.
        counts: float32 (postings,), term frequency in the chunk.
    """

    def __init__(
        self, rows: Any, korean: Any, lengths: Any, vocabulary: Sequence[str], starts: Any, places: Any, counts: Any
    ) -> None:
        self.rows, self.korean, self.lengths, self.vocabulary = rows, korean, lengths, list(vocabulary)
        self.starts, self.places, self.counts = starts, places, counts

    @classmethod
    def of(cls, terms: Iterable[tuple[int, bool, str]]) -> Postings:
        """Build posting lists.

        Args:
            terms: row number (ascending), whether the chunk is Korean, and its space-separated terms.
        """
        rows, korean, lengths = array("q"), bytearray(), array("f")
        numbers: dict[str, int] = {}
        # Typed arrays instead of objects: an index of ten thousand papers has a million postings.
        term_numbers, counts, sizes = array("i"), array("f"), array("i")
        for row, is_korean, text in terms:
            frequencies = Counter(text.split())
            rows.append(row)
            korean.append(bool(is_korean))
            lengths.append(frequencies.total())
            sizes.append(len(frequencies))
            term_numbers.extend(numbers.setdefault(term, len(numbers)) for term in frequencies)
            counts.extend(frequencies.values())
        by_posting, n = np.array(term_numbers, np.int32), len(rows)
        order = np.argsort(by_posting, kind="stable")  # keeps the chunks of a term in ascending order
        return cls(
            np.array(rows, np.int64),
            np.array(korean, np.bool_),
            np.array(lengths, np.float32),
            list(numbers),
            np.concatenate(([0], np.cumsum(np.bincount(by_posting, minlength=len(numbers))))).astype(np.int64),
            np.repeat(np.arange(n, dtype=np.int32), np.array(sizes, np.int32))[order],
            np.array(counts, np.float32)[order],
        )

    def arrays(self) -> dict[str, Any]:
        """Return the arrays that `load` takes."""
        joined = np.frombuffer("\n".join(self.vocabulary).encode(), np.uint8)
        return {name: getattr(self, name) for name in _ARRAYS} | {"vocabulary": joined}

    @classmethod
    def load(cls, arrays: Mapping[str, Any]) -> Postings:
        """Build posting lists from the arrays of `arrays`."""
        words = bytes(arrays["vocabulary"]).decode()
        return cls(vocabulary=words.split("\n") if words else [], **{name: arrays[name] for name in _ARRAYS})

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {term: number for number, term in enumerate(self.vocabulary)}

    def occurrences(self, term: str) -> tuple[Any, Any]:
        """Return the posting list of a term: int32 indices into `rows`, and float32 term frequencies."""
        number = self._numbers.get(term)
        part = slice(0, 0) if number is None else slice(self.starts[number], self.starts[number + 1])
        return self.places[part], self.counts[part]

    def frequency(self, term: str) -> int:
        """Return the number of chunks that contain a term."""
        return len(self.occurrences(term)[0])


class PostingStatistics:
    """Term statistics over several posting lists that together are the index."""

    def __init__(self, parts: Sequence[Postings]) -> None:
        self._parts = parts

    @property
    def chunk_count(self) -> int:
        """Number of chunks."""
        return sum(len(part.rows) for part in self._parts)

    def document_frequency(self, term: str) -> int:
        """Return the number of chunks that contain a term."""
        return sum(part.frequency(term) for part in self._parts)

    def items(self) -> Iterator[tuple[str, int]]:
        """Yield every term with its document frequency."""
        total: Counter[str] = Counter()
        for part in self._parts:
            sizes = np.diff(part.starts).tolist()
            total.update(dict(zip(part.vocabulary, sizes, strict=True)))
        yield from total.items()


def bm25_shares(
    parts: Sequence[Postings],
    groups: Sequence[WeightedTerms],
    unmatched: float = 0.0,
    statistics: TermStatistics | None = None,
) -> list[Scores]:
    """Return BM25 of groups of terms, scaled so that a chunk of average length that contains every group once has 1.

    The frequency of a group in a chunk is the sum over its terms, each times its probability (Darwish & Oard 2003).

    Args:
        parts: posting lists that together are the index.
        groups: the query.
        unmatched: information of words without a group.
        statistics: those of `parts`.

    Returns:
        For each part float32 (n,), in the order of its rows.
    """
    total = sum(len(part.rows) for part in parts)
    average = sum(float(part.lengths.sum()) for part in parts) / max(total, 1) or 1.0
    information = group_information(statistics or PostingStatistics(parts), groups)
    scale = sum(information.values()) + unmatched or 1.0
    scores = [np.zeros(len(part.rows), np.float32) for part in parts]
    saturation = [K1 * (1 - B + B * part.lengths / average) for part in parts]
    for group in groups:
        weight = np.float32(information[group.name] * group.trust * (K1 + 1) / scale)
        for part, score, half in zip(parts, scores, saturation, strict=True):
            counts = np.zeros(len(part.rows), np.float32)
            for term, probability in group.terms.items():
                places, occurrences = part.occurrences(term)
                counts[places] += np.float32(probability) * occurrences
            score += weight * counts / (counts + half)
    return scores


class TermMatches:
    """Chunks scored by BM25 against groups of weighted terms.

    Args:
        parts: posting lists that together are the index.
        scores: for each part float32 (n,), in the order of its rows.
    """

    def __init__(self, parts: Sequence[Postings], scores: Sequence[Scores]) -> None:
        self._parts, self._scores = parts, scores

    @classmethod
    def of(
        cls,
        parts: Sequence[Postings],
        groups: Sequence[WeightedTerms],
        *,
        admitted: Any = None,
        lang: Language | None = None,
        unmatched: float = 0.0,
    ) -> TermMatches:
        """Score every chunk.

        Args:
            parts: posting lists that together are the index.
            groups: the query.
            admitted: rows that may match, int64, ascending; None admits all.
            lang: match only chunks in this language.
            unmatched: information of words without a group.
        """
        if not groups:
            return cls((), ())
        scores = bm25_shares(parts, groups, unmatched)
        if lang is not None:
            scores = [score * (part.korean == (lang == "ko")) for part, score in zip(parts, scores, strict=True)]
        if admitted is not None:
            scores = [
                np.where(positions(admitted, part.rows)[1], score, np.float32(0))
                for part, score in zip(parts, scores, strict=True)
            ]
        return cls(parts, scores)

    def best(self, limit: int) -> list[int]:
        """Return the rows of the `limit` best chunks of each part."""
        rows: list[int] = []
        for part, scores in zip(self._parts, self._scores, strict=True):
            top = np.argpartition(-scores, min(limit, len(scores)) - 1)[:limit] if len(scores) and limit else []
            rows += [int(part.rows[at]) for at in top if scores[at] > 0]
        return rows

    def scores(self, rows: Any) -> Scores:
        """Return the scores of chunks (rows int64 (n,)), float32 (n,)."""
        found = np.zeros(len(rows), np.float32)
        for part, scores in zip(self._parts, self._scores, strict=True):
            places, inside = positions(part.rows, rows)
            found[inside] = scores[places[inside]]
        return found


def positions(rows: Any, wanted: Any) -> tuple[Any, Any]:
    """Return the positions of `wanted` rows in `rows` (int64, ascending): int64 (n,), valid where bool (n,) is true."""
    places = np.searchsorted(rows, wanted)
    inside = places < len(rows)
    inside[inside] = rows[places[inside]] == wanted[inside]
    return places, inside
