"""Connections: deadlines for clients that send slowly or nothing, a bound on how many there are, nobody else late."""

from __future__ import annotations

import functools
import json
import resource
import select
import socket
import struct
import threading
import time
from collections.abc import Generator, Iterable
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import httpx
import pytest
from uvicorn.server import ServerState

from nonmun import Library
from nonmun.api.http import create_app
from nonmun.api.http.connections import BoundedConnection, ConnectionLimits
from nonmun.settings import HttpConfig

from ... import service_process
from ..conftest import running, wait_until

PATIENT = ConnectionLimits(header=3_000, body=3_000)
BODY = json.dumps({"question": "What is attention?"}).encode()
HEALTH = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"
ASK = b"POST /v1/ask HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
DECLARED = ASK + b"content-length: %d\r\n\r\n" % len(BODY)


@dataclass(frozen=True, slots=True)
class Service:
    """A running server.

    Attributes:
        port: where it listens.
        state: its open connections and tasks.
    """

    port: int
    state: ServerState

    @property
    def open(self) -> int:
        """How many connections count as open."""
        return len(self.state.connections)

    def connect(self, data: bytes = b"") -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=120)
        sock.sendall(data)
        return sock

    def get(self, path: str = "/healthz") -> int:
        """Return the status that a new client gets."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=120)) as connection:
            connection.request("GET", path)
            return connection.getresponse().status


@contextmanager
def serving(library: Library, limits: ConnectionLimits = PATIENT, *, idle: int = 3_000) -> Generator[Service]:
    """Serve a library in a thread, with the protocol and the limits of `nonmun serve`."""
    app = create_app(library, HttpConfig(wait=600, queue=1_000))
    protocol: Any = functools.partial(BoundedConnection, limits=limits)
    options = {"h11_max_incomplete_event_size": 64 * 1024, "timeout_keep_alive": idle, "timeout_graceful_shutdown": 1}
    with running(app, http=protocol, **options) as (server, port):
        yield Service(port, server.server_state)


def rest(sock: socket.socket) -> bytes:
    """Return what a connection yields until the server closes it."""
    data = b""
    try:
        while part := sock.recv(65_536):
            data += part
    except ConnectionResetError:  # bytes that the server did not read any more
        pass
    return data


def response(sock: socket.socket) -> tuple[int, bytes]:
    """Return the status and the body of the next response; only for clients that do not pipeline."""
    reply = HTTPResponse(sock)
    reply.begin()
    return reply.status, reply.read()


def responses(sock: socket.socket, count: int) -> list[tuple[int, bytes]]:
    """Return the status and the body of several responses on a connection."""
    found: list[tuple[int, bytes]] = []
    with sock.makefile("rb") as file:
        for _ in range(count):
            status = int(file.readline().split()[1])
            length = 0
            while (line := file.readline().strip().lower()) != b"":
                if line.startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            found.append((status, file.read(length)))
    return found


def slowly(sock: socket.socket, parts: Iterable[bytes], pause: float = 0.005) -> None:
    for part in parts:
        sock.sendall(part)
        time.sleep(pause)


def pieces(data: bytes, size: int = 1) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


# --- deadlines


@pytest.mark.parametrize("sent", [b"", b"G", b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n"])
def test_a_header_that_never_completes_is_timed_out(library: Library, sent: bytes) -> None:
    with serving(library, ConnectionLimits(header=0.3, body=3_000)) as service, service.connect(sent) as sock:
        assert rest(sock).startswith(b"HTTP/1.1 408 ")
        wait_until(lambda: service.open == 0)


def test_a_second_header_that_never_completes_is_timed_out(library: Library) -> None:
    with serving(library, ConnectionLimits(header=1.5, body=3_000)) as service, service.connect(HEALTH) as sock:
        assert response(sock)[0] == 200
        sock.sendall(HEALTH[:20])
        assert rest(sock).startswith(b"HTTP/1.1 408 ")
        wait_until(lambda: service.open == 0)


def test_the_rest_of_a_pipelined_header_is_timed_out(library: Library) -> None:
    with serving(library, ConnectionLimits(header=1.5, body=3_000)) as service:
        with service.connect(HEALTH + HEALTH[:20]) as sock:
            data = rest(sock)
            assert data.startswith(b"HTTP/1.1 200 ")
            assert b"HTTP/1.1 408 " in data
        wait_until(lambda: service.open == 0)


def test_more_bytes_give_a_header_no_more_time(library: Library) -> None:
    with (
        serving(library, ConnectionLimits(header=0.5, body=3_000)) as service,
        service.connect(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n") as sock,
    ):
        sock.settimeout(0.02)
        answer = b""
        while True:
            try:
                sock.sendall(b"a: b\r\n")
                answer += (part := sock.recv(65_536))
                if not part:
                    break
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                break
        wait_until(lambda: service.open == 0)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("sent", [DECLARED, DECLARED + BODY[:-1], ASK + b"transfer-encoding: chunked\r\n\r\n5\r\n{"])
def test_a_body_that_never_completes_is_closed(library: Library, sent: bytes) -> None:
    with serving(library, ConnectionLimits(header=3_000, body=0.3)) as service:
        with service.connect(sent) as sock:
            assert rest(sock).startswith(b"HTTP/1.1 408 ")
        wait_until(lambda: (service.open, len(service.state.tasks)) == (0, 0))  # nothing waits for the rest
        assert service.get() == 200


def test_a_body_that_is_not_awaited_is_timed_out(library: Library) -> None:
    with serving(library, ConnectionLimits(header=3_000, body=0.5)) as service:
        unknown = DECLARED.replace(b"/v1/ask", b"/nothing")
        with service.connect(unknown) as sock:  # the response comes before the body
            assert rest(sock).startswith(b"HTTP/1.1 404 ")
        wait_until(lambda: (service.open, len(service.state.tasks)) == (0, 0))


def test_idle_connections_are_closed(library: Library) -> None:
    with serving(library, idle=1) as service:
        with service.connect(HEALTH) as sock:
            assert response(sock)[0] == 200
            assert rest(sock) == b""
        with service.connect(HEALTH * 2) as sock:
            assert [status for status, _ in responses(sock, 2)] == [200, 200]
            assert rest(sock) == b""
        wait_until(lambda: service.open == 0)


def test_a_slow_but_steady_client_is_served(library: Library) -> None:
    with serving(library, ConnectionLimits(header=240, body=240)) as service, service.connect() as sock:
        for _ in range(2):
            slowly(sock, pieces(DECLARED))
            slowly(sock, pieces(BODY))
            status, body = response(sock)
            assert (status, json.loads(body)["reason"]) == (200, "empty_index")


def test_an_answer_may_take_longer_than_the_header_and_the_body(written: Library, model_server: Any) -> None:
    passed = threading.Event()

    def behave(exchange: Any) -> None:
        time.sleep(3)  # more than the deadlines: passing is what is tested, not how fast
        exchange.begin()
        exchange.end()
        passed.set()

    model_server.behave = behave
    patient = written.settings.model_copy(update={"llm_first_token": 300.0, "llm_gap": 300.0, "llm_timeout": 600.0})
    question = json.dumps({"question": "보상 모델 없이 선호에 맞추는 학습은?"}).encode()
    with (
        Library.open(settings=patient, embedding=written.embedder, create=False) as library,
        serving(library, ConnectionLimits(header=2, body=2), idle=1) as service,
        service.connect(ASK + b"content-length: %d\r\n\r\n" % len(question) + question) as sock,
    ):
        status, _ = response(sock)
        assert status == 200
        assert passed.is_set()


# --- sizes and forms


@pytest.mark.parametrize(
    "head", [b"GET /healthz HTTP/1.1\r\nhost: localhost\r\na: ", b"GET /healthz?", b"GET /healthz HTTP/1.1\r\n" + b" "]
)
def test_a_header_line_that_is_too_long_is_refused(library: Library, head: bytes) -> None:
    with serving(library) as service, service.connect(head) as sock:
        sock.sendall(b"x" * 30_000)
        assert service.get() == 200  # nobody waits for the rest
        with suppress(ConnectionResetError, BrokenPipeError):
            sock.sendall(b"x" * 40_000)
        assert rest(sock).split(maxsplit=2)[1] in {b"400", b"431"}
        wait_until(lambda: service.open == 0)
        assert service.get() == 200


def test_many_long_headers_do_not_block_others(library: Library) -> None:
    with serving(library) as service, ExitStack() as stack:
        start = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\na: "
        socks = [stack.enter_context(service.connect(start + b"x" * 60_000)) for _ in range(30)]
        assert service.get() == 200
        for sock in socks:
            sock.sendall(b"\r\n\r\n")
        assert [response(sock)[0] for sock in socks] == [200] * 30


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00\x01", b"HELO there\r\n\r\n", b"\r\n\r\n", b"\0" * 9])
def test_what_is_not_http_is_refused(library: Library, garbage: bytes) -> None:
    with serving(library) as service, service.connect(garbage) as sock:
        assert rest(sock).startswith(b"HTTP/1.1 400 ")
        wait_until(lambda: service.open == 0)


def test_pipelined_requests_are_answered_in_order(library: Library) -> None:
    with serving(library) as service, service.connect() as sock:
        papers = [b"GET /v1/papers/2501.%05d HTTP/1.1\r\nhost: localhost\r\n\r\n" % number for number in range(20)]
        sock.sendall(b"".join([HEALTH, DECLARED + BODY, *papers, HEALTH]))
        (first, _), (second, answer), *others, (last, _) = responses(sock, 23)
        assert (first, second, last) == (200, 200, 200)
        assert json.loads(answer)["reason"] == "empty_index"
        for number, (status, body) in enumerate(others):
            assert status == 404
            assert f"2501.{number:05d}" in json.loads(body)["detail"]


def test_a_connection_is_kept_for_many_requests(library: Library) -> None:
    with serving(library) as service, closing(HTTPConnection("127.0.0.1", service.port, timeout=120)) as connection:
        ports: set[int] = set()
        for number in range(20):
            if number % 2:
                connection.request("POST", "/v1/ask", BODY, {"content-type": "application/json"})
            else:
                connection.request("GET", "/healthz")
            reply = connection.getresponse()
            assert reply.status == 200
            reply.read()
            ports.add(connection.sock.getsockname()[1])
        assert len(ports) == 1
        assert service.open == 1


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_chunked_bodies_are_read(library: Library, size: int) -> None:
    with serving(library) as service, service.connect(ASK + b"transfer-encoding: chunked\r\n\r\n") as sock:
        slowly(sock, [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces(BODY, size)])
        sock.sendall(b"0\r\n\r\n" + HEALTH)
        assert [status for status, _ in responses(sock, 2)] == [200, 200]


def test_a_broken_chunk_is_refused(library: Library) -> None:
    with serving(library) as service, service.connect(ASK + b"transfer-encoding: chunked\r\n\r\nno\r\n") as sock:
        assert rest(sock).startswith(b"HTTP/1.1 400 ")
        wait_until(lambda: (service.open, len(service.state.tasks)) == (0, 0))


def test_a_client_that_asks_to_continue_is_told_to(library: Library) -> None:
    header = DECLARED[:-2] + b"expect: 100-continue\r\n\r\n"
    with serving(library) as service, service.connect(header) as sock, sock.makefile("rb") as file:
        assert file.readline().startswith(b"HTTP/1.1 100 ")
        while file.readline().strip():
            pass
        sock.sendall(BODY)
        assert file.readline().startswith(b"HTTP/1.1 200 ")


# --- how many


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTTP/1.1\r\n"])
def test_silent_connections_do_not_lock_out_others(library: Library, sent: bytes) -> None:
    with serving(library, ConnectionLimits(header=3_000, body=3_000, connections=8)) as service, ExitStack() as stack:
        silent: list[socket.socket] = []
        for number in range(20):
            time.sleep(0.02)  # the event loop tells milliseconds apart
            silent.append(stack.enter_context(service.connect(sent)))
            wait_until(lambda number=number: service.open == min(number + 1, 8))
            if number >= 8:  # the oldest was dropped for it
                assert rest(silent[number - 8]) == b""
        for _ in range(5):
            assert service.get() == 200
            assert service.open <= 8
        assert rest(silent[12]) == b""


def test_silent_connections_are_dropped_before_kept_ones(library: Library) -> None:
    with serving(library, ConnectionLimits(header=3_000, body=3_000, connections=4)) as service, ExitStack() as stack:
        kept = stack.enter_context(service.connect(HEALTH))
        assert response(kept)[0] == 200
        silent = [stack.enter_context(service.connect()) for _ in range(10)]
        wait_until(lambda: len(select.select(silent, [], [], 0)[0]) == 7)
        kept.sendall(HEALTH)
        assert response(kept)[0] == 200


def test_kept_connections_make_room_for_new_ones(library: Library) -> None:
    with serving(library, ConnectionLimits(header=3_000, body=3_000, connections=4)) as service, ExitStack() as stack:
        kept = [stack.enter_context(service.connect(HEALTH)) for _ in range(4)]
        assert [response(sock)[0] for sock in kept] == [200] * 4
        for _ in range(3):
            new = stack.enter_context(service.connect(HEALTH))
            assert response(new)[0] == 200
            assert service.open <= 4


def test_connections_that_withhold_a_body_give_way(library: Library) -> None:
    with serving(library, ConnectionLimits(header=3_000, body=3_000, connections=3)) as service, ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(service.connect(DECLARED))
        wait_until(lambda: len(service.state.tasks) == 3)
        new = stack.enter_context(service.connect(HEALTH))
        assert response(new)[0] == 200
        assert service.open <= 3
        wait_until(lambda: len(service.state.tasks) == 2)  # its request has ended as well
        assert service.get() == 200


def test_connections_that_come_and_go_are_forgotten(library: Library) -> None:
    with serving(library, ConnectionLimits(header=3_000, body=3_000, connections=5)) as service:
        for number in range(60):
            sock = service.connect([b"", HEALTH[:9], HEALTH, DECLARED, DECLARED + BODY][number % 5])
            if number % 2:  # with a reset
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        wait_until(lambda: (service.open, len(service.state.tasks)) == (0, 0))
        assert service.get() == 200


def test_the_limit_of_open_files_bounds_the_connections() -> None:
    assert ConnectionLimits(connections=1).most == 1
    assert 1 <= ConnectionLimits(connections=1_000_000_000).most < 1_000_000_000


@pytest.mark.parametrize("header", ["1", "3000"], ids=["timed-out", "patient"])
@pytest.mark.parametrize("sent", [b"", b"POST /v1/ask HTTP/1.1\r\nhost: localhost\r\n"], ids=["silent", "half-sent"])
def test_silent_connections_do_not_use_up_the_descriptors(
    sample_library: Library, tmp_path: Path, header: str, sent: bytes
) -> None:
    settings = service_process.PATIENT | {"NONMUN_HTTP__HEADER_TIMEOUT": header}
    data, question = sample_library.settings.data, {"question": "2106.09685의 방법은?"}
    with service_process.serving_process(data, cwd=tmp_path, **settings) as service, ExitStack() as stack:
        resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (256, 256))
        assert service.client.post("/v1/ask", json=question).json()["citations"]  # loads what questions need
        before = service.sockets
        for _ in range(400):
            stack.enter_context(service.connect(sent))
        with httpx.Client(base_url=service.client.base_url, timeout=300, trust_env=False) as other:
            assert other.post("/v1/ask", json=question).json()["citations"]
        if header == "1":
            wait_until(lambda: service.sockets <= before)
        stack.close()
        wait_until(lambda: service.sockets <= before)
        assert service.client.post("/v1/ask", json=question).status_code == 200
        service.end()
        assert "Too many open files" not in service.log
        assert "Traceback" not in service.log
