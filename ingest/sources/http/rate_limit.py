"""Rate limits: one request at a time to a host, and a pause between two, across all processes of a user."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..errors import SourceError, TransientError
from .retry import MAX_REQUESTED_WAIT
from .timing import Timing

_LOCK_TIMEOUT = 300.0
# No server requests a longer wait: what is further ahead comes from a clock that was set back.
_MAX_BACK_OFF = 3600.0


@dataclass(frozen=True, slots=True)
class _RequestTimes:
    """Seconds since the epoch: when the last request started or ended, and when the host accepts the next one."""

    last: float = 0.0
    not_before: float = 0.0


class RateLimiter:
    """Spaces the requests to one host.

    A lock file is held during a request, but not while waiting for its time, so that two processes alternate; a second
    file holds the times. If the folder is not writable, the pause is kept within this process only.

    Args:
        folder: of the two files; created if missing.
        name: of the host, valid as a file name.
        timing: sleep, and the clock that the processes of the user share.
    """

    def __init__(self, folder: Path, name: str, timing: Timing) -> None:
        self._lock_file, self._times_file = folder / f"{name}.lock", folder / f"{name}.json"
        self._timing = timing
        self._unsaved = _RequestTimes()

    @contextmanager
    def acquire(self, pause: float) -> Generator[Callable[[], None]]:
        """Wait until a request may start, and hold the lock during it.

        Args:
            pause: seconds between the end of one request and the start of the next.

        Yields:
            A function that waits for the pause; to be called before each redirect is followed.

        Raises:
            SourceError: the host requested a longer wait than `MAX_REQUESTED_WAIT`.
            TransientError: other processes kept the lock.
        """

        def before_redirect() -> None:
            self._timing.sleep(pause)
            self._record_request()

        while True:
            with self._lock():
                wait = self._required_wait(pause)
                if wait <= 0:
                    self._record_request()
                    try:
                        yield before_redirect
                    finally:
                        self._record_request()
                    return
            self._timing.sleep(wait)

    def back_off(self, seconds: float) -> None:
        """Record that the host accepts no request for some time; other processes and the next run respect it."""
        self._save(replace(self._load(), not_before=self._timing.clock() + min(seconds, _MAX_BACK_OFF)))

    def _record_request(self) -> None:
        self._save(replace(self._load(), last=self._timing.clock()))

    def _required_wait(self, pause: float) -> float:
        """Return the seconds until the next request may start; zero or less if it may start now."""
        times, now = self._load(), self._timing.clock()
        if times.last > now:  # the clock was set back, or the file is damaged: wait for one pause
            times = replace(times, last=now)
            self._save(times)
        back_off = times.not_before - now
        if MAX_REQUESTED_WAIT < back_off <= _MAX_BACK_OFF:
            raise SourceError(f"the host accepts no request for another {back_off:.0f} s")
        return max(times.last + pause - now, back_off if back_off <= MAX_REQUESTED_WAIT else 0.0)

    @contextmanager
    def _lock(self) -> Generator[None]:
        lock = FileLock(self._lock_file, timeout=_LOCK_TIMEOUT)
        with suppress(OSError, NotImplementedError):  # read-only, or a file system without locks
            self._lock_file.parent.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(poll_interval=0.02)
            except Timeout as error:  # an OSError too, but not one to suppress
                raise TransientError("other processes of this user keep sending requests to the same host") from error
        try:
            yield
        finally:
            lock.release()  # does nothing if the lock was not acquired

    def _load(self) -> _RequestTimes:
        try:
            return _parse_times(self._times_file.read_text("utf-8"))
        except OSError:
            return self._unsaved
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            # A process that dies while it writes leaves such a file: assume a request just now.
            return _RequestTimes(last=math.inf)

    def _save(self, times: _RequestTimes) -> None:
        self._unsaved = times
        with suppress(OSError):  # kept in memory
            self._times_file.write_text(json.dumps({"last": times.last, "until": times.not_before}), "utf-8")


def _parse_times(text: str) -> _RequestTimes:
    content: Any = json.loads(text)
    times = _RequestTimes(float(content["last"]), float(content["until"]))
    if not (math.isfinite(times.last) and math.isfinite(times.not_before)):
        raise ValueError("not a time")
    return times
