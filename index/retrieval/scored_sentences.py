"""Sentence scores: how well each sentence of a paper answers, is specific to the question, or defines the paper."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..analysis.analyzer import terms
from ..domain.vectors import Matrix, Scores, unit_rows
from .query_words import QueryWords

SENTENCE_WORDS = 0.2
"""Weight of the question's words in a sentence relative to the cosine: a sentence holds fewer words than a chunk."""

_TITLE_WEIGHT = 0.3  # of a word of the paper's title, which says which paper is meant and not what is asked about it


@dataclass(frozen=True, slots=True, eq=False)
class ScoredSentences:
    """The sentences of one paper with their scores.

    Attributes:
        spans: position of the chunk in the hit's evidence, start and end in its text.
        vectors: float32 (n, d), centered, unit rows.
        relevance: float32 (n,), cosine with the question plus `SENTENCE_WORDS` times the share of its words.
        specificity: float32 (n,), the same without what all sentences of the paper have in common.
        centrality: float32 (n,), cosine with the mean of the paper's sentences.
        held: float32 (words,), how surely the paper states each word of the question (`QueryWords.held`).
        support: the words' information that the paper holds, over the square root of all (`QueryWords.support`).
    """

    spans: tuple[tuple[int, int, int], ...]
    vectors: Matrix
    relevance: Scores
    specificity: Scores
    centrality: Scores
    held: NDArray[np.float32]
    support: float


def score_sentences(
    spans: tuple[tuple[int, int, int], ...],
    vectors: Matrix,
    question: Matrix,
    texts: Sequence[Collection[str]],
    words: QueryWords,
    title: str,
) -> ScoredSentences:
    """Score the sentences of one paper.

    Args:
        spans: the sentences, at least one.
        vectors: float32 (n, d), centered, unit rows.
        question: float32 (d,), centered, unit length.
        texts: the index terms of each sentence.
        words: the words of the question.
        title: the paper's title.
    """
    held = words.held(texts)  # (n, words)
    of_title = words.held([terms(title)])[0] if title else np.zeros(len(words.information), np.float32)
    of_paper = np.maximum(held.max(axis=0), of_title)
    mean = unit_rows(vectors.mean(axis=0)[None])[0]
    relevance = vectors @ question + SENTENCE_WORDS * _share(held, words.information)
    # What the paper is about is in every sentence; what is left tells the sentences apart.
    own = unit_rows(vectors - np.outer(vectors @ mean, mean))
    asked = unit_rows((question - (question @ mean) * mean)[None])[0]
    rarity = 1.0 - (held > 0).mean(axis=0)
    weights = words.information * rarity * (1.0 - (1.0 - _TITLE_WEIGHT) * of_title)
    specificity = own @ asked + SENTENCE_WORDS * _share(held, weights)
    return ScoredSentences(
        spans,
        vectors,
        np.asarray(relevance, np.float32),
        np.asarray(specificity, np.float32),
        np.asarray(vectors @ mean, np.float32),
        of_paper,
        words.support(of_paper),
    )


def score_centrality(spans: tuple[tuple[int, int, int], ...], vectors: Matrix) -> ScoredSentences:
    """Score the sentences of one paper without a question: by centrality alone, the other scores are zero.

    Args:
        spans: the sentences, at least one.
        vectors: float32 (n, d), centered, unit rows.
    """
    mean = unit_rows(vectors.mean(axis=0)[None])[0]
    none = np.zeros(len(vectors), np.float32)
    return ScoredSentences(
        spans, vectors, none, none, np.asarray(vectors @ mean, np.float32), np.zeros(0, np.float32), 0.0
    )


def _share(held: NDArray[np.float32], weights: NDArray[np.float32]) -> Scores:
    """Return the share of the weights that each row holds, float32 (n,)."""
    total = float(weights.sum())
    if total <= 0:
        return np.zeros(len(held), np.float32)
    # Not `@`: OpenBLAS reads beyond the rows of so small a matrix, and NumPy then warns of invalid values at random.
    return np.einsum("ij,j->i", held, weights) / np.float32(total)
