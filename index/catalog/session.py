"""Run SQL inside one transaction of the catalog."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..util.batching import batches

_MAX_VARIABLES = 30_000  # SQLite's default limit is 32,766 bound values per statement


class Session:
    """One connection inside one transaction. The table groups of a view or a transaction share it.

    A transaction raises the revision of the catalog by one, at its first access to `new_revision` or call of `touch`;
    a write alone does not. Rows with a revision column are inserted with the new revision.

    Args:
        connection: an open connection whose transaction has begun.
        writable: whether the transaction may change the database.
    """

    def __init__(self, connection: sqlite3.Connection, *, writable: bool = False) -> None:
        self._connection, self._writable = connection, writable
        self._new_revision: int | None = None

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run a statement that reads."""
        return self._connection.execute(sql, parameters)

    def select_in(self, sql: str, values: Iterable[Any], *parameters: Any) -> Iterator[Any]:
        """Run a query over an arbitrary number of values, in batches that SQLite can bind.

        Args:
            sql: a query with `{marks}` in place of the values, as in `paper_id IN ({marks})`.
            values: the values; each is bound once, in ascending order.
            parameters: bound in front of the values.

        Yields:
            The rows of each batch.
        """
        for batch in batches(sorted(set(values)), _MAX_VARIABLES):
            yield from self.execute(sql.format(marks=",".join("?" * len(batch))), (*parameters, *batch))

    def count(self, source: str, parameters: Sequence[Any] = ()) -> int:
        """Count the rows of a table, or of what follows FROM."""
        return int(self.execute(f"SELECT count(*) FROM {source}", parameters).fetchone()[0])  # noqa: S608 - fixed names

    def write(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run a statement that changes the database.

        Raises:
            RuntimeError: the session belongs to a view.
        """
        self._check_writable()
        return self._connection.execute(sql, parameters)

    def write_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement that changes the database once for each row of parameters.

        Raises:
            RuntimeError: the session belongs to a view.
        """
        self._check_writable()
        self._connection.executemany(sql, rows)

    @property
    def revision(self) -> int:
        """The revision of the catalog: the number of transactions that raised it; 0 for a new catalog."""
        row = self.execute("SELECT value FROM meta WHERE key = 'rev'").fetchone()
        return int(row[0]) if row else 0

    @property
    def new_revision(self) -> int:
        """The revision of the rows that this transaction inserts, allocated at the first access."""
        if self._new_revision is None:
            revision = self.revision + 1
            self.write(
                "INSERT INTO meta VALUES ('rev', ?) ON CONFLICT DO UPDATE SET value = excluded.value", (str(revision),)
            )
            self._new_revision = revision
        return self._new_revision

    def touch(self) -> None:
        """Raise the revision, which invalidates every reader's cache."""
        _ = self.new_revision

    def _check_writable(self) -> None:
        if not self._writable:
            raise RuntimeError("a view cannot change the catalog; use Catalog.write()")
