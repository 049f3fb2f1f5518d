"""Split sequences into batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

_T = TypeVar("_T")


def batches(values: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """Yield consecutive slices of `values`, each of `size` items; the last may be shorter."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
