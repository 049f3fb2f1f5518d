"""Changing the embedding model: passages embedded beside the old vectors, then one switch that no crash can split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ...index.analysis.analyzer import TERMS_VERSION
from ...index.catalog.base import CatalogStore, CatalogTransaction, CatalogView
from ...index.catalog.lock import ingest_lock
from ...index.catalog.repair import remove_unusable_vectors
from ...index.domain.chunks import Chunk
from ...index.domain.errors import ModelError
from ...index.embeddings.base import Embedder, ManagedEmbedder, as_managed
from ...index.engine.base import SearchEngine
from ...index.publishing import Publisher
from ...index.util.batching import batches
from ..indexing.change_writer import Applier, chunks_of
from ..indexing.chunker import CHUNKER_VERSION
from ..indexing.refresh import default_publisher, embed_missing, publish, renew_terms
from ..indexing.trust_assessment import judge_entries
from ..report import Report, Step

_PAPERS_A_STEP = 32
_PASSAGES_A_TRANSACTION = 64  # so many are embedded again, at most, after a run that was cut short


@dataclass(frozen=True, slots=True)
class Reembedded:
    """What a re-embedding did.

    Attributes:
        before: the model of the index until then; None where it held nothing.
        model_id, dimension: the model of the index now.
        chunks: how many the index holds.
        rechunked: papers whose chunks another window made differ.
        embedded: passages that the model had to read.
        judged: summaries whose trust was decided anew, since nearness of meaning is a part of it.
        generation: number of the published generation; None while there are no chunks.
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
    observe: Callable[[Step], object] = lambda _: None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Reembedded:
    """Make an index one of another embedding model: in the end it is what an ingest with that model would have made.

    The new vectors are stored beside the old ones, a few a transaction, and the old model answers until the switch.
    The switch is one transaction of the catalog, committed once a generation of the new vectors is built and verified:
    a process that dies before it leaves an index of the old model, and what it embedded; one that dies after it an
    index of the new one. Either is completed by the next run.

    Args:
        catalog: the catalog.
        folder: the data directory.
        embedder: opens the new model.
        publisher: publishes the index; None keeps generations in the data directory.
        observe: told every step before it is taken.
        clock: the time, for the lock.

    Raises:
        BusyError: an ingest is running.
        ModelError: the model cannot be run, or gives vectors that are none.
        ConfigError: the disk is full.
    """
    with ingest_lock(folder, clock()):
        publisher = publisher or default_publisher(folder)
        return _Reembedding(catalog, publisher, as_managed(embedder()), observe, clock).run()


class _Reembedding:
    """One run, which holds the ingest lock: nothing else changes the catalog meanwhile."""

    def __init__(
        self,
        catalog: CatalogStore,
        publisher: Publisher,
        model: ManagedEmbedder,
        observe: Callable[[Step], object],
        clock: Callable[[], datetime],
    ) -> None:
        self._catalog, self._publisher, self._model, self._observe = catalog, publisher, model, observe
        self._report = Report()
        self._applier = Applier(catalog, lambda: model, lambda _: self._step("rechunk"), clock, self._report)
        self._done = self._total = 0

    def run(self) -> Reembedded:
        with self._catalog.view() as view:
            before, terms = view.model_id, view.metadata.get("terms")
            papers = sorted(view.papers.ids())
        if terms not in {None, TERMS_VERSION}:
            renew_terms(self._catalog)
        differing: list[str] = []
        if before not in {None, self._model.model_id}:
            self._total = len(papers)
            for part in batches(papers, _PAPERS_A_STEP):
                differing += self._embed(part)
                self._done += len(part)
            self._switch(differing)
        generation = self._finish()
        with self._catalog.view() as view:
            chunks = view.chunks.count()
        return Reembedded(
            before,
            self._model.model_id,
            self._model.dimension,
            chunks,
            len(differing),
            self._report.embedded,
            self._report.judged,
            generation,
        )

    def _step(self, what: str) -> None:
        self._observe(Step(what, self._done, self._total, "embed" if what == "embed" else what))

    def _embed(self, papers: Sequence[str]) -> list[str]:
        """Store the vectors of some papers' passages; those papers whose chunks will differ."""
        with self._catalog.view() as view:
            wanted = chunks_of(view, papers, self._model)
            stored: dict[str, set[Chunk]] = {}
            for chunk in view.chunks.of_papers(papers).values():
                stored.setdefault(chunk.paper_id, set()).add(chunk)
            passages = {chunk.passage_hash: chunk.passage for chunks in wanted.values() for chunk in chunks}
            known = view.vectors.existing(passages, self._model.model_id)
        # By length, so that batches pad little.
        missing = sorted((key for key in passages if key not in known), key=lambda key: (len(passages[key]), key))
        for hashes in batches(missing, _PASSAGES_A_TRANSACTION):
            self._step("embed")
            matrix = self._model.passages([passages[key] for key in hashes])
            with self._catalog.write() as transaction:
                transaction.vectors.put(hashes, self._model.model_id, matrix)
            self._report.embedded += len(hashes)
        return [paper for paper in papers if stored.get(paper, set()) != set(wanted.get(paper, ()))]

    def _switch(self, differing: Sequence[str]) -> None:
        """Make the catalog one of the new model, and publish a generation of it: both or neither."""
        model = self._model
        with closing(self._engine()) as engine, ExitStack() as stack:
            transaction = stack.enter_context(self._catalog.write())
            self._step("switch")
            _sign(transaction, model)
            for part in batches(differing, _PAPERS_A_STEP):
                self._applier.rechunk(transaction, part)
            self._step("verify")
            _verify(transaction.view, model)
            remove_unusable_vectors(transaction)
            if transaction.chunks.count():
                self._publisher.publish(
                    engine,
                    transaction.view,
                    model.queries,
                    chunker=CHUNKER_VERSION,
                    observe=self._publishing,
                    before_switch=lambda: self._commit(stack),
                    release_model=model.release_memory,
                )
            else:
                self._commit(stack)

    def _engine(self) -> SearchEngine:
        return self._publisher.engine(self._model.model_id, self._model.dimension)

    def _publishing(self, what: str) -> None:
        self._step(f"publish:{what}")

    def _commit(self, stack: ExitStack) -> None:
        self._step("commit")
        stack.close()
        self._step("committed")

    def _finish(self) -> int | None:
        """What a run that was cut short after its switch left to do, and what only the new vectors can say."""
        model = self._model
        self._report.embedded += embed_missing(self._catalog, lambda: model, lambda _done, _total: self._step("embed"))
        self._total = self._done = 0
        judge_entries(self._catalog, self._applier, lambda: model, self._step, self._report)
        generation = publish(self._catalog, self._publisher, self._step, lambda: model)
        with closing(self._engine()) as engine:
            engine.clean(keep=1)
        return generation


def _sign(transaction: CatalogTransaction, model: Embedder) -> None:
    """Write down the new model; from here on the transaction reads as an index of it."""
    transaction.metadata.set_model(model.model_id, model.dimension)
    transaction.metadata.set("chunker", CHUNKER_VERSION)
    transaction.touch()


def _verify(view: CatalogView, model: Embedder) -> None:
    """Check that every chunk has a vector of the new model, and that each is one.

    Raises:
        ModelError: it does not, or is not.
    """
    bad = len(view.vectors.invalid(model.model_id, model.dimension))
    missing = len(view.chunks.without_vectors(model.model_id))
    if bad or missing:
        raise ModelError(
            f"{model.model_id}: {bad} of its vectors are none (wrong length, not finite or not of length one) and "
            f"{missing} are missing; the index stays with the model that it has"
        )
