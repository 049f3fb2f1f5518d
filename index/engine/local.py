"""The local engine: generations on disk, and an exact scan of everything newer than the published one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from ..analysis.weighted_terms import WeightedTerms
from ..catalog.base import CatalogView
from ..domain.errors import IndexDamagedError
from ..domain.filters import NO_FILTER, Filter
from ..domain.findings import Finding
from ..domain.papers import Language
from ..domain.vectors import Matrix, Rows, Scores, Vectors
from ..util.revision_cache import RevisionCache
from .artifacts import Artifacts
from .base import EngineOptions, EngineStatus, Learn, Observer, check_model
from .bm25 import Postings, PostingStatistics, TermMatches, positions
from .centering import LanguageMeans
from .checks import examine_content, examine_folder
from .exact import cosines, nearest
from .generation import SPACE, Generation, IndexData, Manifest, checksum
from .store import KEPT, GenerationStore

# A generation is published anew when this share of its chunks, or this many, are newer or gone: below that, scanning
# the difference costs less than the build.
_STALE_SHARE = 0.1
_STALE_ROWS = 5_000


class LocalEngine:
    """Searches the generations of one data directory. Safe to share between threads.

    Every snapshot looks at CURRENT, so a generation published by another process is used at once. A generation that
    cannot be read is left alone: the catalog is scanned exactly until another one is published.
    """

    def __init__(self, options: EngineOptions) -> None:
        self.options, self.store = options, GenerationStore(options.folder)
        self._lock = threading.Lock()
        self._open: Generation | None = None
        self._retired: Generation | None = None
        self._broken: set[int] = set()
        self._vectors = RevisionCache[_VectorParts]()
        self._terms = RevisionCache[_TermParts]()
        self._uncentered = RevisionCache[Vectors]()

    @classmethod
    def open(cls, options: EngineOptions) -> LocalEngine:
        """Open the generations of `options.folder`, which need not exist."""
        return cls(options)

    def snapshot(self, view: CatalogView) -> LocalSnapshot:
        """Return the published generation, unless it belongs to another catalog or a later state, and fresh chunks.

        Raises:
            ConfigError: the snapshot holds vectors of another embedding model.
        """
        check_model(view.model_id, self.options.model_id)
        generation = self.generation()
        if generation and not generation.manifest.belongs_to(view):
            generation = None
        key = view.catalog_id, generation.manifest.number if generation else -1, view.revision
        return LocalSnapshot(
            view,
            generation.manifest.number if generation else None,
            lambda: self._vectors.get(key, lambda: self._read_vectors(view, generation)),
            lambda: self._terms.get(key, lambda: _read_terms(view, generation)),
        )

    def generation(self) -> Generation | None:
        """Return the published generation; None where there is none, or it is unreadable or of another model."""
        number = self.store.current()
        with self._lock:
            if number is None or number in self._broken:
                return None
            if self._open is None or self._open.manifest.number != number:
                try:
                    opened = Generation.open(self.store.path(number))
                except IndexDamagedError:
                    if self.store.current() == number:  # otherwise it was replaced meanwhile
                        self._broken.add(number)
                    return None
                # The index was re-embedded a moment ago: the catalog holds the truth and is scanned.
                if not self._has_model(opened.manifest):
                    opened.close()
                    self._broken.add(number)
                    return None
                # The previous generation may still answer a query; the one before has had a whole generation's time.
                if self._retired:
                    self._retired.close()
                self._retired, self._open = self._open, opened
            return self._open

    def status(self) -> EngineStatus:
        """Return the number of the published generation."""
        return EngineStatus(self.store.current())

    def is_stale(self, view: CatalogView) -> bool:
        """Return whether a new generation should be published: none can be read, or too much has changed since."""
        chunks = view.chunks.count()
        number = self.store.current()
        if number is None:
            return chunks > 0
        try:
            # Opened anew: files may have been damaged since this engine opened them to search.
            with closing(Generation.open(self.store.path(number))) as generation:
                manifest, rows = generation.manifest, generation.collection.count()
        except Exception:  # a collection that cannot be counted is unusable
            return True
        if rows != manifest.rows or not self._has_model(manifest) or not manifest.belongs_to(view):
            return True
        newer = view.chunks.count_after(manifest.rev)
        gone = manifest.rows - (chunks - newer)
        if gone < 0:  # chunks that had no vector when it was built are neither in it nor newer
            return True
        return newer + gone > min(_STALE_SHARE * manifest.rows, _STALE_ROWS)

    def _has_model(self, manifest: Manifest) -> bool:
        built_for = manifest.model_id, manifest.dimension, manifest.space
        return built_for == (self.options.model_id, self.options.dimension, SPACE)

    def publish(
        self,
        view: CatalogView,
        learn: Learn,
        *,
        chunker: str,
        observe: Observer = lambda _: None,
        before_switch: Callable[[], object] = lambda: None,
    ) -> int:
        """Build and publish a generation of everything in the snapshot, as specified by `SearchEngine.publish`."""
        vectors = view.vectors.all(self.options.model_id, self.options.dimension)
        manifest = Manifest(
            number=self.store.next_number(),
            model_id=self.options.model_id,
            dimension=self.options.dimension,
            space=SPACE,
            chunker_version=chunker,
            rows=len(vectors.rows),
            rev=view.revision,
            checksum=checksum(vectors),
            files={},
            catalog=view.catalog_id,
        )
        data = IndexData.of(view, vectors)
        del vectors  # half of the peak memory
        draft = LocalSnapshot(
            view,
            None,
            lambda: _VectorParts((data.vectors,), data.means),
            lambda: _TermParts((data.postings,), None),
        )
        artifacts = learn(draft)
        return self.store.publish(manifest, data, artifacts, observe, before_switch).number

    def examine(self, view: CatalogView, *, thorough: bool, publishing: bool) -> Iterator[Finding]:
        """Compare the published generation with a catalog snapshot, and look at the folder around it."""
        yield from examine_content(self.store, view, thorough=thorough, publishing=publishing)

    def examine_files(self, *, publishing: bool) -> Iterator[Finding]:
        """Look for leftovers, unknown files and room for another generation."""
        yield from examine_folder(self.store, publishing=publishing)

    def clean(self, keep: int = KEPT) -> None:
        """Remove half-built generations and all but the `keep` latest ones."""
        self.store.sweep(keep)

    def close(self) -> None:
        """Release the files of open generations."""
        with self._lock:
            for generation in (self._open, self._retired):
                if generation:
                    generation.close()
            self._open = self._retired = None
            self._uncentered.clear()

    def _read_vectors(self, view: CatalogView, generation: Generation | None) -> _VectorParts:
        """Read the vectors of chunks newer than the generation, and center them as the generation's."""
        options = self.options
        after = generation.manifest.rev if generation else -1
        fresh = view.vectors.all(options.model_id, options.dimension, after_revision=after)
        if not options.centering:
            means = LanguageMeans.none(options.dimension)
            return _VectorParts((*([self._uncentered_vectors(generation)] if generation else []), fresh), means)
        if generation is None:
            means = LanguageMeans.of(fresh)
            return _VectorParts((means.centered(fresh),), means)
        means, is_large = generation.data.means, generation.manifest.rows > options.exact_scan_rows
        search = partial(self._search_collection, generation) if is_large else None
        return _VectorParts((generation.data.vectors, means.centered(fresh)), means, search)

    def _uncentered_vectors(self, generation: Generation) -> Vectors:
        data = generation.data
        return self._uncentered.get(generation.manifest.number, lambda: data.means.uncentered(data.vectors))

    def _search_collection(self, generation: Generation, query: Matrix, limit: int) -> list[int] | None:
        """Return the nearest rows by Chroma; None where it cannot be read, and the generation is not used again."""
        try:
            return list(generation.nearest(query[None], limit)[0])
        except IndexDamagedError:
            self._broken.add(generation.manifest.number)
            return None


def _read_terms(view: CatalogView, generation: Generation | None) -> _TermParts:
    """Read the terms of chunks newer than the generation into posting lists that complement those of the generation."""
    fresh = Postings.of(view.terms.all(after_revision=generation.manifest.rev if generation else -1))
    if generation is None:
        return _TermParts((fresh,), None)
    return _TermParts((generation.data.postings, fresh), generation.artifacts)


@dataclass(frozen=True, slots=True)
class _VectorParts:
    """Centered vectors that together are the index; `search` finds the nearest of the first part approximately."""

    parts: tuple[Vectors, ...]
    means: LanguageMeans
    search: Callable[[Matrix, int], list[int] | None] | None = None


class _TermParts:
    """Posting lists that together are the index, and the artifacts that belong to them."""

    def __init__(self, parts: tuple[Postings, ...], artifacts: Artifacts | None) -> None:
        self.parts, self.statistics = parts, PostingStatistics(parts)
        self._artifacts = artifacts

    @cached_property
    def artifacts(self) -> Artifacts:
        return self._artifacts or Artifacts.default(self.statistics)


class LocalSnapshot:
    """The searchable chunks of one catalog snapshot. Vectors and posting lists are read by the first use.

    Args:
        view: the catalog snapshot.
        version: number of the generation that is searched; None where all is scanned.
        vectors: reads the vectors.
        terms: reads the posting lists.
    """

    def __init__(
        self,
        view: CatalogView,
        version: int | None,
        vectors: Callable[[], _VectorParts],
        terms: Callable[[], _TermParts],
    ) -> None:
        self._view, self.version, self._revision = view, version, view.revision
        self._read_vectors, self._read_terms = vectors, terms
        self._admitted: dict[Filter, Rows] = {}
        self._matched: list[tuple[Sequence[WeightedTerms], Filter, Language | None, float, TermMatches]] = []

    @property
    def revision(self) -> int:
        """Revision of the catalog snapshot."""
        return self._revision

    @property
    def artifacts(self) -> Artifacts:
        """Artifacts of the generation, or the defaults."""
        return self._terms.artifacts

    @property
    def means(self) -> LanguageMeans:
        """Language means of the generation, or of all chunks where there is none."""
        return self._vectors.means

    @property
    def statistics(self) -> PostingStatistics:
        """Document frequencies over all chunks."""
        return self._terms.statistics

    @cached_property
    def _vectors(self) -> _VectorParts:
        return self._read_vectors()

    @cached_property
    def _terms(self) -> _TermParts:
        return self._read_terms()

    def filter(self, rows: Rows, where: Filter) -> Rows:
        """Return those of some rows that a metadata filter admits."""
        return rows[positions(self._admitted_rows(where), rows)[1]] if where else rows

    def _admitted_rows(self, where: Filter) -> Rows:
        rows = self._admitted.get(where)
        if rows is None:
            rows = self._admitted[where] = self._view.chunks.rows(where)
        return rows

    def nearest(self, vector: Matrix, lang: Language, where: Filter = NO_FILTER) -> VectorMatches:
        """Match a query vector by cosine after centering."""
        vectors = self._vectors
        admitted = self._admitted_rows(where) if where else None
        return VectorMatches(vectors.parts, vectors.means.center_query(vector, lang), admitted, vectors.search)

    def matching(
        self,
        groups: Sequence[WeightedTerms],
        where: Filter = NO_FILTER,
        *,
        lang: Language | None = None,
        unmatched: float = 0.0,
    ) -> TermMatches:
        """Match groups of weighted terms by BM25."""
        # Two channels match the same words: the groups of one query are compared by identity.
        for known, *arguments, matches in self._matched:
            if known is groups and arguments == [where, lang, unmatched]:
                return matches
        admitted = self._admitted_rows(where) if where else None
        matches = TermMatches.of(self._terms.parts, groups, admitted=admitted, lang=lang, unmatched=unmatched)
        self._matched.append((groups, where, lang, unmatched, matches))
        return matches


class VectorMatches:
    """Chunks scored by their cosine with a query.

    Args:
        parts: centered vectors that together are the index.
        query: centered query vector, float32 (d,).
        admitted: rows that may match, int64, ascending; None admits all, and the first part may then be searched by
            `search`.
        search: approximate search of the first part; returns None where it cannot be used.
    """

    def __init__(
        self,
        parts: tuple[Vectors, ...],
        query: Matrix,
        admitted: Rows | None,
        search: Callable[[Matrix, int], list[int] | None] | None,
    ) -> None:
        self._parts, self._query, self._admitted, self._search = parts, query, admitted, search

    def best(self, limit: int) -> list[int]:
        """Return the rows of the `limit` nearest chunks of each part."""
        parts, rows = self._parts, list[int]()
        if self._search and self._admitted is None and limit:
            found = self._search(self._query, limit)
            if found is not None:
                rows, parts = found, parts[1:]
        for part in parts:
            rows += nearest(part, self._query, limit, self._admitted)
        return rows

    def scores(self, rows: Rows) -> Scores:
        """Return cosines, float32 (n,)."""
        return cosines(self._parts, self._query, np.asarray(rows, np.int64))
