"""Text to vectors: what an embedder is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


class Embedder(Protocol):
    """Texts to unit vectors; questions and passages apart, since models such as E5 prefix them differently."""

    @property
    def model_id(self) -> str:
        """Names weights and recipe. Stored with every vector; vectors of two names are never compared."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    @property
    def window(self) -> int:
        """How many tokens of a passage the model sees at once, prefix and special tokens taken off."""
        ...

    def queries(self, texts: Sequence[str]) -> Matrix:
        """Questions to float32 (n, dimension), unit rows, in order."""
        ...

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Passages to float32 (n, dimension), unit rows, in order."""
        ...

    def count_tokens(self, text: str) -> int:
        """How many of `window`'s tokens the text takes."""
        ...


def unit_rows(matrix: Any) -> Matrix:
    """Any (n, d) array-like as float32 with rows of length one; a row of zeros stays zeros."""
    rows = np.asarray(matrix, np.float32)
    if not rows.size:
        return rows
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
