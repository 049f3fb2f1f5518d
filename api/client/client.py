"""The client of a service."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from datetime import date
from typing import Any, Concatenate, ParamSpec, TypeVar

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


def _method(build: Callable[P, Call[T]]) -> Callable[Concatenate[Client, P], T]:
    """Return a method that sends the request of a function and returns its result."""

    @named_after(build)
    def run(self: Client, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.send(build(*args, **kwargs))

    return run


class Client:
    """A service of nonmun, with the methods of `Library` that a service has.

    Results and errors are those of `Library`; `ServiceError` tells what only a service does, such as refusing a key.
    Requests that the service turns away are repeated as its `Retry-After` says, within the bounds of `retry`; nothing
    else is repeated. It is safe to share between threads.
    Close it, or use it in a `with` block.

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
        http: httpx.Client | None = None,
    ) -> None:
        self._service = Service(url, key, timeout, retry)
        self._http, self._owns_http = http or httpx.Client(), http is None

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. Closing again has no effect."""
        if self._owns_http:
            self._http.close()

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

    def entries(self, label: Label | None = None) -> tuple[Entry, ...]:
        """Return the digest entries with a trust label, or all entries, oldest first; see `Library.entries`."""
        found: list[Entry] = []
        while True:
            page = self.list_entries(label, limit=_PAGE, offset=len(found))
            found += page.entries
            if not page.entries or len(found) >= page.total:
                return tuple(found)

    def wait(self, job: Job, timeout: float | None = None) -> IngestReport:
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
            time.sleep(pause)
            job, pause = self.job(job.job_id), min(2 * pause, _LAST_POLL)
        return report_of(job)

    def stream(
        self,
        question: str,
        k: int = 10,
        *,
        where: Filter = NO_FILTER,
        as_of: date | None = None,
        history: Sequence[Turn] = (),
        generate: bool | None = None,
    ) -> Generator[Event]:
        """Answer a question as a stream of events; see `Library.stream`.

        Closing the generator closes the connection, which stops the work.

        Yields:
            The events, as soon as each arrives.
        """
        call = calls.ask(question, k, where=where, as_of=as_of, history=history, generate=generate)
        response = self._open(calls.streamed(call), "text/event-stream")
        try:
            with self._service.errors():
                for sent in EventSource(response).iter_sse():
                    event = read_event(sent)
                    if event:
                        yield event
                    if isinstance(event, DoneEvent):
                        return
            raise cut_off()
        finally:
            response.close()

    def send(self, call: Call[T]) -> T:
        """Send a request and return its result.

        Raises:
            NonmunError: the response reports one.
            ServiceError: the service cannot be reached, or is not one of nonmun.
        """
        response = self._open(call, "application/json")
        try:
            with self._service.errors():
                response.read()
            return read(call, response)
        finally:
            response.close()

    def _open(self, call: Call[Any], accept: str) -> httpx.Response:
        """Send a request, repeatedly if it is turned away; return the response, whose body is not read yet.

        Raises:
            NonmunError: the response reports one.
        """
        arguments = self._service.request(call, accept)
        attempt = 0
        while True:
            with self._service.errors():
                response = self._http.send(self._http.build_request(**arguments), stream=True)
                if response.is_success:
                    return response
                try:
                    response.read()
                finally:
                    response.close()
            pause = self._service.retry.pause(response, attempt)
            if pause is None:
                raise error_of(response)
            time.sleep(pause)
            attempt += 1
