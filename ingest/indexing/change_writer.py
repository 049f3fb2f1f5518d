"""Write a change to the catalog: its records, and the chunks, terms and vectors derived from them."""

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
from ...index.util.batching import batches
from ..planning.changes import Change, EntryRemoval
from ..report import IngestReport
from ..trust.refusals.detector import detect_refusal
from .chunker import CHUNKER_VERSION, Chunker
from .embedding_model import open_model
from .passages import missing_passages

_PASSAGES_PER_STEP = 64


class ChangeWriter:
    """Writes changes to the catalog, each in one transaction.

    Args:
        catalog: the catalog to write.
        embedder: opens the embedding model; called only if something has to be chunked or embedded.
        on_step: callback for the name of each step, before it is taken.
        clock: the time to record.
        report: receives the counts.
    """

    def __init__(
        self,
        catalog: CatalogStore,
        embedder: Callable[[], Embedder],
        on_step: Callable[[str], object],
        clock: Callable[[], datetime],
        report: IngestReport,
    ) -> None:
        self._catalog, self._embedder = catalog, embedder
        self._on_step, self._clock, self._report = on_step, clock, report

    def write(self, change: Change) -> None:
        """Write a change atomically."""
        self._on_step("write")
        with self._catalog.write() as transaction:
            papers = self._write_records(transaction, change)
            self._on_step("write:entries")
            self.rechunk(transaction, papers)
            self._on_step("commit")
        self._report.transactions += 1
        self._on_step("committed")

    def _write_records(self, transaction: CatalogTransaction, change: Change) -> list[str]:
        """Write the documents, entries and abstracts of a change; return the papers whose chunks may differ now."""
        now = self._clock().isoformat(timespec="seconds")
        for abstract in change.abstracts:
            transaction.papers.put_source(abstract, now)
            if change.standalone:
                transaction.papers.put(abstract.paper_id, standalone=True)
        for paper_id, status, reason in change.failures:
            transaction.papers.put_failure(paper_id, status, reason, now)
        if document := change.document:
            digest = document.digest
            stored = StoredDocument(digest.date, digest.name, document.hash, document.parser_version, document.path)
            transaction.documents.put(stored, document.text, now, digest.problems)
        removed = self._remove(transaction, change, now)
        for entry in change.entries:
            assert change.document is not None
            transaction.entries.put(replace(entry, trust=_initial_trust(entry)), change.document.digest.name, now)
        written = [record.paper_id for record in (*change.abstracts, *change.entries)]
        return list(dict.fromkeys([*written, *removed, *change.removed_papers, *change.rechunked_papers]))

    def _remove(self, transaction: CatalogTransaction, change: Change, now: str) -> list[str]:
        """Remove entries, documents and papers; return the paper id of each removed entry."""
        removals = list(change.removed_entries)
        for day, name in change.removed_documents:
            owned = (entry for owner, entry in transaction.entries.of_day(day) if owner == name)
            removals += (EntryRemoval(day, entry.paper_id, name) for entry in owned)
        removed: list[str] = []
        for removal in removals:
            stored = transaction.entries.get(removal.digest_date, removal.paper_id)
            if stored is None or stored[0] != removal.document_name:
                continue
            if change.is_manual:
                transaction.entries.put_removal(removal.digest_date, removal.paper_id, stored[1].body, now)
            transaction.entries.remove(removal.digest_date, removal.paper_id, now, change.reason)
            removed.append(removal.paper_id)
        self._report.removed += len(removed)
        for paper_id in change.removed_papers:
            for source in transaction.papers.sources([paper_id]).values():
                transaction.entries.put_removal("", paper_id, source.text, now)
            transaction.papers.clear_standalone(paper_id)
        for day, name in change.removed_documents:
            transaction.documents.remove(day, name)
        return removed

    def rechunk(self, transaction: CatalogTransaction, papers: Sequence[str]) -> None:
        """Replace the chunks of papers by those of their current records; a removed paper has none."""
        existing = transaction.papers.by_ids(papers)
        chunks = self._chunk_papers(transaction.view, list(existing)) if existing else {}
        stored = {chunk.chunk_id: chunk for chunk in transaction.chunks.of_papers(papers).values()}
        changed = [chunk for of_paper in chunks.values() for chunk in of_paper if stored.get(chunk.chunk_id) != chunk]
        terms = {chunk.chunk_id: index_terms(chunk) for chunk in changed}
        if changed:
            self._write_versions(transaction)
        hashes, matrix = self._embed(transaction.view, changed)
        for paper_id in papers:
            added, removed = transaction.chunks.replace(paper_id, chunks.get(paper_id, ()), terms)
            self._report.chunks_added += added
            self._report.chunks_removed += removed
            transaction.papers.remove_unreferenced(paper_id)
            self._on_step("write:chunks")
        if hashes:
            transaction.vectors.put(hashes, self._embedder().model_id, matrix)

    def _chunk_papers(self, view: CatalogView, papers: Sequence[str]) -> dict[str, list[Chunk]]:
        return chunk_papers(view, papers, open_model(view, self._embedder))

    def _write_versions(self, transaction: CatalogTransaction) -> None:
        """Write the versions of the chunker, the analyzer and the embedding model."""
        model = self._embedder()
        transaction.metadata.set_model(model.model_id, model.dimension)
        if transaction.metadata.get("chunker") is None:
            transaction.metadata.set("chunker", CHUNKER_VERSION)
        transaction.metadata.set("terms", TERMS_VERSION)

    def _embed(self, view: CatalogView, chunks: Sequence[Chunk]) -> tuple[list[str], Matrix]:
        """Embed the passages without a vector: their n hashes, and a matrix float32 (n, d) in the same order."""
        if not chunks:
            return [], np.zeros((0, 0), np.float32)
        model = open_model(view, self._embedder)
        passages = missing_passages(view, chunks, model.model_id)
        matrices: list[Matrix] = []
        for texts in batches(list(passages.values()), _PASSAGES_PER_STEP):
            self._on_step("embed")
            matrices.append(model.passages(texts))
        self._report.embedded += len(passages)
        return list(passages), np.concatenate(matrices) if matrices else np.zeros((0, model.dimension), np.float32)


def chunk_papers(view: CatalogView, papers: Sequence[str], model: Embedder) -> dict[str, list[Chunk]]:
    """Return the chunks of papers, cut to the window of a model, by paper id; removed papers are left out."""
    chunker = Chunker(model.window, model.count_tokens)
    sources, standalone = view.papers.sources(papers), view.papers.standalone(papers)
    chunks: dict[str, list[Chunk]] = {}
    for paper_id in papers:
        entries, source = view.entries.of_paper(paper_id), sources.get(paper_id)
        if entries or paper_id in standalone:
            title = source.title if source else next((entry.title for entry in entries if entry.title), "")
            chunks[paper_id] = chunker.chunk(paper_id, title, source.text if source else "", entries)
    return chunks


def _initial_trust(entry: Entry) -> Trust:
    """Return the verdict on a summary without its abstract, with which it is compared later, in a larger batch."""
    refusal = detect_refusal(entry)
    return Trust(*refusal) if refusal else Trust("unchecked")
