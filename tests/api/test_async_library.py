"""The asynchronous library: the results of `Library`, bounded threads, and calls that are cancelled."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

import nonmun
from nonmun import AsyncLibrary, CitationEvent, ConfigError, DoneEvent, HitsEvent, InputError, Library, Turn
from nonmun.index.domain.vectors import Matrix

from .conftest import wait_until

KO = "보상 모델 없이 선호에 맞추는 학습은?"
PATIENCE = 300  # seconds that a machine ten times slower does not need


class Silent:
    """A language model that begins its reply, sends nothing, and counts the clients that leave."""

    def __init__(self) -> None:
        self.begun, self.ended = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, exchange: Any) -> None:
        exchange.begin()
        self.begun.release()
        if exchange.wait_for_disconnect(PATIENCE):
            self.ended.release()


class Blocking:
    """An embedder that embeds questions only when a test lets it, and counts those at work."""

    def __init__(self, embedder: Any) -> None:
        self._embedder, self._lock = embedder, threading.Lock()
        self.begun, self.go = threading.Semaphore(0), threading.Event()
        self.working = self.most = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def queries(self, texts: Sequence[str]) -> Matrix:
        with self._lock:
            self.working += 1
            self.most = max(self.most, self.working)
        self.begun.release()
        assert self.go.wait(PATIENCE)
        with self._lock:
            self.working -= 1
        return self._embedder.queries(texts)


@contextmanager
def another(library: Library, **options: Any) -> Generator[AsyncLibrary]:
    """Open the library a second time for asyncio, with a language model that is waited for as long as a test takes."""
    update = {"llm_first_token": 600.0, "llm_gap": 600.0, "llm_timeout": 600.0}
    settings = library.settings.model_copy(update=update)
    embedding = options.pop("embedding", library.embedder)
    opened = AsyncLibrary(Library.open(settings=settings, embedding=embedding, create=False), **options)
    try:
        yield opened
    finally:
        asyncio.run(opened.close())


async def happened(semaphore: threading.Semaphore, times: int = 1) -> None:
    for _ in range(times):
        assert await asyncio.to_thread(semaphore.acquire, timeout=PATIENCE)


def names(of: Iterable[Any]) -> list[str]:
    return [type(event).__name__ for event in of]


def test_every_operation_of_a_library_is_a_coroutine() -> None:
    apart = {"open", "close", "events", "stream"}
    operations = {name for name, member in vars(Library).items() if name[0] != "_" and inspect.isfunction(member)}
    missing = {name for name in operations if not hasattr(AsyncLibrary, name)} - apart
    assert missing == set(), "add them to AsyncLibrary"
    for name in operations - apart:
        operation = getattr(AsyncLibrary, name)
        assert inspect.iscoroutinefunction(operation), name
        parameters = inspect.signature(getattr(Library, name)).parameters
        assert inspect.signature(operation).parameters == parameters, name
        assert inspect.getdoc(operation), name
    assert inspect.isasyncgenfunction(AsyncLibrary.stream)
    assert inspect.signature(AsyncLibrary.stream).parameters == inspect.signature(Library.stream).parameters


def test_results_are_those_of_the_library(sample_library: Library) -> None:
    async def run(library: AsyncLibrary) -> None:
        search, ask = await asyncio.gather(library.search(KO, 3), library.ask(KO, 3))
        assert search == sample_library.search(KO, 3)
        assert ask == sample_library.ask(KO, 3)
        follow_up = await library.ask("그 논문의 한계는?", history=[Turn.of(ask)])
        assert follow_up == sample_library.ask("그 논문의 한계는?", history=[Turn.of(ask)])
        (paper_id, *_) = [hit.paper_id for hit in search.hits]
        assert await library.paper(paper_id) == sample_library.paper(paper_id)
        chunk_id = search.hits[0].evidence[0].chunk_id
        assert await library.chunk(chunk_id) == sample_library.chunk(chunk_id)
        assert await library.explain(KO, [paper_id]) == sample_library.explain(KO, [paper_id])
        assert await library.status() == sample_library.status()
        assert await library.translations("강화 학습") == sample_library.translations("강화 학습")
        events = [event async for event in library.stream(KO, 3)]
        assert events == list(sample_library.stream(KO, 3))
        assert isinstance(events[0], HitsEvent)
        assert any(isinstance(event, CitationEvent) for event in events)
        assert isinstance(events[-1], DoneEvent)

    with another(sample_library) as library:
        asyncio.run(run(library))
        asyncio.run(run(library))  # on another event loop


def test_a_data_directory_is_opened_filled_and_closed(tmp_path: Path, samples: Path, embedder: Any) -> None:
    async def run() -> None:
        with pytest.raises(ConfigError, match="holds no index yet"):
            await AsyncLibrary.open(tmp_path / "none", create=False)
        steps: list[Any] = []
        async with await AsyncLibrary.open(tmp_path / "data", embedding=embedder) as library:
            report = await library.ingest(samples / "digests", observe=steps.append)
            assert (report.days, report.problems) == (4, [])
            assert steps
            assert (await library.status()).papers == report.papers
            (answer,) = [event.answer async for event in library.stream(KO) if isinstance(event, DoneEvent)]
            assert answer.hits
        await library.close()
        for call in (library.status, lambda: library.ask(KO), lambda: anext(library.stream(KO))):
            with pytest.raises(ConfigError, match="closed"):
                await call()

    asyncio.run(run())


def test_closing_waits_for_calls_in_progress(sample_library: Library) -> None:
    embedder = Blocking(sample_library.embedder)

    async def run(library: AsyncLibrary) -> None:
        async with library:
            search = asyncio.create_task(library.search(KO))
            await happened(embedder.begun)
            closing = asyncio.create_task(library.close())
            await asyncio.sleep(0)
            embedder.go.set()
            await closing
            assert (await search).hits

    with another(sample_library, embedding=embedder) as library:
        asyncio.run(run(library))


def test_errors_are_those_of_the_library(sample_library: Library) -> None:
    async def run(library: AsyncLibrary) -> None:
        with pytest.raises(InputError, match="question"):
            await library.ask("")
        with pytest.raises(InputError, match="generate: no language model"):
            await library.ask(KO, generate=True)
        with pytest.raises(InputError, match="k: is 0"):
            await anext(library.stream(KO, 0))
        with pytest.raises(ValueError, match="max_workers"):
            AsyncLibrary(sample_library, threads=0)

    with another(sample_library) as library:
        asyncio.run(run(library))


def test_threads_are_bounded_even_if_calls_are_cancelled(sample_library: Library) -> None:
    embedder = Blocking(sample_library.embedder)

    async def run(library: AsyncLibrary) -> None:
        searches = [asyncio.create_task(library.search(KO)) for _ in range(6)]
        await happened(embedder.begun, 2)
        searches[5].cancel()  # waits for a thread
        await asyncio.wait([searches[5]])
        searches[0].cancel()  # has one
        await asyncio.wait([searches[0]], timeout=0.2)
        assert not searches[0].done()
        assert (await library.status()).papers == 17  # lookups wait for no question
        embedder.go.set()
        results = await asyncio.gather(*searches, return_exceptions=True)
        assert [isinstance(result, asyncio.CancelledError) for result in results] == [True, *[False] * 4, True]
        assert embedder.most == 2

    with another(sample_library, embedding=embedder, threads=2) as library:
        asyncio.run(run(library))


async def cancel_ask(library: AsyncLibrary, silent: Silent) -> None:
    task = asyncio.create_task(library.ask(KO))
    await happened(silent.begun)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def cancel_scope(library: AsyncLibrary, silent: Silent) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(library.ask, KO)
        await happened(silent.begun)
        group.cancel_scope.cancel()


async def cancel_stream(library: AsyncLibrary, silent: Silent) -> None:
    async def read() -> None:
        async for event in library.stream(KO):
            assert isinstance(event, HitsEvent)

    task = asyncio.create_task(read())
    await happened(silent.begun)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def close_stream(library: AsyncLibrary, silent: Silent) -> None:
    async with aclosing(library.stream(KO)) as events:
        async for event in events:
            assert isinstance(event, HitsEvent)
            break
        await happened(silent.begun)


async def leave_stream(library: AsyncLibrary, silent: Silent) -> None:
    async for _ in library.stream(KO):
        break
    await happened(silent.begun)


@pytest.mark.parametrize("leave", [cancel_ask, cancel_scope, cancel_stream, close_stream, leave_stream])
def test_a_caller_that_leaves_stops_the_language_model(
    written: Library, model_server: Any, models: Any, leave: Callable[..., Any]
) -> None:
    async def run(library: AsyncLibrary) -> None:
        await leave(library, silent)
        await happened(silent.ended)
        model_server.behave = models.citing
        assert (await library.ask(KO)).writer == "generated"  # the only thread for written answers is free

    model_server.behave = silent = Silent()
    with another(written, writers=1) as library:
        asyncio.run(run(library))
    wait_until(lambda: not any(thread.name.startswith("nonmun-reply") for thread in threading.enumerate()))


def test_written_answers_take_no_thread_from_others(written: Library, model_server: Any) -> None:
    async def run(library: AsyncLibrary) -> None:
        asked = [asyncio.create_task(library.ask(KO)) for _ in range(5)]
        await happened(silent.begun, 2)
        assert (await library.ask(KO, generate=False)).writer == "extracted"
        assert (await library.search(KO)).hits
        for task in asked:
            task.cancel()
        results = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)
        await happened(silent.ended, 2)
        assert len(model_server.requests) == 2

    model_server.behave = silent = Silent()
    with another(written, threads=1, writers=2) as library:
        asyncio.run(run(library))


def test_a_cancelled_ingest_ends_before_its_next_step(tmp_path: Path, samples: Path, embedder: Any) -> None:
    begun, go = threading.Semaphore(0), threading.Event()

    def observe(progress: object) -> None:
        begun.release()
        assert go.wait(PATIENCE)

    async def run() -> None:
        async with await AsyncLibrary.open(tmp_path, embedding=embedder) as library:
            task = asyncio.create_task(library.ingest(samples / "digests", observe=observe))
            await happened(begun)
            task.cancel()
            await asyncio.sleep(0)
            go.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await library.status()).documents < 4
            assert (await library.ingest(samples / "digests")).days == 4  # the lock is free
            assert (await library.status()).documents == 4

    asyncio.run(run())


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert nonmun.__version__ == version("nonmun")
    with pytest.raises(AttributeError, match="nothing"):
        _ = nonmun.nothing  # type: ignore[attr-defined]
