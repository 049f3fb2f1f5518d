"""Work for requests: questions in admitted threads, ended when their client leaves."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import anyio
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request

from ...index.embeddings.e5.openvino_runner import available_cores
from ...settings import HttpConfig
from ..events import DoneEvent, Event
from ..library import Library
from ..requests import AskRequest
from ..results import Answer
from .admission import Admission
from .errors import RefusedError
from .guard import RateLimits

T = TypeVar("T")
_LOOKUPS = 4  # threads for lookups by id, which take milliseconds
_STORES = 2  # threads for what is stored, which may wait for a lock
_PROBES = 1  # threads for the probes of readiness and status, which wait for nothing else


class ClientLeftError(Exception):
    """The client has closed the connection."""


@dataclass(frozen=True, slots=True)
class BegunAnswer:
    """An answer whose question has been searched for.

    Attributes:
        first: the first event.
        next: returns the next event, or None if there is none yet; the last is a `DoneEvent`.
    """

    first: Event | None
    next: Callable[[], Awaitable[Event | None]]


class Work:
    """Runs what requests ask of a library. Belongs to one event loop.

    Args:
        library: the library.
        config: how much runs and waits at once.
        limits: counts the answers that a language model writes.
    """

    def __init__(self, library: Library, config: HttpConfig, limits: RateLimits | None = None) -> None:
        self.library, self._limits = library, limits or RateLimits(config)
        places = config.places or max(1, available_cores() // config.workers)
        self.answering = Admission(places, deadline=config.wait, queue=config.queue)
        self.writing = Admission(config.writers, deadline=config.wait, queue=config.queue)
        self._lookups, self._probes = CapacityLimiter(_LOOKUPS), CapacityLimiter(_PROBES)
        self._stores = CapacityLimiter(_STORES)
        self._changes = CapacityLimiter(1)  # they exclude each other anyway
        self._charging = threading.Lock()  # models are called from threads, and the limits are made for one

    async def run_for(self, request: Request, work: Callable[[], T]) -> T:
        """Run a search, or work like one, for a client that may leave.

        Raises:
            OverloadedError: there is no place.
            ClientLeftError: the client left before there was one.
        """
        async with while_connected(request):
            return await self.run(request, work)
        raise ClientLeftError

    async def run(self, request: Request, work: Callable[[], T]) -> T:
        """Run a search, or work like one, in a place of its own, until it is cancelled.

        Raises:
            OverloadedError: there is no place.
        """
        async with self.answering.place(_client_of(request)):
            return await self.answering.run(work)

    async def writes(self, body: AskRequest) -> bool:
        """Return whether a language model may write an answer. It counts against the client's once it is called.

        Raises:
            InputError: the request demands a written answer, and no model is configured.
        """
        return await self.look_up(lambda: self.library.answering.writes(body))

    async def ask(self, request: Request, body: AskRequest, *, is_written: bool) -> Answer:
        """Answer a question.

        Args:
            request: the request, whose client may leave.
            body: the question.
            is_written: whether a model may write the answer (`writes`).

        Raises:
            OverloadedError: there is no place.
            RefusedError: the request demands a written answer, and the client has had too many.
            ClientLeftError: the client left before the answer was complete.
        """
        async with while_connected(request):
            return await self.answer(request, body, is_written=is_written)
        raise ClientLeftError

    async def answer(self, request: Request, body: AskRequest, *, is_written: bool) -> Answer:
        """Answer a question until it is cancelled, as `ask`.

        Raises:
            OverloadedError: there is no place.
            RefusedError: the request demands a written answer, and the client has had too many.
        """
        async with self._begin(request, body, is_written) as begun:
            event = begun.first
            while not isinstance(event, DoneEvent):
                event = await begun.next()
            return event.answer

    async def stream(
        self, request: Request, body: AskRequest, *, is_written: bool
    ) -> tuple[BegunAnswer, AsyncExitStack]:
        """Begin to answer a question, as `ask`; return the answer so far, and what has to be closed in the end.

        Raises:
            OverloadedError: there is no place.
            RefusedError: the request demands a written answer, and the client has had too many.
            ClientLeftError: the client left before the first event.
        """
        async with while_connected(request), AsyncExitStack() as stack:
            return await stack.enter_async_context(self._begin(request, body, is_written)), stack.pop_all()
        raise ClientLeftError

    @asynccontextmanager
    async def _begin(self, request: Request, body: AskRequest, is_written: bool) -> AsyncGenerator[BegunAnswer]:
        """Search for a question and compose its answer in a place, and keep another for a model that writes it."""
        client = _client_of(request)
        async with AsyncExitStack() as stack:
            threads = self._lookups
            if is_written:
                await stack.enter_async_context(self.writing.place(client))
                threads = self.writing.threads
            events = _Steps(self.library.answering.events(body, lambda: self._may_call_model(client, body)))

            async def close() -> None:
                with anyio.CancelScope(shield=True):  # the client may have left
                    await run_sync(events.close, limiter=threads)

            stack.push_async_callback(close)
            async with self.answering.place(client):
                first = await self.answering.run(events.next)
            yield BegunAnswer(first, lambda: run_sync(events.next, limiter=threads))

    def _may_call_model(self, client: str, body: AskRequest) -> bool:
        """Count an answer against those that a client may have written, and return whether it may have this one.

        Raises:
            RefusedError: it may not, and the request demands a written answer.
        """
        with self._charging:
            failure, _ = self._limits.hit("written", client)
        if failure and body.generate:
            raise RefusedError(failure)
        return failure is None

    async def look_up(self, work: Callable[[], T]) -> T:
        """Run a lookup by id."""
        return await run_sync(work, limiter=self._lookups)

    async def store(self, work: Callable[[], T]) -> T:
        """Store an answer or feedback; lookups do not wait behind it."""
        return await run_sync(work, limiter=self._stores)

    async def change(self, work: Callable[[], T]) -> T:
        """Run a change of the index, after those that were requested before."""
        return await run_sync(work, limiter=self._changes)

    async def probe(self, work: Callable[[], T]) -> T:
        """Run what tells how the service is; it never waits behind questions."""
        return await run_sync(work, limiter=self._probes)


class _Steps:
    """The events of an answer, taken in threads.

    A task that asyncio cancels, as at the end of the grace period, leaves a step that runs in its thread: anyio waits
    for it only where it cancels itself. A generator cannot be closed before its step has ended.

    Args:
        events: the events; the last is a `DoneEvent`.
    """

    def __init__(self, events: Generator[Event | None]) -> None:
        self._events, self._lock = events, threading.Lock()

    def next(self) -> Event | None:
        """Return the next event, or None if there is none yet."""
        with self._lock:
            return next(self._events)

    def close(self) -> None:
        """Wait for the step that runs, and close the generator."""
        with self._lock:
            self._events.close()


def _client_of(request: Request) -> str:
    """Return the id of the client whose request it is: of its key, or its address."""
    return getattr(request.state, "client_id", "")


@asynccontextmanager
async def while_connected(request: Request) -> AsyncGenerator[None]:
    """Cancel the block when the client leaves; it is left without an error then."""

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        group.cancel_scope.cancel()

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(watch)
            yield
            group.cancel_scope.cancel()
    except BaseExceptionGroup as error:
        if len(error.exceptions) == 1:
            raise error.exceptions[0] from None
        raise
