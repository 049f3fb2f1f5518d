"""The ingestion job: read, compare with the catalog, store what changed, judge it, publish."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..index.analysis.analyzer import TERMS_VERSION
from ..index.catalog.base import CatalogStore
from ..index.catalog.lock import ingest_lock
from ..index.embeddings.base import Embedder, rest
from ..index.publishing import LARGE_ROWS
from .formats.documents import Reading, find_files, read_documents
from .indexing.change_writer import Applier
from .indexing.chunker import CHUNKER_VERSION
from .indexing.refresh import embed_missing, publish, renew_terms
from .indexing.trust_assessment import judge_entries
from .planning.changes import Change
from .planning.document_identity import named
from .planning.documents import Removals, plan_abstracts, plan_documents, rechunked, spoken
from .planning.fetching import plan_fetch, wanted_upstream
from .planning.removal import Target, plan_prune, plan_removal
from .report import Report, Step

if TYPE_CHECKING:
    from .sources.config import Upstream

Prune = Literal["list", "remove"]


class Ingest:
    """One run of the job over one data directory.

    Args:
        catalog: where everything goes.
        folder: the data directory, for the lock.
        embedder: opens the embedder; called only when something has to be embedded or published.
        observe: told every step before it is taken.
        clock: the time, for what is recorded.
    """

    def __init__(
        self,
        catalog: CatalogStore,
        folder: Path,
        embedder: Callable[[], Embedder],
        *,
        observe: Callable[[Step], object] = lambda _: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._catalog, self._folder = catalog, folder
        self._embedder = embedder
        self._observe, self._clock = observe, clock
        self._done = self._total = 0
        self._label = ""
        self.report = Report()
        self._applier = Applier(catalog, embedder, self._step, clock, self.report)

    def run(
        self,
        paths: Iterable[Path],
        abstracts: Path | None = None,
        *,
        all_abstracts: bool = False,
        upstream: Upstream | None = None,
        prune: Prune | None = None,
        readmit: bool = False,
    ) -> Report:
        """Bring files into the catalog and publish.

        Args:
            paths: digest files, JSONL files of entries, and folders of them.
            abstracts: a JSONL file of source abstracts.
            all_abstracts: also take abstracts of papers that no digest speaks of.
            upstream: where to fetch the abstracts that are still missing; None fetches nothing.
            prune: what to do about documents that are in the catalog but not in `paths`: list or remove their entries.
            readmit: take again what was removed by hand.

        Raises:
            FileError: a path does not exist, or the abstracts cannot be read.
            BusyError: another ingest is running.
            ConfigError: the catalog was made with another embedding model.
        """
        files = find_files(paths)
        with self._session():
            reading = read_documents(files)
            self.report.failed = len(reading.failed)
            self.report.problems += reading.problems
            with self._catalog.view() as view:
                reading = named(view, reading)
                removals = Removals(view.entries.removals(), readmit=readmit)
                given = view, reading.documents, self.report, removals
                sources = list(plan_abstracts(abstracts, *given, standalone=all_abstracts)) if abstracts else []
                documents = list(plan_documents(*given))
            if removals.readmitted:
                with self._catalog.write() as transaction:
                    transaction.entries.delete_removals(removals.readmitted)
            self._total = sum(change.size for change in (*sources, *documents))
            self._apply(sources)
            # An abstract is a chunk, seldom two.
            is_large = sum(change.size for change in sources) >= LARGE_ROWS
            del sources
            if is_large:
                rest(self._embedder())  # what it has grown to makes room for the analyser of the Korean documents
            if upstream:
                self._fetch(upstream, spoken(reading.documents), None)
            self._apply(documents)
            self._note_moves()
            if prune:
                self._prune(reading, prune)
        return self.report

    def fetch(self, upstream: Upstream, *, refresh: timedelta | None = None) -> Report:
        """Fetch the abstracts that are missing, and those that are older than `refresh`, and publish.

        A fetch that fails is noted and tried again by the next one.

        Raises:
            BusyError: another ingest is running.
        """
        with self._session():
            self._fetch(upstream, set(), refresh)
        return self.report

    def remove(self, targets: Sequence[Target]) -> Report:
        """Remove days, papers and entries from every search at once, and publish where much of the index went.

        Raises:
            NotFoundError: one of them is not in the index; nothing is removed then.
            BusyError: another ingest is running.
        """
        with self._session():
            with self._catalog.view() as view:
                change = plan_removal(view, targets)
            if targets:
                self._apply([change])
        return self.report

    @contextmanager
    def _session(self) -> Generator[None]:
        """What stands around every job: the lock before, verdicts, vectors and a generation after."""
        with ingest_lock(self._folder, self._clock()):
            self._renew_terms()
            yield
            self._renew_chunks()
            self._label = "missing vectors"
            self.report.embedded += embed_missing(
                self._catalog, self._embedder, lambda _done, _total: self._step("embed")
            )
            self._label = "trust"
            judge_entries(self._catalog, self._applier, self._embedder, self._step, self.report)
            self._step("check")
            self._label = "publish"
            self.report.generation = publish(self._catalog, self._folder, self._step, self._embedder)
            with self._catalog.view() as view:
                self.report.chunks = view.chunks.count()

    def _step(self, what: str) -> None:
        self._observe(Step(what, self._done, self._total, self._label))

    def _apply(self, changes: Sequence[Change]) -> None:
        self._total = max(self._total, self._done + sum(change.size for change in changes))
        for change in changes:
            self._label = change.label
            self._applier.apply(change)
            self._done += change.size

    def _fetch(self, upstream: Upstream, spoken_of: set[str], refresh: timedelta | None) -> None:
        with self._catalog.view() as view:
            wanted = wanted_upstream(view, spoken_of, self._clock(), refresh)
        self._label = "fetch"
        self._total += len(wanted)
        for change in plan_fetch(wanted, upstream, self.report, self._step):
            self._applier.apply(change)
            self._done += change.size

    def _prune(self, reading: Reading, prune: Prune) -> None:
        partial = (one.path for one in reading.documents if one.damaged or not one.digest.entries)
        with self._catalog.view() as view:
            change, entries = plan_prune(view, reading.documents, {*reading.failed, *partial})
        self.report.pruned = sorted((one.digest_date, one.paper_id) for one in entries)
        if prune == "remove" and change.dropped:
            self._apply([change])

    def _note_moves(self) -> None:
        if self.report.moved:
            with self._catalog.write() as transaction:
                for day, name, path in self.report.moved:
                    transaction.documents.set_path(day, name, path)

    def _renew_chunks(self) -> None:
        """Make every chunk anew where another version of the chunker made them; a run cut short begins again."""
        with self._catalog.view() as view:
            changes = list(rechunked(view))
        if changes:
            self._apply(changes)
            with self._catalog.write() as transaction:
                transaction.metadata.set("chunker", CHUNKER_VERSION)

    def _renew_terms(self) -> None:
        """Make the lexical index anew where another version of the tokenizer made it."""
        with self._catalog.view() as view:
            if view.metadata.get("terms") in {None, TERMS_VERSION}:
                return
        self._step("terms")
        renew_terms(self._catalog)
