"""What the stores of answers and feedback have in common: a lock, and the errors that a service reports of them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ...index.domain.errors import BusyError, ConfigError

WAIT = 10.0
"""Seconds to wait for another process that writes."""


class StoreFullError(ConfigError):
    """The data directory holds as much of something as it may."""


class NotStoredError(ConfigError):
    """The data directory, or the secret in it, does not allow anything to be stored."""


class StoreBusyError(BusyError):
    """Another process or thread holds the lock of a store."""


class UnreadableAnswerError(ConfigError):
    """A file of the stored answers does not hold what was stored."""


@contextmanager
def store_lock(file: Path, place: Path, wait: float) -> Generator[None]:
    """Hold the lock of a store.

    Args:
        file: the lock file.
        place: what is locked, for messages.
        wait: seconds to wait for another process.

    Raises:
        StoreBusyError: another process holds it.
        NotStoredError: the lock, or what the block writes, cannot be written.
    """
    try:
        with FileLock(file, timeout=wait, mode=0o600):
            yield
    except Timeout as error:
        raise StoreBusyError(f"{place}: another process is writing; try again when it has ended") from error
    except OSError as error:
        message = f"{place}: cannot be written ({error.strerror}); is the disk full or the folder read-only?"
        raise NotStoredError(message) from error
