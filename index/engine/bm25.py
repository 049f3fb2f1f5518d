"""Which chunks hold which terms, in memory: BM25 for many weighted terms at once."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..analysis.weighted_terms import WeightedTerms

Scores = NDArray[np.float32]

_ARRAYS = ("rows", "korean", "lengths", "starts", "places", "counts")
_K1, _B = 1.2, 0.75  # Robertson & Zaragoza 2009, and FTS5's own


class Postings:
    """Terms of chunks.

    Attributes:
        rows: int64 (n,), row numbers of the chunks, rising.
        korean: bool (n,), whether the chunk's language is Korean.
        lengths: float32 (n,), terms a chunk.
        vocabulary: every term, in the order of `starts`.
        starts: int64 (terms + 1,): a term's postings are `places[starts[i]:starts[i + 1]]`.
        places: int32 (postings,), indices into `rows`.
        counts: float32 (postings,), how often the term stands there.
    """

    def __init__(
        self, rows: Any, korean: Any, lengths: Any, vocabulary: Sequence[str], starts: Any, places: Any, counts: Any
    ) -> None:
        self.rows, self.korean, self.lengths, self.vocabulary = rows, korean, lengths, list(vocabulary)
        self.starts, self.places, self.counts = starts, places, counts

    @classmethod
    def of(cls, terms: Iterable[tuple[int, bool, str]]) -> Postings:
        """Postings of chunks: row numbers, rising, whether they are Korean, and their space-separated terms."""
        rows, korean, lengths = array("q"), bytearray(), array("f")
        numbers: dict[str, int] = {}
        # A number each, not an object each: an index of ten thousand papers has a million postings.
        term_of, counts, sizes = array("i"), array("f"), array("i")
        for row, is_korean, text in terms:
            found = Counter(text.split())
            rows.append(row)
            korean.append(bool(is_korean))
            lengths.append(found.total())
            sizes.append(len(found))
            term_of.extend(numbers.setdefault(term, len(numbers)) for term in found)
            counts.extend(found.values())
        of, n = np.array(term_of, np.int32), len(rows)
        order = np.argsort(of, kind="stable")  # chunks stay in their order within a term
        return cls(
            np.array(rows, np.int64),
            np.array(korean, np.bool_),
            np.array(lengths, np.float32),
            list(numbers),
            np.concatenate(([0], np.cumsum(np.bincount(of, minlength=len(numbers))))).astype(np.int64),
            np.repeat(np.arange(n, dtype=np.int32), np.array(sizes, np.int32))[order],
            np.array(counts, np.float32)[order],
        )

    def arrays(self) -> dict[str, Any]:
        """What `load` makes it from again."""
        joined = np.frombuffer("\n".join(self.vocabulary).encode(), np.uint8)
        return {name: getattr(self, name) for name in _ARRAYS} | {"vocabulary": joined}

    @classmethod
    def load(cls, arrays: Mapping[str, Any]) -> Postings:
        """Postings from the arrays of `arrays`."""
        words = bytes(arrays["vocabulary"]).decode()
        return cls(vocabulary=words.split("\n") if words else [], **{name: arrays[name] for name in _ARRAYS})

    def inside(self, rows: Any) -> Any:
        """Which of its chunks are among some rows (int64, rising): bool (n,)."""
        return positions(rows, self.rows)[1]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {term: number for number, term in enumerate(self.vocabulary)}

    def occurrences(self, term: str) -> tuple[Any, Any]:
        """Where a term stands: int32 places and float32 counts."""
        number = self._numbers.get(term)
        part = slice(0, 0) if number is None else slice(self.starts[number], self.starts[number + 1])
        return self.places[part], self.counts[part]

    def information(self, term: str) -> float:
        """What a term says of a chunk that holds it, as `information` has it; 0 where no chunk does."""
        held = self.frequency(term)
        return _idf(held, len(self.rows)) if held else 0.0

    def frequency(self, term: str) -> int:
        """In how many chunks a term stands."""
        return len(self.occurrences(term)[0])


class TermTable:
    """The terms of several postings, as `linking.vocabulary.TermStatistics` has them."""

    def __init__(self, parts: Sequence[Postings]) -> None:
        self._parts = parts

    def document_frequency(self, term: str) -> int:
        """In how many chunks a term stands."""
        return sum(part.frequency(term) for part in self._parts)

    def terms(self) -> Iterable[tuple[str, int]]:
        """Every term of every part, with its frequency there."""
        return ((term, part.frequency(term)) for part in self._parts for term in part.vocabulary)


def information(parts: Sequence[Postings], groups: Sequence[WeightedTerms]) -> dict[str, float]:
    """What each group of synonyms says of a chunk that holds it, by name; one that no chunk holds says most.

    Inverse document frequency, ln((N - n + 0.5) / (n + 0.5) + 1) (as Lucene has it: never negative), times the group's
    weight. The number of chunks that hold a group is the sum over its terms, each times its probability (probabilistic
    structured queries, Darwish & Oard 2003).
    """
    total = sum(len(one.rows) for one in parts)
    return {
        group.name: group.weight
        * _idf(sum(p * sum(one.frequency(term) for one in parts) for term, p in group.terms.items()), total)
        for group in groups
    }


def _idf(held: float, total: int) -> float:
    held = min(held, total)
    return math.log((total - held + 0.5) / (held + 0.5) + 1)


def share(parts: Sequence[Postings], groups: Sequence[WeightedTerms], missing: float = 0.0) -> list[Scores]:
    """BM25 of groups of synonyms as a share: 1 is a chunk of average length that holds every group once, all trusted.

    The frequency of a group in a chunk is the sum over its terms, each times its probability, as in `information`.

    Args:
        parts: postings that together are the index: those of a generation, and of what is newer.
        groups: what is asked for.
        missing: the information of what is asked for besides, and nothing can hold.

    Returns:
        For each part float32 (n,), in the order of its rows.
    """
    total = sum(len(one.rows) for one in parts)
    average = sum(float(one.lengths.sum()) for one in parts) / max(total, 1) or 1.0
    weights = information(parts, groups)
    scale = sum(weights.values()) + missing or 1.0
    scores = [np.zeros(len(one.rows), np.float32) for one in parts]
    damped = [_K1 * (1 - _B + _B * one.lengths / average) for one in parts]
    for group in groups:
        weight = np.float32(weights[group.name] * group.trust * (_K1 + 1) / scale)
        for part, score, damp in zip(parts, scores, damped, strict=True):
            counts = np.zeros(len(part.rows), np.float32)
            for term, p in group.terms.items():
                places, occurrences = part.occurrences(term)
                counts[places] += np.float32(p) * occurrences
            score += weight * counts / (counts + damp)
    return scores


class Shares:
    """What a channel says of every chunk, as a share of what was asked for.

    Args:
        parts: postings that together are the index.
        scores: for each part float32 (n,), in the order of its rows.
    """

    def __init__(self, parts: Sequence[Postings] = (), scores: Sequence[Scores] = ()) -> None:
        self._parts, self._scores = parts, scores

    @classmethod
    def of(cls, parts: Sequence[Postings], groups: Sequence[WeightedTerms]) -> Shares:
        """What chunks hold of groups of synonyms, as `share` says."""
        return cls(parts, share(parts, groups)) if groups else cls()

    def only(self, rows: Any) -> Shares:
        """The same of some chunks (row numbers, int64, rising), and nothing of all others."""
        kept = [np.where(part.inside(rows), scores, 0) for part, scores in zip(self._parts, self._scores, strict=True)]
        return Shares(self._parts, kept)

    def best(self, limit: int) -> list[int]:
        """Rows of the best chunks of each part."""
        rows: list[int] = []
        for part, scores in zip(self._parts, self._scores, strict=True):
            top = np.argpartition(-scores, min(limit, len(scores)) - 1)[:limit] if len(scores) and limit else []
            rows += [int(part.rows[at]) for at in top if scores[at] > 0]
        return rows

    def over(self, rows: Any) -> Scores:
        """Scores of chunks (row numbers, int64 (n,)), float32 (n,); 0 where it says nothing."""
        found = np.zeros(len(rows), np.float32)
        for part, scores in zip(self._parts, self._scores, strict=True):
            places, inside = positions(part.rows, rows)
            found[inside] = scores[places[inside]]
        return found


def positions(rows: Any, wanted: Any) -> tuple[Any, Any]:
    """Where rows stand among others (int64, rising): int64 (n,), valid where bool (n,) is true."""
    places = np.searchsorted(rows, wanted)
    inside = places < len(rows)
    inside[inside] = rows[places[inside]] == wanted[inside]
    return places, inside
