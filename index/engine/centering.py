"""Center the vectors of each language on their mean, so that a cosine compares topics instead of languages.

Raw cosines of E5 models lie between .75 and .95 for any pair of texts, and texts of one language lie closer to each
other than to their translations. Subtracting each language's mean doubles the share of Korean questions that find
their English abstract first (Mu & Viswanath 2018, "All-but-the-Top", subtract a common mean).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..domain.papers import Language
from ..domain.vectors import Matrix, Vectors, unit_rows

# The mean of few vectors contains much of each: it is shrunk towards the mean of all by this many pseudo-counts.
_PRIOR = 32.0
_AT_MEAN = 1e-3  # length of a difference that rounding dominates, as in an index of one text


@dataclass(frozen=True, slots=True)
class LanguageMeans:
    """Mean vectors of Korean and English passages, float32 (d,) each."""

    korean: Matrix
    english: Matrix

    @classmethod
    def of(cls, vectors: Vectors) -> LanguageMeans:
        """Return the means of the passages of each language, shrunk towards half the mean of all."""
        overall = vectors.matrix.mean(axis=0) if len(vectors.matrix) else np.zeros(vectors.matrix.shape[1])
        return cls(*(_shrunk_mean(vectors.matrix[part], overall) for part in (vectors.korean, ~vectors.korean)))

    @classmethod
    def none(cls, dimension: int) -> LanguageMeans:
        """Return zero means, which leave vectors as they are."""
        return cls(np.zeros(dimension, np.float32), np.zeros(dimension, np.float32))

    def center(self, vectors: Vectors) -> Matrix:
        """Return passage vectors minus their language's mean: float32 (n, d), unit rows, zero for those at the mean."""
        differences = vectors.matrix - np.where(vectors.korean[:, None], self.korean, self.english)
        with np.errstate(over="ignore", invalid="ignore"):  # the length of a vector that is damaged on the disk
            differences[np.linalg.norm(differences, axis=1) < _AT_MEAN] = 0
            return unit_rows(differences)

    def centered(self, vectors: Vectors) -> Vectors:
        """Return the same chunks with centered vectors."""
        return Vectors(vectors.rows, vectors.korean, self.center(vectors))

    def uncentered(self, vectors: Vectors) -> Vectors:
        """Invert `centered`: of the points m + s c of a centered vector c, return the one of length 1 with s > 0."""
        means = np.where(vectors.korean[:, None], self.korean, self.english)
        along = (means * vectors.matrix).sum(axis=1)
        length = np.sqrt(np.maximum(along**2 + 1 - (means**2).sum(axis=1), 0)) - along
        return Vectors(vectors.rows, vectors.korean, unit_rows(means + length[:, None] * vectors.matrix))

    def center_query(self, vector: Matrix, lang: Language) -> Matrix:
        """Return a query vector (d,) minus its language's mean: float32 (d,), unit length."""
        return unit_rows((vector - (self.korean if lang == "ko" else self.english))[None])[0]

    def save(self, path: Path) -> None:
        """Write both means as one float32 (2, d) array."""
        np.save(path, np.stack([self.korean, self.english]))

    @classmethod
    def load(cls, path: Path) -> LanguageMeans:
        """Read what `save` wrote."""
        korean, english = np.load(path, allow_pickle=False)
        return cls(korean, english)


def _shrunk_mean(rows: Matrix, overall: Any) -> Matrix:
    total = rows.sum(axis=0) + _PRIOR * overall
    return np.asarray(total / (len(rows) + _PRIOR), np.float32)
