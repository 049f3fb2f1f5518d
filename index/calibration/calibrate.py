"""Calibration of abstention: measure what out-of-domain questions reach in an index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..analysis.term_statistics import group_information
from ..catalog.base import CatalogView
from ..domain.filters import NO_FILTER
from ..domain.papers import Language
from ..domain.vectors import Matrix
from ..engine.artifacts import DEFAULT_REACHED, Calibration, Reached
from ..engine.base import EngineSnapshot
from ..lexicon.lexicon import Lexicon
from ..lexicon.translation import translate_terms
from ..linking.vocabulary import Vocabulary
from ..query.question import parse_question
from ..retrieval.channels import DEFAULT_CHANNELS, Channel
from ..retrieval.config import SearchConfig
from ..retrieval.fusion import relevance
from ..retrieval.understanding import Query
from .out_of_domain import unrelated

Embed = Callable[[Sequence[str]], Matrix]
Embedded = tuple[Sequence[str], Matrix]


@dataclass(frozen=True, slots=True)
class Probes:
    """Questions for calibration, embedded beforehand so that the model can be released while the index is measured.

    Attributes:
        rows: int64 (n,), the chunks of the index.
        papers: the paper of each of them.
        unrelated: by language, out-of-domain questions and their vectors.
    """

    rows: Any
    papers: Sequence[str]
    unrelated: Mapping[Language, Embedded]


def embed_probes(view: CatalogView, rows: Any, embed: Embed) -> Probes:
    """Embed the questions for an index.

    Args:
        view: the catalog snapshot.
        rows: int64 (n,), its chunks.
        embed: questions to vectors, float32 (n, d).
    """
    chunks = view.chunks.infos(rows.tolist())
    papers = [chunks[row].paper_id for row in rows.tolist()]
    return Probes(rows, papers, {lang: (texts, embed(texts)) for lang, texts in unrelated().items()})


def calibrate(
    view: CatalogView,
    snapshot: EngineSnapshot,
    lexicon: Lexicon,
    probes: Probes,
    channels: Sequence[Channel] = DEFAULT_CHANNELS,
) -> Calibration:
    """Measure what the probes reach in an index.

    Args:
        view: the catalog snapshot.
        snapshot: the index.
        lexicon: translates the questions.
        probes: the questions.
        channels: the channels that searches use.
    """
    if not len(probes.papers):
        return Calibration.default()
    paper_of = np.unique(np.asarray(probes.papers), return_inverse=True)[1]
    vocabulary = Vocabulary(snapshot.statistics)
    by_language: dict[Language, Reached] = {}
    for lang, embedded in probes.unrelated.items():
        reached = [
            _reached(
                _query(text, vector, snapshot, lexicon, vocabulary), view, snapshot, probes.rows, paper_of, channels
            )
            for text, vector in zip(*embedded, strict=True)
        ]
        relevances, supports = zip(*reached, strict=True)
        by_language[lang] = Reached.of(relevances, supports, DEFAULT_REACHED[lang])
    return Calibration(by_language)


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


def _reached(
    query: Query, view: CatalogView, snapshot: EngineSnapshot, rows: Any, paper_of: Any, channels: Sequence[Channel]
) -> tuple[float, float]:
    """Return the relevance and the support of the best paper, by the content of its chunks alone."""
    best = np.full((len(channels), int(paper_of.max()) + 1), -1.0, np.float32)
    for reached, channel in zip(best, channels, strict=True):
        np.maximum.at(reached, paper_of, channel.score(query, snapshot).raw(rows))
    relevances = relevance(best, channels)
    first = int(np.argmax(relevances))
    terms = view.terms.by_rows(rows[paper_of == first].tolist())
    held = query.words.held([[term for text in terms.values() for term in text.split()]])[0]
    return float(relevances[first]), query.words.support(held)
