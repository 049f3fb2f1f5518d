"""The ingest lock of a data directory: one writer at a time, released by the kernel when its holder dies."""

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
    """The process that acquired the lock last and did not release it.

    Attributes:
        name: the process, and the time of the acquisition.
        alive: whether it still holds the lock; otherwise it was killed.
    """

    name: str
    alive: bool


@contextmanager
def ingest_lock(folder: Path, now: datetime) -> Generator[None]:
    """Hold the ingest lock of a data directory. Does not wait for it.

    Args:
        folder: the data directory.
        now: the time, which other processes name in their error.

    Raises:
        BusyError: another process holds it; the message names the process and since when.
        ConfigError: the lock file cannot be created.
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
        with suppress(OSError):  # on a full disk the lock works without a name
            holder.write_text(f"process {os.getpid()} (since {now:%Y-%m-%d %H:%M:%S})", "utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


def find_lock_holder(folder: Path) -> LockHolder | None:
    """Return the holder of a data directory's lock, dead or alive; None where the lock was released."""
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
