"""The search engine interface that retrieval, linking, the lexicon and the health checks depend on.

A search engine makes the chunks of a catalog searchable by vector and by term. `LocalEngine` keeps immutable
generations on disk, `InMemoryEngine` scans everything; `tests/index/engine/test_contract.py` runs one suite over both.
To add an engine, implement `SearchEngine` and `EngineSnapshot`, add it to that suite, and pass its `open` to
`Library.open`. A library opens one engine for each embedding model and shares it, so an engine need not keep its state
in files.

Chunks are addressed by the catalog's row numbers, which are never reused. Arrays are plain values: rows are int64 (n,),
scores float32 (n,), vectors float32 (d,).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..analysis.term_statistics import TermStatistics
from ..analysis.weighted_terms import WeightedTerms
from ..catalog.base import CatalogView
from ..domain.errors import ConfigError
from ..domain.filters import NO_FILTER, Filter
from ..domain.findings import Finding
from ..domain.papers import Language
from ..domain.vectors import Matrix, Rows, Scores
from .artifacts import Artifacts
from .centering import LanguageMeans
from .limits import EXACT_SCAN_ROWS

Observer = Callable[[str], object]
"""Called with the name of a step before the step is taken; an exception that it raises stops the work."""
Learn = Callable[["EngineSnapshot"], Artifacts]
OpenEngine = Callable[["EngineOptions"], "SearchEngine"]
"""The `open` of an engine."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What an engine is opened with.

    Attributes:
        folder: where it may keep files of its own.
        model_id, dimension: the embedding model of the catalog's vectors; not needed for status, checks and cleaning.
        exact_scan_rows: largest number of vectors that are compared one by one instead of through an ANN index.
        centering: whether each language's mean is subtracted from vectors before they are compared.
    """

    folder: Path
    model_id: str = ""
    dimension: int = 0
    exact_scan_rows: int = EXACT_SCAN_ROWS
    centering: bool = True


class Matches(Protocol):
    """The chunks of a snapshot, scored against one vector or one set of terms."""

    def best(self, limit: int) -> list[int]:
        """Return rows that include the `limit` best-scored chunks; chunks that score nothing may be left out."""
        ...

    def scores(self, rows: Rows) -> Scores:
        """Return the exact scores of chunks, float32 (n,); 0 for a chunk that does not match or is unknown."""
        ...


class EngineSnapshot(Protocol):
    """A consistent state of the index that belongs to one catalog snapshot. Valid as long as that snapshot is open."""

    @property
    def version(self) -> int | None:
        """Number of the published version that is searched; None where none can be used and all is scanned."""
        ...

    @property
    def revision(self) -> int:
        """Revision of the catalog snapshot; every chunk of it is searchable."""
        ...

    @property
    def artifacts(self) -> Artifacts:
        """What was learned when the version was published, or the defaults of an unpublished index."""
        ...

    @property
    def means(self) -> LanguageMeans:
        """The mean vectors by which passages and queries are centered."""
        ...

    @property
    def statistics(self) -> TermStatistics:
        """Document frequencies over every chunk."""
        ...

    def filter(self, rows: Rows, where: Filter) -> Rows:
        """Return those of some rows that a metadata filter admits, in their order."""
        ...

    def nearest(self, vector: Matrix, lang: Language, where: Filter = NO_FILTER) -> Matches:
        """Match a query vector: the score of a chunk is its cosine after centering.

        Args:
            vector: float32 (d,), as the embedding model gives it.
            lang: the query's language, whose mean is subtracted.
            where: restricts the matches; the result equals an exact scan of the admitted chunks.
        """
        ...

    def matching(
        self,
        groups: Sequence[WeightedTerms],
        where: Filter = NO_FILTER,
        *,
        lang: Language | None = None,
        unmatched: float = 0.0,
    ) -> Matches:
        """Match groups of weighted terms: the score of a chunk is its BM25 as a share of the best possible one.

        A score of 1 is that of a chunk of average length that contains every group once; terms of a group add up
        before the term frequency saturates.

        Args:
            groups: the query, a group for each of its words.
            where: restricts the matches.
            lang: match only chunks in this language.
            unmatched: information of words without a group, which lowers every score.
        """
        ...


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """State of an engine.

    Attributes:
        version: number of the published version; None where nothing is published.
    """

    version: int | None


class SearchEngine(Protocol):
    """An index over the chunks of a catalog. Safe to share between threads; one process publishes at a time."""

    @classmethod
    def open(cls, options: EngineOptions) -> Any:
        """Open the engine. Reads nothing yet."""
        ...

    def snapshot(self, view: CatalogView) -> EngineSnapshot:
        """Return the state that belongs to a catalog snapshot.

        Raises:
            ConfigError: the snapshot holds vectors of another embedding model.
        """
        ...

    def status(self) -> EngineStatus:
        """Return what is published."""
        ...

    def is_stale(self, view: CatalogView) -> bool:
        """Return whether a new version is worth its cost: none can be read, or much has changed since."""
        ...

    def publish(
        self,
        view: CatalogView,
        learn: Learn,
        *,
        chunker: str,
        observe: Observer = lambda _: None,
        before_switch: Callable[[], object] = lambda: None,
    ) -> int:
        """Build a version of everything in a catalog snapshot, verify it and make it current.

        Args:
            view: the snapshot.
            learn: computes the artifacts from the version under construction; called once.
            chunker: version of the chunker that made the chunks.
            observe: called before each step.
            before_switch: called once the version is verified; what it raises leaves the current version in place.

        Returns:
            The number of the version.

        Raises:
            IndexDamagedError: the built version does not return what was put in.
            ConfigError: it cannot be written, for example on a full disk.
        """
        ...

    def examine(self, view: CatalogView, *, thorough: bool, publishing: bool) -> Iterable[Finding]:
        """Compare the published version with a catalog snapshot; change nothing.

        Args:
            view: the snapshot.
            thorough: compare every vector instead of counts, checksums and a sample.
            publishing: whether an ingest is running, so that a version may be newer than the snapshot.
        """
        ...

    def examine_files(self, *, publishing: bool) -> Iterable[Finding]:
        """Look for leftovers, unknown files and too little room for another version; change nothing.

        Args:
            publishing: whether an ingest is running, so that an incomplete version is not a leftover.
        """
        ...

    def clean(self, keep: int = 2) -> None:
        """Remove what interrupted runs left, and all but the `keep` latest versions; 0 removes all."""
        ...

    def close(self) -> None:
        """Release files."""
        ...


def check_model(stored: str | None, used: str) -> None:
    """Check that the model in use is that of the catalog's vectors: another process may re-embed them at any moment.

    Args:
        stored: model id of the catalog's vectors; None if it has none.
        used: id of the model in use.

    Raises:
        ConfigError: the catalog holds vectors of another model.
    """
    if stored not in {None, used}:
        raise ConfigError(
            f"the index was built with {stored}, but the model in use is {used}: set `embedding` to the model of the "
            "index and open it again, or run `nonmun reembed` to change the index to the model of the settings"
        )
