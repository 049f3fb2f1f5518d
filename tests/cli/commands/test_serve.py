"""`nonmun serve` as a process: how it ends, whom it answers on which address, and its settings at work."""

from __future__ import annotations

import importlib.util
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from nonmun import Library

from ...api.collector import PROTOCOLS, attributes, collecting

_MODELS = Path(__file__).parents[2] / "api" / "model_server.py"
KO = "보상 모델 없이 선호에 맞추는 학습은?"
ENDLESS = {  # settings by which nothing ends by itself while a test runs
    "NONMUN_LLM_MODEL": "m",
    "NONMUN_LLM_FIRST_TOKEN": "3000",
    "NONMUN_LLM_GAP": "3000",
    "NONMUN_LLM_TIMEOUT": "3000",
    "NONMUN_HTTP__WAIT": "600",
    "NONMUN_HTTP__BODY_TIMEOUT": "3000",
    "NONMUN_HTTP__HEADER_TIMEOUT": "3000",
    "NONMUN_HTTP__IDLE_TIMEOUT": "3000",
}

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]

pytestmark = pytest.mark.usefixtures("ingested")


@dataclass(frozen=True, slots=True)
class Service:
    """A running `nonmun serve`.

    Attributes:
        process: the process.
        port: where it listens.
        client: a client of it.
    """

    process: subprocess.Popen[str]
    port: int
    client: httpx.Client

    def ask(self, sent: int | None = None, **body: Any) -> socket.socket:
        """Send a question, or the first bytes of its body, and return the connection."""
        content = json.dumps({"question": KO, **body}).encode()
        head = "POST /v1/ask HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=120)
        sock.sendall(head.encode() + b"content-length: %d\r\n\r\n" % len(content) + content[:sent])
        return sock

    def is_closed(self) -> bool:
        """Return whether the process accepts no more connections."""
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) != 0

    def end(self, number: signal.Signals = signal.SIGTERM) -> str:
        """Send a signal, wait for the end, and return the log."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> str:
        """Wait for the end, which has to be a normal one, and return the log."""
        _, log = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, log
        return log


@pytest.fixture
def serve(folder: Path, start: Start) -> Callable[..., Any]:
    @contextmanager
    def serve(*args: str, **more: str) -> Generator[Service]:
        process = start("serve", "--port", "0", *args, cwd=folder, **({"NONMUN_DATA": str(folder / "data")} | more))
        try:
            assert process.stdout
            line = process.stdout.readline()
            found = re.search(r"http://[\w.]+:(\d+)", line)
            assert found, (line, process.communicate())
            url = f"http://127.0.0.1:{found[1]}"
            with httpx.Client(base_url=url, trust_env=False, timeout=300) as client:
                assert client.get("/healthz").status_code == 200
                yield Service(process, int(found[1]), client)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()

    return serve


@pytest.fixture(scope="module")
def models() -> Any:
    spec = importlib.util.spec_from_file_location("model_server_of_serve", _MODELS)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def model_server(models: Any) -> Iterator[Any]:
    with models.ModelServer() as server:
        yield server


class Gate:
    """The behavior of a language model that replies when a test lets it.

    Attributes:
        begun: set when a request has come.
        go: lets it reply.
        left: set if the client has left before.
    """

    def __init__(self, reply: Callable[[Any], None]) -> None:
        self._reply = reply
        self.begun, self.go, self.left = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, exchange: Any) -> None:
        self.begun.set()
        while not self.go.is_set():
            if exchange.wait_for_disconnect(0.05):
                self.left.set()
                return
        self._reply(exchange)


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def rest(sock: socket.socket) -> bytes:
    """Return what a connection yields until the server closes it."""
    data = b""
    try:
        while part := sock.recv(65_536):
            data += part
    except ConnectionResetError:
        pass
    return data


@pytest.mark.parametrize(("number", "stream"), [(signal.SIGTERM, False), (signal.SIGINT, True)])
def test_an_answer_in_progress_is_finished(
    serve: Any, model_server: Any, models: Any, number: signal.Signals, stream: bool
) -> None:
    model_server.behave = gate = Gate(models.citing)
    settings = ENDLESS | {"NONMUN_LLM_URL": model_server.url, "NONMUN_HTTP__GRACE": "600"}
    with serve(**settings) as service, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(service.client.post, "/v1/ask", json={"question": KO, "stream": stream})
        try:
            assert gate.begun.wait(120)
            service.process.send_signal(number)
            wait_until(service.is_closed)
        finally:
            gate.go.set()
        response = answer.result()
        assert response.status_code == 200
        body = json.loads(response.text.split("event: done\ndata: ")[1].splitlines()[0]) if stream else response.json()
        assert (body["writer"], bool(body["citations"])) == ("generated", True)
        assert "Traceback" not in service.ended()


@pytest.mark.parametrize(("number", "stream"), [(signal.SIGINT, False), (signal.SIGTERM, True)])
def test_a_silent_model_ends_with_the_grace_period(
    serve: Any, model_server: Any, models: Any, number: signal.Signals, stream: bool
) -> None:
    model_server.behave = gate = Gate(models.citing)
    with (
        serve(**ENDLESS, NONMUN_LLM_URL=model_server.url, NONMUN_HTTP__GRACE="1") as service,
        service.ask(stream=stream),
    ):
        assert gate.begun.wait(120)
        service.end(number)
        assert gate.left.wait(120)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_clients_are_told_that_the_grace_period_ended_their_answers(
    serve: Any, model_server: Any, models: Any, workers: str
) -> None:
    model_server.behave = gate = Gate(models.citing)
    settings = ENDLESS | {"NONMUN_LLM_URL": model_server.url, "NONMUN_HTTP__GRACE": "1"}
    with (
        serve("--workers", workers, **settings) as service,
        service.ask() as whole,
        service.ask(stream=True) as streamed,
    ):
        wait_until(lambda: len(model_server.requests) == 2)
        log = service.end()
        head, _, body = rest(whole).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 "), head
        assert b"\r\nretry-after: 5" in head.lower()
        assert json.loads(body)["code"] == "unavailable"
        events = rest(streamed).decode()
        assert "event: hits" in events
        name, data = events.rpartition("event: ")[2].splitlines()[:2]
        assert (name, json.loads(data.removeprefix("data: "))["code"]) == ("error", "unavailable")
        assert events.endswith("\r\n0\r\n\r\n")  # the stream is complete
        assert gate.left.wait(120)
        assert "Traceback" not in log
        assert "already executing" not in log


@pytest.mark.parametrize("sent", [0, 5])
def test_a_half_sent_body_ends_with_the_grace_period(serve: Any, sent: int) -> None:
    with serve(**ENDLESS, NONMUN_HTTP__GRACE="1") as service, service.ask(sent):
        assert service.client.get("/healthz").status_code == 200
        service.end()


def test_idle_clients_do_not_delay_the_end(serve: Any) -> None:
    with (
        serve(**ENDLESS, NONMUN_HTTP__GRACE="3000") as service,
        socket.create_connection(("127.0.0.1", service.port), timeout=120) as silent,
        socket.create_connection(("127.0.0.1", service.port), timeout=120) as half,
    ):
        half.sendall(b"GET /healthz HTTP/1.1\r\n")
        assert service.client.get("/healthz").status_code == 200  # this connection is kept
        assert "Traceback" not in service.end()
        assert (rest(half), rest(silent)) == (b"", b"")


def test_requests_that_the_grace_period_ends_are_no_exceptions(serve: Any) -> None:
    with serve(**ENDLESS, NONMUN_HTTP__GRACE="1") as service, service.ask(5):
        assert service.client.get("/healthz").status_code == 200
        assert "Traceback" not in service.end()


def test_a_second_interrupt_ends_at_once(serve: Any, model_server: Any, models: Any) -> None:
    model_server.behave = gate = Gate(models.citing)
    settings = ENDLESS | {"NONMUN_LLM_URL": model_server.url, "NONMUN_HTTP__GRACE": "3000"}
    with serve(**settings) as service, service.ask():
        assert gate.begun.wait(120)
        service.process.send_signal(signal.SIGINT)
        wait_until(service.is_closed)
        service.process.send_signal(signal.SIGINT)
        _, log = service.process.communicate(timeout=120)
        assert service.process.returncode in {0, 130}, log


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_another_address_needs_a_key(run: Run, host: str) -> None:
    if host == "::" and not socket.has_ipv6:
        pytest.skip("there is no IPv6")
    done = run("serve", "--port", "0", "--host", host)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith("nonmun: ")
    for words in (host, "nonmun keys create", "--no-auth"):
        assert words in line


def test_required_keys_are_required_on_loopback_as_well(run: Run) -> None:
    done = run("serve", "--port", "0", "--auth")
    assert done.returncode == 1
    assert "nonmun keys create" in done.stderr


def test_another_address_without_keys(serve: Any) -> None:
    with serve("--host", "0.0.0.0", "--no-auth") as service:
        assert service.client.post("/v1/ask", json={"question": KO}).status_code == 200
        assert service.client.get("/metrics").status_code == 200
        service.end()


def test_another_address_with_a_key(run: Run, serve: Any) -> None:
    made = run("keys", "create", "a test", "--json")
    assert made.returncode == 0, made.stderr
    key = json.loads(made.stdout)
    try:
        with serve("--host", "0.0.0.0") as service:
            refused = service.client.post("/v1/ask", json={"question": KO})
            assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
            bearer = {"authorization": f"Bearer {key['key']}"}
            assert service.client.post("/v1/ask", json={"question": KO}, headers=bearer).status_code == 200
            assert service.client.get("/healthz").status_code == 200
            log = service.end()
        assert key["key"] not in log
    finally:
        assert run("keys", "revoke", key["id"]).returncode == 0


def test_the_settings_bound_the_connections(serve: Any) -> None:
    settings = {"NONMUN_HTTP__HEADER_TIMEOUT": "1", "NONMUN_HTTP__BODY_TIMEOUT": "1", "NONMUN_HTTP__IDLE_TIMEOUT": "1"}
    with serve(**settings) as service:
        with service.ask(5) as sock:
            assert rest(sock).startswith(b"HTTP/1.1 408 ")
        with socket.create_connection(("127.0.0.1", service.port), timeout=120) as sock:
            assert rest(sock).startswith(b"HTTP/1.1 408 ")
        with socket.create_connection(("127.0.0.1", service.port), timeout=120) as sock:
            sock.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert rest(sock).startswith(b"HTTP/1.1 200 ")  # and closed when it has idled
        with socket.create_connection(("127.0.0.1", service.port), timeout=120) as sock:
            sock.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\na: " + b"x" * 65_000)
            sock.sendall(b"x" * 1_000)
            assert rest(sock).split()[1] in {b"400", b"431"}
        service.end()


def test_many_silent_connections_leave_room(serve: Any) -> None:
    with serve(**ENDLESS, NONMUN_HTTP__CONNECTIONS="10") as service:
        silent = [socket.create_connection(("127.0.0.1", service.port), timeout=120) for _ in range(50)]
        try:
            for _ in range(5):
                with httpx.Client(trust_env=False, timeout=300) as client:
                    assert client.get(f"http://127.0.0.1:{service.port}/healthz").status_code == 200
        finally:
            for sock in silent:
                sock.close()
        service.end()


def test_an_empty_index_is_served_but_not_ready(serve: Any, tmp_path: Path, run: Run, samples: Path) -> None:
    data = tmp_path / "data"
    Library.open(data).close()
    with serve("--data", str(data)) as service:
        body = service.client.get("/readyz")
        assert (body.status_code, "empty" in body.json()["reason"]) == (503, True)
        assert run("ingest", samples / "digests", "--data", data).returncode == 0
        wait_until(lambda: service.client.get("/readyz").status_code == 200)
        status = json.loads(run("status", "--json", "--data", data).stdout)
        assert service.client.get("/readyz").json()["last_ingest"] == status["last_ingest"]
        service.end()


@pytest.mark.parametrize("style", ["text", "json"])
def test_exceptions_in_the_log_hold_neither_keys_nor_questions(serve: Any, style: str) -> None:
    with (
        serve(**ENDLESS, NONMUN_HTTP__GRACE="1", NONMUN_HTTP__LOG=style) as service,
        socket.create_connection(("127.0.0.1", service.port), timeout=120) as sock,
    ):
        head = "POST /v1/ask HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n"
        sock.sendall(head.encode() + b'authorization: Bearer nm_sesame\r\n\r\n{"question": "confidential')
        assert service.client.get("/healthz").status_code == 200
        log = service.end()
        assert [word for word in ("nm_sesame", "confidential") if word in log] == []


def test_invalid_variables_of_tracing_end_the_command(run: Run) -> None:
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}
    for workers in ("1", "2"):
        done = run("serve", "--port", "0", "--workers", workers, **variables)
        assert (done.returncode, done.stdout) == (1, "")
        [line] = done.stderr.splitlines()
        assert line.startswith("nonmun: OTEL_EXPORTER_OTLP_PROTOCOL: http/json")


@pytest.mark.parametrize(("protocol", "workers"), list(zip(PROTOCOLS, ("1", "2"), strict=True)))
def test_the_last_spans_are_sent_at_the_end(serve: Any, protocol: str, workers: str) -> None:
    with collecting(protocol) as collector:
        never = {"OTEL_BSP_SCHEDULE_DELAY": "3600000"}  # none is sent before
        with serve("--workers", workers, **collector.variables, **never) as service:
            assert service.client.post("/v1/ask", json={"question": KO}).status_code == 200
            for _ in range(3):
                assert httpx.get(f"http://127.0.0.1:{service.port}/v1/status", trust_env=False).status_code == 200
            assert not collector.requests
            assert "Traceback" not in service.end()
        collector.wait_for_requests(4)
        names = sorted(span.name for span in collector.servers)
        assert names == ["GET /v1/status"] * 3 + ["POST /v1/ask"]
        processes = {resource["process.pid"] for resource in collector.resources}
        assert (processes == {service.process.pid}) is (workers == "1")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends orphans on Linux only")
def test_workers_end_with_their_parent(serve: Any) -> None:
    with serve("--workers", "2") as service:
        service.process.kill()
        service.process.communicate(timeout=120)  # the workers hold the other ends of its pipes
        assert service.is_closed()


def test_changes_need_a_key_on_loopback(serve: Any) -> None:
    with serve() as service:
        assert service.client.delete("/v1/papers/1706.03762").status_code == 401
        assert service.client.get("/v1/status", headers={"x-forwarded-for": "192.0.2.1"}).status_code == 401
        assert service.client.get("/metrics").status_code == 200
        service.end()


def test_spans_are_sent_while_the_service_runs(serve: Any) -> None:
    with collecting("grpc") as collector, serve(**collector.variables, OTEL_BSP_SCHEDULE_DELAY="50") as service:
        response = service.client.get("/v1/status")
        collector.wait_for_requests(1)
        (span,) = collector.servers
        assert attributes(span)["http.response.header.x-request-id"] == [response.headers["x-request-id"]]
        service.end()


@pytest.mark.parametrize(("protocol", "listens"), list(zip(PROTOCOLS, (False, True), strict=True)))
def test_a_collector_that_does_not_answer_delays_nothing(serve: Any, protocol: str, listens: bool) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if listens:
            silent.listen()
        variables = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_EXPORTER_OTLP_TIMEOUT": "3000",
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "NONMUN_HTTP__GRACE": "3000",
        }
        with serve(**variables) as service:
            for _ in range(3):
                assert service.client.post("/v1/ask", json={"question": KO}).status_code == 200
            log = service.end()
        assert "the last spans were not sent in time" in log
        assert "Traceback" not in log
