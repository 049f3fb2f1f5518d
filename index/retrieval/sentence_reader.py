"""Read the sentences of the papers found, with their vectors, and score them.

Sentences of digest papers have vectors from the ingest. Those of papers that only an abstract speaks of are split and
embedded when a search first finds them, the first papers only: embedding a sentence takes milliseconds.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..analysis.chunk_sentences import split_chunk
from ..domain.chunks import Chunk
from ..domain.sentences import Sentence, sentence_passage
from ..domain.vectors import Matrix, Vectors
from ..embeddings.base import Embedder
from .scored_sentences import ScoredSentences, score_sentences
from .snapshot import IndexSnapshot
from .understanding import Query

_EMBEDDED_PAPERS = 3  # papers without stored vectors whose sentences are embedded; others use those of their chunks
_CACHED_SENTENCES = 4_096


@dataclass(frozen=True, slots=True)
class PaperChunks:
    """The chunks of a paper that a search admits, best first.

    Attributes:
        title: the paper's title.
        chunks: chunks with their row numbers.
    """

    title: str
    chunks: Sequence[tuple[int, Chunk]]


class SentenceReader:
    """Reads and scores sentences. Safe to share between threads.

    Args:
        embedder: embeds sentences without a stored vector.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._embedded: OrderedDict[str, Matrix] = OrderedDict()
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
        stored = snapshot.view.sentences.of_rows(row for paper in papers.values() for row, _ in paper.chunks)
        sentences = {
            paper_id: [
                (place, chunk, sentence)
                for place, (row, chunk) in enumerate(paper.chunks)
                for sentence in (stored[row] if row in stored else split_chunk(chunk))
            ]
            for paper_id, paper in papers.items()
        }
        vectors = self._vectors(snapshot, sentences)
        means = snapshot.engine.means
        question = means.center_query(query.vector, query.question.lang)
        scored: dict[str, ScoredSentences] = {}
        for paper_id, of_paper in sentences.items():
            if of_paper:
                korean = np.array([chunk.lang == "ko" for _, chunk, _ in of_paper], np.bool_)
                raw = np.stack([vectors[sentence.passage_hash] for *_, sentence in of_paper])
                matrix = means.center(Vectors(np.arange(len(raw)), korean, raw))
                spans = tuple((place, sentence.start, sentence.end) for place, _, sentence in of_paper)
                texts = [sentence.terms.split() for *_, sentence in of_paper]
                scored[paper_id] = score_sentences(spans, matrix, question, texts, query.words, papers[paper_id].title)
        return scored

    def _vectors(
        self, snapshot: IndexSnapshot, sentences: Mapping[str, Sequence[tuple[int, Chunk, Sentence]]]
    ) -> dict[str, Matrix]:
        """Return a vector for each sentence, by passage hash: stored, embedded now, or that of its chunk."""
        view = snapshot.view
        model_id, dimension = view.model_id or "", view.dimension
        wanted = {sentence.passage_hash for of_paper in sentences.values() for *_, sentence in of_paper}
        found = view.vectors.of_passages(wanted, model_id, dimension)
        lacking = [
            [entry for entry in of_paper if entry[2].passage_hash not in found] for of_paper in sentences.values()
        ]
        lacking = [of_paper for of_paper in lacking if of_paper]
        # Which papers these are does not depend on what is cached: neither does the answer.
        passages = {
            sentence.passage_hash: sentence_passage(chunk, sentence.start, sentence.end)
            for of_paper in lacking[:_EMBEDDED_PAPERS]
            for _, chunk, sentence in of_paper
        }
        found |= self._cached(passages.keys())
        if embedded := {key: passage for key, passage in passages.items() if key not in found}:
            new = dict(zip(embedded, self._embedder.passages(list(embedded.values())), strict=True))
            self._cache(new)
            found |= new
        others = [entry for of_paper in lacking[_EMBEDDED_PAPERS:] for entry in of_paper]
        chunks = {chunk.passage_hash for _, chunk, _ in others}
        of_chunks = view.vectors.of_passages(chunks, model_id, dimension)
        zero = np.zeros(dimension, np.float32)
        for _, chunk, sentence in others:
            found.setdefault(sentence.passage_hash, of_chunks.get(chunk.passage_hash, zero))
        return found

    def _cached(self, hashes: Collection[str]) -> dict[str, Matrix]:
        with self._lock:
            for key in (found := self._embedded.keys() & hashes):
                self._embedded.move_to_end(key)
            return {key: self._embedded[key] for key in found}

    def _cache(self, vectors: Mapping[str, Matrix]) -> None:
        with self._lock:
            self._embedded.update(vectors)
            while len(self._embedded) > _CACHED_SENTENCES:
                self._embedded.popitem(last=False)
