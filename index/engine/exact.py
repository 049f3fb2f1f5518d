"""Exact nearest-neighbor search over chunk vectors."""

from __future__ import annotations

import numpy as np

from ..domain.vectors import Matrix, Rows, Vectors
from .bm25 import positions


def nearest(part: Vectors, query: Matrix, limit: int, admitted: Rows | None = None) -> list[int]:
    """Return the rows of the vectors with the largest cosines, at most `limit`, in no order.

    Args:
        part: unit vectors.
        query: float32 (d,), unit length.
        limit: number of rows.
        admitted: only these rows, int64, ascending; None admits all.
    """
    rows, matrix = part.rows, part.matrix
    if admitted is not None:
        places = np.flatnonzero(positions(admitted, rows)[1])
        rows, matrix = rows[places], matrix[places]
    cosines = matrix @ query
    limit = min(limit, len(cosines))
    top = np.argpartition(-cosines, limit - 1)[:limit] if limit else []
    return rows[top].tolist()


def cosines(parts: tuple[Vectors, ...], query: Matrix, rows: Rows) -> Matrix:
    """Return the cosines of chunks with a query: float32 (n,); 0 for a chunk that no part contains.

    Args:
        parts: unit vectors that together are the index.
        query: float32 (d,), unit length.
        rows: row numbers of the chunks, int64 (n,).
    """
    found = np.zeros(len(rows), np.float32)
    for part in parts:
        places, inside = positions(part.rows, rows)
        found[inside] = part.matrix[places[inside]] @ query
    return found
