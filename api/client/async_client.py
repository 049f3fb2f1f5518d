"""The client of a service for asyncio."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from datetime import date
from typing import Any, Concatenate, ParamSpec, TypeVar

import anyio
import httpx
from httpx_sse import EventSource

from ...index.domain.filters import NO_FILTER, Filter
from ...index.domain.papers import Entry
from ...index.domain.trust import Label
from ...ingest.report import IngestReport
from ..conversation.turns import Turn
from ..events import DoneEvent, Event
from ..results import Job
from . import calls
from .calls import Call, named_after
from .exchange import (
    DEFAULT_RETRY,
    DEFAULT_URL,
    Retry,
    Service,
    cut_off,
    error_of,
    read,
    read_event,
    report_of,
    unfinished,
)

P = ParamSpec("P")
T = TypeVar("T")

_PAGE = 200  # entries of a request
_FIRST_POLL, _LAST_POLL = 0.1, 2.0  # seconds between two looks at a job


def _method(build: Callable[P, Call[T]]) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]:
    """Return a method that sends the request of a function and returns its result."""

    @named_after(build)
    async def run(self: AsyncClient, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.send(build(*args, **kwargs))

    return run


class AsyncClient:
    """A service of nonmun, with the methods of `Library` that a service has.

    Results and errors are those of `Library`; `ServiceError` tells what only a service does, such as refusing a key.
    Requests that the service turns away are repeated as its `Retry-After` says, within the bounds of `retry`; nothing
    else is repeated. Close it, or use it in an `async with`
    block.

    Args:
        url: address of the service.
        key: API key (`nonmun keys create`); None where the service needs none.
        timeout: seconds until a connection is open, and between two parts of a response.
        retry: repetitions.
        http: the client of httpx to send with, for certificates or a proxy of its own; it stays the caller's to close.

    Raises:
        ConfigError: the address or the key is not valid.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        key: str | None = None,
        timeout: float = 60.0,
        retry: Retry = DEFAULT_RETRY,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._service = Service(url, key, timeout, retry)
        self._http, self._owns_http = http or httpx.AsyncClient(), http is None

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections. Closing again has no effect."""
        if self._owns_http:
            await self._http.aclose()

    search = _method(calls.search)
    ask = _method(calls.ask)
    explain = _method(calls.explain)
    translations = _method(calls.translations)
    similar = _method(calls.similar)
    paper = _method(calls.paper)
    list_papers = _method(calls.list_papers)
    list_entries = _method(calls.list_entries)
    digests = _method(calls.digests)
    digest = _method(calls.digest)
    chunk = _method(calls.chunk)
    status = _method(calls.status)
    add_entries = _method(calls.add_entries)
    job = _method(calls.job)
    remove = _method(calls.remove)

    async def entries(self, label: Label | None = None) -> tuple[Entry, ...]:
        """Return the digest entries with a trust label, or all entries, oldest first; see `Library.entries`."""
        found: list[Entry] = []
        while True:
            page = await self.list_entries(label, limit=_PAGE, offset=len(found))
            found += page.entries
            if not page.entries or len(found) >= page.total:
                return tuple(found)

    async def wait(self, job: Job, timeout: float | None = None) -> IngestReport:
        """Wait for the end of a job and return its report.

        Args:
            job: a job of this service.
            timeout: seconds to wait at most; None waits until it ends.

        Raises:
            NonmunError: the reason why the job failed.
            ServiceError: it was interrupted (`interrupted`), or has not ended in time (`timeout`).
        """
        began, pause = time.monotonic(), _FIRST_POLL
        while not job.has_ended:
            if timeout is not None and time.monotonic() - began >= timeout:
                raise unfinished(job, timeout)
            await anyio.sleep(pause)
            job, pause = await self.job(job.job_id), min(2 * pause, _LAST_POLL)
        return report_of(job)

    async def stream(
        self,
        question: str,
        k: int = 10,
        *,
        where: Filter = NO_FILTER,
        as_of: date | None = None,
        history: Sequence[Turn] = (),
        generate: bool | None = None,
    ) -> AsyncGenerator[Event]:
        """Answer a question as a stream of events; see `Library.stream`.

        Closing the generator closes the connection, which stops the work. One that is left by `break` is closed by the
        event loop some time later; `contextlib.aclosing` closes it at once.

        Yields:
            The events, as soon as each arrives.
        """
        call = calls.ask(question, k, where=where, as_of=as_of, history=history, generate=generate)
        response = await self._open(calls.streamed(call), "text/event-stream")
        try:
            with self._service.errors():
                async with aclosing(EventSource(response).aiter_sse()) as events:
                    async for sent in events:
                        event = read_event(sent)
                        if event:
                            yield event
                        if isinstance(event, DoneEvent):
                            return
            raise cut_off()
        finally:
            await response.aclose()

    async def send(self, call: Call[T]) -> T:
        """Send a request and return its result.

        Raises:
            NonmunError: the response reports one.
            ServiceError: the service cannot be reached, or is not one of nonmun.
        """
        response = await self._open(call, "application/json")
        try:
            with self._service.errors():
                await response.aread()
            return read(call, response)
        finally:
            await response.aclose()

    async def _open(self, call: Call[Any], accept: str) -> httpx.Response:
        """Send a request, repeatedly if it is turned away; return the response, whose body is not read yet.

        Raises:
            NonmunError: the response reports one.
        """
        arguments = self._service.request(call, accept)
        attempt = 0
        while True:
            with self._service.errors():
                response = await self._http.send(self._http.build_request(**arguments), stream=True)
                if response.is_success:
                    return response
                try:
                    await response.aread()
                finally:
                    await response.aclose()
            pause = self._service.retry.pause(response, attempt)
            if pause is None:
                raise error_of(response)
            await anyio.sleep(pause)
            attempt += 1
