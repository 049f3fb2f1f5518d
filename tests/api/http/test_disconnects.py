"""Clients that leave: their place, their thread and the connection to the language model are free for others."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from nonmun import Library
from nonmun.api.http import create_app
from nonmun.api.http.connections import BoundedConnection
from nonmun.api.http.work import Work
from nonmun.index.domain.vectors import Matrix
from nonmun.settings import HttpConfig

from ...service_process import PATIENT, serving_process
from ..conftest import running, wait_until

KO = "보상 모델 없이 선호에 맞추는 학습은?"
LEAVES = {"close": False, "reset": True}


class Silent:
    """The behavior of a language model that does not reply until its client leaves, and counts both.

    Attributes:
        begun: how many requests have come.
        ended: how many of them were closed by their client.
    """

    def __init__(self, begins: bool = False) -> None:
        self._begins, self._lock = begins, threading.Lock()
        self.begun = self.ended = 0

    def __call__(self, exchange: Any) -> None:
        with self._lock:
            self.begun += 1
        if self._begins:
            exchange.begin()
        if exchange.wait_for_disconnect(280):
            with self._lock:
                self.ended += 1


class Blocking:
    """An embedder that embeds the questions that say "slow" only when a test lets it."""

    def __init__(self, embedder: Any) -> None:
        self._embedder = embedder
        self.begun, self.go = threading.Semaphore(0), threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def queries(self, texts: Sequence[str]) -> Matrix:
        if any("slow" in text for text in texts):
            self.begun.release()
            assert self.go.wait(1_000)
        return self._embedder.queries(texts)


class Service:
    """A running server, its work, and ordinary clients of it."""

    def __init__(self, port: int, server: uvicorn.Server, work: Work, client: httpx.Client) -> None:
        self.port, self.work, self.client = port, work, client
        self._state = server.server_state

    def ask(self, *, path: str = "/v1/ask", then: bytes = b"", **body: Any) -> socket.socket:
        """Ask a question and return the connection on which the answer would come."""
        content = json.dumps({"question": KO, **body}).encode()
        head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=120)
        sock.sendall(head.encode() + b"content-length: %d\r\n\r\n" % len(content) + content + then)
        return sock

    @property
    def tasks(self) -> int:
        """How many requests are not finished."""
        return len(self._state.tasks)

    def is_free(self) -> bool:
        """Return whether nothing is worked on or waits."""
        counts = [count for each in (self.work.answering, self.work.writing) for count in (each.working, each.waiting)]
        return not any(counts) and not self.tasks


@contextmanager
def serving(library: Library, **config: Any) -> Generator[Service]:
    app = create_app(library, HttpConfig.model_validate({"wait": 600, "queue": 1_000} | config))
    http: Any = BoundedConnection
    with (
        running(app, http=http, timeout_keep_alive=600, timeout_graceful_shutdown=1) as (server, port),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300, trust_env=False) as client,
    ):
        assert client.get("/readyz").status_code == 200
        yield Service(port, server, app.state.work, client)


@contextmanager
def patient(written: Library, **more: Any) -> Generator[Library]:
    """Open the samples with a language model that is waited for as long as a test takes."""
    update = {"llm_first_token": 600.0, "llm_gap": 600.0, "llm_timeout": 600.0}
    settings = written.settings.model_copy(update=update)
    with Library.open(settings=settings, embedding=written.embedder, create=False, **more) as library:
        yield library


def leave(sock: socket.socket, *, reset: bool = False) -> None:
    if reset:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def read_until(sock: socket.socket, end: bytes) -> bytes:
    data = b""
    while end not in data:
        data += (part := sock.recv(65_536))
        assert part, data
    return data


@pytest.mark.parametrize("reset", LEAVES.values(), ids=LEAVES)
@pytest.mark.parametrize("begins", [False, True])
def test_abandoned_streams_free_their_places(
    written: Library, model_server: Any, models: Any, begins: bool, reset: bool
) -> None:
    model_server.behave = silent = Silent(begins)
    with patient(written) as library, serving(library, writers=30) as service, ExitStack() as stack:
        socks = [stack.enter_context(service.ask(stream=True)) for _ in range(30)]
        for sock in socks:
            read_until(sock, b"event: hits")
        wait_until(lambda: silent.begun == 30)
        assert (service.work.writing.working, service.work.answering.working) == (30, 0)
        for sock in socks:
            leave(sock, reset=reset)
        wait_until(service.is_free)
        wait_until(lambda: silent.ended == 30)
        model_server.behave = models.citing
        assert service.client.post("/v1/ask", json={"question": KO}).json()["writer"] == "generated"


@pytest.mark.parametrize("reset", LEAVES.values(), ids=LEAVES)
def test_abandoned_questions_free_their_places(written: Library, model_server: Any, models: Any, reset: bool) -> None:
    model_server.behave = silent = Silent()
    with patient(written) as library, serving(library, writers=15) as service, ExitStack() as stack:
        socks = [stack.enter_context(service.ask()) for _ in range(15)]
        wait_until(lambda: silent.begun == 15)
        assert (service.work.writing.working, service.work.answering.working) == (15, 0)
        for sock in socks:
            leave(sock, reset=reset)
        wait_until(service.is_free)
        wait_until(lambda: silent.ended == 15)
        model_server.behave = models.citing
        assert service.client.post("/v1/ask", json={"question": KO}).json()["writer"] == "generated"


def test_clients_that_wait_behind_a_silent_model_may_leave(written: Library, model_server: Any, models: Any) -> None:
    model_server.behave = silent = Silent()
    with patient(written) as library, serving(library, writers=2) as service, ExitStack() as stack:
        first = [stack.enter_context(service.ask(stream=number == 1)) for number in range(2)]
        wait_until(lambda: silent.begun == 2)
        waiting = [stack.enter_context(service.ask(stream=number % 2 == 1)) for number in range(20)]
        wait_until(lambda: service.work.writing.waiting == 20)
        quoted = service.client.post("/v1/ask", json={"question": KO, "generate": False})
        assert quoted.json()["writer"] == "extracted"  # needs no language model, and waits for none
        for sock in waiting:
            leave(sock)
        wait_until(lambda: service.work.writing.waiting == 0)
        assert (service.work.writing.working, silent.begun) == (2, 2)
        for sock in first:
            leave(sock)
        wait_until(service.is_free)
        wait_until(lambda: silent.ended == 2)
        model_server.behave = models.citing
        assert service.client.post("/v1/ask", json={"question": KO}).json()["writer"] == "generated"


def test_one_that_leaves_makes_room_for_one_that_waits(written: Library, model_server: Any, models: Any) -> None:
    model_server.behave = silent = Silent()
    with patient(written) as library, serving(library, writers=1) as service, ExitStack() as stack:
        first = stack.enter_context(service.ask())
        wait_until(lambda: silent.begun == 1)
        second = stack.enter_context(service.ask())
        wait_until(lambda: service.work.writing.waiting == 1)
        model_server.behave = models.citing
        leave(first)
        assert b'"writer":"generated"' in read_until(second, b'"more":')
        wait_until(lambda: silent.ended == 1)
        wait_until(service.is_free)


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/search"])
def test_clients_that_leave_while_they_wait_free_the_queue(sample_library: Library, path: str) -> None:
    embedder = Blocking(sample_library.embedder)
    settings = sample_library.settings
    with (
        Library.open(settings=settings, embedding=embedder, create=False) as library,
        serving(library, places=1) as service,
        ExitStack() as stack,
    ):
        stack.callback(embedder.go.set)
        first = stack.enter_context(service.ask(path=path, question=f"slow: {KO}"))
        assert embedder.begun.acquire(timeout=120)
        waiting = [stack.enter_context(service.ask(path=path)) for _ in range(10)]
        wait_until(lambda: service.work.answering.waiting == 10)
        for sock in waiting:
            leave(sock)
        wait_until(lambda: service.work.answering.waiting == 0)
        wait_until(lambda: service.tasks == 1)
        assert service.work.answering.working == 1
        leave(first)
        embedder.go.set()  # the step that runs has to end before its place is free
        wait_until(service.is_free)
        assert service.client.post("/v1/ask", json={"question": KO}).status_code == 200


def test_clients_that_leave_during_a_step_free_their_places_after_it(sample_library: Library) -> None:
    embedder = Blocking(sample_library.embedder)
    settings = sample_library.settings
    with (
        Library.open(settings=settings, embedding=embedder, create=False) as library,
        serving(library, places=3) as service,
        ExitStack() as stack,
    ):
        stack.callback(embedder.go.set)
        slow = f"slow: {KO}"
        asked = [service.ask(question=slow), service.ask(question=slow, stream=True)]
        socks = [stack.enter_context(sock) for sock in (*asked, service.ask(path="/v1/search", question=slow))]
        assert all(embedder.begun.acquire(timeout=120) for _ in socks)
        for sock in socks:
            leave(sock)
        embedder.go.set()
        wait_until(service.is_free)
        assert service.client.post("/v1/ask", json={"question": KO}).status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_before_its_question_is_complete(
    written: Library, model_server: Any, stream: bool
) -> None:
    with serving(written) as service:
        content = json.dumps({"question": KO, "stream": stream}).encode()
        head = "POST /v1/ask HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        for cut in (0, 1, len(content) - 1):
            with socket.create_connection(("127.0.0.1", service.port), timeout=120) as sock:
                sock.sendall(head.encode() + b"content-length: %d\r\n\r\n" % len(content) + content[:cut])
        wait_until(service.is_free)
        assert model_server.requests == []


@pytest.mark.parametrize(
    ("late", "stream"),
    [
        (False, False),
        (False, True),
        (True, True),
        (True, False),
    ],
)
def test_a_client_that_has_sent_another_request_may_leave(
    written: Library, model_server: Any, stream: bool, late: bool
) -> None:
    model_server.behave = silent = Silent()
    following = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"
    with patient(written) as library, serving(library, writers=1) as service:
        with service.ask(stream=stream, then=b"" if late else following) as sock:
            wait_until(lambda: silent.begun == 1)
            if late:
                sock.sendall(following)
                for _ in range(20):  # the event loop has read it by then
                    assert service.client.get("/healthz").status_code == 200
        wait_until(service.is_free, 10 if late else 120)
        wait_until(lambda: silent.ended == 1)


def test_clients_that_come_and_go_lose_no_place(written: Library, model_server: Any, models: Any) -> None:
    with serving(written, places=2, writers=2, wait=60) as service:
        for number in range(40):
            sock = service.ask(stream=number % 3 == 0, generate=None if number % 2 else False)
            time.sleep(number % 5 * 0.01)  # they leave at different stages
            leave(sock, reset=number % 4 == 0)
        wait_until(service.is_free)
        assert service.client.post("/v1/ask", json={"question": KO}).json()["writer"] == "generated"


@pytest.mark.timeout(3_600)  # 345 questions
def test_a_process_idles_after_many_clients_have_left(
    sample_library: Library, model_server: Any, models: Any, tmp_path: Path
) -> None:
    model_server.behave = silent = Silent()
    settings = PATIENT | {"NONMUN_LLM_URL": model_server.url, "NONMUN_LLM_MODEL": "m"}
    with serving_process(sample_library.settings.data, cwd=tmp_path, **settings) as service, ExitStack() as stack:
        assert service.client.get("/readyz").status_code == 200
        assert service.client.post("/v1/ask", json={"question": KO, "generate": False}).status_code == 200
        wait_until(service.is_idle)
        before = service.sockets
        streams = [stack.enter_context(service.ask(KO, stream=True)) for _ in range(300)]
        for sock in streams:
            read_until(sock, b"event: hits")
        asked = [stack.enter_context(service.ask(KO)) for _ in range(45)]
        wait_until(lambda: silent.begun == 345, 600)
        assert "nonmun_answers_writing 345.0" in service.client.get("/metrics").text
        assert service.sockets >= before + 2 * 345  # to each client, and to the language model
        for number, sock in enumerate([*streams, *asked]):
            leave(sock, reset=number % 2 == 1)
        wait_until(lambda: silent.ended == 345, 600)
        wait_until(lambda: service.sockets <= before, 600)
        wait_until(service.is_idle, 600)
        metrics = service.client.get("/metrics").text
        for gauge in ("answers_writing", "questions_waiting", "questions_working"):
            assert f"nonmun_{gauge} 0.0" in metrics
        model_server.behave = models.citing
        assert service.client.post("/v1/ask", json={"question": KO}).json()["writer"] == "generated"
        service.end()
        assert "Traceback" not in service.log
