"""Puts right what doctor found: under the ingest lock, each cure a transaction, safe to cut short and to run again."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ...index.catalog.base import CatalogStore
from ...index.catalog.lock import find_lock_holder, ingest_lock
from ...index.catalog.repair import remove_unusable_vectors, restore_model, restore_revision
from ...index.domain.findings import Finding, repairable_finding
from ...index.embeddings.base import Embedder
from ...index.engine.base import EngineOptions, SearchEngine
from ...index.engine.local import LocalEngine
from ...index.health import doctor
from ..indexing.embedding_model import open_model
from ..indexing.refresh import embed_missing, publish, renew_terms
from ..report import Step

_UNFINISHED = "catalog.sqlite*.unfinished*"  # what a restore that was killed leaves


def examine(catalog: CatalogStore, folder: Path, *, thorough: bool = False) -> tuple[Finding, ...]:
    """Everything that is wrong with a data directory: what doctor finds, and what dead processes left in it.

    Args:
        catalog: its catalog.
        folder: the data directory.
        thorough: compare every term and vector, not only counts, samples and checksums.
    """
    holder = find_lock_holder(folder)
    building = bool(holder and holder.alive)
    found = doctor.examine(catalog, _engine(folder), thorough=thorough, building=building)
    if holder and not holder.alive:
        found += (repairable_finding("holder-dead", f"{holder.name} was killed while it was ingesting"),)
    if not building and (left := sorted(folder.glob(_UNFINISHED))):
        found += (repairable_finding("restore-unfinished", f"{left[0].name} was left by a restore that was cut short"),)
    return found


def repair(
    catalog: CatalogStore,
    folder: Path,
    embedder: Callable[[], Embedder],
    findings: Sequence[Finding],
    *,
    thorough: bool = False,
    observe: Callable[[Step], object] = lambda _: None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> tuple[Finding, ...]:
    """Cure what can be cured, and look again.

    Args:
        catalog: the catalog.
        folder: the data directory.
        embedder: opens the embedder; called only where vectors are missing.
        findings: what `examine` found; those that are not repairable are left alone.
        thorough: whether to look again thoroughly.
        observe: told every step before it is taken.
        clock: the time, for the lock.

    Returns:
        What is left.

    Raises:
        BusyError: an ingest is running.
        ConfigError: the catalog was made with another embedding model, or the disk is full.
    """
    with _holding(folder, clock()):
        cure = _Cure(catalog, folder, embedder, observe)
        codes = {finding.code for finding in findings if finding.repairable}
        if all(finding.repairable for finding in findings if finding.code.startswith("catalog-")):
            cure.all(codes)
    return examine(catalog, folder, thorough=thorough)


@contextmanager
def _holding(folder: Path, now: datetime) -> Generator[None]:
    with ingest_lock(folder, now):
        for path in folder.glob(_UNFINISHED):
            path.unlink(missing_ok=True)
        yield


class _Cure:
    """The cures of one repair, in the order in which one builds on another."""

    def __init__(
        self, catalog: CatalogStore, folder: Path, embedder: Callable[[], Embedder], observe: Callable[[Step], object]
    ) -> None:
        self._catalog, self._folder, self._embedder, self._observe = catalog, folder, embedder, observe

    def all(self, codes: set[str]) -> None:
        if codes & {"revision-behind", "model-unnamed", "papers-empty"}:
            self._step("repair:records")
            self._records(codes)
        if any(code.startswith("lexical-") for code in codes):
            self._step("repair:lexical")
            renew_terms(self._catalog)
        if any(code.startswith("vectors-") for code in codes):
            self._step("repair:vectors")
            if codes & {"vectors-missing", "vectors-damaged", "vectors-foreign"}:
                with self._catalog.view() as view:
                    open_model(view, self._embedder)  # refuses another model before anything is forgotten
            with self._catalog.write() as transaction:
                remove_unusable_vectors(transaction)
                transaction.touch()
            embed_missing(self._catalog, self._embedder, lambda done, total: self._step("embed", done, total))
        if "leftovers" in codes:
            _engine(self._folder).clean()
        if any(code.startswith(("generation-", "vectors-", "revision-")) for code in codes):
            publish(self._catalog, self._folder, self._step, self._embedder, always=True)

    def _step(self, what: str, done: int = 0, total: int = 0) -> None:
        self._observe(Step(what, done, total, "repair"))

    def _records(self, codes: set[str]) -> None:
        with self._catalog.write() as transaction:
            if "revision-behind" in codes:
                restore_revision(transaction)
            if "model-unnamed" in codes:
                restore_model(transaction)
            for paper_id in transaction.papers.unreferenced():
                transaction.papers.remove_unreferenced(paper_id)


def _engine(folder: Path) -> SearchEngine:
    """Return the engine of a data directory for checks and cleaning, which need no embedding model."""
    return LocalEngine.open(EngineOptions(folder / "generations", "", 0))
