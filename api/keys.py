"""API keys: who may use the HTTP interface, and for what.

A key is shown once, when it is made; only its SHA-256 is stored, in a database of its own beside the catalog. Keys are
random and long, so that a fast hash suffices: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

from ..index.domain.errors import ConfigError, InputError, NotFoundError
from ..index.util.files import identity

Scope = Literal["read", "ask", "feedback", "metrics", "status", "admin"]
"""What a key allows: reading papers and searching, asking, giving feedback, reading metrics, reading the state of the
service with the names of keys, or everything, changes of the index included."""

SCOPES: tuple[Scope, ...] = get_args(Scope)
FILE = "keys.sqlite"
"""The database of keys in a data directory."""

PREFIX = "nm_"
"""What every key begins with."""

_BYTES = 32
_MAX_NAME = 100
_WAIT = 10.0  # seconds for another process that writes keys
_READ_WAIT = 0.1  # the event loop of the service waits as well
_LONGEST = timedelta(days=100 * 365)
_SEEN_EVERY = timedelta(minutes=1)  # how often the last use of a key is written
_SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, hash BLOB NOT NULL UNIQUE, hint TEXT NOT NULL, scopes TEXT NOT NULL,
    created TEXT NOT NULL, expires TEXT, last_used TEXT
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret.

    Attributes:
        id: what revokes it.
        name: whose it is.
        hint: the first and last characters of the secret.
        scopes: what it allows.
        created, expires, last_used: times in UTC; a key without `expires` is valid until it is revoked.
    """

    id: str
    name: str
    hint: str
    scopes: frozenset[Scope]
    created: datetime
    expires: datetime | None = None
    last_used: datetime | None = None

    def allows(self, scope: Scope) -> bool:
        """Return whether the key allows something; `admin` allows everything."""
        return scope in self.scopes or "admin" in self.scopes


class KeyStore:
    """The keys of a data directory. Safe to share between threads and processes: a revoked key fails at once.

    Args:
        path: the database; it is created with the first key.
        clock: the time in UTC.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path, self._clock = path.absolute(), clock
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._version = -1
        self._file: tuple[int, int] | None = None
        self._by_hash: dict[bytes, Key] = {}

    def create(self, name: str, scopes: Iterable[Scope], valid_for: timedelta | None = None) -> tuple[str, Key]:
        """Make a key; return its secret, which is stored nowhere, and the key.

        Args:
            name: whose it is.
            scopes: what it allows.
            valid_for: time until it expires; None is forever.

        Raises:
            InputError: the name is empty or too long, there is no scope, or the time is not positive.
            ConfigError: the database cannot be written.
        """
        name, allowed = name.strip(), frozenset(scopes)
        if not name or len(name) > _MAX_NAME or not name.isprintable():
            raise InputError("name", f"has to be 1 to {_MAX_NAME} printable characters")
        if not allowed or not allowed <= set(SCOPES):
            raise InputError("scopes", f"expected some of {', '.join(SCOPES)}")
        if valid_for is not None and not timedelta(0) < valid_for <= _LONGEST:
            raise InputError("expires", f"has to be a positive time of at most {_LONGEST.days // 365} years")
        secret = PREFIX + secrets.token_urlsafe(_BYTES)
        now = self._clock()
        key = Key(
            secrets.token_hex(4),
            name,
            f"{secret[:7]}…{secret[-4:]}",
            allowed,
            now,
            None if valid_for is None else now + valid_for,
        )
        row = (key.id, name, _hash(secret), key.hint, ",".join(sorted(allowed)), _text(now), _text(key.expires), None)
        with self._lock, self._writing() as connection:
            connection.execute("INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        return secret, key

    def all(self) -> list[Key]:
        """Return all keys, oldest first; expired ones too."""
        with self._lock:
            self._refresh()
            return sorted(self._by_hash.values(), key=lambda key: (key.created, key.id))

    def revoke(self, key_id: str) -> Key:
        """Remove a key and return it.

        Raises:
            NotFoundError: there is no such key.
        """
        with self._lock:
            self._refresh()
            found = next((key for key in self._by_hash.values() if key.id == key_id), None)
            if found is None:
                raise NotFoundError(f"no key {key_id}; `nonmun keys list` shows them")
            with self._writing() as connection:
                connection.execute("DELETE FROM keys WHERE id = ?", (key_id,))
            return found

    def check(self, secret: str) -> Key | None:
        """Return the key of a secret; None if there is none, or if it has expired.

        Every stored hash is compared, in constant time each.
        """
        wanted, found = _hash(secret), None
        with self._lock:
            self._refresh()
            for stored, key in self._by_hash.items():
                if hmac.compare_digest(stored, wanted):
                    found = key
            now = self._clock()
            if found is None or (found.expires is not None and found.expires <= now):
                return None
            if found.last_used is None or now - found.last_used >= _SEEN_EVERY:
                self._note_use(found, now)
            return found

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._version, self._file = None, -1, None

    def _note_use(self, key: Key, now: datetime) -> None:
        # A read-only data directory serves all the same.
        with suppress(ConfigError), self._writing(wait=0) as connection:  # requests do not wait for another writer
            connection.execute("UPDATE keys SET last_used = ? WHERE id = ?", (_text(now), key.id))

    def _refresh(self) -> None:
        """Read the keys again if another connection has changed them, or if the file is gone."""
        try:
            file = identity(self._path) if self._path.exists() else None
            if file != self._file:  # the file is gone, or another one has taken its place
                self._disconnect()
            if file is None:
                self._by_hash = {}
                return
            if self._connection is None:
                self._connection, self._file = self._open(f"{self._path.as_uri()}?mode=ro", _READ_WAIT), file
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            if version == self._version:
                return
            has_table = self._connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'keys'").fetchone()[0]
            sql = "SELECT id, name, hint, scopes, created, expires, last_used, hash FROM keys"
            rows = self._connection.execute(sql).fetchall() if has_table else []
        except sqlite3.Error as error:
            raise ConfigError(f"{self._path}: the keys cannot be read ({error})") from error
        self._version = version
        self._by_hash = {
            bytes(row[7]): Key(
                row[0],
                row[1],
                row[2],
                frozenset(row[3].split(",")),
                datetime.fromisoformat(row[4]),
                _time(row[5]),
                _time(row[6]),
            )
            for row in rows
        }

    @contextmanager
    def _writing(self, wait: float = _WAIT) -> Generator[sqlite3.Connection]:
        """Open a transaction that commits unless an error leaves it.

        Raises:
            ConfigError: the database cannot be written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600))
            with closing(self._open(self._path.as_uri(), wait)) as connection, connection:
                connection.execute(_SCHEMA)
                connection.execute("BEGIN IMMEDIATE")
                yield connection
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(f"{self._path}: the keys cannot be written ({error})") from error

    def _open(self, uri: str, wait: float = _WAIT) -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=wait, check_same_thread=False, isolation_level=None)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="microseconds")


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
