"""Copies of the catalog, taken while others write: whole and checked, or not there at all."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from ..domain.errors import ConfigError, FileError, IndexDamagedError, InputError
from ..util.files import sync
from .database import Catalog
from .schema import MIGRATIONS

Progress = Callable[[int, int], object]
"""Told how many pages are copied, and how many there are."""

_PAGES_A_STEP = 256


def backup(catalog: Catalog, target: Path, *, force: bool = False, progress: Progress | None = None) -> None:
    """Write one snapshot of the catalog to a file. Readers and writers go on meanwhile.

    The file appears under its name when it is complete, checked and on the disk, not before.

    Args:
        catalog: what to save; everything else in a data directory is rebuilt from it.
        target: the file.
        force: whether a file of that name is replaced.
        progress: told how far it is.

    Raises:
        InputError: the target lies in the data directory, is a folder, or exists and `force` is false.
        ConfigError: it cannot be written.
        IndexDamagedError: the catalog is damaged, and so would be its copy.
    """
    _check_target(catalog, target, force=force)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.unfinished")
    try:
        _sweep(target)
        copy_database(catalog.path, unfinished, progress)
        check(unfinished)
        sync(unfinished)
        unfinished.replace(target)
        sync(target.absolute().parent)
    except (OSError, sqlite3.OperationalError) as error:
        reason = f"{error}; is the disk full or the folder read-only?"
        raise ConfigError(f"{target}: cannot be written ({reason})") from error
    except (sqlite3.DatabaseError, FileError) as error:
        raise IndexDamagedError(f"{catalog.path}: is damaged, and so would be its copy; run `nonmun doctor`") from error
    finally:
        with suppress(OSError):
            discard(unfinished)


def _check_target(catalog: Catalog, target: Path, *, force: bool) -> None:
    if target.is_dir():
        raise InputError("file", f"{target} is a folder; name a file in it")
    # A backup beside what it saves is lost with it, and names there have a meaning.
    if catalog.path.resolve().parent in target.resolve().parents:
        raise InputError("file", f"{target} lies in the data directory that it shall save; name a file elsewhere")
    if target.exists() and not force:
        raise InputError("file", f"{target} exists; name another one, or add --force")
    if not target.absolute().parent.is_dir():
        raise InputError("file", f"{target.parent} is no folder; make it first")


def _sweep(target: Path) -> None:
    """Remove what backups to the same name left that were killed."""
    for path in target.absolute().parent.glob(f".{target.name}.*.unfinished*"):
        pid = path.name.removeprefix(f".{target.name}.").partition("-")[0]
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            path.unlink(missing_ok=True)
        except (ValueError, OSError):
            continue


def copy_database(source: Path, target: Path, progress: Progress | None = None) -> None:
    """Copy a SQLite database, whoever writes to it, to a file that is complete by itself.

    Args:
        source: a database, open elsewhere or not; it is only read.
        target: a file that does not exist.
        progress: told how many pages are copied, and how many there are.

    Raises:
        sqlite3.Error: the source is no database, or the target cannot be written.
    """

    def told(_: int, left: int, total: int) -> None:
        if progress:
            progress(total - left, total)

    # Without a -wal beside it nobody has it open, and then it can be read where nothing can be written.
    quiet = not source.with_name(source.name + "-wal").exists()
    address = source.resolve().as_uri() + ("?mode=ro&immutable=1" if quiet else "?mode=ro")
    with (
        closing(sqlite3.connect(address, uri=True, isolation_level=None)) as old,
        closing(sqlite3.connect(target, isolation_level=None)) as new,
    ):
        # One read transaction around all steps: a write in between would start the copy again.
        old.execute("BEGIN")
        old.execute("SELECT count(*) FROM sqlite_master").fetchone()
        old.backup(new, pages=_PAGES_A_STEP, progress=told, sleep=0)
        old.execute("ROLLBACK")
        new.execute("PRAGMA journal_mode = DELETE")  # no -wal or -shm belongs to it


def check(path: Path, called: Path | None = None) -> None:
    """Whether a file is a whole catalog that this nonmun can read.

    Args:
        path: the file.
        called: how messages name it, where it is another one's copy.

    Raises:
        FileError: it is not; the message says why.
    """
    called = called or path
    try:
        with closing(sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True)) as connection:
            said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    except sqlite3.Error as error:
        raise FileError(f"{called}: is no catalog ({error})") from error
    if said != "ok":
        raise FileError(f"{called}: is damaged ({' '.join(str(said).split())})")
    if version == 0 or not {"meta", "documents", "chunks", "vectors"} <= tables:
        raise FileError(f"{called}: is a database of something else, not a catalog of nonmun")
    if version > len(MIGRATIONS):
        raise FileError(f"{called}: has schema {version}, this nonmun reads up to {len(MIGRATIONS)}: upgrade nonmun")


def discard(path: Path) -> None:
    """Remove a database that is not wanted, and what SQLite keeps beside it."""
    for name in (path.name, path.name + "-journal", path.name + "-wal", path.name + "-shm"):
        path.with_name(name).unlink(missing_ok=True)
