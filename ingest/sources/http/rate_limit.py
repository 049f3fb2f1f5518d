"""One request at a time to a host, with a pause in between, across all processes of a user."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..errors import TransientError, UpstreamError
from .retry import LONGEST

_LOCK_WAIT = 300.0
# A stay-away that is further off than this is no upstream's wish but a clock that was set back.
_FURTHEST = 3600.0


@dataclass(frozen=True, slots=True)
class _Times:
    """Seconds since the epoch: when the last request began or ended, and until when the host wants none."""

    last: float = 0.0
    until: float = 0.0


class Pace:
    """Keeps the pause of one host.

    A lock file is held while a request is under way, but not while waiting for its time, so that two processes take
    turns; a file beside it holds the times. Where the folder cannot be written, the pause is kept within this
    process only: a read-only home is no reason to fetch nothing.

    Args:
        folder: for the two files; made where it is missing.
        name: of the host, good for a file name.
        pause: seconds between the end of one request and the start of the next.
        sleep, clock: time as the user's other processes see it, in seconds since the epoch.
    """

    def __init__(
        self, folder: Path, name: str, pause: float, sleep: Callable[[float], None], clock: Callable[[], float]
    ) -> None:
        self._lock_file, self._times_file = folder / f"{name}.lock", folder / f"{name}.json"
        self._pause = pause
        self._sleep, self._clock = sleep, clock
        self._memory = _Times()

    @contextmanager
    def turn(self) -> Generator[Callable[[], None]]:
        """Wait for our turn and hold it. Gives what to call before each further request within the same turn.

        Raises:
            UpstreamError: the host asked not to be asked for longer than we stay.
            TransientError: other processes did not let go of the lock.
        """
        while True:
            with self._locked():
                wait = self._due()
                if wait <= 0:
                    self._mark()
                    try:
                        yield self._between
                    finally:
                        self._mark()
                    return
            self._sleep(wait)

    def stay_away(self, seconds: float) -> None:
        """Note the host's wish, for the other processes and the next run too."""
        self._write(replace(self._read(), until=self._clock() + min(seconds, _FURTHEST)))

    def _between(self) -> None:
        self._sleep(self._pause)
        self._mark()

    def _mark(self) -> None:
        self._write(replace(self._read(), last=self._clock()))

    def _due(self) -> float:
        """Seconds until the next request may start."""
        times, now = self._read(), self._clock()
        if times.last > now:  # the clock was set back, or the file holds nonsense: once a whole pause, and go on
            times = replace(times, last=now)
            self._write(times)
        ahead = times.until - now
        if LONGEST < ahead <= _FURTHEST:
            raise UpstreamError(f"the host asked not to be asked for another {ahead:.0f} s")
        return max(times.last + self._pause - now, ahead if ahead <= LONGEST else 0.0)

    @contextmanager
    def _locked(self) -> Generator[None]:
        lock = FileLock(self._lock_file, timeout=_LOCK_WAIT)
        with suppress(OSError, NotImplementedError):  # read-only, or a file system without locks
            self._lock_file.parent.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(poll_interval=0.02)
            except Timeout as error:  # an OSError too, but one that is told
                raise TransientError("other processes of this user keep asking the same host") from error
        try:
            yield
        finally:
            lock.release()  # also where it was not taken: then it does nothing

    def _read(self) -> _Times:
        try:
            text = self._times_file.read_text("utf-8")
        except OSError:
            return self._memory
        except ValueError:
            return _Times(last=math.inf)
        return _times(text)

    def _write(self, times: _Times) -> None:
        self._memory = times
        with suppress(OSError):  # memory has it
            self._times_file.write_text(json.dumps({"last": times.last, "until": times.until}), "utf-8")


def _times(text: str) -> _Times:
    """What the file says; garbage, as a process leaves it that dies while it writes, counts as a request just now."""
    try:
        content: Any = json.loads(text)
        last, until = float(content["last"]), float(content["until"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return _Times(last=math.inf)
    return _Times(last, until) if math.isfinite(last) and math.isfinite(until) else _Times(last=math.inf)
