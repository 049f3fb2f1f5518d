"""Each language's vectors centred on their own mean, so that a cosine says what a text is about, not its language.

Raw cosines of E5 models lie between .75 and .95 whatever the texts, and texts of one language lie closer to each
other than to their translations. Taking each language's mean away doubles the share of Korean questions that find
their English abstract first (Mu & Viswanath 2018, "All-but-the-Top", take a common mean away).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..domain.papers import Language
from ..domain.vectors import Matrix, Vectors, unit_rows

# A mean of few vectors holds much of each of them: it is drawn to the mean of all by as many pseudo-counts.
_PRIOR = 32.0


@dataclass(frozen=True, slots=True)
class LanguageMeans:
    """Mean vectors of Korean and English passages, float32 (d,) each."""

    korean: Matrix
    english: Matrix

    @classmethod
    def of(cls, vectors: Vectors) -> LanguageMeans:
        """Means of the passages of each language, shrunk towards half the mean of all where they are few."""
        everything = vectors.matrix.mean(axis=0) if len(vectors.matrix) else np.zeros(vectors.matrix.shape[1])
        return cls(*(_mean(vectors.matrix[part], everything) for part in (vectors.korean, ~vectors.korean)))

    @classmethod
    def none(cls, dimension: int) -> LanguageMeans:
        """Means that take nothing away."""
        return cls(np.zeros(dimension, np.float32), np.zeros(dimension, np.float32))

    def centre(self, vectors: Vectors) -> Matrix:
        """Passage vectors less their language's mean: float32 (n, d), unit rows."""
        return unit_rows(vectors.matrix - np.where(vectors.korean[:, None], self.korean, self.english))

    def centred(self, vectors: Vectors) -> Vectors:
        """The same vectors, centred."""
        return Vectors(vectors.rows, vectors.korean, self.centre(vectors))

    def uncentred(self, vectors: Vectors) -> Vectors:
        """The unit vectors that were centred: of the points m + s c of a centred one, that of length 1, s > 0."""
        means = np.where(vectors.korean[:, None], self.korean, self.english)
        along = (means * vectors.matrix).sum(axis=1)
        length = np.sqrt(np.maximum(along**2 + 1 - (means**2).sum(axis=1), 0)) - along
        return Vectors(vectors.rows, vectors.korean, unit_rows(means + length[:, None] * vectors.matrix))

    def centre_question(self, vector: Matrix, lang: Language) -> Matrix:
        """A question's vector (d,) less its language's mean: float32 (d,), unit length."""
        return unit_rows((vector - (self.korean if lang == "ko" else self.english))[None])[0]

    def save(self, path: Path) -> None:
        """Write both means."""
        np.save(path, np.stack([self.korean, self.english]))

    @classmethod
    def load(cls, path: Path) -> LanguageMeans:
        """Read what `save` wrote."""
        korean, english = np.load(path, allow_pickle=False)
        return cls(korean, english)


def _mean(rows: Matrix, everything: Any) -> Matrix:
    total = rows.sum(axis=0) + _PRIOR * everything
    return np.asarray(total / (len(rows) + _PRIOR), np.float32)
