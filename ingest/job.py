"""The ingestion job: read, compare with the catalog, chunk and embed what changed, commit by document, publish."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ..index.catalog import Catalog
from ..index.embedding import Embedder
from ..index.errors import ConfigError
from ..index.korean import TERMS_VERSION, terms
from ..index.papers import Chunk, Entry, Problem
from ..index.reading import batches
from ..index.vectors import Dense
from ..index.writing import Writer
from .abstracts import Abstract, read_abstracts
from .chunks import CHUNKER_VERSION, Chunker
from .digest import PARSER_VERSION
from .files import Document, find_files, read_documents
from .lock import ingest_lock

_ABSTRACTS_A_COMMIT = 64
_PASSAGES_A_STEP = 64


@dataclass(frozen=True, slots=True)
class Step:
    """Where the job is.

    Attributes:
        what: the step about to be taken: "embed", "write", "commit", "publish:build" ...
        done, total: how many entries and abstracts are behind, and how many there are.
        detail: the document at hand.
    """

    what: str
    done: int
    total: int
    detail: str


@dataclass(slots=True)
class Report:
    """What an ingest did.

    Attributes:
        days, entries, papers: what was read: digests' days, their entries, the papers that those speak of.
        new, changed, unchanged, removed: entries, against what the catalog held.
        abstracts: abstracts that were new or changed.
        chunks_added, chunks_removed: chunks; a changed one counts as both.
        embedded: passages that the model had to read.
        chunks: chunks in the catalog afterwards.
        generation: number of the published generation.
        problems: what was not understood or could not be read.
        failed: files that could not be read at all.
    """

    days: int = 0
    entries: int = 0
    papers: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    abstracts: int = 0
    chunks_added: int = 0
    chunks_removed: int = 0
    embedded: int = 0
    chunks: int = 0
    generation: int | None = None
    problems: list[Problem] = field(default_factory=list[Problem])
    failed: int = 0

    @property
    def did_nothing(self) -> bool:
        """Whether the catalog already held everything."""
        return not (
            self.new or self.changed or self.removed or self.abstracts or self.chunks_added or self.chunks_removed
        )


@dataclass(frozen=True, slots=True)
class _Change:
    """One transaction: a document or a batch of abstracts, and what it makes of the papers it touches."""

    label: str
    size: int
    document: Document | None
    sources: Mapping[str, tuple[str, str]]
    put: Sequence[Entry]
    removed: Sequence[str]


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
            changes = [
                *self._rechunk(),
                *self._abstract_changes(abstracts, documents, all_abstracts),
                *self._digest_changes(documents),
            ]
            self._total = sum(change.size for change in changes)
            for change in changes:
                self._label = change.label
                self._apply(change)
                self._done += change.size
            self._step("check")
            self._publish()
            with self._catalog.view() as view:
                self.report.chunks = view.chunk_count()
        return self.report

    def _step(self, what: str) -> None:
        self._observe(Step(what, self._done, self._total, self._label))

    def _abstract_changes(
        self, path: Path | None, documents: Sequence[Document], everything: bool
    ) -> Iterator[_Change]:
        if path is None:
            return
        spoken = {entry.paper_id for document in documents for entry in document.digest.entries}
        with self._catalog.view() as view:
            wanted = None if everything else spoken | view.paper_ids()
            found, problems = read_abstracts(path, wanted)
            stored = view.sources(abstract.paper_id for abstract in found)
        self.report.problems += problems
        fresh = [one for one in found if stored.get(one.paper_id) != (one.title, one.text)]
        self.report.abstracts = len(fresh)
        for start in range(0, len(fresh), _ABSTRACTS_A_COMMIT):
            part: Sequence[Abstract] = fresh[start : start + _ABSTRACTS_A_COMMIT]
            sources = {one.paper_id: (one.title, one.text) for one in part}
            yield _Change("abstracts", len(part), None, sources, (), ())

    def _digest_changes(self, documents: Sequence[Document]) -> Iterator[_Change]:
        report = self.report
        report.days = len({document.digest.date for document in documents if document.digest.date})
        report.papers = len({entry.paper_id for document in documents for entry in document.digest.entries})
        taken: dict[tuple[str, str], str] = {}
        for document in documents:
            digest = document.digest
            report.entries += len(digest.entries)
            report.problems += digest.problems
            with self._catalog.view() as view:
                known = view.document(digest.date, digest.name)
                stored = {entry.paper_id: (name, entry) for name, entry in view.document_entries(digest.date)}
            for paper_id, (name, _) in stored.items():
                taken.setdefault((digest.date, paper_id), name)
            mine: list[Entry] = []
            for entry in digest.entries:
                owner = taken.setdefault((digest.date, entry.paper_id), digest.name)
                if owner == digest.name:
                    mine.append(entry)
                else:
                    message = f"{entry.paper_id} of {digest.date} is already in {owner}; that one is used"
                    report.problems.append(Problem(digest.name, entry.line, message))
            before = {paper_id: entry for paper_id, (name, entry) in stored.items() if name == digest.name}
            kept = {entry.paper_id for entry in mine}
            put = [entry for entry in mine if before.get(entry.paper_id) != entry]
            gone = [paper_id for paper_id in before if paper_id not in kept]
            texts = {paper_id: entry.body for paper_id, entry in before.items()}
            report.new += sum(entry.paper_id not in texts for entry in put)
            report.changed += sum(texts.get(entry.paper_id, entry.body) != entry.body for entry in put)
            report.unchanged += sum(texts.get(entry.paper_id) == entry.body for entry in mine)
            report.removed += len(gone)
            if known != (document.hash, PARSER_VERSION):
                yield _Change(digest.date or digest.name, len(digest.entries), document, {}, put, gone)

    def _apply(self, change: _Change) -> None:
        """Chunk and embed what a change touches, then store all of it in one transaction."""
        chunks = self._chunks(change)
        with self._catalog.view() as view:
            rows = view.paper_chunks(chunks)
            old = {chunk.chunk_id: chunk for chunk in rows.values()}
        fresh = [one for some in chunks.values() for one in some if old.get(one.chunk_id) != one]
        words = {chunk.chunk_id: " ".join(terms(f"{chunk.context}\n{chunk.text}")) for chunk in fresh}
        hashes, matrix = self._embed(fresh)
        self._step("write")
        with self._catalog.write() as writer:
            if fresh:
                self._sign(writer)
            self._put(writer, change)
            for paper_id, some in chunks.items():
                added, removed = writer.replace_chunks(paper_id, some, words)
                self.report.chunks_added += added
                self.report.chunks_removed += removed
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
        writer.set_meta("chunker", CHUNKER_VERSION)
        writer.set_meta("terms", TERMS_VERSION)

    def _renew_terms(self) -> None:
        """Make the lexical index anew where another version of the tokenizer made it."""
        with self._catalog.view() as view:
            if view.meta("terms") in {None, TERMS_VERSION}:
                return
            chunks = view.paper_chunks(view.paper_ids())
        self._step("terms")
        words = {row: " ".join(terms(f"{chunk.context}\n{chunk.text}")) for row, chunk in chunks.items()}
        with self._catalog.write() as writer:
            writer.replace_terms(words)
            writer.set_meta("terms", TERMS_VERSION)

    def _rechunk(self) -> Iterator[_Change]:
        """Every paper again where another version of the chunker made its chunks."""
        with self._catalog.view() as view:
            if view.meta("chunker") in {None, CHUNKER_VERSION}:
                return
            stored = view.sources(view.paper_ids())
        for part in batches(sorted(stored.items()), _ABSTRACTS_A_COMMIT):
            yield _Change("new chunker", len(part), None, dict(part), (), ())

    def _put(self, writer: Writer, change: _Change) -> None:
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
                writer.remove_entry(digest.date, paper_id)
            for entry in change.put:
                writer.put_entry(entry, digest.name)
        self._step("write:entries")

    def _chunks(self, change: _Change) -> dict[str, list[Chunk]]:
        """The chunks that the papers a change touches shall have, by paper."""
        touched = dict.fromkeys([*change.sources, *(entry.paper_id for entry in change.put), *change.removed])
        if not touched:
            return {}
        model = self._model()
        chunker = Chunker(model.window, model.count_tokens)
        with self._catalog.view() as view:
            stored = view.sources(touched)
            entries = {paper_id: {entry.digest_date: entry for entry in view.entries(paper_id)} for paper_id in touched}
        day = change.document.digest.date if change.document else ""
        for paper_id in change.removed:
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

    def _embed(self, chunks: Sequence[Chunk]) -> tuple[list[str], np.ndarray[tuple[int, int], np.dtype[np.float32]]]:
        """Vectors of the passages that the catalog has none of, by hash."""
        if not chunks:
            return [], np.zeros((0, 0), np.float32)
        model = self._embedder()
        passages = {chunk.passage_hash: chunk.passage for chunk in chunks}
        with self._catalog.view() as view:
            known = view.known_passages(passages, model.model_id)
        # By length, so that the batches of a step pad little; the rows are keyed by hash, so order is free.
        hashes = sorted((key for key in passages if key not in known), key=lambda key: (len(passages[key]), key))
        parts: list[np.ndarray[tuple[int, int], np.dtype[np.float32]]] = []
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
