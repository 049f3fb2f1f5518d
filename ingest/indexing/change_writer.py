"""Storing a change: what it says, the chunks that follow from it, their terms and vectors, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from ...index.analysis.analyzer import TERMS_VERSION
from ...index.catalog.base import CatalogStore, CatalogTransaction, CatalogView
from ...index.catalog.documents import StoredDocument
from ...index.catalog.terms import index_terms
from ...index.domain.chunks import Chunk
from ...index.domain.papers import Entry
from ...index.domain.trust import Trust
from ...index.domain.vectors import Matrix
from ...index.embeddings.base import Embedder
from ..planning.changes import Change, EntryRemoval
from ..report import Report
from ..trust.refusals.detector import testimony
from .chunker import CHUNKER_VERSION, Chunker
from .embedding_model import open_model

_PASSAGES_A_STEP = 64


class Applier:
    """Stores changes.

    Args:
        catalog: where everything goes.
        embedder: opens the embedder; called only when something has to be chunked or embedded.
        step: told every step before it is taken.
        clock: the time, for what is recorded.
        report: is told what was done.
    """

    def __init__(
        self,
        catalog: CatalogStore,
        embedder: Callable[[], Embedder],
        step: Callable[[str], object],
        clock: Callable[[], datetime],
        report: Report,
    ) -> None:
        self._catalog, self._embedder = catalog, embedder
        self._step, self._clock, self._report = step, clock, report

    def apply(self, change: Change) -> None:
        """Store a change whole, or nothing of it."""
        self._step("write")
        with self._catalog.write() as transaction:
            touched = self._record(transaction, change)
            self._step("write:entries")
            self.rechunk(transaction, touched)
            self._step("commit")
        self._report.transactions += 1
        self._step("committed")

    def _record(self, transaction: CatalogTransaction, change: Change) -> list[str]:
        """Write what a change says; the papers whose chunks may differ now, each once."""
        now = self._clock().isoformat(timespec="seconds")
        for abstract in change.abstracts:
            transaction.papers.put_source(abstract, now)
            if change.standalone:
                transaction.papers.put(abstract.paper_id, standalone=True)
        for paper_id, status, reason in change.failures:
            transaction.papers.put_failure(paper_id, status, reason, now)
        if document := change.document:
            digest = document.digest
            stored = StoredDocument(digest.date, digest.name, document.hash, document.recipe, document.path)
            transaction.documents.put(stored, document.text, now, digest.problems)
        gone = self._remove(transaction, change, now)
        for entry in change.entries:
            assert change.document is not None
            transaction.entries.put(replace(entry, trust=_first_verdict(entry)), change.document.digest.name, now)
        written = [one.paper_id for one in (*change.abstracts, *change.entries)]
        return list(dict.fromkeys([*written, *gone, *change.removed_papers, *change.rechunked_papers]))

    def _remove(self, transaction: CatalogTransaction, change: Change, now: str) -> list[str]:
        """Take away what goes; the papers of the entries that went."""
        leaving = list(change.removed_entries)
        for day, name in change.removed_documents:
            held = (entry for owner, entry in transaction.entries.of_day(day) if owner == name)
            leaving += (EntryRemoval(day, entry.paper_id, name) for entry in held)
        gone: list[str] = []
        for one in leaving:
            known = transaction.entries.get(one.digest_date, one.paper_id)
            if known is None or known[0] != one.document_name:
                continue
            if change.is_manual:
                transaction.entries.put_removal(one.digest_date, one.paper_id, known[1].body, now)
            transaction.entries.remove(one.digest_date, one.paper_id, now, change.reason)
            gone.append(one.paper_id)
        self._report.removed += len(gone)
        for paper_id in change.removed_papers:
            for source in transaction.papers.sources([paper_id]).values():
                transaction.entries.put_removal("", paper_id, source.text, now)
            transaction.papers.clear_standalone(paper_id)
        for day, name in change.removed_documents:
            transaction.documents.remove(day, name)
        return gone

    def rechunk(self, transaction: CatalogTransaction, papers: Sequence[str]) -> None:
        """Make the chunks of papers what they shall be: none, for those that are not here any more."""
        shown = transaction.papers.by_ids(papers)
        chunks = self._chunks(transaction.view, list(shown)) if shown else {}
        stored = {chunk.chunk_id: chunk for chunk in transaction.chunks.of_papers(papers).values()}
        fresh = [one for some in chunks.values() for one in some if stored.get(one.chunk_id) != one]
        words = {chunk.chunk_id: index_terms(chunk) for chunk in fresh}
        if fresh:
            self._sign(transaction)
        hashes, matrix = self.embed(transaction.view, fresh)
        for paper_id in papers:
            added, removed = transaction.chunks.replace(paper_id, chunks.get(paper_id, ()), words)
            self._report.chunks_added += added
            self._report.chunks_removed += removed
            transaction.papers.remove_unreferenced(paper_id)
            self._step("write:chunks")
        if hashes:
            transaction.vectors.put(hashes, self._embedder().model_id, matrix)

    def _chunks(self, view: CatalogView, papers: Sequence[str]) -> dict[str, list[Chunk]]:
        return chunks_of(view, papers, open_model(view, self._embedder))

    def _sign(self, transaction: CatalogTransaction) -> None:
        """Write down what made the chunks, their terms and vectors."""
        model = self._embedder()
        transaction.metadata.set_model(model.model_id, model.dimension)
        if transaction.metadata.get("chunker") is None:
            transaction.metadata.set("chunker", CHUNKER_VERSION)
        transaction.metadata.set("terms", TERMS_VERSION)

    def embed(self, view: CatalogView, chunks: Sequence[Chunk]) -> tuple[list[str], Matrix]:
        """Vectors of the passages that the catalog has none of, by hash."""
        if not chunks:
            return [], np.zeros((0, 0), np.float32)
        model = open_model(view, self._embedder)
        passages = {chunk.passage_hash: chunk.passage for chunk in chunks}
        known = view.vectors.existing(passages, model.model_id)
        # By length, so that the batches of a step pad little; the rows are keyed by hash, so order is free.
        hashes = sorted((key for key in passages if key not in known), key=lambda key: (len(passages[key]), key))
        parts: list[Matrix] = []
        for start in range(0, len(hashes), _PASSAGES_A_STEP):
            self._step("embed")
            parts.append(model.passages([passages[key] for key in hashes[start : start + _PASSAGES_A_STEP]]))
        self._report.embedded += len(hashes)
        return hashes, np.concatenate(parts) if parts else np.zeros((0, model.dimension), np.float32)


def chunks_of(view: CatalogView, papers: Sequence[str], model: Embedder) -> dict[str, list[Chunk]]:
    """The chunks that papers shall have where a model is to read them, by paper id; none of those that are gone."""
    chunker = Chunker(model.window, model.count_tokens)
    sources, standalone = view.papers.sources(papers), view.papers.standalone(papers)
    found: dict[str, list[Chunk]] = {}
    for paper_id in papers:
        entries, source = view.entries.of_paper(paper_id), sources.get(paper_id)
        if entries or paper_id in standalone:
            title = source.title if source else next((one.title for one in entries if one.title), "")
            found[paper_id] = chunker.paper(paper_id, title, source.text if source else "", entries)
    return found


def _first_verdict(entry: Entry) -> Trust:
    """What a summary says of itself; what its abstract says of it is judged later, and all of them at once."""
    found = testimony(entry)
    return Trust(*found) if found else Trust("unchecked")
