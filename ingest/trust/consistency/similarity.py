"""Nearness of meaning: sentences of a summary against those of an abstract, and summaries against all abstracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....index.embeddings.base import Matrix, unit_rows
from ....index.engine.centering import LanguageMeans
from ....index.facts.entities import word_keys

NEAR = 0.25
"""Cosine of centred sentence vectors from which an abstract's sentence says what a summary's sentence says.

Of a summary's main sentences, 81 in 100 come so near to their own abstract, 3 in 100 to another of the same day."""

_MARGIN = 0.05  # by which another abstract must be nearer than a summary's own
_PRIOR = 32.0  # sentences that a given mean counts for: a mean of few vectors holds much of each of them


@dataclass(frozen=True, slots=True)
class Abstracts:
    """The abstracts that an index knows, to tell which of them a summary speaks of.

    Attributes:
        matrix: float32 (n, d), one unit row a paper, less the mean of all.
        row: paper id -> its row.
        texts: paper id -> title and abstract.
        mean: float32 (d,), what was taken away.
    """

    matrix: Matrix
    row: Mapping[str, int]
    texts: Mapping[str, str]
    mean: Matrix

    @classmethod
    def of(cls, paper_ids: Sequence[str], vectors: Matrix, texts: Mapping[str, str]) -> Abstracts:
        """From vectors of passages of abstracts.

        Args:
            paper_ids: the paper of each row; a paper whose abstract takes several passages has several rows.
            vectors: float32 (n, d), unit rows, not centred: an embedder's `passages`.
            texts: title and abstract of every one of these papers.
        """
        row = {paper_id: at for at, paper_id in enumerate(dict.fromkeys(paper_ids))}
        mean = mean_of(vectors, None)
        sums = np.zeros((len(row), vectors.shape[1]), np.float32)
        np.add.at(sums, [row[paper_id] for paper_id in paper_ids], vectors - mean)
        return cls(unit_rows(sums), row, texts, mean)


def mean_of(vectors: Matrix, prior: Matrix | None) -> Matrix:
    """Mean (d,) of rows, drawn to `prior` by as much as `_PRIOR` rows; zeros where there is nothing."""
    if prior is None:
        return vectors.mean(axis=0) if len(vectors) else np.zeros(vectors.shape[1], np.float32)
    return np.asarray((vectors.sum(axis=0) + _PRIOR * prior) / (len(vectors) + _PRIOR), np.float32)


def centred(vectors: Matrix, korean: NDArray[np.bool_], means: LanguageMeans | None) -> Matrix:
    """Sentence vectors less the mean of their language.

    Sentences have another mean than the longer passages that an index's `means` come from, so those are no more than
    a start, which the sentences at hand outweigh.
    """
    out = np.zeros_like(vectors)
    for part, prior in ((korean, means and means.korean), (~korean, means and means.english)):
        if part.any():
            out[part] = vectors[part] - mean_of(vectors[part], prior)
    return unit_rows(out)


def best_matches(summary: Matrix, abstract: Matrix) -> tuple[NDArray[np.int64], Matrix]:
    """Of each summary sentence (n, d), the nearest abstract sentence of (m, d), m > 0, and its cosine, both (n,)."""
    cosines = summary @ abstract.T
    best = cosines.argmax(axis=1)
    return best, np.asarray(cosines[np.arange(len(best)), best], np.float32)


def nearest_paper(sentences: Matrix, names: frozenset[str], paper_id: str, abstracts: Abstracts) -> str | None:
    """The paper that a summary speaks of, where that is not its own; None where it is, or nothing can be told.

    Another abstract must be nearer by a margin, and hold as many of the summary's names as the paper's own: two papers
    of one topic are near each other, but their methods' names differ.

    Args:
        sentences: float32 (n, d), centred vectors of the summary's sentences, without titles: a title of the paper that
            a summary stands under, embedded with it, hides every wrong summary.
        names: spellings of the names in the summary.
        paper_id: the paper that the summary stands under.
        abstracts: the abstracts known.
    """
    own = abstracts.row.get(paper_id)
    if own is None or not len(sentences):
        return None
    centre: Any = sentences.mean(axis=0)
    cosines = abstracts.matrix @ unit_rows(centre[None])[0]
    best = int(cosines.argmax())
    if cosines[best] - cosines[own] <= _MARGIN:
        return None
    other = next(known for known, row in abstracts.row.items() if row == best)
    ours, theirs = (len(names & word_keys(abstracts.texts.get(known, ""))) for known in (paper_id, other))
    return other if ours <= theirs else None
