"""Admission: how many questions are worked on at once, how many wait, and which are turned away.

Answering is bound by the processor: more questions at once than there are cores only make each of them slower. Others
wait, but no longer than a deadline; one that would is refused at once, so that its client can try again elsewhere.
"""

from __future__ import annotations

import math
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from .errors import OverloadedError

T = TypeVar("T")

_SMOOTHING = 0.1  # weight of the latest question in the mean time that one holds its place
_FIRST_GUESS = 0.1  # seconds, before any question was measured


class Admission:
    """Places for work in threads, with a bounded queue before them. Belongs to one event loop.

    Args:
        places: how much work runs at once.
        deadline: seconds that work waits for a place at most.
        queue: how much work waits at most.
        clock: monotonic seconds.

    Attributes:
        threads: bounds the threads of admitted work.
    """

    def __init__(
        self, places: int, *, deadline: float, queue: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._places = anyio.Semaphore(places)
        # Work that is abandoned half-way keeps its thread until its step ends: the places bound the threads as well.
        self.threads = CapacityLimiter(places)
        self._count, self._deadline, self._queue, self._clock = places, deadline, queue, clock
        self._waiting = self._working = 0
        self._mean = _FIRST_GUESS

    @property
    def waiting(self) -> int:
        """How much work waits for a place."""
        return self._waiting

    @property
    def working(self) -> int:
        """How much work has a place."""
        return self._working

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """Hold a place, for which this waits.

        Raises:
            OverloadedError: too much work waits already, or there was no place within the deadline.
        """
        await self._enter()
        start = self._clock()
        self._working += 1
        try:
            yield
        finally:
            self._working -= 1
            self._mean += _SMOOTHING * (self._clock() - start - self._mean)
            self._places.release()

    async def run(self, work: Callable[[], T]) -> T:
        """Run a step of admitted work in a thread of its own; cancelling waits for the step to end."""
        return await run_sync(work, limiter=self.threads)

    async def _enter(self) -> None:
        try:
            self._places.acquire_nowait()
        except anyio.WouldBlock:
            await self._wait()

    async def _wait(self) -> None:
        expected = self._mean * max(self._waiting + self._working + 1 - self._count, 0) / self._count
        if self._waiting >= self._queue or expected > self._deadline:
            raise OverloadedError(math.ceil(max(expected, 1.0)))
        self._waiting += 1
        try:
            with anyio.fail_after(self._deadline):
                await self._places.acquire()
        except TimeoutError:
            raise OverloadedError(math.ceil(max(expected, 1.0))) from None
        finally:
            self._waiting -= 1
