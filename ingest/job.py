"""The ingestion job: read, compare with the catalog, chunk and embed what changed, commit by document, publish."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ..index.catalog import Catalog
from ..index.embedding import Embedder, Matrix
from ..index.errors import ConfigError
from ..index.korean import TERMS_VERSION, terms
from ..index.papers import Chunk
from ..index.vectors import Dense
from ..index.writing import Writer
from .chunks import CHUNKER_VERSION, Chunker
from .digest import PARSER_VERSION
from .files import find_files, read_documents
from .lock import ingest_lock
from .plan import Change, plan
from .report import Report, Step

_PASSAGES_A_STEP = 64


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
        catalog: Catalog,
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

    def run(self, paths: Iterable[Path], abstracts: Path | None = None, *, all_abstracts: bool = False) -> Report:
        """Bring files into the catalog and publish.

        Args:
            paths: digest files, and folders of them.
            abstracts: a JSONL file of source abstracts.
            all_abstracts: also take abstracts of papers that no digest speaks of.

        Raises:
            FileError: a path does not exist, or the abstracts cannot be read.
            BusyError: another ingest is running.
            ConfigError: the catalog was made with another embedding model.
        """
        files = find_files(paths)
        with ingest_lock(self._folder, self._clock()):
            documents, problems = read_documents(files)
            self.report.failed = len(problems)
            self.report.problems += problems
            self._renew_terms()
            changes = plan(self._catalog, documents, abstracts, self.report, all_abstracts=all_abstracts)
            self._total = sum(change.size for change in changes)
            for change in changes:
                self._label = change.label
                self._apply(change)
                self._done += change.size
            self._finish_rechunking()
            self._mend_vectors()
            self._step("check")
            self._publish()
            with self._catalog.view() as view:
                self.report.chunks = view.chunk_count()
        return self.report

    def _step(self, what: str) -> None:
        self._observe(Step(what, self._done, self._total, self._label))

    def _apply(self, change: Change) -> None:
        """Chunk and embed what a change touches, then store all of it in one transaction."""
        chunks = self._chunks(change)
        with self._catalog.view() as view:
            rows = view.paper_chunks(chunks)
            old = {chunk.chunk_id: chunk for chunk in rows.values()}
        fresh = [one for some in chunks.values() for one in some if old.get(one.chunk_id) != one]
        words = {chunk.chunk_id: _words(chunk) for chunk in fresh}
        hashes, matrix = self._embed(fresh)
        self.report.transactions += 1
        self._step("write")
        with self._catalog.write() as writer:
            if fresh:
                self._sign(writer)
            self._put(writer, change)
            for paper_id, some in chunks.items():
                added, removed = writer.replace_chunks(paper_id, some, words)
                self.report.chunks_added += added
                self.report.chunks_removed += removed
                writer.forget_if_empty(paper_id)
                self._step("write:chunks")
            if hashes:
                writer.put_vectors(hashes, self._embedder().model_id, matrix)
            self._step("commit")
        self._step("committed")

    def _sign(self, writer: Writer) -> None:
        """Write down what made the chunks, their terms and vectors."""
        model = self._embedder()
        writer.set_meta("model_id", model.model_id)
        writer.set_meta("dimension", str(model.dimension))
        if writer.meta("chunker") is None:
            writer.set_meta("chunker", CHUNKER_VERSION)
        writer.set_meta("terms", TERMS_VERSION)

    def _mend_vectors(self) -> None:
        """Embed whatever chunk has no vector, so that every chunk can be found whatever happened before."""
        with self._catalog.view() as view:
            bare = view.without_vectors(view.meta("model_id") or "")
        if bare:
            self._label = "missing vectors"
            hashes, matrix = self._embed(bare)
            with self._catalog.write() as writer:
                writer.put_vectors(hashes, self._model().model_id, matrix)
                _ = writer.new_rev

    def _finish_rechunking(self) -> None:
        """Write the chunker's version down once every paper has gone through it: a run cut short begins again."""
        with self._catalog.view() as view:
            renewed = view.meta("chunker") in {None, CHUNKER_VERSION}
        if not renewed:
            with self._catalog.write() as writer:
                writer.set_meta("chunker", CHUNKER_VERSION)

    def _renew_terms(self) -> None:
        """Make the lexical index anew where another version of the tokenizer made it."""
        with self._catalog.view() as view:
            if view.meta("terms") in {None, TERMS_VERSION}:
                return
            chunks = view.paper_chunks(view.paper_ids())
        self._step("terms")
        words = {row: _words(chunk) for row, chunk in chunks.items()}
        with self._catalog.write() as writer:
            writer.replace_terms(words)
            writer.set_meta("terms", TERMS_VERSION)

    def _put(self, writer: Writer, change: Change) -> None:
        for paper_id, (title, text) in change.sources.items():
            writer.put_paper(paper_id, title, text)
        if change.document:
            digest = change.document.digest
            now = self._clock().isoformat(timespec="seconds")
            writer.put_document(
                digest.date,
                digest.name,
                change.document.text,
                change.document.hash,
                PARSER_VERSION,
                now,
                digest.problems,
            )
            for paper_id in change.removed:
                writer.remove_entry(digest.date, paper_id, digest.name)
            for entry in change.put:
                writer.put_entry(entry, digest.name)
        self._step("write:entries")

    def _chunks(self, change: Change) -> dict[str, list[Chunk]]:
        """The chunks that the papers a change touches shall have, by paper."""
        touched = dict.fromkeys([*change.sources, *(entry.paper_id for entry in change.put), *change.removed])
        if not touched:
            return {}
        model = self._model()
        chunker = Chunker(model.window, model.count_tokens)
        with self._catalog.view() as view:
            stored = view.sources(touched)
            entries = {paper_id: {entry.digest_date: entry for entry in view.entries(paper_id)} for paper_id in touched}
            day, name = (change.document.digest.date, change.document.digest.name) if change.document else ("", "")
            owners = {entry.paper_id: owner for owner, entry in view.document_entries(day)}
        for paper_id in change.removed:
            if owners.get(paper_id) == name:
                entries[paper_id].pop(day, None)
        for entry in change.put:
            entries[entry.paper_id][day] = entry
        found: dict[str, list[Chunk]] = {}
        for paper_id in touched:
            title, abstract = change.sources.get(paper_id) or stored.get(paper_id, ("", ""))
            ordered = [entries[paper_id][key] for key in sorted(entries[paper_id])]
            title = title or next((entry.title for entry in ordered if entry.title), "")
            found[paper_id] = chunker.paper(paper_id, title, abstract, ordered)
        return found

    def _model(self) -> Embedder:
        model = self._embedder()
        with self._catalog.view() as view:
            check_model(view.meta("model_id"), model.model_id)
        return model

    def _embed(self, chunks: Sequence[Chunk]) -> tuple[list[str], Matrix]:
        """Vectors of the passages that the catalog has none of, by hash."""
        if not chunks:
            return [], np.zeros((0, 0), np.float32)
        model = self._embedder()
        passages = {chunk.passage_hash: chunk.passage for chunk in chunks}
        with self._catalog.view() as view:
            known = view.known_passages(passages, model.model_id)
        # By length, so that the batches of a step pad little; the rows are keyed by hash, so order is free.
        hashes = sorted((key for key in passages if key not in known), key=lambda key: (len(passages[key]), key))
        parts: list[Matrix] = []
        for start in range(0, len(hashes), _PASSAGES_A_STEP):
            self._step("embed")
            parts.append(model.passages([passages[key] for key in hashes[start : start + _PASSAGES_A_STEP]]))
        self.report.embedded += len(hashes)
        return hashes, np.concatenate(parts) if parts else np.zeros((0, model.dimension), np.float32)

    def _publish(self) -> None:
        self._label = "publish"
        with self._catalog.view() as view:
            if view.chunk_count() == 0:
                return
            dense = Dense(self._folder / "generations", view.meta("model_id") or "", int(view.meta("dimension") or 0))
            try:
                if dense.is_stale(view):
                    dense.publish(view, CHUNKER_VERSION, lambda what: self._step(f"publish:{what}"))
                self.report.generation = dense.generations.current()
            finally:
                dense.close()


def _words(chunk: Chunk) -> str:
    """The index terms of a chunk, as the lexical index takes them."""
    return " ".join(terms(chunk.passage))


def check_model(stored: str | None, configured: str) -> None:
    """Refuse to mix the vectors of two models.

    Raises:
        ConfigError: the catalog holds vectors of another model.
    """
    if stored is not None and stored != configured:
        raise ConfigError(
            f"the index was made with {stored}, the settings name {configured}: set `embedding` to what it was made "
            "with, or ingest into another data directory"
        )
