"""Read the sentences of the papers found, with their vectors, and score them.

Sentences of digest papers have vectors from the ingest. Those of papers that only an abstract speaks of are split when
a search first finds them, and embedded if their paper is one of the first: embedding a sentence takes milliseconds.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..analysis.chunk_sentences import split_chunk
from ..domain.chunks import Chunk
from ..domain.sentences import Sentence, sentence_passage
from ..domain.vectors import Matrix, Vectors
from ..embeddings.base import Embedder
from .scored_sentences import ScoredSentences, score_centrality, score_sentences
from .snapshot import IndexSnapshot
from .understanding import Query

_EMBEDDED_PAPERS = 3  # papers without stored vectors whose sentences are embedded; others use those of their chunks
_CACHED_CHUNKS = 8_192  # about 5 KB each


@dataclass(frozen=True, slots=True)
class PaperChunks:
    """The chunks of a paper that a search admits, best first.

    Attributes:
        title: the paper's title.
        chunks: chunks with their row numbers.
    """

    title: str
    chunks: Sequence[tuple[int, Chunk]]


@dataclass(frozen=True, slots=True, eq=False)
class _ReadChunk:
    """The sentences of a chunk.

    Attributes:
        chunk: the chunk.
        sentences: its sentences, in order.
        terms: the index terms of each.
        vectors: float32 (n, d), centered, unit rows; None as long as they are not embedded.
        is_stored: whether the catalog holds the vectors.
    """

    chunk: Chunk
    sentences: Sequence[Sentence]
    terms: Sequence[frozenset[str]]
    vectors: Matrix | None
    is_stored: bool


class SentenceReader:
    """Reads and scores sentences. Safe to share between threads.

    Args:
        embedder: embeds sentences without a stored vector.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._state: Hashable = None
        self._cached: OrderedDict[int, _ReadChunk] = OrderedDict()
        self._lock = threading.Lock()

    def score(
        self, query: Query, snapshot: IndexSnapshot, papers: Mapping[str, PaperChunks]
    ) -> dict[str, ScoredSentences]:
        """Return the scored sentences of papers, by paper id.

        Args:
            query: the question.
            snapshot: the index.
            papers: the papers, best first.
        """
        read = self._embed(snapshot, papers, self._read(snapshot, papers))
        question = snapshot.engine.means.center_query(query.vector, query.question.lang)
        of_chunks = self._chunk_vectors(snapshot, read.values())
        scored: dict[str, ScoredSentences] = {}
        for paper_id, paper in papers.items():
            if chunks := _with_sentences(paper, read):
                texts = [terms for _, item in chunks for terms in item.terms]
                vectors = _vectors_of(chunks, of_chunks)
                scored[paper_id] = score_sentences(_spans(chunks), vectors, question, texts, query.words, paper.title)
        return scored

    def score_centrality(
        self, snapshot: IndexSnapshot, papers: Mapping[str, PaperChunks]
    ) -> dict[str, ScoredSentences]:
        """Return the sentences of papers, scored without a question, by paper id; nothing is embedded.

        Args:
            snapshot: the index.
            papers: the papers.
        """
        read = {
            row: item if item.is_stored else replace(item, vectors=None)
            for row, item in self._read(snapshot, papers).items()
        }
        of_chunks = self._chunk_vectors(snapshot, read.values())
        return {
            paper_id: score_centrality(_spans(chunks), _vectors_of(chunks, of_chunks))
            for paper_id, paper in papers.items()
            if (chunks := _with_sentences(paper, read))
        }

    def _read(self, snapshot: IndexSnapshot, papers: Mapping[str, PaperChunks]) -> dict[int, _ReadChunk]:
        """Return the sentences of all chunks, by row, with the vectors that are stored or cached."""
        chunks = {row: chunk for paper in papers.values() for row, chunk in paper.chunks}
        found = self._from_cache(snapshot, chunks)
        if new := {row: chunk for row, chunk in chunks.items() if row not in found}:
            view = snapshot.view
            stored = view.sentences.of_rows(new)
            split = {row: stored[row] if row in stored else split_chunk(chunk) for row, chunk in new.items()}
            hashes = {sentence.passage_hash for sentences in split.values() for sentence in sentences}
            vectors = view.vectors.of_passages(hashes, view.model_id or "", view.dimension)
            are_stored = {
                row: all(sentence.passage_hash in vectors for sentence in sentences) for row, sentences in split.items()
            }
            centered = _centered_by_row(
                snapshot,
                {
                    row: (new[row], [vectors[sentence.passage_hash] for sentence in sentences])
                    for row, sentences in split.items()
                    if sentences and are_stored[row]
                },
            )
            added: dict[int, _ReadChunk] = {}
            for row, sentences in split.items():
                terms = [frozenset(sentence.terms.split()) for sentence in sentences]
                added[row] = _ReadChunk(new[row], sentences, terms, centered.get(row), are_stored[row])
            self._to_cache(snapshot, added)
            found |= added
        return found

    def _embed(
        self, snapshot: IndexSnapshot, papers: Mapping[str, PaperChunks], read: Mapping[int, _ReadChunk]
    ) -> dict[int, _ReadChunk]:
        """Return the chunks with vectors of their own for those of the first papers that have none stored.

        Which papers these are does not depend on what is cached: neither does the answer.
        """
        rows = {
            paper_id: [row for row, _ in paper.chunks if not read[row].is_stored] for paper_id, paper in papers.items()
        }
        first = [row for of_paper in [found for found in rows.values() if found][:_EMBEDDED_PAPERS] for row in of_paper]
        passages = {
            sentence.passage_hash: sentence_passage(read[row].chunk, sentence.start, sentence.end)
            for row in first
            if read[row].vectors is None
            for sentence in read[row].sentences
        }
        embedded: dict[int, _ReadChunk] = {}
        if passages:
            view = snapshot.view
            vectors = view.vectors.of_passages(passages, view.model_id or "", view.dimension)  # some of a chunk's
            lacking = {key: passage for key, passage in passages.items() if key not in vectors}
            vectors |= zip(lacking, self._embedder.passages(list(lacking.values())), strict=True)
            for row in first:
                if (item := read[row]).vectors is None:
                    matrix = [vectors[sentence.passage_hash] for sentence in item.sentences]
                    embedded[row] = replace(item, vectors=_centered(snapshot, item.chunk, matrix))
            self._to_cache(snapshot, embedded)
        others = {
            row: replace(item, vectors=None) for row, item in read.items() if not item.is_stored and row not in first
        }
        return {**read, **others, **embedded}

    def _chunk_vectors(self, snapshot: IndexSnapshot, chunks: Iterable[_ReadChunk]) -> dict[str, Matrix]:
        """Return the vectors of the chunks whose sentences have none, float32 (1, d), by passage hash."""
        lacking = {item.chunk.passage_hash: item.chunk for item in chunks if item.vectors is None and item.sentences}
        if not lacking:
            return {}
        view = snapshot.view
        found = view.vectors.of_passages(lacking, view.model_id or "", view.dimension)
        zero = np.zeros(view.dimension, np.float32)
        return {key: _centered(snapshot, chunk, [found.get(key, zero)]) for key, chunk in lacking.items()}

    def _from_cache(self, snapshot: IndexSnapshot, rows: Iterable[int]) -> dict[int, _ReadChunk]:
        with self._lock:
            if self._state != snapshot.state:
                return {}
            found = {row: self._cached[row] for row in rows if row in self._cached}
            for row in found:
                self._cached.move_to_end(row)
            return found

    def _to_cache(self, snapshot: IndexSnapshot, chunks: Mapping[int, _ReadChunk]) -> None:
        with self._lock:
            if self._state != snapshot.state:
                self._cached.clear()
                self._state = snapshot.state
            self._cached.update(chunks)
            while len(self._cached) > _CACHED_CHUNKS:
                self._cached.popitem(last=False)


def _with_sentences(paper: PaperChunks, read: Mapping[int, _ReadChunk]) -> list[tuple[int, _ReadChunk]]:
    """Return those of a paper's chunks that have sentences, each with its place among all of them."""
    return [(place, read[row]) for place, (row, _) in enumerate(paper.chunks) if read[row].sentences]


def _spans(chunks: Sequence[tuple[int, _ReadChunk]]) -> tuple[tuple[int, int, int], ...]:
    """Return the sentences of chunks as `ScoredSentences.spans` has them."""
    return tuple((place, each.start, each.end) for place, item in chunks for each in item.sentences)


def _vectors_of(chunks: Sequence[tuple[int, _ReadChunk]], of_chunks: Mapping[str, Matrix]) -> Matrix:
    """Return the vectors of the sentences of chunks; those without any have their chunk's, by passage hash."""
    return np.concatenate(
        [
            of_chunks[item.chunk.passage_hash].repeat(len(item.sentences), axis=0)
            if item.vectors is None
            else item.vectors
            for _, item in chunks
        ]
    )


def _centered(snapshot: IndexSnapshot, chunk: Chunk, vectors: Sequence[Matrix]) -> Matrix:
    """Return the vectors of a chunk's sentences minus their language's mean, float32 (n, d), unit rows."""
    return _centered_by_row(snapshot, {0: (chunk, vectors)})[0]


def _centered_by_row(
    snapshot: IndexSnapshot, chunks: Mapping[int, tuple[Chunk, Sequence[Matrix]]]
) -> dict[int, Matrix]:
    """Return the vectors of the sentences of chunks minus their language's mean, float32 (n, d) each, unit rows."""
    if not chunks:
        return {}
    counts = [len(vectors) for _, vectors in chunks.values()]
    korean = np.repeat([chunk.lang == "ko" for chunk, _ in chunks.values()], counts)
    matrix = np.stack([vector for _, vectors in chunks.values() for vector in vectors])
    centered = snapshot.engine.means.center(Vectors(np.arange(len(matrix)), korean, matrix))
    # Copies: a view would keep the vectors of all other chunks as long as this one is cached.
    parts = [part.copy() for part in np.split(centered, np.cumsum(counts)[:-1])]
    return dict(zip(chunks, parts, strict=True))
