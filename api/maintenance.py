"""Maintenance of a data directory: ingest, fetch, remove, re-embed, examine, repair and back up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..index.catalog.database import Catalog
from ..index.catalog.recovery.backup import Progress, backup
from ..index.domain.findings import Finding, unrepairable_finding
from ..index.embeddings.base import Embedder
from ..settings import Settings

if TYPE_CHECKING:  # asking does not have to wait for the imports of the ingest
    from ..index.catalog.lock import LockWait
    from ..index.engine.shared import SharedEngine
    from ..index.publishing import Publisher
    from ..index.retrieval.channels import Channel
    from ..ingest.formats.jsonl import EntryRecord
    from ..ingest.job import IngestJob, Prune
    from ..ingest.maintenance.purge import Purgeable, PurgeReport
    from ..ingest.maintenance.reembedding import ReembeddingReport
    from ..ingest.report import IngestReport, JobProgress
    from ..ingest.sources.config import SourceConfig
    from .receipts.checks import FindPaper
    from .receipts.store import ReceiptStore


class Maintenance:
    """Writes to a data directory; `Library` documents each.

    Args:
        settings: configuration.
        catalog: the catalog to change.
        open_embedder: returns the embedding model; called only if something has to be embedded or published.
        engines: opens the search engine that publishes.
        channels: the retrieval channels that abstention is calibrated for.
        report: callback for a line of text when another process has to be waited for.
    """

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        open_embedder: Callable[[], Embedder],
        engines: SharedEngine,
        channels: Sequence[Channel],
        report: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._settings, self._catalog, self._open_embedder = settings, catalog, open_embedder
        self._engines, self._channels, self._report = engines, channels, report

    def ingest(
        self,
        paths: Iterable[Path],
        abstracts: Path | None,
        *,
        all_abstracts: bool,
        fetch: bool,
        prune: Prune | None,
        readmit: bool,
        observe: Callable[[JobProgress], object],
    ) -> IngestReport:
        """Add digests and abstracts to the index; see `Library.ingest`."""
        source_config = self._source_config() if fetch else None
        return self._job(observe).run(
            paths, abstracts, all_abstracts=all_abstracts, source_config=source_config, prune=prune, readmit=readmit
        )

    def add_entries(
        self,
        entries: Iterable[EntryRecord | Mapping[str, Any]],
        *,
        readmit: bool,
        observe: Callable[[JobProgress], object],
    ) -> IngestReport:
        """Add entries to the index; see `Library.add_entries`."""
        from ..ingest.formats.posted import read_posted

        documents = read_posted(entries)
        return self._job(observe).add(documents, readmit=readmit)

    def fetch(self, refresh: timedelta | None, observe: Callable[[JobProgress], object]) -> IngestReport:
        """Fetch missing and outdated abstracts; see `Library.fetch`."""
        return self._job(observe).fetch(self._source_config(), refresh=refresh)

    def remove(self, targets: Iterable[str], observe: Callable[[JobProgress], object]) -> IngestReport:
        """Remove days, papers and entries; see `Library.remove`."""
        from ..ingest.planning.removal import parse_target

        return self._job(observe).remove([parse_target(target) for target in targets])

    def reembed(self, observe: Callable[[JobProgress], object]) -> ReembeddingReport:
        """Change the index to the configured embedding model; see `Library.reembed`."""
        from ..ingest.maintenance.reembedding import reembed

        folder, publisher = self._settings.data, self._publisher()
        return reembed(
            self._catalog,
            folder,
            self._open_embedder,
            publisher=publisher,
            observe=observe,
            lock_wait=self._lock_wait(),
        )

    def purgeable(self) -> Purgeable:
        """Return what a purge would erase; see `Library.purgeable`."""
        from ..ingest.maintenance.purge import find_purgeable

        found = find_purgeable(self._catalog, self._settings.data)
        return replace(found, receipts=len(self._receipts().outdated(self._find_paper())))

    def purge(self, observe: Callable[[JobProgress], object]) -> PurgeReport:
        """Erase removed texts; see `Library.purge`."""
        from ..ingest.maintenance.purge import purge
        from ..ingest.report import JobProgress

        folder, publisher = self._settings.data, self._publisher()
        report = purge(
            self._catalog,
            folder,
            self._open_embedder,
            publisher=publisher,
            lock_wait=self._lock_wait(),
            observe=observe,
        )
        observe(JobProgress("receipts", 0, 0, "receipts"))
        erased = self._receipts().erase(self._find_paper())
        return replace(report, erased=replace(report.erased, receipts=erased))

    def examine(self, *, thorough: bool) -> tuple[Finding, ...]:
        """Return what is wrong with the data directory; see `Library.examine`."""
        from ..ingest.maintenance.repair import examine

        found = examine(self._catalog, self._settings.data, thorough=thorough, publisher=self._publisher())
        return found + self._examine_answers()

    def repair(
        self, findings: Sequence[Finding], *, thorough: bool, observe: Callable[[JobProgress], object]
    ) -> tuple[Finding, ...]:
        """Repair what `examine` found; see `Library.repair`."""
        from ..ingest.maintenance.repair import repair

        remaining = repair(
            self._catalog,
            self._settings.data,
            self._open_embedder,
            findings,
            thorough=thorough,
            publisher=self._publisher(),
            observe=observe,
            lock_wait=self._lock_wait(),
        )
        return remaining + self._examine_answers()

    def backup(self, file: Path, *, force: bool, progress: Progress | None) -> None:
        """Copy the catalog to a file; see `Library.backup`."""
        backup(self._catalog, file, force=force, progress=progress)

    def _job(self, observe: Callable[[JobProgress], object]) -> IngestJob:
        from ..ingest.job import IngestJob

        folder, publisher = self._settings.data, self._publisher()
        return IngestJob(
            self._catalog,
            folder,
            self._open_embedder,
            publisher=publisher,
            observe=observe,
            lock_wait=self._lock_wait(),
        )

    def _examine_answers(self) -> tuple[Finding, ...]:
        """Return what is wrong with the stored answers and the secret that seals answers."""
        from .receipts.seal import Sealer
        from .receipts.storing import NotStoredError

        findings: list[Finding] = []
        try:
            Sealer(self._settings.data).check()
        except NotStoredError as error:
            cure = "make it readable, or remove it: a new one is made, and open pages have to be loaded again"
            findings.append(unrepairable_finding("answers-key", str(error), cure))
        if damaged := self._receipts().damaged():
            message = f"{len(damaged)} shared answers cannot be read: {', '.join(damaged[:5])}"
            cure = "copy them back, or remove them with `nonmun receipts remove ID`"
            findings.append(unrepairable_finding("answers-damaged", message, cure))
        return tuple(findings)

    def _receipts(self) -> ReceiptStore:
        """Return the stored answers of the data directory."""
        from .receipts.store import ReceiptStore

        return ReceiptStore(self._settings.data)

    def _find_paper(self) -> FindPaper:
        """Return what finds the papers that the index holds now."""
        from .browsing import Browsing
        from .receipts.checks import paper_finder

        browsing = Browsing(self._settings, self._catalog, self._engines)
        return paper_finder(lambda paper_id: browsing.paper(paper_id, history=False))

    def _lock_wait(self) -> LockWait:
        """Return the configured wait for the ingest lock."""
        from ..index.catalog.lock import LockWait

        return LockWait(self._settings.lock_wait, self._report)

    def _publisher(self) -> Publisher:
        from ..index.publishing import Publisher

        return Publisher(self._engines, self._channels)

    def _source_config(self) -> SourceConfig:
        """Return the configured sources of abstracts."""
        from ..ingest.sources.config import ARXIV_URL, HUGGINGFACE_URL, SourceConfig

        settings = self._settings
        return SourceConfig(
            state=settings.cache / "upstream",
            arxiv_url=settings.arxiv_url or ARXIV_URL,
            huggingface_url=settings.huggingface_url or HUGGINGFACE_URL,
            contact=settings.contact,
        )
