"""One state of an index to search in: a catalog snapshot, the engine's, and what is derived from both."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..catalog.base import CatalogStore, CatalogView
from ..domain.chunks import ChunkInfo
from ..engine.base import EngineSnapshot, SearchEngine
from ..linking.paper_names import PaperNames
from ..linking.vocabulary import Vocabulary
from ..util.revision_cache import RevisionCache


@dataclass(frozen=True, slots=True)
class _Caches:
    """What is derived from a state of the index, kept until the state changes."""

    vocabulary: RevisionCache[Vocabulary] = field(default_factory=RevisionCache[Vocabulary])
    paper_names: RevisionCache[PaperNames] = field(default_factory=RevisionCache[PaperNames])
    chunks: RevisionCache[dict[int, ChunkInfo | None]] = field(
        default_factory=RevisionCache[dict[int, "ChunkInfo | None"]]
    )


class IndexSnapshot:
    """A consistent state of catalog and engine.

    Attributes:
        view: the catalog snapshot.
        engine: the engine's snapshot of the same state.
    """

    def __init__(self, view: CatalogView, engine: EngineSnapshot, caches: _Caches) -> None:
        self.view, self.engine, self._caches = view, engine, caches
        self._state = view.catalog_id, engine.revision

    @property
    def state(self) -> Hashable:
        """What is derived from the index alone is valid for: the catalog, its revision and the published version."""
        return self._state, self.engine.version

    @property
    def vocabulary(self) -> Vocabulary:
        """The index terms, and which of them a question's words may match."""
        statistics = self.engine.statistics
        return self._caches.vocabulary.get(
            self.state, lambda: Vocabulary(statistics), lambda known: known.updated(statistics)
        )

    @property
    def paper_names(self) -> PaperNames:
        """The papers' own names."""
        return self._caches.paper_names.get(
            self._state,
            lambda: PaperNames(self.view.papers.titles()),
            lambda known: known.updated(self.view.papers.titles()),
        )

    def chunks(self, rows: Iterable[int]) -> list[ChunkInfo]:
        """Return what is known of chunks, by row; rows that the catalog has dropped are left out."""
        known = self._caches.chunks.get(self._state, dict)
        wanted = sorted(set(rows))
        if unknown := [row for row in wanted if row not in known]:
            known.update(dict.fromkeys(unknown) | self.view.chunks.infos(unknown))
        return [chunk for row in wanted if (chunk := known[row])]

    def chunks_of(self, paper_ids: Iterable[str]) -> list[ChunkInfo]:
        """Return what is known of every chunk of some papers, by row."""
        return [chunk for _, chunk in sorted(self.view.chunks.infos_of_papers(paper_ids).items())]


class Index:
    """A catalog and its engine. Safe to share between threads."""

    def __init__(self, catalog: CatalogStore, engine: SearchEngine) -> None:
        self._catalog, self._engine = catalog, engine
        self._caches = _Caches()

    @contextmanager
    def snapshot(self) -> Generator[IndexSnapshot]:
        """Open a snapshot for the duration of the block.

        Raises:
            ConfigError: the catalog holds vectors of another embedding model.
        """
        with self._catalog.view() as view:
            yield IndexSnapshot(view, self._engine.snapshot(view), self._caches)

    def close(self) -> None:
        """Close the engine; the catalog stays open."""
        self._engine.close()
