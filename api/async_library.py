"""`Library` for asyncio: its operations as coroutines, run in a bounded number of threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from anyio import CancelScope

from ..index.domain.filters import NO_FILTER, Filter
from ..index.embeddings.e5.openvino_runner import available_cores
from .conversation.turns import Turn
from .events import DoneEvent, Event
from .library import Library
from .requests import AskRequest
from .results import Answer
from .threads import AbandonedError, ThreadPool

P = ParamSpec("P")
T = TypeVar("T")

_WRITERS = 8
_LOOKUPS = 4  # take milliseconds, and wait for no question


@dataclass(frozen=True, slots=True)
class Pools:
    """The threads of an `AsyncLibrary`.

    Attributes:
        questions: for searches, and for answers that are quoted.
        writers: for answers that a language model may write; while it replies, they take no thread from others.
        lookups: for lookups by id.
        jobs: for what takes the ingest lock, one after the other.
    """

    questions: ThreadPool
    writers: ThreadPool
    lookups: ThreadPool
    jobs: ThreadPool

    def close(self) -> None:
        """Wait for the work in progress."""
        for pool in (self.questions, self.writers, self.lookups, self.jobs):
            pool.close()


def _question(
    method: Callable[Concatenate[Library, P], T],
) -> Callable[Concatenate[AsyncLibrary, P], Coroutine[Any, Any, T]]:
    """Return a method of `Library` as a coroutine in the threads for questions."""

    @wraps(method)
    async def run(self: AsyncLibrary, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.pools.questions.run(lambda _: method(self.library, *args, **kwargs))

    return run


def _lookup(
    method: Callable[Concatenate[Library, P], T],
) -> Callable[Concatenate[AsyncLibrary, P], Coroutine[Any, Any, T]]:
    """Return a method of `Library` as a coroutine in the threads for lookups."""

    @wraps(method)
    async def run(self: AsyncLibrary, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.pools.lookups.run(lambda _: method(self.library, *args, **kwargs))

    return run


def _job(
    method: Callable[Concatenate[Library, P], T],
) -> Callable[Concatenate[AsyncLibrary, P], Coroutine[Any, Any, T]]:
    """Return a method of `Library` with an argument `observe` as a coroutine that ends early if cancelled."""

    @wraps(method)
    async def run(self: AsyncLibrary, *args: P.args, **kwargs: P.kwargs) -> T:
        call = cast("Callable[..., T]", partial(method, self.library, *args, **kwargs))
        observe: Callable[[object], object] | None = cast("dict[str, Any]", kwargs).get("observe")

        def work(abandoned: threading.Event) -> T:
            def stop_or_observe(progress: object) -> None:
                if abandoned.is_set():
                    raise AbandonedError
                if observe:
                    observe(progress)

            return call(observe=stop_or_observe)

        return await self.pools.jobs.run(work)

    return run


def _opening(open_library: Callable[P, Library]) -> Callable[P, Coroutine[Any, Any, AsyncLibrary]]:
    """Return the function that opens a library as a coroutine."""

    @wraps(open_library)
    async def run(*args: P.args, **kwargs: P.kwargs) -> AsyncLibrary:
        def work(abandoned: threading.Event) -> Library:
            library = open_library(*args, **kwargs)
            if abandoned.is_set():
                library.close()
                raise AbandonedError
            return library

        with closing(ThreadPool(1, "nonmun-open")) as pool:
            return AsyncLibrary(await pool.run(work))

    return run


class AsyncLibrary:
    """A `Library` whose operations are coroutines, with the arguments, results and errors of `Library`'s methods.

    They run in threads: questions in `threads` of them, answers that a language model may write in `writers`, and what
    takes the ingest lock in a single one. More calls wait for a thread. Callbacks are called in these threads.

    A coroutine that is cancelled returns when its thread has ended: a search or a lookup when it is complete, an answer
    or an ingest before its next step. While a language model replies, that is within a tenth of a second, and its
    connection is closed.

    Open one with `async with await AsyncLibrary.open(path) as library`, or make one of an open `Library`. It works on
    any event loop of asyncio.

    Args:
        library: an open library; `close` closes it as well.
        threads: how many questions are worked on at once; None is the number of cores.
        writers: how many answers a language model writes at once.

    Attributes:
        library: the library, for the members that never wait, such as `settings`.
        pools: the threads.

    Raises:
        ValueError: `threads` or `writers` is less than 1.
    """

    def __init__(self, library: Library, *, threads: int | None = None, writers: int = _WRITERS) -> None:
        self.library = library
        self.pools = Pools(
            ThreadPool(available_cores() if threads is None else threads, "nonmun-question"),
            ThreadPool(writers, "nonmun-writer"),
            ThreadPool(_LOOKUPS, "nonmun-lookup"),
            ThreadPool(1, "nonmun-job"),
        )

    open = staticmethod(_opening(Library.open))

    async def __aenter__(self) -> AsyncLibrary:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Wait for the calls in progress, and close all files. Closing again has no effect."""

        def close() -> None:
            self.pools.close()
            self.library.close()

        with CancelScope(shield=True):
            await asyncio.to_thread(close)

    async def ask(
        self,
        question: str,
        k: int = 10,
        *,
        where: Filter = NO_FILTER,
        as_of: date | None = None,
        without: Collection[str] = (),
        history: Sequence[Turn] = (),
        generate: bool | None = None,
    ) -> Answer:
        """Answer a question with exact quotations, or abstain if nothing in the index answers it; see `Library.ask`.

        Cancelling stops the work, the language model included.
        """
        request = AskRequest(question, k, where, as_of, without, tuple(history), generate)
        return await (await self._pool_for(request)).run(partial(self._answer, request, lambda _: None))

    async def stream(
        self,
        question: str,
        k: int = 10,
        *,
        where: Filter = NO_FILTER,
        as_of: date | None = None,
        without: Collection[str] = (),
        history: Sequence[Turn] = (),
        generate: bool | None = None,
    ) -> AsyncGenerator[Event]:
        """Answer a question as a stream of events; see `Library.stream`.

        Closing the generator stops the work, the language model included. One that is left by `break` is closed by the
        event loop some time later; `contextlib.aclosing` closes it at once.

        Yields:
            The events, as soon as each is known.
        """
        request = AskRequest(question, k, where, as_of, without, tuple(history), generate, stream=True)
        loop, arrived = asyncio.get_running_loop(), asyncio.Queue[Event | None]()

        def forward(event: Event | None) -> None:
            loop.call_soon_threadsafe(arrived.put_nowait, event)

        def work(abandoned: threading.Event) -> None:
            try:
                self._answer(request, forward, abandoned)
            finally:
                forward(None)

        job = (await self._pool_for(request)).submit(work)
        try:
            while event := await arrived.get():
                yield event
            await job.result()
        finally:
            await job.abandon()

    search = _question(Library.search)
    explain = _question(Library.explain)
    similar = _question(Library.similar)
    translations = _question(Library.translations)

    paper = _lookup(Library.paper)
    list_entries = _lookup(Library.list_entries)
    list_papers = _lookup(Library.list_papers)
    digests = _lookup(Library.digests)
    digest = _lookup(Library.digest)
    entries = _lookup(Library.entries)
    papers = _lookup(Library.papers)
    chunk = _lookup(Library.chunk)
    chunks = _lookup(Library.chunks)
    export = _lookup(Library.export)
    document_frequency = _lookup(Library.document_frequency)
    chunk_ids = _lookup(Library.chunk_ids)
    status = _lookup(Library.status)
    problems = _lookup(Library.problems)
    purgeable = _lookup(Library.purgeable)
    examine = _lookup(Library.examine)
    backup = _lookup(Library.backup)

    ingest = _job(Library.ingest)
    add_entries = _job(Library.add_entries)
    fetch = _job(Library.fetch)
    remove = _job(Library.remove)
    purge = _job(Library.purge)
    reembed = _job(Library.reembed)
    repair = _job(Library.repair)

    async def _pool_for(self, request: AskRequest) -> ThreadPool:
        is_written = await self.pools.lookups.run(lambda _: self.library.answering.writes(request))
        return self.pools.writers if is_written else self.pools.questions

    def _answer(self, request: AskRequest, forward: Callable[[Event], object], abandoned: threading.Event) -> Answer:
        """Answer a question in this thread, until it is abandoned."""
        with closing(self.library.answering.events(request)) as events:  # closes the reply of a language model
            for event in events:
                if abandoned.is_set():
                    break
                if event:
                    forward(event)
                if isinstance(event, DoneEvent):
                    return event.answer
        raise AbandonedError
