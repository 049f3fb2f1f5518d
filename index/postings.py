"""Which chunks hold which terms, in memory: BM25 for many weighted terms at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]

_K1, _B = 1.2, 0.75  # Robertson & Zaragoza 2009, and FTS5's own


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Terms that stand for one and the same: their occurrences count together.

    Attributes:
        name: what they stand for.
        terms: probability by term.
        weight: what the group counts.
    """

    name: str
    terms: Mapping[str, float]
    weight: float = 1.0


class Postings:
    """Terms of chunks.

    Attributes:
        rows: int64 (n,), row numbers of the chunks, rising.
        lengths: float32 (n,), terms a chunk.
        vocabulary: every term, in the order of `starts`.
        starts: int64 (terms + 1,): a term's postings are `places[starts[i]:starts[i + 1]]`.
        places: int32 (postings,), indices into `rows`.
        counts: float32 (postings,), how often the term stands there.
    """

    def __init__(
        self, rows: Any, lengths: Any, vocabulary: Sequence[str], starts: Any, places: Any, counts: Any
    ) -> None:
        self.rows, self.lengths, self.vocabulary = rows, lengths, list(vocabulary)
        self.starts, self.places, self.counts = starts, places, counts

    @classmethod
    def of(cls, terms: Iterable[tuple[int, str]]) -> Postings:
        """Postings of chunks: row numbers, rising, with their space-separated terms."""
        rows: list[int] = []
        lengths: list[int] = []
        numbers: dict[str, int] = {}
        words: list[Any] = []
        for row, text in terms:
            found = [numbers.setdefault(term, len(numbers)) for term in text.split()]
            rows.append(row)
            lengths.append(len(found))
            words.append(np.array(found, np.int64))
        n = len(rows)
        term_of = np.concatenate(words) if words else np.zeros(0, np.int64)
        place_of = np.repeat(np.arange(n, dtype=np.int64), lengths)
        keys, counts = np.unique(term_of * max(n, 1) + place_of, return_counts=True)
        starts = np.searchsorted(keys // max(n, 1), np.arange(len(numbers) + 1))
        return cls(
            np.array(rows, np.int64),
            np.array(lengths, np.float32),
            list(numbers),
            starts.astype(np.int64),
            (keys % max(n, 1)).astype(np.int32),
            counts.astype(np.float32),
        )

    def arrays(self) -> dict[str, Any]:
        """What `load` makes it from again."""
        joined = np.frombuffer("\n".join(self.vocabulary).encode(), np.uint8)
        names = ("rows", "lengths", "starts", "places", "counts")
        return {name: getattr(self, name) for name in names} | {"vocabulary": joined}

    @classmethod
    def load(cls, arrays: Mapping[str, Any]) -> Postings:
        """Postings from the arrays of `arrays`."""
        words = bytes(arrays["vocabulary"]).decode()
        parts = (arrays[name] for name in ("starts", "places", "counts"))
        return cls(arrays["rows"], arrays["lengths"], words.split("\n") if words else [], *parts)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {term: number for number, term in enumerate(self.vocabulary)}

    def occurrences(self, term: str) -> tuple[Any, Any]:
        """Where a term stands: int32 places and float32 counts."""
        number = self._numbers.get(term)
        part = slice(0, 0) if number is None else slice(self.starts[number], self.starts[number + 1])
        return self.places[part], self.counts[part]

    def frequency(self, term: str) -> int:
        """In how many chunks a term stands."""
        return len(self.occurrences(term)[0])


def share(parts: Sequence[Postings], groups: Sequence[Synonyms]) -> list[Scores]:
    """BM25 of groups of synonyms as a share: 1 is a chunk of average length that holds every group once.

    Probabilistic structured queries (Darwish & Oard 2003): the frequency of a group in a chunk, and the number of
    chunks that hold it, are the sums over its terms, each times its probability.

    Args:
        parts: postings that together are the index: those of a generation, and of what is newer.
        groups: what is asked for.

    Returns:
        For each part float32 (n,), in the order of its rows.
    """
    total = sum(len(one.rows) for one in parts)
    average = sum(float(one.lengths.sum()) for one in parts) / max(total, 1) or 1.0
    scores = [np.zeros(len(one.rows), np.float32) for one in parts]
    damped = [_K1 * (1 - _B + _B * one.lengths / average) for one in parts]
    scale = 0.0
    for group in groups:
        held = sum(p * sum(one.frequency(term) for one in parts) for term, p in group.terms.items())
        if not held:
            scale += group.weight * math.log((total + 0.5) / 0.5 + 1)
            continue
        weight = group.weight * math.log((total - held + 0.5) / (held + 0.5) + 1)
        scale += weight
        for part, score, damp in zip(parts, scores, damped, strict=True):
            counts = np.zeros(len(part.rows), np.float32)
            for term, p in group.terms.items():
                places, occurrences = part.occurrences(term)
                counts[places] += np.float32(p) * occurrences
            score += np.float32(weight * (_K1 + 1)) * counts / (counts + damp)
    return [score / np.float32(scale or 1.0) for score in scores]
