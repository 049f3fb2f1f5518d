"""Text to vectors: what an embedder is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..domain.vectors import Matrix


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


def concurrency(embedder: Embedder) -> int:
    """How many calls keep an embedder busy: its attribute of this name, or one at a time."""
    return int(getattr(embedder, "calls_at_once", 1))


def rest(embedder: Embedder) -> None:
    """Have an embedder give back what memory it can do without until it is asked again: its method `rest`, if any."""
    give_back = getattr(embedder, "rest", None)
    if give_back is not None:
        give_back()


def in_space_of(embedder: Embedder, stored: str | None) -> Embedder:
    """The embedder, under the name that an index knows its vectors by, if these may be mixed with the embedder's own.

    Args:
        embedder: may have an attribute `compatible`, the model ids whose vectors rank as its own do.
        stored: model id of the index's vectors; None while it has none.

    Returns:
        The embedder itself where the names are the same, or the vectors must not be mixed.
    """
    if stored is None or stored == embedder.model_id or stored not in getattr(embedder, "compatible", ()):
        return embedder
    return _Renamed(embedder, stored)


class _Renamed:
    """An embedder whose vectors go by another model's name."""

    def __init__(self, embedder: Embedder, model_id: str) -> None:
        self._embedder, self.model_id = embedder, model_id
        self.queries, self.passages, self.count_tokens = embedder.queries, embedder.passages, embedder.count_tokens
        self.dimension, self.window = embedder.dimension, embedder.window
        self.concurrency = concurrency(embedder)

    def rest(self) -> None:
        rest(self._embedder)
