"""Restore a backup as the catalog of a data directory: completely or not at all, while others may read."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from ...domain.errors import ConfigError, FileError, InputError
from ...util.files import sync
from ..lock import NO_WAIT, LockWait, ingest_lock
from ..schema import migrate
from .backup import Progress, copy_database, remove_database, verify_catalog

CATALOG = "catalog.sqlite"
"""The file name of the catalog within a data directory."""
_KEPT = ".before-"
_BUSY_SECONDS = 30.0
_IS_EMPTY = "SELECT NOT EXISTS (SELECT 1 FROM documents) AND NOT EXISTS (SELECT 1 FROM papers)"


def restore(
    source: Path,
    folder: Path,
    *,
    force: bool = False,
    progress: Progress | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    lock_wait: LockWait = NO_WAIT,
) -> Path | None:
    """Make a backup the catalog of a data directory.

    The backup is copied and verified before anything is changed. A catalog that SQLite can read is then replaced in
    one transaction: processes that have it open see the backup with their next query. A damaged catalog is replaced as
    a file: processes that have it open must be restarted.

    The restored catalog gets a new identity, so that no published generation belongs to it: row numbers that were
    allocated after the backup would otherwise name other chunks. Queries scan the catalog exactly until the next
    ingest or `repair` publishes a generation.

    Args:
        source: a file that `backup` wrote.
        folder: the data directory, created if it is missing.
        force: whether to replace a catalog that is not empty.
        progress: called with the progress of copying.
        clock: the time, for the lock and the name of the replaced catalog.
        lock_wait: how long to wait for an ingest to end.

    Returns:
        The path under which the replaced catalog is kept; None where there was none, or an empty one.

    Raises:
        FileError: the source is missing, damaged, not a catalog, or of a newer version; nothing is changed.
        InputError: there is a catalog and `force` is false, or the source is the catalog itself.
        BusyError: an ingest is running.
        ConfigError: the data directory cannot be written; nothing is changed.
    """
    catalog = folder / CATALOG
    if not source.is_file():
        raise FileError(f"{source}: does not exist")
    if catalog.exists() and catalog.samefile(source):
        raise InputError("file", f"{source} is the catalog itself; name a backup")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ingest_lock(folder, clock(), lock_wait):
            return _restore(source, catalog, clock(), force=force, progress=progress)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(f"{folder}: cannot be restored into ({error}); is the disk full or read-only?") from error


def kept_catalogs(folder: Path) -> list[Path]:
    """Return the catalogs of a data directory that restores replaced and kept, oldest first."""
    return sorted(folder.glob(f"{CATALOG}{_KEPT}*"))


def _restore(source: Path, catalog: Path, now: datetime, *, force: bool, progress: Progress | None) -> Path | None:
    staged = catalog.with_name(catalog.name + ".unfinished")
    for path in catalog.parent.glob(catalog.name + "*.unfinished*"):  # left by a killed restore
        path.unlink(missing_ok=True)
    try:
        try:
            copy_database(source, staged, progress)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            raise FileError(f"{source}: is not a catalog ({error})") from error
        verify_catalog(staged, source)
        _prepare(staged)
        is_readable = _is_readable(catalog)
        if is_readable and _is_empty(catalog):
            _overwrite(catalog, staged)
            return None
        if catalog.exists() and not force:
            raise InputError("file", f"{catalog} is not empty; --force replaces it (and keeps it under another name)")
        if not catalog.exists():
            _place(catalog, staged)
            return None
        kept = catalog.with_name(f"{catalog.name}{_KEPT}{now:%Y%m%d-%H%M%S}")
        if is_readable:
            _copy(catalog, kept)
            try:
                _overwrite(catalog, staged)
            except BaseException:
                remove_database(kept)
                raise
        else:
            _link(catalog, kept)
            _place(catalog, staged)
        return kept
    finally:
        with suppress(OSError):
            remove_database(staged)


def _prepare(staged: Path) -> None:
    """Migrate a catalog to the current schema and give it a new identity."""
    with closing(sqlite3.connect(staged, isolation_level=None)) as connection:
        migrate(connection)
        row = ("catalog", secrets.token_hex(16))
        connection.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", row)


def _is_readable(catalog: Path) -> bool:
    try:
        verify_catalog(catalog)
    except FileError:
        return False
    return True


def _is_empty(catalog: Path) -> bool:
    with closing(sqlite3.connect(catalog)) as connection:
        return bool(connection.execute(_IS_EMPTY).fetchone()[0])


def _copy(catalog: Path, kept: Path) -> None:
    copy = kept.with_name(kept.name + ".unfinished")
    try:
        copy_database(catalog, copy)
        sync(copy)
    except BaseException:
        remove_database(copy)
        raise
    copy.replace(kept)
    sync(kept.parent)


def _overwrite(catalog: Path, staged: Path) -> None:
    """Replace the content of a catalog in one transaction. Open connections stay valid and see the new content."""
    with (
        closing(sqlite3.connect(staged, isolation_level=None)) as source,
        closing(sqlite3.connect(catalog, _BUSY_SECONDS, isolation_level=None)) as target,
    ):
        target.execute("PRAGMA synchronous = FULL")
        source.backup(target)  # the file itself is not opened here: closing it would release SQLite's locks on it


def _link(catalog: Path, kept: Path) -> None:
    """Keep a damaged catalog under another name, with its log, which SQLite would otherwise apply to the new one."""
    kept.hardlink_to(catalog)
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            catalog.with_name(catalog.name + suffix).rename(kept.with_name(kept.name + suffix))
    sync(catalog.parent)


def _place(catalog: Path, staged: Path) -> None:
    for suffix in ("-wal", "-shm"):  # of a catalog whose file was removed by hand
        catalog.with_name(catalog.name + suffix).unlink(missing_ok=True)
    sync(staged)
    staged.replace(catalog)
    sync(catalog.parent)
