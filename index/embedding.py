"""Text to vectors: what an embedder is, and which one the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]


class Embedder(Protocol):
    """Texts to unit vectors; questions and passages apart, since models such as E5 prefix them differently.

    Attributes:
        model_id: names weights and recipe; stored with every vector, and vectors of two names are never compared.
        dimension: length of a vector.
        window: how many tokens of a passage the model sees at once, prefix and special tokens taken off.
    """

    @property
    def model_id(self) -> str: ...
    @property
    def dimension(self) -> int: ...
    @property
    def window(self) -> int: ...

    def queries(self, texts: Sequence[str]) -> Matrix:
        """Questions to float32 (n, dimension), unit rows, in order."""
        ...

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Passages to float32 (n, dimension), unit rows, in order."""
        ...

    def count_tokens(self, text: str) -> int:
        """How many of `window`'s tokens the text takes."""
        ...
