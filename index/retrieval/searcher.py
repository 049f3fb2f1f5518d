"""The retrieval pipeline: request → understanding → candidates → fusion → reranking → abstention → evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from ..analysis.language import language
from ..catalog.base import CatalogStore
from ..domain.explanations import Explanation
from ..domain.filters import Filter
from ..domain.hits import Hit
from ..domain.vectors import Matrix, Vectors, unit_rows
from ..embeddings.base import Embedder
from ..engine.base import SearchEngine
from ..lexicon.lexicon import Lexicon
from ..query.question import is_valid_question, parse_question, validate_count
from ..util.timing import Stopwatch
from .abstention import Assessment
from .candidates import ScoredChannels, score_channels
from .channels import DEFAULT_CHANNELS, Channel
from .config import SearchConfig
from .evidence import gather_evidence
from .explanation import explain
from .fusion import RankedPaper, rank
from .overview import PaperSubject, read_sentences, read_subjects
from .request import RetrievalRequest, SearchResult
from .reranking import Reranker, rerank
from .scored_sentences import ScoredSentences
from .sentence_reader import SentenceReader
from .snapshot import Index
from .understanding import understand


class Searcher:
    """Searches one index with one embedder. Safe to share between threads.

    Args:
        catalog: the store of chunks and papers.
        engine: makes them searchable.
        embedder: embeds questions and sentences, with the model of the engine's vectors.
        config: how papers are ranked.
        reranker: reorders the first papers; None leaves the fused order.
        channels: what ranks.
    """

    def __init__(
        self,
        catalog: CatalogStore,
        engine: SearchEngine,
        embedder: Embedder,
        config: SearchConfig | None = None,
        reranker: Reranker | None = None,
        channels: Sequence[Channel] = DEFAULT_CHANNELS,
    ) -> None:
        self.index = Index(catalog, engine)
        self.config = config or SearchConfig()
        self._embedder, self._reranker, self._channels = embedder, reranker, tuple(channels)
        self._sentences = SentenceReader(embedder)

    def search(self, request: RetrievalRequest, k: int = 10, *, sentences: bool = False) -> SearchResult:
        """Return the `k` papers that best answer a question, each once.

        Papers that the question names come first. A question that asks for nothing but a window returns the newest
        papers within it, newest first.

        Args:
            request: the question.
            k: number of papers.
            sentences: whether to score the sentences of the papers, all of whose chunks are evidence then.

        Raises:
            InputError: the question or `k` is outside its limits.
        """
        watch, k = Stopwatch(), validate_count(k)
        with self.index.snapshot() as snapshot:
            query = understand(request, snapshot, self._embedder, self.config, watch)
            scored = score_channels(query, snapshot, self._channels, watch)
            is_digest = query.question.intent == "digest"
            ranking = self._newest(scored, k) if is_digest else self._ranked(scored, k)
            watch.lap("fusion")
            if self._reranker and not is_digest:
                ranking = rerank(self._reranker, query, ranking, snapshot.view)
                watch.lap("rerank")
            result = gather_evidence(scored, ranking[:k], self._sentences if sentences else None)
        watch.lap("evidence")
        return replace(result, timings=watch.laps)

    def search_similar(
        self, request: RetrievalRequest, paper_id: str, k: int = 10, *, sentences: bool = True
    ) -> SearchResult:
        """Return the `k` papers that are most like another one, by the words of its title and its chunks' vectors.

        Args:
            request: the question that asks for them.
            paper_id: the other paper.
            k: number of papers.
            sentences: as in `search`.
        """
        with self.index.snapshot() as snapshot:
            view = snapshot.view
            chunks = list(view.chunks.of_papers([paper_id]).values())
            paper = view.papers.by_ids([paper_id]).get(paper_id)
            title = paper.title if paper and is_valid_question(paper.title) else request.text
            # Vectors of one language are compared with its mean: those of the title's language, if there are any.
            native = [chunk for chunk in chunks if chunk.lang == language(str(title))] or chunks
            hashes = [chunk.passage_hash for chunk in native]
            vectors = list(view.vectors.of_passages(hashes, view.model_id or "", view.dimension).values())
        similar = replace(
            request,
            text=title,
            without=(*request.without, *(chunk.chunk_id for chunk in chunks)),
            papers=(),
            intent="list",
            lang=request.lang or parse_question(request.text).response_language,
            vector=unit_rows(np.mean(vectors, axis=0)[None])[0] if vectors else None,
        )
        found = self.search(similar, k, sentences=sentences)
        papers = frozenset(hit.paper_id for hit in found.hits)
        question = replace(found.question, text=str(request.text).strip(), corrected=None)
        assessment = Assessment("high" if papers else "none", {}, papers)
        return replace(found, question=question, assessment=assessment)

    def _ranked(self, scored: ScoredChannels, k: int) -> list[RankedPaper]:
        """Rank the candidates, as many as have to be right for the first `k` after reranking."""
        question, config = scored.query.question, scored.query.config
        limit = max(k, config.rerank_papers if self._reranker else 0) + len(question.paper_ids)
        return rank(
            scored.candidates(),
            scored.channels,
            config,
            named=question.paper_ids,
            section=question.section,
            limit=limit,
        )

    def _newest(self, scored: ScoredChannels, k: int) -> list[RankedPaper]:
        """Return the newest papers within the window, newest first."""
        query = scored.query
        newest = scored.snapshot.view.chunks.newest_papers(query.where, k)
        papers = rank(scored.of_papers(newest), scored.channels, query.config, section=query.question.section)
        return sorted(papers, key=lambda paper: newest.index(paper.paper_id))

    def explain(self, request: RetrievalRequest, paper_ids: Sequence[str]) -> list[Explanation]:
        """Explain the rank of papers among a question's candidates; papers without a chunk are left out.

        Raises:
            InputError: the question is outside its limits.
        """
        with self.index.snapshot() as snapshot:
            query = understand(request, snapshot, self._embedder, self.config, Stopwatch())
            return explain(score_channels(query, snapshot, self._channels, Stopwatch()), paper_ids)

    def read_sentences(self, where: Filter) -> dict[str, tuple[Hit, ScoredSentences]]:
        """Return the papers that pass a filter with their sentences, by paper id; see `overview.read_sentences`."""
        with self.index.snapshot() as snapshot:
            return read_sentences(snapshot, where, self._sentences)

    def read_subjects(self, paper_ids: Iterable[str]) -> list[PaperSubject]:
        """Return what tells the subjects of papers; see `overview.read_subjects`."""
        with self.index.snapshot() as snapshot:
            return read_subjects(snapshot, paper_ids)

    def center_texts(self, texts: Sequence[str]) -> Matrix:
        """Return vectors of texts minus their languages' means, float32 (n, d); products are cosines of meaning."""
        if not texts:
            return np.zeros((0, self._embedder.dimension), np.float32)
        with self.index.snapshot() as snapshot:
            means = snapshot.engine.means
        korean = np.array([language(text) == "ko" for text in texts])
        return means.center(Vectors(np.arange(len(texts)), korean, self._embedder.passages(texts)))

    def lexicon(self) -> Lexicon:
        """Return the glossary and what the published version has learned."""
        with self.index.snapshot() as snapshot:
            return snapshot.engine.artifacts.lexicon

    def close(self) -> None:
        """Close the engine."""
        self.index.close()
