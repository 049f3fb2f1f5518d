"""The clients of a service: the results and errors of the library, whichever way it is reached."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from nonmun import (
    AsyncLibrary,
    BusyError,
    CitationEvent,
    ConfigError,
    DoneEvent,
    Filter,
    HitsEvent,
    InputError,
    Library,
    NotFoundError,
    TokenEvent,
    Turn,
)
from nonmun.api.keys import KeyStore
from nonmun.client import AsyncClient, Client, Retry, ServiceError
from nonmun.index.catalog.lock import ingest_lock

from ..conftest import Failing, served, wait_until

KO = "보상 모델 없이 선호에 맞추는 학습은?"
EN = "Which paper cuts an image into patches for a transformer?"
ENTRY = {
    "paper_id": "2503.99999",
    "digest_date": "2025-03-04",
    "text": "## 결과\n\n고양이 보행 모델이 계단을 오릅니다.",
}


class Awaited:
    """A client of coroutines, called as one of functions."""

    def __init__(self, asynchronous: Any, run: Callable[..., Any]) -> None:
        self._asynchronous, self._run = asynchronous, run

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._asynchronous, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            result = method(*args, **kwargs)
            return self._iterate(result) if inspect.isasyncgen(result) else self._run(result)

        return call

    def _iterate(self, events: AsyncIterator[Any]) -> Iterator[Any]:
        while True:
            try:
                yield self._run(anext(events))
            except StopAsyncIteration:
                return


@contextmanager
def reached(how: str, library: Library, **config: Any) -> Generator[Any]:
    """Reach a library: itself, by threads, or over HTTP, in turn by a client of functions or of coroutines."""
    if how == "Library":
        yield library
        return
    with asyncio.Runner() as runner:
        if how == "AsyncLibrary":
            yield Awaited(AsyncLibrary(library), runner.run)  # not closed: that would close the library
            return
        with served(library, **config) as http:
            url = str(http.base_url)
            if how == "Client":
                with httpx.Client(trust_env=False) as inner, Client(url, http=inner) as client:
                    yield client
                return
            inner = httpx.AsyncClient(trust_env=False)
            try:
                yield Awaited(AsyncClient(url, http=inner), runner.run)
            finally:
                runner.run(inner.aclose())


WAYS = ("Library", "AsyncLibrary", "Client", "AsyncClient")


@pytest.fixture(scope="module", params=WAYS)
def papers(request: pytest.FixtureRequest, sample_library: Library) -> Iterator[Any]:
    with reached(request.param, sample_library) as papers:
        yield papers


# The same results


def test_answers(papers: Any, sample_library: Library) -> None:
    for question in (KO, EN, "내일 부산 날씨 어때?"):
        answer = papers.ask(question, 3)
        assert answer == sample_library.ask(question, 3)
        assert answer.timings.keys() == sample_library.ask(question, 3).timings.keys()
    answer = papers.ask(KO)
    history = [Turn.of(answer)]
    follow_up = papers.ask("그 논문의 한계는?", history=history, generate=False)
    assert follow_up == sample_library.ask("그 논문의 한계는?", history=history, generate=False)
    assert follow_up.interpretation.papers
    as_of = date(2025, 3, 5)
    assert papers.ask("어제 나온 논문은?", as_of=as_of) == sample_library.ask("어제 나온 논문은?", as_of=as_of)


def test_streams(papers: Any, sample_library: Library) -> None:
    events = list(papers.stream(KO, 3))
    assert events == list(sample_library.stream(KO, 3))
    assert {type(event) for event in events} == {HitsEvent, TokenEvent, CitationEvent, DoneEvent}
    assert (type(events[0]), events[-1].answer) == (HitsEvent, sample_library.ask(KO, 3))


FILTERS = [
    Filter(),
    Filter(since=date(2025, 3, 4), until=date(2025, 3, 5)),
    Filter(since=date(2015, 1, 1), by="published"),
    Filter(papers=("1706.03762", "2106.09685"), lang="en", source="abstract"),
    Filter(sections=("results",), trust=("supported", "unchecked")),
    Filter(authors=("hinton",), categories=("cs.CL",)),
]


@pytest.mark.parametrize("where", FILTERS, ids=lambda where: str(len(repr(where))))
def test_searches_and_lists(papers: Any, sample_library: Library, where: Filter) -> None:
    assert papers.search(EN, 4, where=where) == sample_library.search(EN, 4, where=where)
    assert papers.list_papers(where=where, limit=3) == sample_library.list_papers(where=where, limit=3)
    similar = papers.similar("1706.03762", 3, where=where)
    assert similar == sample_library.similar("1706.03762", 3, where=where)
    ids = [hit.paper_id for hit in similar.hits]
    assert papers.explain(EN, ["1810.04805", *ids], where=where) == sample_library.explain(
        EN, ["1810.04805", *ids], where=where
    )


def test_what_is_stored(papers: Any, sample_library: Library) -> None:
    days = papers.digests()
    assert days == sample_library.digests()
    for day in days:
        assert papers.digest(day.digest_date) == sample_library.digest(day.digest_date)
    page = papers.list_papers(limit=200)
    assert page == sample_library.list_papers(limit=200)
    for paper in page.papers:
        assert papers.paper(paper.paper_id, history=True) == sample_library.paper(paper.paper_id, history=True)
    (evidence, *_) = papers.search(KO).hits[0].evidence
    assert papers.chunk(evidence.chunk_id) == sample_library.chunk(evidence.chunk_id)
    for label in (None, "invented", "supported"):
        assert papers.entries(label) == sample_library.entries(label)
        assert papers.list_entries(label, limit=2, offset=1) == sample_library.list_entries(label, limit=2, offset=1)
    entry = papers.entries("invented")[0]
    assert entry.trust == sample_library.entries("invented")[0].trust  # entries do not compare it
    assert papers.status() == sample_library.status()
    assert papers.translations("강화 학습 attention") == sample_library.translations("강화 학습 attention")


ERRORS: list[tuple[type[Exception], Callable[[Any], Any]]] = [
    (InputError, lambda papers: papers.ask(" ")),
    (InputError, lambda papers: papers.ask("가" * 2_001)),
    (InputError, lambda papers: papers.ask("a\ud800b")),
    (InputError, lambda papers: papers.ask(KO, 0)),
    (InputError, lambda papers: papers.ask(KO, generate=True)),
    (InputError, lambda papers: papers.ask("그 논문은?", history=[Turn("x", ("no id",))])),
    (InputError, lambda papers: papers.search(EN, 101)),
    (InputError, lambda papers: next(papers.stream(""))),
    (InputError, lambda papers: papers.explain("", ["1706.03762"])),
    (InputError, lambda papers: papers.translations("")),
    (InputError, lambda papers: papers.paper("x")),
    (InputError, lambda papers: papers.similar("1706.03762", 0)),
    (InputError, lambda papers: papers.list_papers(limit=0)),
    (InputError, lambda papers: papers.list_entries(offset=-1)),
    (InputError, lambda papers: papers.digest("yesterday")),
    (NotFoundError, lambda papers: papers.paper("2101.00001")),
    (NotFoundError, lambda papers: papers.paper("math.GT/0309136")),
    (NotFoundError, lambda papers: papers.similar("2101.00001")),
    (NotFoundError, lambda papers: papers.digest("2020-01-01")),
    (NotFoundError, lambda papers: papers.chunk("no/such:chunk@x?#%")),
]


@pytest.mark.parametrize(("kind", "call"), ERRORS)
def test_errors(papers: Any, sample_library: Library, kind: type[Exception], call: Callable[[Any], Any]) -> None:
    with pytest.raises(kind) as expected:
        call(sample_library)
    with pytest.raises(kind) as raised:
        call(papers)
    assert type(raised.value) is type(expected.value)
    assert getattr(raised.value, "field", None) == getattr(expected.value, "field", None)


@pytest.mark.parametrize("how", WAYS)
def test_adding_and_removing(scratch: Library, how: str) -> None:
    def add(entries: list[dict[str, str]], **options: Any) -> Any:
        added = papers.add_entries(entries, **options)
        return papers.wait(added) if "Client" in how else added

    with reached(how, scratch) as papers:
        assert add([ENTRY]).new == 1
        assert add([ENTRY]).unchanged == 1
        assert add([ENTRY | {"text": "다른 글."}]).changed == 1
        assert papers.paper("2503.99999").entries[0].body == "다른 글."
        report = papers.remove("2503.99999@2025-03-04")
        assert (report.removed, report.chunks) == (1, scratch.status().chunks)
        with pytest.raises(NotFoundError):
            papers.paper("2503.99999")
        assert add([ENTRY | {"text": "다른 글."}]).held_back == 1
        assert add([ENTRY | {"text": "다른 글."}], readmit=True).new == 1
        assert papers.remove(" 2106.09685v2 ").removed == 2
        assert papers.remove("2025-03-05").removed > 1
        assert "2025-03-05" not in papers.status().days
        for missing in ("2025-03-05", "2106.09685", "2106.09685@2025-03-03"):
            with pytest.raises(NotFoundError):
                papers.remove(missing)
        with pytest.raises(InputError):
            papers.remove("everything")
        with pytest.raises(InputError, match=r"1\.paper_id"):
            add([ENTRY, ENTRY | {"paper_id": "x"}])


# What only a client does


def by_coroutines(run: Callable[[AsyncClient], Any], url: str, **options: Any) -> Any:
    """Run a coroutine function with an `AsyncClient`."""

    async def main() -> Any:
        async with httpx.AsyncClient(trust_env=False) as inner, AsyncClient(url, http=inner, **options) as client:
            return await run(client)

    return asyncio.run(main())


@contextmanager
def calling(how: str, url: str, **options: Any) -> Generator[Any]:
    """Yield a client of a service, whose calls return results."""
    if how == "Client":
        with httpx.Client(trust_env=False) as inner, Client(url, http=inner, **options) as client:
            yield client
        return
    with asyncio.Runner() as runner:
        inner = httpx.AsyncClient(trust_env=False)
        try:
            yield Awaited(AsyncClient(url, http=inner, **options), runner.run)
        finally:
            runner.run(inner.aclose())


CLIENTS = ("Client", "AsyncClient")
both = pytest.mark.parametrize("how", CLIENTS)


@both
def test_a_key_is_sent(sample_library: Library, keys: KeyStore, how: str) -> None:
    reader, _ = keys.create("Kim", ["read"])
    with served(sample_library, keys) as http:
        url = str(http.base_url)
        with calling(how, url, key=reader) as client:
            assert client.status() == sample_library.status()
            with pytest.raises(ServiceError, match="scope ask") as raised:
                client.ask(KO)
            assert (raised.value.code, raised.value.status) == ("forbidden", 403)
            with pytest.raises(ServiceError, match="scope admin"):
                client.remove("2106.09685")
        for key in (None, "nm_wrong"):
            with calling(how, url, key=key) as client, pytest.raises(ServiceError) as raised:
                next(client.stream(KO))
            assert (raised.value.code, raised.value.status) == ("unauthorized", 401)


@both
def test_jobs_are_waited_for(scratch: Library, how: str) -> None:
    with served(scratch, jobs=1) as http, calling(how, str(http.base_url), retry=Retry(0)) as client:
        with ingest_lock(scratch.settings.data, datetime.now(UTC)):
            job = client.add_entries([ENTRY])
            assert (job.status, job.entries, job.has_ended) == ("queued", 1, False)
            assert client.job(job.job_id) == job
            with pytest.raises(ServiceError, match="still queued") as raised:
                client.wait(job, timeout=0.2)
            assert raised.value.code == "timeout"
            with pytest.raises(ServiceError, match="jobs wait") as raised:
                client.add_entries([ENTRY])
            assert (raised.value.code, raised.value.status) == ("overloaded", 503)
            with pytest.raises(BusyError):
                client.remove("2106.09685")
        assert client.wait(job).new == 1
        assert client.wait(client.job(job.job_id)).new == 1
        with pytest.raises(NotFoundError):
            client.job("0" * 16)


@both
def test_a_job_that_did_not_end_well_is_an_error(scratch: Library, hash_embedder: Any, how: str) -> None:
    class Broken(Failing):
        def passages(self, texts: object) -> Any:
            raise self._error

    with (
        ingest_lock(scratch.settings.data, datetime.now(UTC)),
        served(scratch) as http,
        calling(how, str(http.base_url)) as client,
    ):
        interrupted = client.add_entries([ENTRY])
    broken = Broken(hash_embedder(), RuntimeError("broken"))
    with (
        Library.open(settings=scratch.settings, embedding=broken, create=False) as library,
        served(library) as http,
        calling(how, str(http.base_url)) as client,
    ):
        with pytest.raises(ServiceError, match="add them again") as raised:
            client.wait(interrupted)
        assert raised.value.code == "interrupted"
        with pytest.raises(ServiceError, match="internal error") as raised:
            client.wait(client.add_entries([ENTRY]))
        assert (raised.value.code, raised.value.status) == ("internal", 500)


# Services that misbehave


@dataclass
class Fake:
    """A transport that answers with prepared responses and keeps the requests."""

    responses: list[Any]

    def __post_init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        response = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        if isinstance(response, Exception):
            raise response
        return response(request) if callable(response) else response

    @contextmanager
    def calling(self, how: str, **options: Any) -> Generator[Any]:
        transport = httpx.MockTransport(self)
        if how == "Client":
            with httpx.Client(transport=transport) as inner:
                yield Client("http://papers.example/base/", http=inner, **options)
            return
        with asyncio.Runner() as runner:
            inner = httpx.AsyncClient(transport=transport)
            try:
                yield Awaited(AsyncClient("http://papers.example/base/", http=inner, **options), runner.run)
            finally:
                runner.run(inner.aclose())


def refused(status: int, code: str, retry_after: str | None) -> Callable[[httpx.Request], httpx.Response]:
    body = {"type": f"urn:nonmun:error:{code}", "title": "x", "status": status, "detail": code, "code": code}
    headers = {} if retry_after is None else {"retry-after": retry_after}
    return lambda _: httpx.Response(status, json=body | {"field": None}, headers=headers)


def found(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=[{"digest_date": "2025-03-04", "papers": 1, "new": 1, "labels": {"supported": 1}}])


@both
@pytest.mark.parametrize("status", [409, 429, 503])
def test_what_is_turned_away_is_repeated_as_the_service_says(how: str, status: int) -> None:
    away = refused(status, "overloaded", "0")
    fake = Fake([away, away, found])
    with fake.calling(how) as client:
        assert client.digests()[0].papers == 1
    assert len(fake.requests) == 3
    assert len({request.url for request in fake.requests}) == 1
    fake = Fake([away])
    with fake.calling(how) as client, pytest.raises((ServiceError, BusyError)):
        client.digests()
    assert len(fake.requests) == 3


@both
@pytest.mark.parametrize(
    ("status", "retry_after", "requests"),
    [
        (503, None, 1),
        (503, "soon", 1),
        (503, "31", 1),
        (503, "Fri, 31 Dec 2999 23:59:59 GMT", 1),
        (503, "Fri, 31 Dec 1999 23:59:59 GMT", 2),
        (500, "0", 1),
        (422, "0", 1),
        (404, "0", 1),
    ],
)
def test_nothing_else_is_repeated(how: str, status: int, retry_after: str | None, requests: int) -> None:
    fake = Fake([refused(status, "unavailable", retry_after)])
    with fake.calling(how, retry=Retry(times=1)) as client, pytest.raises(ServiceError, match="unavailable"):
        client.digests()
    assert len(fake.requests) == requests


@both
def test_a_pause_is_as_long_as_the_service_says(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def wait(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("time.sleep", pauses.append)
    monkeypatch.setattr("anyio.sleep", wait)
    fake = Fake([refused(503, "overloaded", "7"), refused(429, "rate_limited", "30"), found])
    with fake.calling(how) as client:
        client.digests()
    assert pauses == [7.0, 30.0]


@both
@pytest.mark.parametrize(
    ("response", "code"),
    [
        (lambda _: httpx.Response(200, text="<html>"), "invalid_response"),
        (lambda _: httpx.Response(200, json={"digests": []}), "invalid_response"),
        (lambda _: httpx.Response(200, json=[{"digest_date": 5}]), "invalid_response"),
        (lambda _: httpx.Response(502, text="Bad Gateway"), "invalid_response"),
        (lambda _: httpx.Response(403, json={"error": "no"}), "invalid_response"),
        (lambda _: httpx.Response(307, headers={"location": "https://elsewhere.example"}), "invalid_response"),
        (httpx.ConnectError("refused"), "unreachable"),
        (httpx.RemoteProtocolError("closed"), "unreachable"),
        (httpx.ReadTimeout("late"), "timeout"),
    ],
    ids=map(str, range(9)),
)
def test_what_is_no_service_is_named(how: str, response: Any, code: str) -> None:
    fake = Fake([response])
    with fake.calling(how) as client, pytest.raises(ServiceError, match=r"papers\.example") as raised:
        client.digests()
    assert raised.value.code == code
    assert len(fake.requests) == 1


def test_fields_of_a_newer_service_are_ignored() -> None:
    body = [
        {"digest_date": "2025-03-04", "papers": 1, "new": 1, "labels": {"excellent": 1}, "weather": {"rain": True}},
    ]
    with Fake([httpx.Response(200, json=body)]).calling("Client") as client:
        (day,) = client.digests()
    assert day.labels == {"excellent": 1}


def events(*frames: str) -> httpx.Response:
    return httpx.Response(200, content="".join(frames).encode(), headers={"content-type": "text/event-stream"})


TOKEN = 'event: token\ndata: {"text": "가\u2028나", "replaces": false, "unknown": 1}\n\n'


@both
def test_streams_that_end_early_or_fail_are_errors(how: str) -> None:
    problem = {"type": "x", "title": "x", "status": 503, "detail": "the model is gone", "code": "unavailable"}
    error = f"event: error\ndata: {json.dumps(problem)}\n\n"
    cases = [
        (lambda _: events(TOKEN), "cut_off", 1),
        (lambda _: events(), "cut_off", 0),
        (lambda _: events(": ping\n\nevent: news\ndata: {}\n\n", TOKEN, "data: x"), "cut_off", 1),
        (lambda _: events(TOKEN, error), "unavailable", 1),
        (lambda _: events(TOKEN, "event: citation\ndata: {}\n\n"), "invalid_response", 1),
        (lambda _: events(TOKEN, "event: token\ndata: {\n\n"), "invalid_response", 1),
        (lambda _: httpx.Response(200, json={}), "invalid_response", 0),
    ]
    for response, code, count in cases:
        with Fake([response]).calling(how) as client:
            stream = client.stream(KO)
            assert [next(stream) for _ in range(count)] == [TokenEvent("가\u2028나")] * count
            with pytest.raises(ServiceError) as raised:
                next(stream)
            assert raised.value.code == code


@both
def test_closing_a_stream_stops_the_language_model(written: Library, model_server: Any, models: Any, how: str) -> None:
    patient = written.settings.model_copy(update={"llm_first_token": 600.0, "llm_gap": 600.0})
    model_server.behave = models.hanging(model_server)
    with (
        Library.open(settings=patient, embedding=written.embedder, create=False) as library,
        served(library) as http,
    ):
        url = str(http.base_url)
        if how == "Client":
            with calling(how, url) as client:
                stream = client.stream(KO)
                assert isinstance(next(stream), HitsEvent)
                stream.close()
        else:

            async def leave(client: AsyncClient) -> None:
                async with aclosing(client.stream(KO)) as stream:
                    assert isinstance(await anext(stream), HitsEvent)

            by_coroutines(leave, url)
        assert model_server.disconnected.wait(120)


@pytest.mark.parametrize("url", ["", "papers.example", "ftp://papers.example", "http://", "http://a:b"])
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_an_address_is_checked(kind: Any, url: str) -> None:
    with pytest.raises(ConfigError, match="url: "):
        kind(url)


@pytest.mark.parametrize("key", ["nm_\n", "열쇠", "a\rb"])
def test_a_key_is_checked(key: str) -> None:
    with pytest.raises(ConfigError, match="key: ") as raised:
        Client(key=key)
    assert key not in str(raised.value)


def test_requests_are_those_of_the_api() -> None:
    fake = Fake([found])
    with fake.calling("Client", key="nm_secret") as client:
        client.digests()
        with pytest.raises(ServiceError):
            client.similar("https://arxiv.org/abs/math.GT/0309136", where=Filter(trust=("supported", "unchecked")))
    first, second = fake.requests
    assert str(first.url) == "http://papers.example/base/v1/digests"
    assert first.headers["authorization"] == "Bearer nm_secret"
    assert second.url.raw_path == (
        b"/base/v1/papers/https%3A%2F%2Farxiv.org%2Fabs%2Fmath.GT%2F0309136/similar?trust=supported&trust=unchecked&k=10"
    )


def test_a_client_of_ones_own_stays_open() -> None:
    fake = Fake([found])
    with httpx.Client(transport=httpx.MockTransport(fake)) as inner:
        with Client("http://papers.example", http=inner):
            pass
        assert Client("http://papers.example", http=inner).digests()
    own = Client("http://papers.example")
    own.close()
    own.close()


def test_threads_share_a_client(sample_library: Library) -> None:
    found: list[Any] = []
    with served(sample_library) as http, calling("Client", str(http.base_url)) as client:
        threads = [threading.Thread(target=lambda: found.append(client.search(EN, 3))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(300)
    assert found == [sample_library.search(EN, 3)] * 8


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_methods_have_the_signatures_of_the_library(kind: Any) -> None:
    shared = "search ask stream explain translations similar paper list_papers list_entries digests digest chunk status"
    for name in (*shared.split(), "entries"):
        theirs, ours = (list(inspect.signature(getattr(of, name)).parameters.values()) for of in (Library, kind))
        assert [parameter.replace(annotation=None) for parameter in ours] == [
            parameter.replace(annotation=None) for parameter in theirs if parameter.name != "without"
        ], name
        assert inspect.getdoc(getattr(kind, name))


def test_importing_the_client_loads_neither_the_index_nor_the_server() -> None:
    heavy = ("numpy", "chromadb", "openvino", "kiwipiepy", "fastapi", "uvicorn", "llama_index", "mcp")
    code = f"import sys, nonmun.client; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=600)
    assert done.stdout.strip() == "[]"


def test_using_the_client_loads_neither(client: httpx.Client) -> None:
    code = (
        "import sys; from nonmun.client import Client; papers = Client(sys.argv[1]);"
        "answer = papers.ask(sys.argv[2]); papers.translations('attention');"
        "papers.explain(sys.argv[2], ['1706.03762']);"
        "print(bool(answer.citations), [name for name in ('numpy', 'chromadb', 'fastapi') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(client.base_url), KO], capture_output=True, text=True, check=True, timeout=600
    )
    assert done.stdout.split(maxsplit=1) == ["True", "[]\n"]


def test_a_wait_ends_with_the_job(scratch: Library) -> None:
    with served(scratch) as http, calling("Client", str(http.base_url)) as client:
        job = client.add_entries([ENTRY])
        wait_until(lambda: client.job(job.job_id).has_ended, seconds=600)
        report = client.wait(replace(job, status="running"), timeout=600)
        assert report == client.job(job.job_id).report
