"""Work for requests: questions in admitted threads, ended when their client leaves."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
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
from .guard import RateLimits

T = TypeVar("T")
_LOOKUPS = 4  # threads for lookups by id, which take milliseconds
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
        self._changes = CapacityLimiter(1)  # they exclude each other anyway

    async def run_for(self, request: Request, work: Callable[[], T]) -> T:
        """Run a search, or work like one, for a client that may leave.

        Raises:
            OverloadedError: there is no place.
            ClientLeftError: the client left before there was one.
        """
        async with while_connected(request):
            return await self.run(work)
        raise ClientLeftError

    async def run(self, work: Callable[[], T]) -> T:
        """Run a search, or work like one, in a place of its own.

        Raises:
            OverloadedError: there is no place.
        """
        async with self.answering.place():
            return await self.answering.run(work)

    async def writes(self, request: Request, body: AskRequest) -> bool:
        """Return whether a language model may write an answer; count it against what the client may have written.

        Raises:
            InputError: the request demands a written answer, and no model is configured.
            RefusedError: the client has had too many.
        """
        is_written = await self.look_up(lambda: self.library.answering.writes(body))
        if is_written:
            self._limits.require("written", getattr(request.state, "client_id", ""))
        return is_written

    async def ask(self, request: Request, body: AskRequest, *, is_written: bool) -> Answer:
        """Answer a question.

        Args:
            request: the request, whose client may leave.
            body: the question.
            is_written: whether a model may write the answer (`writes`).

        Raises:
            OverloadedError: there is no place.
            ClientLeftError: the client left before the answer was complete.
        """
        async with while_connected(request):
            return await self.answer(body, is_written=is_written)
        raise ClientLeftError

    async def answer(self, body: AskRequest, *, is_written: bool) -> Answer:
        """Answer a question until it is cancelled, as `ask`.

        Raises:
            OverloadedError: there is no place.
        """
        async with self._begin(body, is_written) as begun:
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
            ClientLeftError: the client left before the first event.
        """
        async with while_connected(request), AsyncExitStack() as stack:
            return await stack.enter_async_context(self._begin(body, is_written)), stack.pop_all()
        raise ClientLeftError

    @asynccontextmanager
    async def _begin(self, body: AskRequest, is_written: bool) -> AsyncGenerator[BegunAnswer]:
        """Search for a question and compose its answer in a place, and keep another for a model that writes it."""
        async with AsyncExitStack() as stack:
            threads = self._lookups
            if is_written:
                await stack.enter_async_context(self.writing.place())
                threads = self.writing.threads
            events = self.library.answering.events(body)

            async def close() -> None:
                with anyio.CancelScope(shield=True):  # the client may have left
                    await run_sync(events.close, limiter=threads)

            stack.push_async_callback(close)
            async with self.answering.place():
                first = await self.answering.run(lambda: next(events))
            yield BegunAnswer(first, lambda: run_sync(next, events, limiter=threads))

    async def look_up(self, work: Callable[[], T]) -> T:
        """Run a lookup by id."""
        return await run_sync(work, limiter=self._lookups)

    async def change(self, work: Callable[[], T]) -> T:
        """Run a change of the index, after those that were requested before."""
        return await run_sync(work, limiter=self._changes)

    async def probe(self, work: Callable[[], T]) -> T:
        """Run what tells how the service is; it never waits behind questions."""
        return await run_sync(work, limiter=self._probes)


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
