"""The only truth: one SQLite file with every digest, paper, chunk, vector and term."""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from ..domain.errors import ConfigError, IndexDamagedError
from ..domain.findings import REPAIR, RESTORE
from .base import CatalogTransaction, CatalogView
from .schema import migrate
from .session import Session

_BUSY_SECONDS = 30.0
_OLDEST_SQLITE = (3, 35, 0)  # the first that drops columns


class Catalog:
    """A catalog file. Safe to share between threads; any number of processes may read while one writes.

    Reads happen in a `view()`, one consistent snapshot each; writes in a `write()`, one transaction each.
    """

    def __init__(self, path: Path, trace: Callable[[str], object] | None = None) -> None:
        self.path = path
        self._trace = trace
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._writing = threading.Lock()
        self._closed = False

    @classmethod
    def open(cls, path: Path, *, trace: Callable[[str], object] | None = None) -> Catalog:
        """Open a catalog, made if it is missing, brought to the newest schema.

        Args:
            path: the SQLite file; its folder must exist.
            trace: called with every SQL statement of every connection, for debugging and fault injection.

        Raises:
            ConfigError: the catalog belongs to a newer nonmun, SQLite is too old, or the file cannot be opened.
            IndexDamagedError: the file is no SQLite database, or a damaged one.
        """
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            oldest = ".".join(map(str, _OLDEST_SQLITE))
            raise ConfigError(f"this Python has SQLite {sqlite3.sqlite_version}; nonmun needs {oldest} or newer")
        catalog = cls(path, trace)
        try:
            connection = catalog._connect()
            migrate(connection)
        except sqlite3.OperationalError as error:
            raise ConfigError(f"{path}: cannot be opened ({error}); is its folder writable?") from error
        except sqlite3.DatabaseError as error:
            raise IndexDamagedError(f"{path}: is no catalog, or a damaged one ({error}); {RESTORE}") from error
        catalog._idle.put(connection)
        return catalog

    def _connect(self) -> sqlite3.Connection:
        # isolation_level None: transactions begin where the code says so, not where the driver guesses.
        connection = sqlite3.connect(self.path, _BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        if self._trace:
            connection.set_trace_callback(self._trace)
        return connection

    @contextmanager
    def _connection(self) -> Generator[sqlite3.Connection]:
        if self._closed:
            raise ConfigError(f"{self.path}: the catalog is closed")
        connection: sqlite3.Connection | None = None
        try:
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                connection = self._connect()
            yield connection
        except sqlite3.OperationalError as error:
            raise ConfigError(
                f"{self.path}: cannot be used ({error}); is the disk full or the folder read-only?"
            ) from error
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:  # its other subclasses are faults of this program
                raise
            raise IndexDamagedError(
                f"{self.path}: is damaged ({error}); {REPAIR}; where that is no help, {RESTORE}"
            ) from error
        finally:
            if connection is not None:
                self._give_back(connection)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if self._closed:
            connection.close()
        else:
            self._idle.put(connection)

    @contextmanager
    def view(self) -> Generator[CatalogView]:
        """One consistent snapshot to read from, whatever is written meanwhile."""
        with self._connection() as connection:
            connection.execute("BEGIN")
            yield CatalogView(Session(connection))

    @contextmanager
    def write(self) -> Generator[CatalogTransaction]:
        """One transaction: all of it is stored when the block ends, none of it when it raises."""
        with self._writing, self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            transaction = CatalogTransaction(Session(connection, writable=True))
            yield transaction
            transaction.finish()
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close every idle connection; busy ones close when they are done."""
        self._closed = True
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return


def _use_wal(connection: sqlite3.Connection) -> None:
    """Write-ahead logging; the first two to open a new file may meet, and SQLite does not wait for that lock itself."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
