"""A cache of one value that is valid for one revision of its source."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class RevisionCache(Generic[T]):
    """Keep the value computed for the latest key, usually a catalog's id and revision.

    Safe to share between threads: two of them that miss at the same moment compute the value twice and keep either.
    """

    def __init__(self) -> None:
        self._entry: tuple[Hashable, T] | None = None

    def get(self, key: Hashable, compute: Callable[[], T], update: Callable[[T], T] | None = None) -> T:
        """Return the value of `key`, computed where the last call had another key.

        Args:
            key: the key.
            compute: returns the value.
            update: returns it as well, from that of the last key, which it leaves as it is.
        """
        entry = self._entry  # read once: another thread may replace it
        if entry is None or entry[0] != key:
            value = update(entry[1]) if entry and update else compute()
            entry = self._entry = key, value
        return entry[1]

    def clear(self) -> None:
        """Drop the value."""
        self._entry = None
