"""The chunks nearest to a question, compared one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..domain.vectors import Matrix, Rows, Vectors
from .bm25 import positions


@dataclass(frozen=True, slots=True)
class Nearest:
    """What the dense channel says of a question.

    Attributes:
        cosines: by row number; rows that the snapshot no longer holds may be among them.
        centred: the question's vector less its language's mean, float32 (d,), unit length.
        parts: the centred vectors of every chunk.
        generation: number of the generation that was asked; None where all was scanned.
    """

    cosines: dict[int, float]
    centred: Matrix
    parts: tuple[Vectors, ...]
    generation: int | None

    def over(self, rows: Rows) -> Matrix:
        """Cosines of chunks (row numbers, int64 (n,)) with the question, float32 (n,); 0 where there is no vector."""
        found = np.zeros(len(rows), np.float32)
        for part in self.parts:
            places, inside = positions(part.rows, rows)
            found[inside] = part.matrix[places[inside]] @ self.centred
        return found


def nearest(part: Vectors, centred: Matrix, limit: int, rows: Rows | None) -> dict[int, float]:
    """The chunks of one part that are nearest to a centred question, of all or of some rows, compared one by one."""
    found, matrix = part.rows, part.matrix
    if rows is not None:
        places = np.flatnonzero(positions(rows, part.rows)[1])
        found, matrix = found[places], matrix[places]
    cosines = matrix @ centred
    limit = min(limit, len(cosines))
    top = np.argpartition(-cosines, limit - 1)[:limit] if limit else []
    return dict(zip(found[top].tolist(), cosines[top].tolist(), strict=True))
