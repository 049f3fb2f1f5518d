"""Back up the catalog while it is in use. A backup is complete and verified, or it does not exist."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from ...domain.errors import ConfigError, FileError, IndexDamagedError, InputError
from ...util.files import sync
from ..database import Catalog
from ..schema import CREATE_PASSAGES, MIGRATIONS

Progress = Callable[[int, int], object]
"""Called with the number of copied pages and the number of all pages."""

_PAGES_PER_STEP = 256


def backup(catalog: Catalog, target: Path, *, force: bool = False, progress: Progress | None = None) -> None:
    """Write a snapshot of the catalog to a file. Readers and writers continue meanwhile.

    The file appears under its name once it is complete, verified and synced to the disk.

    Args:
        catalog: the catalog; everything else in a data directory can be rebuilt from it.
        target: the file.
        force: whether to replace an existing file.
        progress: called with the progress of copying.

    Raises:
        InputError: the target lies in the data directory, is a folder, or exists and `force` is false.
        ConfigError: the target cannot be written.
        IndexDamagedError: the catalog is damaged.
    """
    _check_target(catalog, target, force=force)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.unfinished")
    try:
        _remove_leftovers(target)
        copy_database(catalog.path, unfinished, progress)
        verify_catalog(unfinished)
        sync(unfinished)
        unfinished.replace(target)
        sync(target.absolute().parent)
    except (OSError, sqlite3.OperationalError) as error:
        reason = f"{error}; is the disk full or the folder read-only?"
        raise ConfigError(f"{target}: cannot be written ({reason})") from error
    except (sqlite3.DatabaseError, FileError) as error:
        message = f"{catalog.path}: is damaged, so a backup of it would be damaged too; run `nonmun doctor`"
        raise IndexDamagedError(message) from error
    finally:
        with suppress(OSError):
            remove_database(unfinished)


def _check_target(catalog: Catalog, target: Path, *, force: bool) -> None:
    if target.is_dir():
        raise InputError("file", f"{target} is a folder; name a file in it")
    # A backup next to the catalog is lost together with it, and file names in the data directory have a meaning.
    if catalog.path.resolve().parent in target.resolve().parents:
        raise InputError("file", f"{target} lies in the data directory that is backed up; name a file elsewhere")
    if target.exists() and not force:
        raise InputError("file", f"{target} exists; name another file, or add --force")
    if not target.absolute().parent.is_dir():
        raise InputError("file", f"{target.parent} is not a folder; create it first")


def _remove_leftovers(target: Path) -> None:
    """Remove the unfinished files of killed backups to the same target."""
    for path in target.absolute().parent.glob(f".{target.name}.*.unfinished*"):
        pid = path.name.removeprefix(f".{target.name}.").partition("-")[0]
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            path.unlink(missing_ok=True)
        except (ValueError, OSError):
            continue


def copy_database(source: Path, target: Path, progress: Progress | None = None) -> None:
    """Copy a SQLite database to a self-contained file, while others may write to the source.

    Args:
        source: a database, open elsewhere or not; it is only read.
        target: a file that does not exist; it is created for its owner only, as the catalog is.
        progress: called with the progress of copying.

    Raises:
        sqlite3.Error: the source is not a database, or the target cannot be written.
        OSError: the target cannot be created.
    """

    def report_progress(_: int, remaining: int, total: int) -> None:
        if progress:
            progress(total - remaining, total)

    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    # Without a -wal file no process has it open. It is then immutable, and can be read from a read-only folder.
    is_closed = not source.with_name(source.name + "-wal").exists()
    uri = source.resolve().as_uri() + ("?mode=ro&immutable=1" if is_closed else "?mode=ro")
    with (
        closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as reader,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        # One read transaction around all steps: a write between two steps would restart the copy.
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        reader.backup(copy, pages=_PAGES_PER_STEP, progress=report_progress, sleep=0)
        reader.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode = DELETE")  # leaves no -wal and no -shm file


_PROGRAMS = """SELECT type, name FROM sqlite_master
               WHERE type = 'trigger' OR (type = 'view' AND (name, sql) != ('passages', ?))"""


def verify_catalog(path: Path, display_path: Path | None = None) -> None:
    """Check that a file is an undamaged catalog which this version can read.

    Args:
        path: the file.
        display_path: the path that messages name, where the file is a copy of it.

    Raises:
        FileError: the file is not one; the message names the reason.
    """
    display_path = display_path or path
    try:
        with closing(sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True)) as connection:
            verdict = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
            programs = connection.execute(_PROGRAMS, (CREATE_PASSAGES,)).fetchall()
    except sqlite3.Error as error:
        raise FileError(f"{display_path}: is not a catalog ({error})") from error
    if verdict != "ok":
        raise FileError(f"{display_path}: is damaged ({' '.join(verdict.split())})")
    if version == 0 or not {"meta", "documents", "chunks", "vectors"} <= tables:
        raise FileError(f"{display_path}: is a database of another program, not a catalog of nonmun")
    if programs:  # SQL that would run with the next write or query
        kind, name = programs[0]
        raise FileError(f"{display_path}: has the {kind} {name!r}, which no catalog of nonmun has")
    if version > len(MIGRATIONS):
        message = f"has schema {version}, this version of nonmun reads up to {len(MIGRATIONS)}; upgrade nonmun"
        raise FileError(f"{display_path}: {message}")


def remove_database(path: Path) -> None:
    """Remove a database and the files that SQLite keeps next to it."""
    for name in (path.name, path.name + "-journal", path.name + "-wal", path.name + "-shm"):
        path.with_name(name).unlink(missing_ok=True)
