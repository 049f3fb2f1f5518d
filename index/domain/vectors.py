"""NumPy arrays of embedding vectors, of the chunks they belong to, and of scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
"""Vectors, float32; usually (n, d) with rows of length one."""
Rows = NDArray[np.int64]
"""Row numbers of chunks in the catalog, int64 (n,)."""
Scores = NDArray[np.float32]
"""Scores of chunks, float32 (n,)."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """Chunk vectors, ordered by row number.

    Attributes:
        rows: int64 (n,), the chunks' row numbers, ascending.
        korean: bool (n,), whether the chunk's language is Korean.
        matrix: float32 (n, d), unit rows.
    """

    rows: Rows
    korean: NDArray[np.bool_]
    matrix: Matrix


def unit_rows(matrix: Any) -> Matrix:
    """Normalize the rows of an array to length one.

    Args:
        matrix: an array-like of shape (n, d).

    Returns:
        float32 (n, d); a row of zeros stays zeros.
    """
    rows = np.asarray(matrix, np.float32)
    if not rows.size:
        return rows
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
