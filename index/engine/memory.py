"""A plain in-memory engine: every snapshot is scanned chunk by chunk. For tests and small throw-away indexes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..analysis.term_statistics import group_information
from ..analysis.weighted_terms import WeightedTerms
from ..catalog.base import CatalogView
from ..domain.filters import NO_FILTER, Filter
from ..domain.findings import Finding
from ..domain.papers import Language
from ..domain.vectors import Matrix, Rows, Scores
from .artifacts import Artifacts
from .base import EngineOptions, EngineStatus, Learn, Observer, check_model
from .bm25 import K1, B
from .centering import LanguageMeans


@dataclass(frozen=True, slots=True)
class _Published:
    version: int
    artifacts: Artifacts
    means: LanguageMeans
    revision: int


class InMemoryEngine:
    """Keeps the artifacts of the last publication in memory, and reads everything else from the catalog."""

    def __init__(self, options: EngineOptions) -> None:
        self.options = options
        self._published: _Published | None = None

    @classmethod
    def open(cls, options: EngineOptions) -> InMemoryEngine:
        """Open an engine with nothing published; `options.folder` is not used."""
        return cls(options)

    def snapshot(self, view: CatalogView) -> InMemorySnapshot:
        """Return every chunk of a catalog snapshot.

        Raises:
            ConfigError: the snapshot holds vectors of another embedding model.
        """
        check_model(view.model_id, self.options.model_id)
        published = self._published if self._published and self._published.revision <= view.revision else None
        return InMemorySnapshot(view, self.options, published)

    def status(self) -> EngineStatus:
        """Return the number of publications."""
        return EngineStatus(self._published.version if self._published else None)

    def is_stale(self, view: CatalogView) -> bool:
        """Return whether anything changed since the last publication."""
        return view.chunks.count() > 0 if self._published is None else self._published.revision != view.revision

    def publish(
        self,
        view: CatalogView,
        learn: Learn,
        *,
        chunker: str,
        observe: Observer = lambda _: None,
        before_switch: Callable[[], object] = lambda: None,
    ) -> int:
        """Learn from a snapshot and keep the result."""
        del chunker
        draft = InMemorySnapshot(view, self.options, None)
        artifacts = learn(draft)
        before_switch()
        observe("switch")
        version = self._published.version + 1 if self._published else 1
        self._published = _Published(version, artifacts, draft.means, view.revision)
        return version

    def examine(self, view: CatalogView, *, thorough: bool, publishing: bool) -> Iterator[Finding]:
        """Yield nothing: there is no stored copy that could differ."""
        del view, thorough, publishing
        yield from ()

    def examine_files(self, *, publishing: bool) -> Iterator[Finding]:
        """Yield nothing: there are no files."""
        del publishing
        yield from ()

    def clean(self, keep: int = 2) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing: there are no files, and what was published is kept."""


class InMemorySnapshot:
    """Every chunk of one catalog snapshot."""

    def __init__(self, view: CatalogView, options: EngineOptions, published: _Published | None) -> None:
        self._view, self._options, self._published = view, options, published

    @property
    def version(self) -> int | None:
        """Number of the publication whose artifacts are used."""
        return self._published.version if self._published else None

    @property
    def revision(self) -> int:
        """Revision of the catalog snapshot."""
        return self._view.revision

    @property
    def artifacts(self) -> Artifacts:
        """Artifacts of the publication, or the defaults."""
        return self._published.artifacts if self._published else Artifacts.default(self.statistics)

    @property
    def means(self) -> LanguageMeans:
        """Language means of the publication, or of all chunks."""
        if not self._options.centering:
            return LanguageMeans.none(self._options.dimension)
        if self._published:
            return self._published.means
        return LanguageMeans.of(self._view.vectors.all(self._options.model_id, self._options.dimension))

    @property
    def statistics(self) -> CountedTerms:
        """Document frequencies over all chunks."""
        frequencies = Counter(term for _, counts in self._terms.values() for term in counts)
        return CountedTerms(frequencies, len(self._terms))

    @cached_property
    def _terms(self) -> dict[int, tuple[bool, Counter[str]]]:
        return {row: (bool(korean), Counter(text.split())) for row, korean, text in self._view.terms.all()}

    def filter(self, rows: Rows, where: Filter) -> Rows:
        """Return those of some rows that a metadata filter admits."""
        admitted = self._admitted(where)
        return np.array([row for row in rows.tolist() if row in admitted], np.int64)

    def _admitted(self, where: Filter) -> set[int]:
        return set(self._view.chunks.rows(where).tolist())

    def nearest(self, vector: Matrix, lang: Language, where: Filter = NO_FILTER) -> RowScores:
        """Compute the cosine of every admitted chunk."""
        vectors = self._view.vectors.all(self._options.model_id, self._options.dimension)
        cosines = self.means.center(vectors) @ self.means.center_query(vector, lang)
        admitted = self._admitted(where)
        scores = dict(zip(vectors.rows.tolist(), cosines.tolist(), strict=True))
        return RowScores({row: score for row, score in scores.items() if row in admitted}, scores)

    def matching(
        self,
        groups: Sequence[WeightedTerms],
        where: Filter = NO_FILTER,
        *,
        lang: Language | None = None,
        unmatched: float = 0.0,
    ) -> RowScores:
        """Compute BM25 of every admitted chunk, a chunk at a time."""
        information = group_information(self.statistics, groups)
        scale = sum(information.values()) + unmatched or 1.0
        lengths = {row: counts.total() for row, (_, counts) in self._terms.items()}
        average = sum(lengths.values()) / max(len(lengths), 1) or 1.0
        admitted = self._admitted(where)
        scores: dict[int, float] = {}
        for row, (is_korean, counts) in self._terms.items():
            if row not in admitted or (lang is not None and is_korean != (lang == "ko")):
                continue
            total = 0.0
            for group in groups:
                frequency = sum(probability * counts[term] for term, probability in group.terms.items())
                saturation = K1 * (1 - B + B * lengths[row] / average)
                weight = information[group.name] * group.trust * (K1 + 1) / scale
                total += weight * frequency / (frequency + saturation)
            if total > 0:
                scores[row] = total
        return RowScores(scores, scores)


class CountedTerms:
    """Document frequencies in a counter."""

    def __init__(self, frequencies: Counter[str], chunk_count: int) -> None:
        self._frequencies, self.chunk_count = frequencies, chunk_count

    def document_frequency(self, term: str) -> int:
        """Return the number of chunks that contain a term."""
        return self._frequencies[term]

    def items(self) -> Iterator[tuple[str, int]]:
        """Yield every term with its document frequency."""
        yield from self._frequencies.items()


class RowScores:
    """Scores by row number.

    Args:
        candidates: scores of the chunks that may be returned as best.
        known: scores of every chunk.
    """

    def __init__(self, candidates: dict[int, float], known: dict[int, float]) -> None:
        self._candidates, self._known = candidates, known

    def best(self, limit: int) -> list[int]:
        """Return the rows of the `limit` best chunks, best first."""
        return sorted(self._candidates, key=lambda row: (-self._candidates[row], row))[:limit]

    def scores(self, rows: Rows) -> Scores:
        """Return scores, float32 (n,); 0 for a chunk that has none."""
        return np.array([self._known.get(row, 0.0) for row in np.asarray(rows).tolist()], np.float32)
