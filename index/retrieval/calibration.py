"""Calibration of abstention: measure what out-of-domain questions and the papers' own titles reach in an index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..analysis.term_statistics import group_information
from ..catalog.base import CatalogView
from ..domain.filters import NO_FILTER
from ..domain.papers import Language
from ..domain.vectors import Matrix
from ..engine.artifacts import DEFAULT_TITLES, Calibration
from ..engine.base import EngineSnapshot
from ..lexicon.lexicon import Lexicon
from ..lexicon.translation import translate_terms
from ..linking.vocabulary import Vocabulary
from ..query.question import MAX_CHARACTERS, is_question, parse_question
from ..util.batching import batches
from .channels import DEFAULT_CHANNELS, Channel
from .config import SearchConfig
from .fusion import relevance
from .out_of_domain import unrelated
from .understanding import Query

Embed = Callable[[Sequence[str]], Matrix]
Embedded = tuple[Sequence[str], Matrix]

# Nine in ten out-of-domain questions stay below their quantile; the tenth may be near a paper after all.
_UNRELATED_QUANTILE, _TITLE_QUANTILE = 0.9, 0.1
_MAX_TITLES = 40
_PAPERS_A_QUERY = 1_000


@dataclass(frozen=True, slots=True)
class Probes:
    """Questions for calibration, embedded beforehand so that the model can be released while the index is measured.

    Attributes:
        rows: int64 (n,), the chunks of the index.
        papers: the paper of each of them.
        unrelated: by language, out-of-domain questions and their vectors.
        titles: titles of papers and their vectors.
    """

    rows: Any
    papers: Sequence[str]
    unrelated: Mapping[Language, Embedded]
    titles: Embedded

    @classmethod
    def of(cls, rows: Any, papers: Sequence[str], titles: Sequence[str], embed: Embed) -> Probes:
        """Select and embed the questions.

        Args:
            rows: int64 (n,), the chunks of the index.
            papers: the paper of each of them.
            titles: titles of papers; an even sample is used.
            embed: questions to vectors, float32 (n, d).
        """
        # Sources deliver any text as a title: white space or a lone surrogate is not a question.
        usable = [title[:MAX_CHARACTERS] for title in titles if is_question(title[:MAX_CHARACTERS])]
        sample = usable[:: -(-len(usable) // _MAX_TITLES) or 1]
        by_language: dict[Language, Embedded] = {lang: (texts, embed(texts)) for lang, texts in unrelated().items()}
        vectors = embed(sample) if sample else np.zeros((0, 0), np.float32)
        return cls(rows, papers, by_language, (sample, vectors))


def embed_probes(view: CatalogView, rows: Any, embed: Embed) -> Probes:
    """Select and embed the questions for an index.

    Args:
        view: the catalog snapshot.
        rows: int64 (n,), its chunks.
        embed: questions to vectors, float32 (n, d).
    """
    chunks = view.chunks.infos(rows.tolist())
    papers = [chunks[row].paper_id for row in rows.tolist()]
    titles = [
        paper.title
        for part in batches(sorted(set(papers)), _PAPERS_A_QUERY)
        for _, paper in sorted(view.papers.by_ids(part).items())
        if paper.title
    ]
    return Probes.of(rows, papers, titles, embed)


def calibrate(
    snapshot: EngineSnapshot, lexicon: Lexicon, probes: Probes, channels: Sequence[Channel] = DEFAULT_CHANNELS
) -> Calibration:
    """Measure the relevance that the probes reach in an index.

    Args:
        snapshot: the index.
        lexicon: translates the questions.
        probes: the questions.
        channels: the channels that searches use.
    """
    if not len(probes.papers):
        return Calibration.default()
    paper_of = np.unique(np.asarray(probes.papers), return_inverse=True)[1]
    vocabulary = Vocabulary(snapshot.statistics)

    def quantile(embedded: Embedded, share: float) -> float:
        reached = [
            _best_relevance(
                _query(text, vector, snapshot, lexicon, vocabulary), snapshot, probes.rows, paper_of, channels
            )
            for text, vector in zip(*embedded, strict=True)
        ]
        return float(np.quantile(reached, share))

    by_language: dict[Language, float] = {
        lang: quantile(embedded, _UNRELATED_QUANTILE) for lang, embedded in probes.unrelated.items()
    }
    titles = quantile(probes.titles, _TITLE_QUANTILE) if probes.titles[0] else DEFAULT_TITLES
    return Calibration(by_language, titles)


def _query(text: str, vector: Matrix, snapshot: EngineSnapshot, lexicon: Lexicon, vocabulary: Vocabulary) -> Query:
    question = parse_question(text)
    terms = tuple(vocabulary.expand(question.terms, question.topic))
    return Query(
        question,
        vector,
        NO_FILTER,
        frozenset(),
        SearchConfig(),
        terms,
        tuple(translate_terms(lexicon, question.terms, question.lang, vocabulary.phonetic_matches)),
        group_information(snapshot.statistics, terms),
    )


def _best_relevance(
    query: Query, snapshot: EngineSnapshot, rows: Any, paper_of: Any, channels: Iterable[Channel]
) -> float:
    """Return the relevance of the best paper, by the content of its chunks alone."""
    scored = list(channels)
    best = np.full((len(scored), int(paper_of.max()) + 1), -1.0, np.float32)
    for reached, channel in zip(best, scored, strict=True):
        np.maximum.at(reached, paper_of, channel.score(query, snapshot).raw(rows))
    return float(np.max(relevance(best, scored)))
