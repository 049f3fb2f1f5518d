"""The ingest lock of a data directory: one writer at a time, released by the kernel when its holder dies."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from ..domain.errors import BusyError, ConfigError

_POLL_SECONDS = 0.2  # between two attempts while waiting


@dataclass(frozen=True, slots=True)
class LockHolder:
    """The process that acquired the lock last and did not release it.

    Attributes:
        name: the process, and the time of the acquisition.
        alive: whether it still holds the lock; otherwise it was killed.
    """

    name: str
    alive: bool


@dataclass(frozen=True, slots=True)
class LockWait:
    """How long to wait for the ingest lock while another process holds it.

    It is one setting, `lock_wait`, rather than an argument of every operation: a timer or a container sets it once for
    all commands, and `--wait` overrides it. The operations receive it together with the callback for the message.

    Attributes:
        seconds: time to wait at most; 0 raises `BusyError` at once.
        report: callback for a line of text that names the holder, once, before the wait begins.
    """

    seconds: float = 0
    report: Callable[[str], object] = lambda _: None


NO_WAIT = LockWait()


@contextmanager
def ingest_lock(folder: Path, now: datetime, wait: LockWait = NO_WAIT) -> Generator[None]:
    """Hold the ingest lock of a data directory.

    Args:
        folder: the data directory.
        now: the time of the call; other processes name the time of the acquisition in their error.
        wait: how long to wait for another process.

    Raises:
        BusyError: another process holds it, and still does after the wait; the message names the process and since
            when.
        ConfigError: the lock file cannot be created.
    """
    holder = folder / "ingest.holder"
    lock = _lock(folder)
    began = time.monotonic()
    try:
        _acquire(lock, holder, wait)
    except Timeout as error:
        raise BusyError(f"{_name(holder)} is writing to {folder}; wait for it to end") from error
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(
            f"{folder}: cannot be locked ({reason}); is the disk full or the folder read-only?"
        ) from error
    try:
        with suppress(OSError):  # on a full disk the lock works without a name
            since = now + timedelta(seconds=time.monotonic() - began)
            holder.write_text(f"process {os.getpid()} (since {since:%Y-%m-%d %H:%M:%S})", "utf-8")
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


def _acquire(lock: FileLock, holder: Path, wait: LockWait) -> None:
    """Acquire the lock, polling it while another process holds it.

    Raises:
        Timeout: the lock is still held after the wait.
        OSError: the lock file cannot be created.
    """
    try:
        lock.acquire()
    except Timeout:
        if not wait.seconds:
            raise
        wait.report(f"{_name(holder)} is writing to {holder.parent}; waiting up to {wait.seconds:g} s for it to end")
        lock.acquire(wait.seconds, _POLL_SECONDS, blocking=True)


def _name(holder: Path) -> str:
    try:
        return holder.read_text("utf-8", "replace") or "another process"
    except OSError:
        return "another process"
