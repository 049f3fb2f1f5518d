"""The catalog on SQLite: one file, write-ahead logging, a pool of connections."""

from __future__ import annotations

import logging
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..domain.errors import BusyError, ConfigError, IndexDamagedError
from ..domain.findings import REPAIR, RESTORE
from ..util.files import identity
from .base import CatalogTransaction, CatalogView
from .schema import migrate
from .session import Session

_BUSY_SECONDS = 30.0
_logger = logging.getLogger(__name__)
_OLDEST_SQLITE = (3, 35, 0)  # the first version with DROP COLUMN, which a migration needs


class Catalog:
    """A catalog in one SQLite file, a `CatalogStore`.

    Threads may share it. Any number of processes may read while one writes.

    Attributes:
        path: the SQLite file.
    """

    def __init__(self, path: Path, trace: Callable[[str], object] | None = None, *, read_only: bool = False) -> None:
        self.path = path
        self._trace, self._read_only = trace, read_only
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._write_lock = threading.Lock()
        self._identity: tuple[int, ...] | None = None
        self._closed = False

    @classmethod
    def open(
        cls, path: Path, *, trace: Callable[[str], object] | None = None, read_only: bool | None = None
    ) -> Catalog:
        """Open a catalog. Creates it if it is missing, and migrates an older schema.

        A catalog on a read-only file system, or in a folder that this user may not write, is opened as a file that
        nobody changes: without locks and without files beside it.

        Args:
            path: the SQLite file; its folder must exist.
            trace: called with every SQL statement of every connection, for debugging and fault injection.
            read_only: whether nobody changes the file; None finds out.

        Raises:
            ConfigError: the catalog has a newer schema, SQLite is too old, or the file cannot be opened.
            IndexDamagedError: the file is not a SQLite database, or is damaged.
        """
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            oldest = ".".join(map(str, _OLDEST_SQLITE))
            raise ConfigError(f"this Python has SQLite {sqlite3.sqlite_version}; nonmun needs {oldest} or newer")
        if read_only is None:
            read_only = path.exists() and not os.access(path.parent, os.W_OK)
        catalog = cls(path, trace, read_only=read_only)
        if read_only:
            _check_log(path)
        elif not path.exists():
            _create_private(path)
        try:
            connection = catalog._connect()
            _check_is_ours(path, connection)
            migrate(connection)
        except sqlite3.OperationalError as error:
            raise ConfigError(f"{path}: cannot be opened ({error}); is its folder writable?") from error
        except sqlite3.DatabaseError as error:
            raise IndexDamagedError(f"{path}: is not a catalog, or is damaged ({error}); {RESTORE}") from error
        catalog._identity = catalog._identify()
        catalog._idle.put(connection)
        return catalog

    @contextmanager
    def view(self) -> Generator[CatalogView]:
        """Open a consistent snapshot for reading. Later transactions do not change it.

        Raises:
            ConfigError: the catalog is closed, or the file cannot be used.
            IndexDamagedError: the file is damaged.
        """
        with self._connection() as connection:
            connection.execute("BEGIN")
            yield CatalogView(Session(connection))

    @contextmanager
    def write(self) -> Generator[CatalogTransaction]:
        """Open a transaction: committed at the end of the block, rolled back when the block raises.

        Waits for the transaction of another thread, and up to 30 s for that of another process.

        Raises:
            ConfigError: the catalog is closed, or the file cannot be used, as on a full disk.
            IndexDamagedError: the file is damaged.
        """
        with self._write_lock, self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            transaction = CatalogTransaction(Session(connection, writable=True))
            yield transaction
            transaction.finish()
            connection.execute("COMMIT")

    def compact(self) -> None:
        """Rewrite the file without the remains of what was deleted, and empty its write-ahead log.

        Needs as much free space again as the catalog has. An interruption leaves the catalog as it was.

        Raises:
            BusyError: others read or write the catalog for so long that the log cannot be emptied.
            ConfigError: the catalog is closed, or the file cannot be written, as on a full disk.
            IndexDamagedError: the file is damaged.
        """
        with self._write_lock, self._connection() as connection:
            connection.execute("VACUUM")
            is_busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            raise BusyError(f"{self.path}-wal: is in use, and holds what was deleted; repeat this later")

    def close(self) -> None:
        """Close all idle connections. Connections in use are closed when their view or transaction ends."""
        self._closed = True
        self._close_idle()

    def _close_idle(self) -> None:
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    def _connect(self) -> sqlite3.Connection:
        # mode=rw: a catalog that is gone is an error, and not made anew. isolation_level None: the driver must not
        # begin transactions by itself.
        mode = "mode=ro&immutable=1" if self._read_only else "mode=rw"
        uri = f"{self.path.absolute().as_uri()}?{mode}"
        connection = sqlite3.connect(uri, _BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True)
        if not self._read_only:
            _enable_wal(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten, not only unlinked
        connection.execute("PRAGMA foreign_keys = ON")
        if self._trace:
            connection.set_trace_callback(self._trace)
        return connection

    @contextmanager
    def _connection(self) -> Generator[sqlite3.Connection]:
        if self._closed:
            raise ConfigError(f"{self.path}: the catalog is closed")
        opened_on = self._follow_file()
        connection: sqlite3.Connection | None = None
        try:
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                connection = self._connect()
            yield connection
        except sqlite3.OperationalError as error:
            if "decode" in str(error):  # a text that is not UTF-8 any more
                raise self._damaged(error) from error
            raise ConfigError(
                f"{self.path}: cannot be used ({error}); is the disk full or the folder read-only?"
            ) from error
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:  # its other subclasses are bugs of this program
                raise
            raise self._damaged(error) from error
        finally:
            if connection is not None:
                self._release(connection, opened_on)

    def _identify(self) -> tuple[int, ...]:
        """Return what tells the file from one that takes its place, and if it is read without locks, from its changes.

        Raises:
            OSError: there is none.
            IndexDamagedError: it is empty: a catalog never is.
        """
        found = self.path.stat()
        if not found.st_size:
            raise IndexDamagedError(f"{self.path}: is empty; {RESTORE}")
        same = identity(self.path)
        return (*same, found.st_size, found.st_mtime_ns) if self._read_only else same

    def _damaged(self, error: sqlite3.Error) -> IndexDamagedError:
        return IndexDamagedError(f"{self.path}: is damaged ({error}); {REPAIR}; if that fails, {RESTORE}")

    def _follow_file(self) -> tuple[int, ...]:
        """Return the identity of the file; drop the connections to one whose place it has taken.

        Raises:
            ConfigError: the file is gone, or cannot be read without its write-ahead log.
            IndexDamagedError: it is empty.
        """
        try:
            current = self._identify()
        except OSError as error:
            raise ConfigError(f"{self.path}: is gone while it was in use ({error.strerror}); {RESTORE}") from error
        if current != self._identity:
            if self._read_only:  # the file may be half written as long as there is a log
                _check_log(self.path)
            _logger.warning("%s: was replaced while it was in use; reading the new one", self.path)
            self._identity = current
            self._close_idle()
        return current

    def _release(self, connection: sqlite3.Connection, opened_on: tuple[int, ...]) -> None:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if self._closed or opened_on != self._identity:
            connection.close()
        else:
            self._idle.put(connection)


def _check_log(path: Path) -> None:
    """Check that a catalog which cannot be written is complete without its write-ahead log.

    Raises:
        ConfigError: it is not: the last process that wrote it did not close it.
    """
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        raise ConfigError(
            f"{log}: holds changes, and its folder is read-only; run `nonmun status` once where it is not"
        )


def _create_private(path: Path) -> None:
    """Create an empty file that only its owner can read; SQLite gives its companions the same mode."""
    with suppress(FileExistsError, OSError):  # another process was faster; SQLite reports other reasons
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _check_is_ours(path: Path, connection: sqlite3.Connection) -> None:
    """Check that a database without a schema version is a new one.

    Raises:
        IndexDamagedError: it is one of another program.
    """
    tables = connection.execute("SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlite%'").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]  # last: another process may make the tables now
    if tables and not version:
        raise IndexDamagedError(f"{path}: is a database of another program; name another --data")


def _enable_wal(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging.

    Two processes that open a new file at once compete for the lock of the switch, which SQLite's busy timeout does not
    cover.
    """
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
