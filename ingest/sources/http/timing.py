"""Injectable time: clocks, sleep, jitter, and the deadline of a request."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpcore


@dataclass(frozen=True, slots=True)
class Timing:
    """Clocks, sleep and randomness; tests replace them.

    Attributes:
        sleep: waits for a number of seconds. A replacement that does not wait has to advance `clock`.
        clock: seconds since the epoch, as the user's other processes see them.
        monotonic: seconds on the clock that deadlines are measured by.
        jitter: random numbers from 0 to 1.
    """

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random


SYSTEM_TIMING = Timing()


class Deadline:
    """The end of the time that all steps of one request share.

    Args:
        seconds: from now.
        monotonic: the clock.
    """

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds that remain.

        Raises:
            httpcore.ReadTimeout: none remain.
        """
        remaining = self._end - self._monotonic()
        if remaining <= 0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return remaining
