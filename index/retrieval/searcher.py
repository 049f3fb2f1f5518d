"""A question to ranked papers with their evidence: read, embedded, asked of every channel, fused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from ..analysis.analyzer import language, terms
from ..catalog.base import CatalogStore, CatalogView
from ..domain.chunks import Chunk
from ..domain.filters import NO_FILTER, Filter
from ..domain.hits import Evidence, Hit
from ..domain.papers import Language, Paper
from ..domain.vectors import Matrix, Vectors
from ..embeddings.base import Embedder
from ..engine.centering import LanguageMeans
from ..engine.local import Dense
from ..lexicon.lexicon import Lexicon
from ..linking.paper_names import PaperNames
from ..linking.resolution import about
from ..query.question import Question, parse_question, validate_count
from ..util.timing import Stopwatch
from .candidates import Channels, Spots
from .contradictions import Contradiction, contradictions
from .explanation import Explanation, Words, explained
from .fusion import ANSWER_WORDS, Ranked, Scored, SearchConfig, rank
from .reranking import PASSAGES, Reranker, best_first

_EVIDENCE = 3  # chunks a hit


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes:
        question: the question, read.
        where: which chunks could speak, the question's own window included.
        hits: papers, best first.
        generation: number of the published generation that was searched; None where all was scanned.
        known: which of the papers that the question names are in the index.
        empty: whether there was nothing to search in.
        relevant: papers of the hits that are close enough to the question to answer it.
        total: how many papers lie within the days asked for, where the question asks for nothing but days; else None.
        weights: the information that each term of the question carries.
        doubts: where summaries among the evidence contradict their abstracts.
        vector: the question's vector as the model gave it, float32 (d,); no part of what makes two results equal.
        timings: milliseconds by stage: terms, embedding, dense, lexical, lexicon, fusion, rerank, evidence.
    """

    question: Question
    where: Filter
    hits: tuple[Hit, ...]
    generation: int | None
    known: tuple[str, ...]
    empty: bool
    relevant: frozenset[str]
    total: int | None
    weights: Mapping[str, float] = field(repr=False, compare=False)
    contradictions: tuple[Contradiction, ...]
    vector: Matrix = field(repr=False, compare=False)
    timings: dict[str, float] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What is asked, and of what.

    Attributes:
        text: the question.
        where: which chunks may speak; a window that the question names counts where this names none.
        without: ids of chunks to leave out, as if they were not in the index.
        as_of: the day from which the question's words such as "last week" count; None is today in Seoul.
        papers: papers that it means without naming them; they count where it names none.
        lang: the language to answer in; None leaves that to the question.
    """

    text: object
    where: Filter = NO_FILTER
    without: Collection[str] = ()
    as_of: date | None = None
    papers: tuple[str, ...] = ()
    lang: Language | None = None


class Searcher:
    """Searches one catalog with one embedder, and a reranker where there is one. Safe to share between threads."""

    def __init__(
        self,
        catalog: CatalogStore,
        dense: Dense,
        embedder: Embedder,
        ranking: SearchConfig | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self._catalog, self._dense, self._embedder, self._reranker = catalog, dense, embedder, reranker
        self.ranking = ranking or SearchConfig()
        self._spots = Spots()
        self._titles: tuple[tuple[str, int], PaperNames] = ("", -1), PaperNames({})

    def search(self, asked: SearchRequest, k: int = 10, *, whole_papers: int = 0) -> SearchResult:
        """The `k` papers that best answer a question, each once.

        Papers that the question is about come first. One that asks for nothing but days gets the newest papers of
        these days, newest first.

        Args:
            asked: the question.
            k: how many papers.
            whole_papers: this many of the best come with all their chunks as evidence, the others with the best ones.

        Raises:
            InputError: the question or `k` is outside its limits.
        """
        watch, k = Stopwatch(), validate_count(k)
        with self._catalog.view() as view:
            question, vector, channels = self._ask(view, asked, watch)
            is_news = question.intent == "digest"
            if is_news:
                newest = view.chunks.newest_papers(channels.where, k)
                ranked = sorted(channels.papers(newest), key=lambda one: newest.index(one.paper_id))
            else:
                ranked = rank(channels.candidates(self._wanted(question, k)), channels.ranking, question.paper_ids)
            watch.lap("fusion")
            if self._reranker and not is_news:
                ranked = self._reranked(view, self._reranker, question, ranked)
                watch.lap("rerank")
            ranked = ranked[:k]
            wholly = ranked if is_news and whole_papers else ranked[:whole_papers]
            whole = {one.paper_id: one for one in channels.papers([one.paper_id for one in wholly])}
            shown = {one.paper_id: _shown(one, whole.get(one.paper_id)) for one in ranked}
            chunks = view.chunks.by_rows(item.spot.row for items in shown.values() for item in items)
            papers = view.papers.by_ids([*question.paper_ids, *shown])
            empty = view.chunks.count() == 0
            hits = tuple(_hit(papers[one.paper_id], one, shown[one.paper_id], chunks) for one in ranked)
            contradicted = contradictions(view, hits) if whole_papers else ()
            total = view.chunks.paper_count(channels.where) if is_news and channels.where else None
            threshold = channels.calibration.threshold(question.lang)
        watch.lap("evidence")
        return SearchResult(
            question,
            channels.where,
            hits,
            channels.nearest.generation,
            tuple(key for key in question.paper_ids if key in papers),
            empty,
            frozenset(
                one.paper_id
                for one in ranked
                if one.relevance >= threshold or is_news or (channels.where and not question.terms)
            ),
            total,
            channels.weights,
            contradicted,
            vector,
            watch.laps,
        )

    def _ask(self, view: CatalogView, asked: SearchRequest, watch: Stopwatch) -> tuple[Question, Matrix, Channels]:
        vocabulary = self._dense.learned(view).vocabulary
        question = parse_question(asked.text, asked.as_of, vocabulary.holds)
        words = vocabulary.words(question, names=self.ranking.names)
        is_word: Callable[[str], bool] = vocabulary.holds if self.ranking.names else lambda _: True
        named = self._named(view).named(question.effective_text, words, is_word)
        question = about(question, named, asked.papers)
        if asked.lang:
            question = replace(question, answer_lang=asked.lang)
        watch.lap("terms")
        vector = self._embedder.queries([question.topic or question.text])[0]
        watch.lap("embedding")
        where, window = asked.where, question.window
        if window:
            where = where.with_window(window.start, window.end, window.by)
        chunk_infos, without = self._spots, asked.without
        return (
            question,
            vector,
            Channels(view, self._dense, chunk_infos, question, vector, self.ranking, where, without, watch),
        )

    def _named(self, view: CatalogView) -> PaperNames:
        """The papers' own names, read again when the catalog changes."""
        key = (view.catalog_id, view.revision)
        if self._titles[0] != key:
            self._titles = key, PaperNames(view.papers.titles())
        return self._titles[1]

    def _wanted(self, question: Question, k: int) -> int:
        """How many papers have to be ranked for the first `k` to be right."""
        return max(k, self.ranking.rerank_papers if self._reranker else 0) + len(question.paper_ids)

    def _reranked(
        self, view: CatalogView, reranker: Reranker, question: Question, ranked: list[Ranked]
    ) -> list[Ranked]:
        """The first papers as a cross-encoder orders them, behind those that the question names; scores stay."""
        start = sum(one.paper_id in question.paper_ids for one in ranked)
        end = start + self.ranking.rerank_papers
        read = [[item.spot.row for item in one.chunks[:PASSAGES]] for one in ranked[start:end]]
        chunks = view.chunks.by_rows(row for rows in read for row in rows)
        order = best_first(
            reranker,
            question.topic or question.effective_text,
            [[chunks[row].passage for row in rows] for rows in read],
        )
        return [*ranked[:start], *(ranked[start + at] for at in order), *ranked[end:]]

    def score_texts(self, result: SearchResult, texts: Sequence[str]) -> list[float]:
        """How well each of some texts answers a search's question, its words counting more than in a ranking."""
        if not texts:
            return []
        vectors, means = self._centred(texts)
        dense = vectors @ means.centre_question(result.vector, result.question.lang)
        weights = result.weights
        scale = sum(weights.values()) or 1.0
        shared = [sum(weights.get(term, 0.0) for term in set(terms(text))) / scale for text in texts]
        return [float(one) + ANSWER_WORDS * other for one, other in zip(dense, shared, strict=True)]

    def centred(self, texts: Sequence[str]) -> Matrix:
        """Vectors of texts less their languages' means, so that products are cosines of meaning: float32 (n, d)."""
        if not texts:
            return np.zeros((0, self._embedder.dimension), np.float32)
        return self._centred(texts)[0]

    def _centred(self, texts: Sequence[str]) -> tuple[Matrix, LanguageMeans]:
        korean = np.array([language(text) == "ko" for text in texts])
        with self._catalog.view() as view:
            means = self._dense.means(view)
        return means.centre(Vectors(np.arange(len(texts)), korean, self._embedder.passages(texts))), means

    def explain(self, asked: SearchRequest, paper_ids: Sequence[str]) -> list[Explanation]:
        """Why each of some papers stands where it stands among a question's candidates; unknown papers are left out.

        Raises:
            InputError: the question is outside its limits.
        """
        with self._catalog.view() as view:
            question, _, channels = self._ask(view, asked, Stopwatch())
            order = rank(channels.candidates(), channels.ranking, question.paper_ids)
            listed = {one.paper_id: one for one in [*channels.papers(paper_ids), *order]}
            wanted = [listed[paper_id] for paper_id in paper_ids if paper_id in listed]
            words = Words(channels.weights if self.ranking.lexical else {}, channels.words, channels.translated)
            return [
                explained(
                    one, view.terms.of_chunks(item.spot.chunk_id for item in one.chunks), order, words, channels.ranking
                )
                for one in wanted
            ]

    def lexicon(self) -> Lexicon:
        """What a search translates with: the glossary, and what the published generation has learned."""
        with self._catalog.view() as view:
            return self._dense.learned(view).lexicon


def _shown(ranked: Ranked, whole: Ranked | None) -> tuple[Scored, ...]:
    """The evidence of a hit: the best of the chunks that found it, or all of the paper's."""
    return whole.chunks if whole else ranked.chunks[:_EVIDENCE]


def _hit(paper: Paper, ranked: Ranked, shown: Iterable[Scored], chunks: Mapping[int, Chunk]) -> Hit:
    """A hit, scored by the chunks that found it."""
    evidence = tuple(_evidence(item, chunks[item.spot.row]) for item in shown)
    return Hit(paper.paper_id, paper.title, round(ranked.score, 6), paper.digest_dates, paper.url, evidence)


def _evidence(item: Scored, chunk: Chunk) -> Evidence:
    score = round(item.score, 6)
    return Evidence(chunk.chunk_id, chunk.source, chunk.section, chunk.lang, chunk.text, score, item.spot.trust)
