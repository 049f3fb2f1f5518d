"""Seeded sampling that is stable under additions to what is sampled from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TypeVar

_T = TypeVar("_T")


def stable_shuffle(seed: int, salt: str, items: Iterable[tuple[str, _T]]) -> list[_T]:
    """Return values in pseudo-random order.

    The position of a value depends on the seed, the salt and its key only, so items that are added later leave the
    relative order of the others unchanged.

    Args:
        seed: seed of the order.
        salt: separates the orders of different uses of one seed.
        items: keys with their values.
    """

    def position(item: tuple[str, _T]) -> bytes:
        return hashlib.sha256(f"{seed}\0{salt}\0{item[0]}".encode("utf-8", "replace")).digest()

    return [value for _, value in sorted(items, key=position)]
