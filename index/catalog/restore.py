"""Puts a backup in the catalog's place: all of it or nothing, under the ingest lock, readers or not."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from ..domain.errors import ConfigError, FileError, InputError
from ..util.files import sync
from .backup import Progress, check, copy_database, discard
from .lock import ingest_lock
from .schema import migrate

CATALOG = "catalog.sqlite"
_BUSY_SECONDS = 30.0
_EMPTY = "SELECT NOT EXISTS (SELECT 1 FROM documents) AND NOT EXISTS (SELECT 1 FROM papers)"


def restore(
    source: Path,
    folder: Path,
    *,
    force: bool = False,
    progress: Progress | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Path | None:
    """Make a backup the catalog of a data directory.

    The backup is copied and checked first; nothing is touched before that. A catalog that SQLite can read is then
    replaced in one transaction, so whoever reads it goes on and sees the backup with the next question. A damaged one
    is replaced as a file: processes that hold it open have to be started again.

    The restored catalog gets a new identity. No generation is of it, so everything is scanned exactly until the next
    ingest or `repair` publishes: row numbers that were given after the backup would otherwise name other chunks.

    Args:
        source: what `backup` wrote.
        folder: the data directory, made if it is missing.
        force: whether a catalog that holds something is replaced.
        progress: told how many pages of the backup are copied, and how many there are.
        clock: the time, for the lock and the name of what is kept.

    Returns:
        Where the catalog of before is kept; None where there was none, or an empty one.

    Raises:
        FileError: the source is missing, damaged, no catalog, or of a newer nonmun; nothing is changed.
        InputError: there is a catalog, and `force` is false; or it is the source.
        BusyError: an ingest is running.
        ConfigError: the data directory cannot be written; nothing is changed.
    """
    catalog = folder / CATALOG
    if not source.is_file():
        raise FileError(f"{source}: does not exist")
    if catalog.exists() and catalog.samefile(source):
        raise InputError("file", f"{source} is the catalog itself")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ingest_lock(folder, clock()):
            return _restore(source, catalog, clock(), force=force, progress=progress)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(f"{folder}: cannot be restored into ({error}); is the disk full or read-only?") from error


def _restore(source: Path, catalog: Path, now: datetime, *, force: bool, progress: Progress | None) -> Path | None:
    staged = catalog.with_name(catalog.name + ".unfinished")
    for path in catalog.parent.glob(catalog.name + "*.unfinished*"):  # of a restore that was killed
        path.unlink(missing_ok=True)
    try:
        try:
            copy_database(source, staged, progress)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            raise FileError(f"{source}: is no catalog ({error})") from error
        check(staged, source)
        _rename(staged)
        whole = _is_whole(catalog)
        if whole and _is_empty(catalog):
            _overwrite(catalog, staged)
            return None
        if catalog.exists() and not force:
            raise InputError("file", f"{catalog} holds a catalog; --force replaces it (and keeps it beside)")
        if not catalog.exists():
            _place(catalog, staged)
            return None
        aside = catalog.with_name(f"{catalog.name}.before-{now:%Y%m%d-%H%M%S}")
        if whole:
            _keep(catalog, aside)
            try:
                _overwrite(catalog, staged)
            except BaseException:
                discard(aside)
                raise
        else:
            _put_aside(catalog, aside)
            _place(catalog, staged)
        return aside
    finally:
        with suppress(OSError):
            discard(staged)


def _rename(staged: Path) -> None:
    """Bring a catalog to the newest schema, and give it a new identity: no generation was built from it."""
    with closing(sqlite3.connect(staged, isolation_level=None)) as connection:
        migrate(connection)
        row = ("catalog", secrets.token_hex(16))
        connection.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", row)


def _is_whole(catalog: Path) -> bool:
    try:
        check(catalog)
    except FileError:
        return False
    return True


def _is_empty(catalog: Path) -> bool:
    with closing(sqlite3.connect(catalog)) as connection:
        return bool(connection.execute(_EMPTY).fetchone()[0])


def _keep(catalog: Path, aside: Path) -> None:
    copy = aside.with_name(aside.name + ".unfinished")
    try:
        copy_database(catalog, copy)
        sync(copy)
    except BaseException:
        discard(copy)
        raise
    copy.replace(aside)
    sync(aside.parent)


def _overwrite(catalog: Path, staged: Path) -> None:
    """Make a catalog what another file is, in one transaction: connections to it stay, and see it when they look."""
    with (
        closing(sqlite3.connect(staged, isolation_level=None)) as old,
        closing(sqlite3.connect(catalog, _BUSY_SECONDS, isolation_level=None)) as new,
    ):
        new.execute("PRAGMA synchronous = FULL")
        old.backup(new)  # the file itself is not opened here: closing it would drop SQLite's locks on it


def _put_aside(catalog: Path, aside: Path) -> None:
    """Keep a damaged catalog under another name as well, its log with it: SQLite would play that into the new one."""
    aside.hardlink_to(catalog)
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            catalog.with_name(catalog.name + suffix).rename(aside.with_name(aside.name + suffix))
    sync(catalog.parent)


def _place(catalog: Path, staged: Path) -> None:
    for suffix in ("-wal", "-shm"):  # of a catalog whose file was removed by hand
        catalog.with_name(catalog.name + suffix).unlink(missing_ok=True)
    sync(staged)
    staged.replace(catalog)
    sync(catalog.parent)
