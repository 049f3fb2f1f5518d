"""Repair the problems that doctor finds: under the ingest lock, in transactions that may be interrupted and rerun."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ...index.catalog.base import CatalogStore
from ...index.catalog.lock import NO_WAIT, LockWait, find_lock_holder, ingest_lock
from ...index.catalog.recovery.repair import remove_unusable_vectors, restore_model, restore_revision
from ...index.domain.findings import Finding, repairable_finding
from ...index.embeddings.base import Embedder
from ...index.health import doctor
from ...index.publishing import Publisher
from ..indexing.embedding_model import open_model
from ..indexing.refresh import default_publisher, embed_missing, embed_sentences, publish, rebuild_lexical_index
from ..report import JobProgress
from .derivation import DERIVATION_CHECKS

_UNFINISHED = "catalog.sqlite*.unfinished*"  # files of a restore that was killed


def examine(
    catalog: CatalogStore, folder: Path, *, thorough: bool = False, publisher: Publisher | None = None
) -> tuple[Finding, ...]:
    """Return the problems of a data directory: those that doctor finds, and the remains of killed processes.

    Args:
        catalog: its catalog.
        folder: the data directory.
        thorough: whether to compare every term, vector, entry and sentence, not only counts, samples and checksums.
        publisher: opens the search engine; None keeps generations in the data directory.
    """
    publisher = publisher or default_publisher(folder)
    holder = find_lock_holder(folder)
    building = bool(holder and holder.alive)
    findings = doctor.examine(
        catalog,
        publisher.engines.for_files(),
        thorough=thorough,
        building=building,
        checks=DERIVATION_CHECKS if thorough else (),
    )
    if holder and not holder.alive:
        findings += (repairable_finding("holder-dead", f"{holder.name} was killed during an ingest"),)
    if not building and (unfinished := sorted(folder.glob(_UNFINISHED))):
        message = f"{unfinished[0].name} was left by an interrupted restore"
        findings += (repairable_finding("restore-unfinished", message),)
    return findings


def repair(
    catalog: CatalogStore,
    folder: Path,
    embedder: Callable[[], Embedder],
    findings: Sequence[Finding],
    *,
    thorough: bool = False,
    publisher: Publisher | None = None,
    observe: Callable[[JobProgress], object] = lambda _: None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    lock_wait: LockWait = NO_WAIT,
) -> tuple[Finding, ...]:
    """Repair the repairable findings, and examine again.

    Args:
        catalog: the catalog.
        folder: the data directory.
        embedder: opens the embedding model; called only if vectors are missing or a version is published.
        findings: the result of `examine`; those that are not repairable are skipped.
        thorough: whether to examine again thoroughly.
        publisher: publishes the repaired index; None keeps generations in the data directory.
        observe: callback before every step; an exception from it aborts the run.
        clock: the time, for the lock.
        lock_wait: how long to wait for an ingest to end.

    Returns:
        The findings that remain.

    Raises:
        BusyError: an ingest is running.
        ConfigError: the catalog was built with another embedding model, or the disk is full.
    """
    with _locked(folder, clock(), lock_wait):
        publisher = publisher or default_publisher(folder)
        run = _RepairRun(catalog, publisher, embedder, observe)
        codes = {finding.code for finding in findings if finding.repairable}
        if all(finding.repairable for finding in findings if finding.code.startswith("catalog-")):
            run.repair(codes)
    return examine(catalog, folder, thorough=thorough, publisher=publisher)


@contextmanager
def _locked(folder: Path, now: datetime, wait: LockWait) -> Generator[None]:
    """Hold the ingest lock, and remove the files of interrupted restores."""
    with ingest_lock(folder, now, wait):
        for path in folder.glob(_UNFINISHED):
            path.unlink(missing_ok=True)
        yield


class _RepairRun:
    """The repairs of one run, in the order of their dependencies."""

    def __init__(
        self,
        catalog: CatalogStore,
        publisher: Publisher,
        embedder: Callable[[], Embedder],
        observe: Callable[[JobProgress], object],
    ) -> None:
        self._catalog, self._publisher, self._embedder, self._observe = catalog, publisher, embedder, observe

    def repair(self, codes: set[str]) -> None:
        """Repair the findings with these codes."""
        if codes & {"revision-behind", "model-unnamed", "papers-empty"}:
            self._step("repair:records")
            self._repair_records(codes)
        if any(code.startswith("lexical-") for code in codes):
            self._step("repair:lexical")
            rebuild_lexical_index(self._catalog)
        if any(code.startswith("vectors-") for code in codes):
            self._step("repair:vectors")
            if codes & {"vectors-missing", "vectors-damaged", "vectors-foreign"}:
                with self._catalog.view() as view:
                    open_model(view, self._embedder)  # rejects another model before vectors are removed
            with self._catalog.write() as transaction:
                remove_unusable_vectors(transaction)
                transaction.touch()
            embed_missing(self._catalog, self._embedder, lambda done, total: self._step("embed", done, total))
        if "sentences-changed" in codes:
            with self._catalog.write() as transaction:
                transaction.metadata.set("sentences", "")  # as if another version had made them
        if any(code.startswith(("sentence", "vectors-")) for code in codes):
            self._step("repair:sentences")
            embed_sentences(self._catalog, self._embedder, lambda done, total: self._step("embed", done, total))
        if "leftovers" in codes:
            self._publisher.engines.for_files().clean()
        if any(code.startswith(("generation-", "vectors-", "revision-")) for code in codes):
            publish(self._catalog, self._publisher, self._step, self._embedder, always=True)

    def _step(self, what: str, done: int = 0, total: int = 0) -> None:
        self._observe(JobProgress(what, done, total, "repair"))

    def _repair_records(self, codes: set[str]) -> None:
        with self._catalog.write() as transaction:
            if "revision-behind" in codes:
                restore_revision(transaction)
            if "model-unnamed" in codes:
                restore_model(transaction)
            for paper_id in transaction.papers.unreferenced():
                transaction.papers.remove_unreferenced(paper_id)
