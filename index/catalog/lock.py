"""One ingest at a time: a lock that the kernel frees when its holder dies, and who holds it."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ..domain.errors import BusyError, ConfigError


@dataclass(frozen=True, slots=True)
class LockHolder:
    """Who took the lock last, and did not give it back.

    Attributes:
        name: the process, and since when.
        alive: whether it still holds the lock; else it was killed.
    """

    name: str
    alive: bool


@contextmanager
def ingest_lock(folder: Path, now: datetime) -> Generator[None]:
    """Hold a data directory's ingest lock.

    Raises:
        BusyError: another process holds it; the message says which, and since when.
        ConfigError: the lock file cannot be made.
    """
    holder = folder / "ingest.holder"
    lock = _lock(folder)
    try:
        lock.acquire()
    except Timeout as error:
        raise BusyError(f"{_name(holder)} is ingesting into {folder}; wait for it to end") from error
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(
            f"{folder}: cannot be locked ({reason}); is the disk full or the folder read-only?"
        ) from error
    try:
        with suppress(OSError):  # on a full disk the lock holds all the same, only without a name
            holder.write_text(f"process {os.getpid()} (since {now:%Y-%m-%d %H:%M:%S})", "utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


def find_lock_holder(folder: Path) -> LockHolder | None:
    """Who holds a data directory's lock, or held it when it was killed; None where all is quiet."""
    holder = folder / "ingest.holder"
    if not holder.exists():
        return None
    lock = _lock(folder)
    try:
        lock.acquire()
    except (Timeout, OSError):
        return LockHolder(_name(holder), alive=True)
    lock.release()
    return LockHolder(_name(holder), alive=False)


def _lock(folder: Path) -> FileLock:
    return FileLock(folder / "ingest.lock", blocking=False)


def _name(holder: Path) -> str:
    try:
        return holder.read_text("utf-8", "replace") or "another process"
    except OSError:
        return "another process"
