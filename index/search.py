"""A question to ranked papers with their evidence: dense and lexical channels, fused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .catalog import Catalog
from .embedding import Embedder, Matrix
from .korean import language, terms
from .lexical import Lexical, information
from .papers import Chunk, Evidence, Hit, Paper
from .question import Question, check_count, read_question
from .reading import Vectors, View
from .trust import Label
from .vectors import Dense

_CANDIDATES = 200  # chunks a channel
_EVIDENCE = 3  # chunks a hit
# Both channels have a natural scale (a centred cosine; the share of the question's information that a chunk matches),
# so they add without being rescaled to each question's best, and the sum means the same for every question. The weight
# is low because words only meet within one language: at .5, the few papers with a Korean summary crowd out the others
# from Korean questions on an index that is mostly English (R@10 .17 instead of .31; among summaries both find all).
LEXICAL_WEIGHT = 0.2
# Whether a paper answers, and which of its sentences do, is a question within one language: there, words count more.
ANSWER_LEXICAL_WEIGHT = 0.5
# A paper answers a question where its vectors alone are this close, or less close but words say so too. Measured on 16
# days of digests with benchmarks/abstention.py: of 55 questions about cooking, travel, sports ... none passes, of 40
# that papers there answer 38 do.
_CLOSE, _NEAR, _ANSWERING = 0.38, 0.15, 0.48
# What a summary's closeness to a question is worth less where its words are in doubt: enough to put the paper's own
# abstract, or what another day wrote of it, first where both say the same; a made-up summary has to be much closer.
_DOUBT: dict[Label, float] = {"refused": 1.0, "invented": 0.15, "contradicted": 0.05}


@dataclass(frozen=True, slots=True)
class Scored:
    """A chunk with what each channel says of it.

    Attributes:
        near: its cosine with the question, less the doubt about the summary that it stands in.
        lexical: its share of the question's words.
        trust: the label of that summary; None for an abstract.
    """

    chunk: Chunk
    near: float
    lexical: float
    trust: Label | None = None

    @property
    def score(self) -> float:
        """The fused score."""
        return self.near + LEXICAL_WEIGHT * self.lexical


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes:
        question: the question, read.
        hits: papers, best first.
        generation: number of the published generation that was searched; None where all was scanned.
        known: which of the papers that the question names are in the index.
        empty: whether there was nothing to search in.
        relevant: papers of the hits that are close enough to the question to answer it; empty where the best is not.
        vector: the question's vector as the model gave it, float32 (d,); no part of what makes two results equal.
    """

    question: Question
    hits: tuple[Hit, ...]
    generation: int | None
    known: tuple[str, ...]
    empty: bool
    relevant: frozenset[str]
    vector: Matrix = field(repr=False, compare=False)


class Searcher:
    """Searches one catalog with one embedder. Safe to share between threads."""

    def __init__(self, catalog: Catalog, dense: Dense, embedder: Embedder) -> None:
        self._catalog, self._dense, self._embedder = catalog, dense, embedder

    def search(self, text: object, k: int = 10, *, whole_papers: int = 0) -> SearchResult:
        """The `k` papers that best answer a question, each once.

        Papers that the question names by arXiv id come first.

        Args:
            text: the question.
            k: how many papers.
            whole_papers: this many of the best come with all their chunks as evidence, the others with the best ones.

        Raises:
            InputError: the question or `k` is outside its limits.
        """
        question, k = read_question(text), check_count(k)
        vector = self._embedder.queries([question.text])[0]
        with self._catalog.view() as view:
            channels = _Channels(view, self._dense, question, vector)
            ranked = _rank(channels.candidates(), question.paper_ids)[:k]
            whole = channels.papers([paper_id for paper_id, _ in ranked[:whole_papers]])
            papers = view.papers([*question.paper_ids, *(paper_id for paper_id, _ in ranked)])
            empty = view.chunk_count() == 0
        relevant = frozenset(paper_id for paper_id, chunks in ranked if is_relevant(chunks))
        return SearchResult(
            question,
            tuple(_hit(papers[paper_id], chunks, whole.get(paper_id)) for paper_id, chunks in ranked),
            channels.nearest.generation,
            tuple(key for key in question.paper_ids if key in papers),
            empty,
            relevant if ranked and ranked[0][0] in relevant else frozenset(),
            vector,
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


class _Channels:
    """What each channel says of chunks, for one question over one snapshot."""

    def __init__(self, view: View, dense: Dense, question: Question, vector: Matrix) -> None:
        self._view, self._dense, self._question = view, dense, question
        self.nearest = dense.search(view, vector, question.lang, _CANDIDATES)
        self._lexical = Lexical(view, question.terms)

    def candidates(self) -> list[Scored]:
        """The best chunks of each channel, and every chunk of the papers that the question names."""
        named = self._view.paper_chunks(self._question.paper_ids)
        rows = self.nearest.cosines.keys() | self._lexical.best(_CANDIDATES).keys() | named.keys()
        return self._scored(self._view.chunks(rows))  # rows of the generation that the catalog has dropped end here

    def papers(self, paper_ids: Sequence[str]) -> dict[str, list[Scored]]:
        """Every chunk of some papers, best first, by paper."""
        return _by_paper(self._scored(self._view.paper_chunks(paper_ids)))

    def _scored(self, chunks: Mapping[int, Chunk]) -> list[Scored]:
        missing = chunks.keys() - self.nearest.cosines.keys()
        near = self.nearest
        dense = near.cosines | self._dense.cosines(self._view, missing, near.centred, near.means)
        lexical = self._lexical.among(chunks)
        labels = self._view.entry_labels(chunk.paper_id for chunk in chunks.values() if chunk.digest_date)

        def scored(row: int, chunk: Chunk) -> Scored:
            trust = labels.get((chunk.paper_id, chunk.digest_date or ""))
            return Scored(
                chunk, dense.get(row, 0.0) - _DOUBT.get(trust or "supported", 0.0), lexical.get(row, 0.0), trust
            )

        return [scored(row, chunk) for row, chunk in chunks.items()]


def _by_paper(scored: Sequence[Scored]) -> dict[str, list[Scored]]:
    papers: defaultdict[str, list[Scored]] = defaultdict(list)
    for item in scored:
        papers[item.chunk.paper_id].append(item)
    for chunks in papers.values():
        chunks.sort(key=lambda item: (-item.score, item.chunk.chunk_id))
    return dict(papers)


def _rank(scored: list[Scored], named: tuple[str, ...]) -> list[tuple[str, list[Scored]]]:
    """Papers by the best that any of their chunks reach in each channel; named ones before all others."""

    def order(entry: tuple[str, list[Scored]]) -> tuple[int, float, str]:
        paper_id, chunks = entry
        place = named.index(paper_id) if paper_id in named else len(named)
        return place, -paper_score(chunks), paper_id

    return sorted(_by_paper(scored).items(), key=order)


def paper_score(chunks: list[Scored]) -> float:
    """A paper's score: its best dense score plus its best weighted lexical one, from whichever chunks."""
    return max(item.near for item in chunks) + LEXICAL_WEIGHT * max(item.lexical for item in chunks)


def is_relevant(chunks: list[Scored]) -> bool:
    """Whether a paper is close enough to the question to answer it, and not only the closest there is."""
    dense, lexical = max(item.near for item in chunks), max(item.lexical for item in chunks)
    return dense >= _CLOSE or (dense >= _NEAR and dense + ANSWER_LEXICAL_WEIGHT * lexical >= _ANSWERING)


def _hit(paper: Paper, chunks: list[Scored], whole: list[Scored] | None) -> Hit:
    """A hit, scored by the chunks that found it, with the best of them as evidence, or all of the paper's."""
    shown = whole or chunks[:_EVIDENCE]
    evidence = tuple(_evidence(item) for item in shown)
    return Hit(paper.paper_id, paper.title, round(paper_score(chunks), 6), paper.digest_dates, paper.url, evidence)


def _evidence(item: Scored) -> Evidence:
    chunk = item.chunk
    score = round(item.score, 6)
    return Evidence(chunk.chunk_id, chunk.source, chunk.section, chunk.lang, chunk.text, score, item.trust)
