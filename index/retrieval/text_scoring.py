"""Scores of sentences for a question that was searched: which of them answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..analysis.analyzer import terms
from ..analysis.language import language
from ..domain.vectors import Matrix, Vectors
from ..embeddings.base import Embedder
from ..engine.centering import LanguageMeans
from .fusion import ANSWER_WORDS
from .request import SearchResult


def center_texts(texts: Sequence[str], embedder: Embedder, means: LanguageMeans) -> Matrix:
    """Return vectors of texts minus their languages' means, float32 (n, d); products are cosines of meaning."""
    if not texts:
        return np.zeros((0, embedder.dimension), np.float32)
    korean = np.array([language(text) == "ko" for text in texts])
    return means.center(Vectors(np.arange(len(texts)), korean, embedder.passages(texts)))


def score_texts(result: SearchResult, texts: Sequence[str], embedder: Embedder, means: LanguageMeans) -> list[float]:
    """Return how well each of some texts answers a search's question: cosine, and the share of shared information."""
    if not texts:
        return []
    cosines = center_texts(texts, embedder, means) @ means.center_query(result.vector, result.question.lang)
    weights = result.weights
    scale = sum(weights.values()) or 1.0
    shared = [sum(weights.get(term, 0.0) for term in set(terms(text))) / scale for text in texts]
    return [float(cosine) + ANSWER_WORDS * share for cosine, share in zip(cosines, shared, strict=True)]
