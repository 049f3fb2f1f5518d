"""Threads for the blocking work of coroutines: a bounded number, each told when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from anyio import CancelScope

from ..index.domain.errors import ConfigError

T = TypeVar("T")


class AbandonedError(Exception):
    """Ends work that nobody waits for any more."""


class ThreadPool:
    """A bounded number of threads. More work waits for one, in the order in which it came.

    Unlike `anyio.to_thread`, it bounds the threads also where tasks are cancelled by asyncio itself (`Task.cancel`,
    `asyncio.timeout`), and belongs to no event loop.

    Args:
        size: number of threads.
        name: prefix of their names.

    Raises:
        ValueError: `size` is less than 1.
    """

    def __init__(self, size: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(size, name)
        self._is_closed = False

    async def run(self, work: Callable[[threading.Event], T]) -> T:
        """Run work in a thread; a caller that is cancelled abandons it, and waits for its end.

        Args:
            work: is passed an event that is set when it is abandoned, and may end then.

        Raises:
            ConfigError: the pool is closed.
        """
        return await self.submit(work).result()

    def submit(self, work: Callable[[threading.Event], T]) -> Job[T]:
        """Start work in a thread, as `run`.

        Raises:
            ConfigError: the pool is closed.
        """
        if self._is_closed:
            raise ConfigError("the library is closed; open it again")
        abandoned = threading.Event()
        return Job(self._executor.submit(contextvars.copy_context().run, work, abandoned), abandoned)

    def close(self) -> None:
        """Wait for the work in progress and the work that waits, and refuse any other."""
        self._is_closed = True
        self._executor.shutdown()


class Job(Generic[T]):
    """Work in a thread.

    Args:
        future: the work.
        abandoned: tells it that nobody waits for it any more.
    """

    def __init__(self, future: Future[T], abandoned: threading.Event) -> None:
        self._future, self._abandoned = future, abandoned

    async def result(self) -> T:
        """Return its result, or raise its error; if cancelled, abandon it."""
        try:
            return await asyncio.wrap_future(self._future)
        except asyncio.CancelledError:
            await self.abandon()
            raise

    async def abandon(self) -> None:
        """Tell it that nobody waits for it any more, and wait for its end; its result or error is dropped."""
        self._abandoned.set()
        if self._future.done() or self._future.cancel():
            return
        ended = asyncio.wrap_future(self._future)
        ended.add_done_callback(lambda future: future.cancelled() or future.exception())
        with CancelScope(shield=True):
            await asyncio.wait([ended])
