"""Semantic similarity of a summary's sentences to those of its abstract, and of the summary to all abstracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....index.domain.vectors import Matrix, unit_rows
from ....index.engine.centering import LanguageMeans
from ....index.facts.entities import word_keys

MIN_SIMILARITY = 0.25
"""Cosine of centered sentence vectors from which a sentence of the abstract supports one of the summary.

Of the key sentences of summaries, 81% reach it with their own abstract, 3% with another one of the same day."""

_MARGIN = 0.05  # by which the cosine of another abstract must exceed that of a summary's own
_PRIOR = 32.0  # pseudo-count of a prior mean: the mean of few vectors contains much of each


@dataclass(frozen=True, slots=True)
class AbstractIndex:
    """The abstracts of an index, to find the one that a summary is about.

    Attributes:
        matrix: float32 (n, d), a centered unit row per paper.
        rows: the row of each paper id.
        texts: title and abstract of each paper id.
        mean: float32 (d,), the mean that was subtracted.
    """

    matrix: Matrix
    rows: Mapping[str, int]
    texts: Mapping[str, str]
    mean: Matrix

    @classmethod
    def of(cls, paper_ids: Sequence[str], vectors: Matrix, texts: Mapping[str, str]) -> AbstractIndex:
        """Return the index of abstracts whose passages are embedded.

        Args:
            paper_ids: the paper of each row; an abstract of several passages has several rows.
            vectors: float32 (n, d), uncentered unit rows, as an embedder's `passages` returns them.
            texts: title and abstract of each paper.
        """
        rows = {paper_id: at for at, paper_id in enumerate(dict.fromkeys(paper_ids))}
        mean = shrunk_mean(vectors, None)
        sums = np.zeros((len(rows), vectors.shape[1]), np.float32)
        np.add.at(sums, [rows[paper_id] for paper_id in paper_ids], vectors - mean)
        return cls(unit_rows(sums), rows, texts, mean)


def shrunk_mean(vectors: Matrix, prior: Matrix | None) -> Matrix:
    """Return the mean (d,) of rows, shrunk towards `prior` with a pseudo-count of `_PRIOR`; zeros without either."""
    if prior is None:
        return vectors.mean(axis=0) if len(vectors) else np.zeros(vectors.shape[1], np.float32)
    return np.asarray((vectors.sum(axis=0) + _PRIOR * prior) / (len(vectors) + _PRIOR), np.float32)


def center_sentences(vectors: Matrix, korean: NDArray[np.bool_], means: LanguageMeans | None) -> Matrix:
    """Subtract from sentence vectors the mean of their language.

    Args:
        vectors: float32 (n, d), unit rows.
        korean: (n,), whether each sentence is Korean, not English.
        means: means of the passages of an index. They only serve as a prior, since passages are longer than sentences
            and have another mean.

    Returns:
        float32 (n, d), unit rows.
    """
    centered = np.zeros_like(vectors)
    for part, prior in ((korean, means and means.korean), (~korean, means and means.english)):
        if part.any():
            centered[part] = vectors[part] - shrunk_mean(vectors[part], prior)
    return unit_rows(centered)


def best_matches(summary: Matrix, abstract: Matrix) -> tuple[NDArray[np.int64], Matrix]:
    """Return, for each row of (n, d), the row of (m, d) with the highest cosine, and that cosine, both (n,); m > 0."""
    cosines = summary @ abstract.T
    best = cosines.argmax(axis=1)
    return best, np.asarray(cosines[np.arange(len(best)), best], np.float32)


def nearest_other_paper(
    sentences: Matrix, names: frozenset[str], paper_id: str, abstracts: AbstractIndex
) -> str | None:
    """Return the paper that a summary is about if it is not its own; None if it is, or if that cannot be decided.

    The cosine of the other abstract must be higher by a margin, and the abstract must contain at least as many of the
    summary's names: papers of one topic are similar, but the names of their methods differ.

    Args:
        sentences: float32 (n, d), centered vectors of the summary's sentences. They must not include the title of the
            paper that the summary is filed under, which would conceal a wrong summary.
        names: keys of the names in the summary.
        paper_id: the paper that the summary is filed under.
        abstracts: the abstracts of the index.
    """
    own_row = abstracts.rows.get(paper_id)
    if own_row is None or not len(sentences):
        return None
    mean: Any = sentences.mean(axis=0)
    cosines = abstracts.matrix @ unit_rows(mean[None])[0]
    best = int(cosines.argmax())
    if cosines[best] - cosines[own_row] <= _MARGIN:
        return None
    other = next(candidate for candidate, row in abstracts.rows.items() if row == best)
    own_names, other_names = (len(names & word_keys(abstracts.texts.get(paper, ""))) for paper in (paper_id, other))
    return other if own_names <= other_names else None
