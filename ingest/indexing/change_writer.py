"""Storing a change: what it says, the chunks that follow from it, their terms and vectors, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from ...index.analysis.analyzer import TERMS_VERSION
from ...index.catalog.database import Catalog
from ...index.catalog.session import CatalogView
from ...index.catalog.writing import Writer
from ...index.domain.papers import Chunk, Entry
from ...index.domain.trust import Trust
from ...index.embeddings.base import Embedder, Matrix
from ..planning.changes import Change, Leaving
from ..report import Report
from ..trust.refusals.detector import testimony
from .chunker import CHUNKER_VERSION, Chunker
from .embedding_model import open_model
from .refresh import index_terms

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
        catalog: Catalog,
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
        with self._catalog.write() as writer:
            touched = self._record(writer, change)
            self._step("write:entries")
            self.rechunk(writer, touched)
            self._step("commit")
        self._report.transactions += 1
        self._step("committed")

    def _record(self, writer: Writer, change: Change) -> list[str]:
        """Write what a change says; the papers whose chunks may differ now, each once."""
        now = self._clock().isoformat(timespec="seconds")
        for abstract in change.sources:
            writer.put_source(abstract, now)
            if change.standalone:
                writer.put_paper(abstract.paper_id, standalone=True)
        for paper_id, status, reason in change.failures:
            writer.put_failure(paper_id, status, reason, now)
        if document := change.document:
            digest = document.digest
            head = digest.date, digest.name, document.text, document.hash, document.recipe
            writer.put_document(*head, now, digest.problems, document.path)
        gone = self._remove(writer, change, now)
        for entry in change.put:
            assert change.document is not None
            writer.put_entry(replace(entry, trust=_first_verdict(entry)), change.document.digest.name, now)
        written = [one.paper_id for one in (*change.sources, *change.put)]
        return list(dict.fromkeys([*written, *gone, *change.released, *change.again]))

    def _remove(self, writer: Writer, change: Change, now: str) -> list[str]:
        """Take away what goes; the papers of the entries that went."""
        leaving = list(change.removed)
        for day, name in change.dropped:
            held = (entry for owner, entry in writer.document_entries(day) if owner == name)
            leaving += (Leaving(day, entry.paper_id, name) for entry in held)
        gone: list[str] = []
        for one in leaving:
            known = writer.entry(one.digest_date, one.paper_id)
            if known is None or known[0] != one.name:
                continue
            if change.by_hand:
                writer.put_removal(one.digest_date, one.paper_id, known[1].body, now)
            writer.remove_entry(one.digest_date, one.paper_id, now, change.why)
            gone.append(one.paper_id)
        self._report.removed += len(gone)
        for paper_id in change.released:
            for source in writer.sources([paper_id]).values():
                writer.put_removal("", paper_id, source.text, now)
            writer.remove_paper(paper_id)
        for day, name in change.dropped:
            writer.remove_document(day, name)
        return gone

    def rechunk(self, writer: Writer, papers: Sequence[str]) -> None:
        """Make the chunks of papers what they shall be: none, for those that are not here any more."""
        shown = writer.papers(papers)
        chunks = self._chunks(writer, list(shown)) if shown else {}
        stored = {chunk.chunk_id: chunk for chunk in writer.paper_chunks(papers).values()}
        fresh = [one for some in chunks.values() for one in some if stored.get(one.chunk_id) != one]
        words = {chunk.chunk_id: index_terms(chunk) for chunk in fresh}
        if fresh:
            self._sign(writer)
        hashes, matrix = self.embed(writer, fresh)
        for paper_id in papers:
            added, removed = writer.replace_chunks(paper_id, chunks.get(paper_id, ()), words)
            self._report.chunks_added += added
            self._report.chunks_removed += removed
            writer.forget_if_empty(paper_id)
            self._step("write:chunks")
        if hashes:
            writer.put_vectors(hashes, self._embedder().model_id, matrix)

    def _chunks(self, view: CatalogView, papers: Sequence[str]) -> dict[str, list[Chunk]]:
        return chunks_of(view, papers, open_model(view, self._embedder))

    def _sign(self, writer: Writer) -> None:
        """Write down what made the chunks, their terms and vectors."""
        model = self._embedder()
        writer.set_meta("model_id", model.model_id)
        writer.set_meta("dimension", str(model.dimension))
        if writer.meta("chunker") is None:
            writer.set_meta("chunker", CHUNKER_VERSION)
        writer.set_meta("terms", TERMS_VERSION)

    def embed(self, view: CatalogView, chunks: Sequence[Chunk]) -> tuple[list[str], Matrix]:
        """Vectors of the passages that the catalog has none of, by hash."""
        if not chunks:
            return [], np.zeros((0, 0), np.float32)
        model = open_model(view, self._embedder)
        passages = {chunk.passage_hash: chunk.passage for chunk in chunks}
        known = view.known_passages(passages, model.model_id)
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
    sources, standalone = view.sources(papers), view.standalone(papers)
    found: dict[str, list[Chunk]] = {}
    for paper_id in papers:
        entries, source = view.entries(paper_id), sources.get(paper_id)
        if entries or paper_id in standalone:
            title = source.title if source else next((one.title for one in entries if one.title), "")
            found[paper_id] = chunker.paper(paper_id, title, source.text if source else "", entries)
    return found


def _first_verdict(entry: Entry) -> Trust:
    """What a summary says of itself; what its abstract says of it is judged later, and all of them at once."""
    found = testimony(entry)
    return Trust(*found) if found else Trust("unchecked")
