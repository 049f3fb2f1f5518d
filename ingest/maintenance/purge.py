"""Purging: erase removed and replaced texts from the catalog's file and from published versions of the index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ...index.catalog.base import CatalogView
from ...index.catalog.database import Catalog
from ...index.catalog.lock import NO_WAIT, LockWait, ingest_lock
from ...index.catalog.recovery.repair import remove_unusable_vectors
from ...index.catalog.recovery.restore import kept_catalogs
from ...index.embeddings.base import Embedder
from ...index.publishing import Publisher
from ..indexing.refresh import default_publisher, publish
from ..report import JobProgress


@dataclass(frozen=True, slots=True)
class Purgeable:
    """What a purge erases.

    Attributes:
        revisions: earlier states of entries.
        abstracts: titles and abstracts of papers that were removed.
        documents: digests whose source text may hold a removed text; their entries stay.
        vectors: vectors that belong to no text.
        kept_catalogs: catalogs that restores replaced and kept; a purge leaves them alone.
        receipts: stored answers, and remains of interrupted writes, that hold words which the index holds no more; the
            other words of the answers stay.
    """

    revisions: int
    abstracts: int
    documents: int
    vectors: int
    kept_catalogs: tuple[str, ...]
    receipts: int = 0


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """The result of a purge.

    Attributes:
        erased: what was erased.
        bytes_before, bytes_after: size of the catalog's file.
        chunks: number of chunks in the index.
        generation: number of the published version; None while there are no chunks.
    """

    erased: Purgeable
    bytes_before: int
    bytes_after: int
    chunks: int
    generation: int | None


def find_purgeable(catalog: Catalog, folder: Path) -> Purgeable:
    """Count what a purge would erase.

    Args:
        catalog: the catalog.
        folder: the data directory.
    """
    with catalog.view() as view:
        return _count(view, folder)


def purge(
    catalog: Catalog,
    folder: Path,
    embedder: Callable[[], Embedder],
    *,
    publisher: Publisher | None = None,
    lock_wait: LockWait = NO_WAIT,
    observe: Callable[[JobProgress], object] = lambda _: None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> PurgeReport:
    """Erase removed and replaced texts.

    They are deleted in one transaction. Then the file is rewritten without them, a version of the index is published
    without their terms and vectors, and all earlier versions are removed. An interrupted run is completed by the next.
    The hashes of what was removed by hand stay, so that a later ingest still leaves it out.

    Args:
        catalog: the catalog.
        folder: the data directory.
        embedder: opens the embedding model; called only if a version is published.
        publisher: publishes the index; None keeps generations in the data directory.
        lock_wait: how long to wait for another process that holds the lock.
        observe: callback before every step; an exception from it aborts the run.
        clock: the time, for the lock.

    Raises:
        BusyError: an ingest is running, or others keep reading the catalog.
        ConfigError: the disk is full.
    """
    publisher = publisher or default_publisher(folder)

    def step(what: str) -> None:
        observe(JobProgress(what, 0, 0, what))

    with ingest_lock(folder, clock(), lock_wait):
        size = catalog.path.stat().st_size
        step("purge")
        with catalog.write() as transaction:
            erased = _count(transaction.view, folder)
            transaction.entries.delete_revisions()
            transaction.papers.delete_unused_sources()
            transaction.documents.erase_texts(transaction.documents.with_removed_texts())
            remove_unusable_vectors(transaction)
            transaction.touch()
        step("compact")
        catalog.compact()
        generation = publish(catalog, publisher, step, embedder, always=True)
        step("clean")
        publisher.engines.for_files().clean(keep=0 if generation is None else 1)
        with catalog.view() as view:
            chunks = view.chunks.count()
        return PurgeReport(erased, size, catalog.path.stat().st_size, chunks, generation)


def _count(view: CatalogView, folder: Path) -> Purgeable:
    return Purgeable(
        view.entries.revision_count(),
        view.papers.unused_source_count(),
        len(view.documents.with_removed_texts()),
        view.vectors.orphan_count(),
        tuple(str(path) for path in kept_catalogs(folder)),
    )
