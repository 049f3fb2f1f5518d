"""A question to ranked papers with their evidence: dense, lexical and lexicon channels, fused."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .bilingual import Lexicon
from .catalog import Catalog
from .crossing import Crossing
from .embedding import Embedder, Matrix
from .explanation import Explanation, Words, explained
from .korean import language, terms
from .lexical import Lexical, information
from .papers import Chunk, Evidence, Hit, Paper
from .question import Question, check_count, read_question
from .ranking import ANSWER_LEXICAL_WEIGHT, DOUBT, Ranked, Ranking, Scored, by_paper, rank
from .reading import Vectors, View
from .stopwatch import Stopwatch
from .vectors import Dense

_EVIDENCE = 3  # chunks a hit


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes:
        question: the question, read.
        hits: papers, best first.
        generation: number of the published generation that was searched; None where all was scanned.
        known: which of the papers that the question names are in the index.
        empty: whether there was nothing to search in.
        relevant: papers of the hits that are close enough to the question to answer it.
        vector: the question's vector as the model gave it, float32 (d,); no part of what makes two results equal.
        timings: milliseconds by stage: terms, embedding, dense, lexical, lexicon, fusion, evidence.
    """

    question: Question
    hits: tuple[Hit, ...]
    generation: int | None
    known: tuple[str, ...]
    empty: bool
    relevant: frozenset[str]
    vector: Matrix = field(repr=False, compare=False)
    timings: dict[str, float] = field(repr=False, compare=False)


class Searcher:
    """Searches one catalog with one embedder. Safe to share between threads."""

    def __init__(self, catalog: Catalog, dense: Dense, embedder: Embedder, ranking: Ranking | None = None) -> None:
        self._catalog, self._dense, self._embedder = catalog, dense, embedder
        self.ranking = ranking or Ranking()

    def search(
        self, text: object, k: int = 10, *, whole_papers: int = 0, without: Collection[str] = ()
    ) -> SearchResult:
        """The `k` papers that best answer a question, each once.

        Papers that the question names by arXiv id come first.

        Args:
            text: the question.
            k: how many papers.
            whole_papers: this many of the best come with all their chunks as evidence, the others with the best ones.
            without: ids of chunks to leave out, as if they were not in the index.

        Raises:
            InputError: the question or `k` is outside its limits.
        """
        watch = Stopwatch()
        question, k = read_question(text), check_count(k)
        watch.lap("terms")
        vector = self._embedder.queries([question.text])[0]
        watch.lap("embedding")
        with self._catalog.view() as view:
            channels = Channels(view, self._dense, question, vector, self.ranking, without, watch)
            ranked = rank(channels.candidates(), self.ranking, question.paper_ids)[:k]
            watch.lap("fusion")
            whole = {one.paper_id: one for one in channels.papers([one.paper_id for one in ranked[:whole_papers]])}
            papers = view.papers([*question.paper_ids, *(one.paper_id for one in ranked)])
            empty = view.chunk_count() == 0
        relevant = frozenset(one.paper_id for one in ranked if one.is_relevant)
        hits = tuple(_hit(papers[one.paper_id], one, whole.get(one.paper_id)) for one in ranked)
        watch.lap("evidence")
        return SearchResult(
            question,
            hits,
            channels.nearest.generation,
            tuple(key for key in question.paper_ids if key in papers),
            empty,
            relevant,
            vector,
            watch.laps,
        )

    def score_texts(self, result: SearchResult, texts: Sequence[str]) -> list[float]:
        """How well each of some texts answers a search's question, its words counting more than in a ranking."""
        if not texts:
            return []
        question = result.question
        langs = [language(text) for text in texts]
        passages = Vectors(
            np.arange(len(texts)), np.array([lang == "ko" for lang in langs]), self._embedder.passages(texts)
        )
        with self._catalog.view() as view:
            means = self._dense.means(view)
            weights = information(view, question.terms)
        dense = means.centre(passages) @ means.centre_question(result.vector, question.lang)
        scale = sum(weights.values()) or 1.0
        shared = [sum(weights.get(term, 0.0) for term in set(terms(text))) / scale for text in texts]
        return [float(one) + ANSWER_LEXICAL_WEIGHT * other for one, other in zip(dense, shared, strict=True)]

    def explain(self, text: object, paper_ids: Sequence[str], *, without: Collection[str] = ()) -> list[Explanation]:
        """Why each of some papers stands where it stands among a question's candidates; unknown papers are left out.

        Raises:
            InputError: the question is outside its limits.
        """
        question = read_question(text)
        vector = self._embedder.queries([question.text])[0]
        with self._catalog.view() as view:
            channels = Channels(view, self._dense, question, vector, self.ranking, without)
            order = rank(channels.candidates(), self.ranking, question.paper_ids)
            listed = {one.paper_id: one for one in [*channels.papers(paper_ids), *order]}
            wanted = [listed[paper_id] for paper_id in paper_ids if paper_id in listed]
            words = Words(channels.lexical.weights, channels.crossing.groups)
            return [
                explained(one, view.terms_of(item.chunk.chunk_id for item in one.chunks), order, words, self.ranking)
                for one in wanted
            ]

    def lexicon(self) -> Lexicon:
        """What the published generation has learned to translate; empty where there is none."""
        with self._catalog.view() as view:
            return self._dense.learned(view)[0]


class Channels:
    """What each channel says of chunks, for one question over one snapshot."""

    def __init__(
        self,
        view: View,
        dense: Dense,
        question: Question,
        vector: Matrix,
        ranking: Ranking,
        without: Collection[str] = (),
        watch: Stopwatch | None = None,
    ) -> None:
        watch = watch or Stopwatch()
        self._view, self._dense, self._question, self._ranking = view, dense, question, ranking
        self._without = frozenset(without)
        self._limit = ranking.candidates + len(self._without)  # what is left out takes no other chunk's place
        self.nearest = dense.search(view, vector, question.lang, self._limit if ranking.dense else 0)
        watch.lap("dense")
        self.lexical = Lexical(view, question.terms if ranking.lexical else ())
        watch.lap("lexical")
        # What a question's words are worth does not depend on whether they are asked as they stand.
        weights = self.lexical.weights or information(view, question.terms)
        self.crossing = Crossing(*dense.learned(view), question, weights) if ranking.lexicon else Crossing.off()
        watch.lap("lexicon")

    def candidates(self) -> list[Scored]:
        """The best chunks of each channel, and every chunk of the papers that the question names."""
        named = self._view.paper_chunks(self._question.paper_ids)
        rows = self.nearest.cosines.keys() | self.lexical.best(self._limit).keys() | named.keys()
        rows |= set(self.crossing.best(self._limit))
        return self._scored(self._view.chunks(rows))  # rows of the generation that the catalog has dropped end here

    def papers(self, paper_ids: Sequence[str]) -> list[Ranked]:
        """Some papers with every chunk of theirs."""
        return by_paper(self._scored(self._view.paper_chunks(paper_ids)), self._ranking)

    def _scored(self, found: Mapping[int, Chunk]) -> list[Scored]:
        chunks = {row: chunk for row, chunk in found.items() if chunk.chunk_id not in self._without}
        near = self.nearest
        missing = chunks.keys() - near.cosines.keys() if self._ranking.dense else ()
        dense = near.cosines | self._dense.cosines(self._view, missing, near.centred, near.means)
        lexical = self.lexical.among(chunks)
        others = [row for row, chunk in chunks.items() if chunk.lang != self._question.lang]
        lexicon = self.crossing.among(others)
        labels = self._view.entry_labels(chunk.paper_id for chunk in chunks.values() if chunk.digest_date)

        def scored(row: int, chunk: Chunk) -> Scored:
            trust = labels.get((chunk.paper_id, chunk.digest_date or ""))
            close = dense.get(row, 0.0) - DOUBT.get(trust or "supported", 0.0)
            words, translated = lexical.get(row, 0.0), lexicon.get(row, 0.0)
            return Scored(chunk, close, words, translated, self._ranking.fuse(close, words, translated), trust)

        return [scored(row, chunk) for row, chunk in chunks.items()]


def _hit(paper: Paper, ranked: Ranked, whole: Ranked | None) -> Hit:
    """A hit, scored by the chunks that found it, with the best of them as evidence, or all of the paper's."""
    shown = whole.chunks if whole else ranked.chunks[:_EVIDENCE]
    evidence = tuple(_evidence(item) for item in shown)
    return Hit(paper.paper_id, paper.title, round(ranked.score, 6), paper.digest_dates, paper.url, evidence)


def _evidence(item: Scored) -> Evidence:
    chunk = item.chunk
    score = round(item.score, 6)
    return Evidence(chunk.chunk_id, chunk.source, chunk.section, chunk.lang, chunk.text, score, item.trust)
