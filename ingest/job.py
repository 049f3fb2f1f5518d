"""The ingestion job: read files, diff them with the catalog, write the changes, assess trust, publish the index."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..index.analysis.analyzer import TERMS_VERSION
from ..index.catalog.base import CatalogStore
from ..index.catalog.lock import NO_WAIT, LockWait, ingest_lock
from ..index.embeddings.base import Embedder, as_managed
from ..index.publishing import LARGE_ROWS, Publisher
from .formats.documents import ParsedDocument, ReadResult, find_files, read_documents
from .indexing.change_writer import ChangeWriter
from .indexing.chunker import CHUNKER_VERSION
from .indexing.refresh import default_publisher, embed_missing, embed_sentences, publish, rebuild_lexical_index
from .indexing.trust_assessment import judge_entries
from .planning.abstracts import plan_abstracts
from .planning.changes import Change
from .planning.context import ManualRemovals, PlanContext, paper_ids
from .planning.document_identity import assign_names
from .planning.documents import plan_documents, plan_rechunking
from .planning.fetching import papers_to_fetch, plan_fetch
from .planning.removal import RemovalTarget, plan_prune, plan_removal
from .report import IngestReport, JobProgress

if TYPE_CHECKING:
    from .sources.config import SourceConfig

Prune = Literal["list", "remove"]


class IngestJob:
    """Ingestion into one data directory; one job is one run.

    Args:
        catalog: the catalog to write.
        folder: the data directory, for the lock.
        embedder: opens the embedding model; called only if something has to be embedded or published.
        publisher: publishes the index; None keeps generations in the data directory.
        observe: callback before every step; an exception from it aborts the run.
        clock: the time to record.
        lock_wait: how long to wait for another ingest to end.

    Attributes:
        report: the results of the run so far.
    """

    def __init__(
        self,
        catalog: CatalogStore,
        folder: Path,
        embedder: Callable[[], Embedder],
        *,
        publisher: Publisher | None = None,
        observe: Callable[[JobProgress], object] = lambda _: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        lock_wait: LockWait = NO_WAIT,
    ) -> None:
        self._catalog, self._folder, self._lock_wait = catalog, folder, lock_wait
        self._publisher = publisher or default_publisher(folder)
        self._embedder = embedder
        self._observe, self._clock = observe, clock
        self._done = self._total = 0
        self._label = ""
        self.report = IngestReport()
        self._change_writer = ChangeWriter(catalog, embedder, self._step, clock, self.report)

    def run(
        self,
        paths: Iterable[Path],
        abstracts: Path | None = None,
        *,
        all_abstracts: bool = False,
        source_config: SourceConfig | None = None,
        prune: Prune | None = None,
        readmit: bool = False,
    ) -> IngestReport:
        """Ingest files and publish.

        Args:
            paths: digest files, JSONL files of entries, and folders of them.
            abstracts: a JSONL file of abstracts.
            all_abstracts: also store abstracts of papers without an entry in a digest.
            source_config: where to fetch missing abstracts; None to fetch none.
            prune: list or remove the entries of documents that are in the catalog but not in `paths`.
            readmit: ingest again what was removed manually.

        Raises:
            FileError: a path does not exist, or the abstracts cannot be read.
            BusyError: another ingest is running.
            ConfigError: the catalog was built with another embedding model.
        """
        with self._locked():
            result = read_documents(find_files(paths))  # not earlier: files may come and go during a wait
            self.report.failed = len(result.failed)
            self.report.problems += result.problems
            with self._catalog.view() as view:
                result = assign_names(view, result)
                removals = ManualRemovals(view.entries.removals(), readmit=readmit)
                context = PlanContext(view, result.documents, removals, self.report)
                abstract_changes = (
                    list(plan_abstracts(context, abstracts, standalone=all_abstracts)) if abstracts else []
                )
                document_changes = list(plan_documents(context))
            self._readmit(removals)
            self._total = sum(change.size for change in (*abstract_changes, *document_changes))
            self._apply(abstract_changes)
            # An abstract is a chunk, seldom two.
            is_large = sum(change.size for change in abstract_changes) >= LARGE_ROWS
            del abstract_changes
            if is_large:
                as_managed(self._embedder()).release_memory()  # frees memory for the Korean analyzer
            if source_config:
                self._fetch(source_config, paper_ids(result.documents), None)
            self._apply(document_changes)
            self._record_moves()
            if prune:
                self._prune(result, prune)
        return self.report

    def add(self, documents: Sequence[ParsedDocument], *, readmit: bool = False) -> IngestReport:
        """Add posted entries, and publish if much has changed.

        Args:
            documents: the entries (`formats.posted`).
            readmit: ingest again what was removed manually.

        Raises:
            BusyError: another ingest is running.
            ConfigError: the catalog was built with another embedding model.
        """
        with self._locked():
            with self._catalog.view() as view:
                removals = ManualRemovals(view.entries.removals(), readmit=readmit)
                changes = list(plan_documents(PlanContext(view, documents, removals, self.report)))
            self._readmit(removals)
            self._apply(changes)
        return self.report

    def fetch(self, source_config: SourceConfig, *, refresh: timedelta | None = None) -> IngestReport:
        """Fetch abstracts that are missing or older than `refresh`, and publish.

        A failure is recorded, and retried by the next fetch.

        Raises:
            BusyError: another ingest is running.
        """
        with self._locked():
            self._fetch(source_config, set(), refresh)
        return self.report

    def remove(self, targets: Sequence[RemovalTarget]) -> IngestReport:
        """Remove days, papers and entries from every search at once, and publish if much of the index was removed.

        Raises:
            NotFoundError: a target is not in the index; nothing is removed.
            BusyError: another ingest is running.
        """
        with self._locked():
            with self._catalog.view() as view:
                change = plan_removal(view, targets)
            if targets:
                self._apply([change])
        return self.report

    @contextmanager
    def _locked(self) -> Generator[None]:
        """Hold the ingest lock; on exit, bring chunks, vectors, trust and the published version up to date."""
        with ingest_lock(self._folder, self._clock(), self._lock_wait):
            self._rebuild_lexical_index_if_outdated()
            yield
            self._rechunk_if_outdated()
            self._label = "missing vectors"
            self.report.embedded += embed_missing(
                self._catalog, self._embedder, lambda _done, _total: self._step("embed")
            )
            self._label = "trust"
            judge_entries(self._catalog, self._change_writer, self._embedder, self._step, self.report)
            self._label = "sentences"
            self.report.sentences += embed_sentences(
                self._catalog, self._embedder, lambda _done, _total: self._step("sentences")
            )
            self._step("check")
            self._label = "publish"
            self.report.generation = publish(self._catalog, self._publisher, self._step, self._embedder)
            with self._catalog.view() as view:
                self.report.chunks = view.chunks.count()

    def _step(self, what: str) -> None:
        self._observe(JobProgress(what, self._done, self._total, self._label))

    def _readmit(self, removals: ManualRemovals) -> None:
        if removals.readmitted:
            with self._catalog.write() as transaction:
                transaction.entries.delete_removals(removals.readmitted)

    def _apply(self, changes: Sequence[Change]) -> None:
        self._total = max(self._total, self._done + sum(change.size for change in changes))
        for change in changes:
            self._label = change.label
            self._change_writer.write(change)
            self._done += change.size

    def _fetch(self, source_config: SourceConfig, new_papers: set[str], max_age: timedelta | None) -> None:
        with self._catalog.view() as view:
            papers = papers_to_fetch(view, new_papers, self._clock(), max_age)
        self._label = "fetch"
        self._total += len(papers)
        for change in plan_fetch(papers, source_config, self.report, self._step):
            self._change_writer.write(change)
            self._done += change.size

    def _prune(self, result: ReadResult, prune: Prune) -> None:
        incomplete = (document.path for document in result.documents if document.damaged or not document.digest.entries)
        with self._catalog.view() as view:
            change, entries = plan_prune(view, result.documents, {*result.failed, *incomplete})
        self.report.pruned = sorted((entry.digest_date, entry.paper_id) for entry in entries)
        if prune == "remove" and change.removed_documents:
            self._apply([change])

    def _record_moves(self) -> None:
        if self.report.moved:
            with self._catalog.write() as transaction:
                for day, name, path in self.report.moved:
                    transaction.documents.set_path(day, name, path)

    def _rechunk_if_outdated(self) -> None:
        """Rechunk every paper if the chunks are of another chunker version; an interrupted run starts over."""
        with self._catalog.view() as view:
            changes = list(plan_rechunking(view, CHUNKER_VERSION))
        if changes:
            self._apply(changes)
            with self._catalog.write() as transaction:
                transaction.metadata.set("chunker", CHUNKER_VERSION)

    def _rebuild_lexical_index_if_outdated(self) -> None:
        """Rebuild the lexical index if its terms are of another analyzer version."""
        with self._catalog.view() as view:
            if view.metadata.get("terms") in {None, TERMS_VERSION}:
                return
        self._step("terms")
        rebuild_lexical_index(self._catalog)
