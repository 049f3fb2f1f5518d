"""Re-embedding: embed all passages with a new model while the old one answers, then switch atomically."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from ...index.analysis.analyzer import TERMS_VERSION
from ...index.catalog.base import CatalogStore, CatalogTransaction, CatalogView
from ...index.catalog.lock import NO_WAIT, LockWait, ingest_lock
from ...index.catalog.recovery.repair import remove_unusable_vectors
from ...index.domain.chunks import Chunk
from ...index.domain.errors import ModelError
from ...index.embeddings.base import Embedder, ManagedEmbedder, as_managed
from ...index.engine.base import SearchEngine
from ...index.publishing import Publisher
from ...index.util.batching import batches
from ..indexing.change_writer import ChangeWriter, chunk_papers
from ..indexing.chunker import CHUNKER_VERSION
from ..indexing.passages import missing_passages
from ..indexing.refresh import default_publisher, embed_missing, embed_sentences, publish, rebuild_lexical_index
from ..indexing.trust_assessment import judge_entries
from ..report import IngestReport, JobProgress

_PAPERS_PER_STEP = 32
_PASSAGES_PER_TRANSACTION = 64  # the most that an interrupted run loses


@dataclass(frozen=True, slots=True)
class ReembeddingReport:
    """The result of a re-embedding.

    Attributes:
        before: id of the former model; None if the index was empty.
        model_id, dimension: the new model.
        chunks: number of chunks in the index.
        rechunked: number of papers whose chunks differ, because the window of the model does.
        embedded: number of passages that were embedded.
        judged: number of summaries whose trust was assessed again, because it depends on the vectors.
        generation: number of the published version; None while there are no chunks.
    """

    before: str | None
    model_id: str
    dimension: int
    chunks: int
    rechunked: int
    embedded: int
    judged: int
    generation: int | None


def reembed(
    catalog: CatalogStore,
    folder: Path,
    embedder: Callable[[], Embedder],
    *,
    publisher: Publisher | None = None,
    observe: Callable[[JobProgress], object] = lambda _: None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    lock_wait: LockWait = NO_WAIT,
) -> ReembeddingReport:
    """Change an index to another embedding model; the result is that of an ingest with that model.

    The new vectors are stored next to the old ones in small transactions, and the old model answers until the switch.
    The switch is one transaction of the catalog, committed once a version with the new vectors is built and verified.
    A process killed before it leaves an index of the old model, with the new vectors so far; one killed after it leaves
    an index of the new model. The next run completes either.

    Args:
        catalog: the catalog.
        folder: the data directory.
        embedder: opens the new model.
        publisher: publishes the index; None keeps generations in the data directory.
        observe: callback before every step; an exception from it aborts the run.
        clock: the time, for the lock.
        lock_wait: how long to wait for an ingest to end.

    Raises:
        BusyError: an ingest is running.
        ModelError: the model cannot be run, or returns invalid vectors.
        ConfigError: the disk is full.
    """
    with ingest_lock(folder, clock(), lock_wait):
        publisher = publisher or default_publisher(folder)
        return _ReembeddingRun(catalog, publisher, as_managed(embedder()), observe, clock).run()


class _ReembeddingRun:
    """One run; requires the ingest lock, so that no other process writes the catalog."""

    def __init__(
        self,
        catalog: CatalogStore,
        publisher: Publisher,
        model: ManagedEmbedder,
        observe: Callable[[JobProgress], object],
        clock: Callable[[], datetime],
    ) -> None:
        self._catalog, self._publisher, self._model, self._observe = catalog, publisher, model, observe
        self._report = IngestReport()
        self._change_writer = ChangeWriter(catalog, lambda: model, lambda _: self._step("rechunk"), clock, self._report)
        self._done = self._total = 0

    def run(self) -> ReembeddingReport:
        with self._catalog.view() as view:
            before, terms = view.model_id, view.metadata.get("terms")
            papers = sorted(view.papers.ids())
        if terms not in {None, TERMS_VERSION}:
            rebuild_lexical_index(self._catalog)
        rechunked: list[str] = []
        if before not in {None, self._model.model_id}:
            self._total = len(papers)
            for batch in batches(papers, _PAPERS_PER_STEP):
                rechunked += self._embed(batch)
                self._done += len(batch)
            self._switch(rechunked)
        generation = self._finish()
        with self._catalog.view() as view:
            chunks = view.chunks.count()
        return ReembeddingReport(
            before,
            self._model.model_id,
            self._model.dimension,
            chunks,
            len(rechunked),
            self._report.embedded,
            self._report.judged,
            generation,
        )

    def _step(self, what: str) -> None:
        self._observe(JobProgress(what, self._done, self._total, "embed" if what == "embed" else what))

    def _sentences_step(self, done: int, total: int) -> None:
        self._done, self._total = done, total
        self._step("sentences")

    def _embed(self, papers: Sequence[str]) -> list[str]:
        """Embed and store the new passages of some papers; return the papers whose chunks will differ."""
        with self._catalog.view() as view:
            new_chunks = chunk_papers(view, papers, self._model)
            stored: dict[str, set[Chunk]] = {}
            for chunk in view.chunks.of_papers(papers).values():
                stored.setdefault(chunk.paper_id, set()).add(chunk)
            passages = missing_passages(view, chain.from_iterable(new_chunks.values()), self._model.model_id)
        for hashes in batches(list(passages), _PASSAGES_PER_TRANSACTION):
            self._step("embed")
            matrix = self._model.passages([passages[key] for key in hashes])
            with self._catalog.write() as transaction:
                transaction.vectors.put(hashes, self._model.model_id, matrix)
            self._report.embedded += len(hashes)
        return [paper for paper in papers if stored.get(paper, set()) != set(new_chunks.get(paper, ()))]

    def _switch(self, rechunked: Sequence[str]) -> None:
        """Change the catalog to the new model and publish a version, atomically."""
        model = self._model
        engine = self._engine()
        with ExitStack() as stack:
            transaction = stack.enter_context(self._catalog.write())
            self._step("switch")
            _write_versions(transaction, model)
            for batch in batches(rechunked, _PAPERS_PER_STEP):
                self._change_writer.rechunk(transaction, batch)
            self._step("verify")
            _verify(transaction.view, model)
            remove_unusable_vectors(transaction)
            if transaction.chunks.count():
                self._publisher.publish(
                    engine,
                    transaction.view,
                    model.queries,
                    chunker=CHUNKER_VERSION,
                    observe=self._on_publish_step,
                    before_switch=lambda: self._commit(stack),
                    release_model=model.release_memory,
                )
            else:
                self._commit(stack)

    def _engine(self) -> SearchEngine:
        return self._publisher.engines.for_model(self._model.model_id, self._model.dimension)

    def _on_publish_step(self, what: str) -> None:
        self._step(f"publish:{what}")

    def _commit(self, stack: ExitStack) -> None:
        self._step("commit")
        stack.close()
        self._step("committed")

    def _finish(self) -> int | None:
        """Do what follows a switch, of this run or an interrupted one: missing vectors, trust, publishing, cleanup."""
        model = self._model
        self._report.embedded += embed_missing(self._catalog, lambda: model, lambda _done, _total: self._step("embed"))
        self._total = self._done = 0
        judge_entries(self._catalog, self._change_writer, lambda: model, self._step, self._report)
        embed_sentences(self._catalog, lambda: model, self._sentences_step)
        generation = publish(self._catalog, self._publisher, self._step, lambda: model)
        self._engine().clean(keep=1)
        return generation


def _write_versions(transaction: CatalogTransaction, model: Embedder) -> None:
    """Write the new model and the chunker version; views of the transaction use that model from here on."""
    transaction.metadata.set_model(model.model_id, model.dimension)
    transaction.metadata.set("chunker", CHUNKER_VERSION)
    transaction.touch()


def _verify(view: CatalogView, model: Embedder) -> None:
    """Check that every chunk has a valid vector of the new model.

    Raises:
        ModelError: vectors are missing or invalid.
    """
    invalid = len(view.vectors.invalid(model.model_id, model.dimension))
    missing = len(view.chunks.without_vectors(model.model_id))
    if invalid or missing:
        raise ModelError(
            f"{model.model_id}: {invalid} vectors are invalid (wrong dimension, not finite or not of unit length) and "
            f"{missing} are missing; the index keeps its former model"
        )
