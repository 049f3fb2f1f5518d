"""What every reading of the catalog shares: one connection inside one transaction, and the catalog's settings."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

_MAX_VARIABLES = 30_000  # SQLite's default limit is 32,766 bound values a statement


def batches(values: Sequence[Any], size: int = _MAX_VARIABLES) -> Iterator[Sequence[Any]]:
    """`values` in slices short enough to bind."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


class Snapshot:
    """The catalog at one moment."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection

    def meta(self, key: str) -> str | None:
        """A setting stored with the catalog: the model's name, the chunker's version ..."""
        row = self._sql.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    @property
    def rev(self) -> int:
        """Number of the last transaction; rises with every one that changes something."""
        return int(self.meta("rev") or 0)

    def _count(self, source: str) -> int:
        return int(self._sql.execute(f"SELECT count(*) FROM {source}").fetchone()[0])  # noqa: S608 - fixed names

    def _among(self, sql: str, values: Iterable[Any], *first: Any) -> Iterator[Any]:
        """Rows of a query whose `{marks}` stand for some values, in slices; values are sorted, each once."""
        for part in batches(sorted(set(values))):
            yield from self._sql.execute(sql.format(marks=",".join("?" * len(part))), (*first, *part))
