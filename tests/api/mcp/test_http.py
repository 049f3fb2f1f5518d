"""The MCP server over HTTP: who may call it, on which terms, and what happens when a client leaves."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import anyio
import httpx
import pytest

from nonmun import Library, ModelError
from nonmun.api.http import create_app
from nonmun.api.keys import KeyStore, Scope
from nonmun.index.domain.vectors import Matrix
from nonmun.settings import HttpConfig

from ..conftest import Failing, bearer, running, served, wait_until
from .conftest import PATIENCE, connected, over_http

KO = "보상 모델 없이 선호에 맞추는 학습은?"
PAPER = "2010.11929"
ACCEPT = {"accept": "application/json, text/event-stream"}
VERSIONS = {"2025-11-25": "legacy", "2026-07-28": "auto"}


def message(method: str, version: str = "2025-11-25", **params: Any) -> dict[str, Any]:
    """Return the arguments of an HTTP client that send a request of the protocol."""
    headers = {"mcp-protocol-version": version, **ACCEPT}
    if version == "2026-07-28":
        headers |= {"mcp-method": method} | ({"mcp-name": params["name"]} if "name" in params else {})
        params["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }
    return {"json": {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, "headers": headers}


def call(tool: str, version: str = "2025-11-25", **arguments: Any) -> dict[str, Any]:
    """Return the arguments of an HTTP client that call a tool."""
    return message("tools/call", version, name=tool, arguments=arguments)


def post(client: httpx.Client, request: dict[str, Any], **headers: str) -> httpx.Response:
    return client.post("/mcp", json=request["json"], headers=request["headers"] | headers)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_response_is_json_and_the_server_keeps_nothing(client: httpx.Client, version: str) -> None:
    response = post(client, call("search", version, query=KO))
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert "mcp-session-id" not in response.headers
    assert response.headers["x-request-id"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.json()["result"]["structuredContent"]["results"]


def test_a_client_that_initializes_gets_no_session(client: httpx.Client) -> None:
    about = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    response = post(client, message("initialize", **about))
    assert response.json()["result"]["serverInfo"]["name"] == "nonmun"
    assert response.json()["result"]["protocolVersion"] == "2025-11-25"
    assert "mcp-session-id" not in response.headers
    notification = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    accepted = client.post("/mcp", json=notification, headers=ACCEPT)
    assert (accepted.status_code, accepted.content) == (202, b"")


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "HEAD"])
def test_there_are_no_streams_and_no_sessions_to_end(client: httpx.Client, method: str) -> None:
    response = client.request(method, "/mcp", headers={"accept": "text/event-stream"})
    assert response.status_code == 405
    assert "POST" in response.headers["allow"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b'{"jsonrpc": "2.0", "id": 1}', b"\xff"])
def test_malformed_messages_are_errors_of_the_client(client: httpx.Client, version: str, body: bytes) -> None:
    headers = {"content-type": "application/json", "mcp-protocol-version": version, **ACCEPT}
    response = client.post("/mcp", content=body, headers=headers)
    assert 400 <= response.status_code < 500
    assert "error" in response.json()


def test_large_messages_are_refused(client: httpx.Client) -> None:
    for body in (b"x" * 65_537, iter([b"x" * 40_000, b"x" * 40_000])):
        headers = {"content-type": "application/json", **ACCEPT}
        response = client.post("/mcp", content=body, headers=headers)
        assert (response.status_code, response.json()["code"]) == (413, "too_large")


# --- hosts and origins


def test_a_foreign_host_is_refused(sample_library: Library) -> None:
    with served(sample_library, hosts=("papers.example.org",)) as client:
        assert post(client, message("tools/list"), host="evil.example").status_code == 421
        for host in ("papers.example.org", "localhost:8765"):
            assert post(client, message("tools/list"), host=host).status_code == 200


@pytest.mark.parametrize("version", VERSIONS)
def test_pages_of_other_origins_are_refused(sample_library: Library, version: str) -> None:
    with served(sample_library, origins=("https://chat.example.org",)) as client:
        own = str(client.base_url).rstrip("/")
        for origin in ("https://evil.example", "null", "http://localhost:1", f"{own}.evil.example", "https://chat"):
            response = post(client, message("tools/list", version), origin=origin)
            assert (response.status_code, response.json()["code"]) == (403, "unknown_origin"), origin
            assert "http.origins" in response.json()["detail"]
        for origin in ("https://chat.example.org", "https://CHAT.example.org", own):
            assert post(client, message("tools/list", version), origin=origin).status_code == 200, origin
        metrics = client.get("/metrics").text
        assert 'nonmun_refused_total{code="unknown_origin"} 5.0' in metrics


def test_any_origin_may_be_allowed(sample_library: Library) -> None:
    with served(sample_library, origins=("*",)) as client:
        assert post(client, message("tools/list"), origin="https://any.example").status_code == 200


def test_a_page_of_an_allowed_origin_may_send_the_headers_of_the_protocol(sample_library: Library) -> None:
    with served(sample_library, origins=("https://chat.example.org",)) as client:
        response = client.options(
            "/mcp",
            headers={
                "origin": "https://chat.example.org",
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization,content-type,mcp-protocol-version,mcp-method,mcp-name",
            },
        )
        assert response.status_code == 200
        allowed = response.headers["access-control-allow-headers"]
        assert all(name in allowed for name in ("mcp-protocol-version", "mcp-method", "mcp-name", "authorization"))


# --- keys and scopes


def test_a_key_is_needed(sample_library: Library, keys: KeyStore) -> None:
    secret, key = keys.create("a test", ["read", "ask"])
    with served(sample_library, keys) as client:
        for headers in ({}, bearer("nm_wrong")):
            response = post(client, message("tools/list"), **headers)
            assert response.status_code == 401
            assert response.headers["www-authenticate"].startswith("Bearer")
        with connected(over_http(client, secret)) as connection:
            assert connection.output("ask_papers", question=KO)["sources"]
            assert connection.output("search", query=KO)["results"]
            assert connection.read("nonmun://status")
        keys.revoke(key.id)
        assert post(client, message("tools/list"), **bearer(secret)).status_code == 401


READING = {
    "search": {"query": KO},
    "fetch": {"id": PAPER},
    "get_paper": {"paper_id": PAPER},
    "list_digests": {},
    "find_similar": {"paper_id": PAPER},
    "export_citations": {"papers": [PAPER]},
}
RESOURCES = ("nonmun://status", "nonmun://digests", "nonmun://digests/2025-03-06", f"nonmun://papers/{PAPER}")


@pytest.mark.parametrize("mode", VERSIONS.values())
@pytest.mark.parametrize(
    ("scopes", "may_read", "may_ask"),
    [(["read"], True, False), (["ask"], False, True), (["feedback"], False, False), (["admin"], True, True)],
)
def test_each_tool_needs_the_scope_of_its_route(
    sample_library: Library, keys: KeyStore, mode: str, scopes: list[Scope], may_read: bool, may_ask: bool
) -> None:
    secret, _ = keys.create("a test", scopes)
    with served(sample_library, keys) as client, connected(over_http(client, secret), mode) as connection:
        tools = {tool.name for tool in connection.list("tools")}
        assert tools == {*READING, "ask_papers"}
        calls = READING | {"ask_papers": {"question": KO}}
        for tool, arguments in calls.items():
            scope, is_allowed = ("ask", may_ask) if tool == "ask_papers" else ("read", may_read)
            if is_allowed:
                connection.output(tool, **arguments)
            else:
                assert f"the key lacks the scope {scope}" in connection.error(tool, **arguments)
        for uri in RESOURCES:
            if may_read:
                assert connection.read(uri)
            else:
                assert "the key lacks the scope read" in connection.read_error(uri).message
        assert connection.prompt("weekly_briefing")


def test_keys_of_concurrent_calls_are_not_confused(sample_library: Library, keys: KeyStore) -> None:
    reader, _ = keys.create("reads", ["read"])
    asker, _ = keys.create("asks", ["ask"])
    with (
        served(sample_library, keys) as client,
        connected(over_http(client, reader)) as reading,
        connected(over_http(client, asker), "legacy") as asking,
    ):
        futures = [
            (scopes, connection.start(tool, **arguments))
            for _ in range(10)
            for scopes, connection in (("read", reading), ("ask", asking))
            for tool, arguments in (("search", {"query": KO}), ("ask_papers", {"question": KO}))
        ]
        outcomes = [(scope, future.result(PATIENCE).is_error) for scope, future in futures]
        assert outcomes == [("read", False), ("read", True), ("ask", True), ("ask", False)] * 10


# --- limits


def test_requests_of_a_client_are_limited(sample_library: Library) -> None:
    with served(sample_library, rate="2/hour") as client:
        statuses = [post(client, message("tools/list")).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]


def test_written_answers_are_limited(written: Library, models: Any, model_server: Any) -> None:
    model_server.behave = models.citing
    with served(written, llm_rate="1/day") as client, connected(over_http(client)) as connection:
        assert connection.output("ask_papers", question=KO)["writer"] == "generated"
        assert connection.output("ask_papers", question=KO)["writer"] == "extracted"
        assert "more than 1 per 1 day from one client" in connection.error("ask_papers", question=KO, generate=True)
        assert connection.output("ask_papers", question=KO, generate=False)["writer"] == "extracted"
        assert 'nonmun_refused_total{code="rate_limited"} 1.0' in client.get("/metrics").text
        assert 'nonmun_answers_total{outcome="high",writer="generated"} 1.0' in client.get("/metrics").text


class Blocking:
    """An embedder that embeds questions only when a test lets it."""

    def __init__(self, embedder: Any) -> None:
        self._embedder = embedder
        self.begun, self.go = threading.Semaphore(0), threading.Event()
        self.is_blocking = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def queries(self, texts: Sequence[str]) -> Matrix:
        if self.is_blocking:
            self.begun.release()
            assert self.go.wait(PATIENCE)
        return self._embedder.queries(texts)


@pytest.fixture
def blocking(sample_library: Library) -> Iterator[tuple[Library, Blocking]]:
    embedder = Blocking(sample_library.embedder)
    with Library.open(settings=sample_library.settings, embedding=embedder, create=False) as library:
        yield library, embedder


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [("search", {"query": KO}), ("ask_papers", {"question": KO}), ("find_similar", {"paper_id": PAPER})],
)
def test_calls_wait_in_the_queue_of_questions(
    blocking: tuple[Library, Blocking], tool: str, arguments: dict[str, Any]
) -> None:
    library, embedder = blocking
    with served(library, places=1, queue=0) as client, connected(over_http(client)) as connection:
        wait_until(lambda: client.get("/readyz").status_code == 200)
        embedder.is_blocking = True
        first = connection.start("search", query=KO)
        try:
            assert embedder.begun.acquire(timeout=PATIENCE)
            assert "too many questions at once" in connection.error(tool, **arguments)
            assert connection.output("get_paper", paper_id=PAPER)  # waits for no question
        finally:
            embedder.go.set()
        assert not first.result(PATIENCE).is_error
        assert 'nonmun_refused_total{code="overloaded"} 1.0' in client.get("/metrics").text


def test_stages_and_questions_are_recorded(sample_library: Library, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "nonmun.questions")
    with served(sample_library) as client, connected(over_http(client)) as connection:
        wait_until(lambda: client.get("/readyz").status_code == 200)
        connection.output("ask_papers", question=KO)
        connection.output("search", query="attention")
        metrics = client.get("/metrics").text
        assert 'nonmun_answers_total{outcome="high",writer="extracted"} 1.0' in metrics
        assert 'nonmun_stage_duration_seconds_count{stage="embedding"} 2.0' in metrics
        assert 'route="/mcp"' in metrics
    questions = [str(record.msg) for record in caplog.records if record.name == "nonmun.questions"]
    assert any(KO in text for text in questions)
    assert any("attention" in text for text in questions)


# --- errors


@pytest.mark.parametrize("mode", VERSIONS.values())
def test_other_exceptions_stay_on_the_server(
    sample_library: Library, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    failing = Failing(sample_library.embedder, RuntimeError("/srv/secret is broken"))
    with Library.open(settings=sample_library.settings, embedding=failing, create=False) as library:
        with served(library) as client, connected(over_http(client), mode) as connection:
            for tool, arguments in {"search": {"query": KO}, "ask_papers": {"question": KO}}.items():
                assert connection.error(tool, **arguments) == f"Error executing tool {tool}"
        assert "/srv/secret" in caplog.text


@pytest.mark.parametrize("mode", VERSIONS.values())
def test_errors_of_the_server_are_in_its_log_only(
    sample_library: Library, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    failing = Failing(sample_library.embedder, ModelError("/srv/secret: cannot be read"))
    with Library.open(settings=sample_library.settings, embedding=failing, create=False) as library:
        with served(library) as client, connected(over_http(client), mode) as connection:
            message = connection.error("search", query=KO)
            assert message == "Error executing tool search: the index cannot answer now; see the log of the service"
        assert any("/srv/secret" in str(record.msg) for record in caplog.records if record.name == "nonmun.failures")


def test_resources_of_an_index_that_cannot_be_read(empty_library: Library) -> None:
    with served(empty_library) as client, connected(over_http(client)) as connection:
        empty_library.close()
        error = connection.read_error("nonmun://status")
        assert (error.code, "closed" in error.message) == (-32603, False)


def test_an_application_whose_lifespan_does_not_run_says_so(sample_library: Library) -> None:
    app = create_app(sample_library, HttpConfig())

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post("/mcp", **message("tools/list"))

    response = anyio.run(ask)
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")


def test_an_application_can_be_started_again(sample_library: Library) -> None:
    app = create_app(sample_library, HttpConfig())

    async def run() -> list[int]:
        statuses: list[int] = []
        for _ in range(2):
            transport = httpx.ASGITransport(app)
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
            ):
                statuses.append((await client.post("/mcp", **message("tools/list"))).status_code)
        return statuses

    assert anyio.run(run) == [200, 200]


def test_the_server_leaves_the_configuration_of_the_log_alone(sample_library: Library) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        create_app(sample_library, HttpConfig())
        assert (root.handlers, root.level) == ([], level)
    finally:
        root.handlers[:] = handlers


# --- clients that leave


class Silent:
    """A language model that begins its reply and sends nothing."""

    def __init__(self) -> None:
        self.begun, self.ended = threading.Event(), threading.Event()

    def __call__(self, exchange: Any) -> None:
        exchange.begin()
        self.begun.set()
        if exchange.wait_for_disconnect(PATIENCE):
            self.ended.set()


@pytest.fixture
def patient(written: Library) -> Iterator[Library]:
    """A library that waits for its language model as long as a test takes."""
    update = {"llm_first_token": 3_000.0, "llm_gap": 3_000.0, "llm_timeout": 3_000.0}
    settings = written.settings.model_copy(update=update)
    with Library.open(settings=settings, embedding=written.embedder, create=False) as library:
        yield library


def sent(request: dict[str, Any], port: int | None) -> socket.socket:
    """Send a request, and return the connection on which the response comes."""
    body = json.dumps(request["json"]).encode()
    headers = request["headers"] | {"host": "localhost", "content-type": "application/json"}
    lines = [f"{name}: {value}" for name, value in (headers | {"content-length": str(len(body))}).items()]
    sock = socket.create_connection(("127.0.0.1", port or 0), timeout=PATIENCE)
    sock.sendall("\r\n".join(["POST /mcp HTTP/1.1", *lines, "", ""]).encode() + body)
    return sock


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_that_leaves_ends_the_work(patient: Library, model_server: Any, version: str) -> None:
    model_server.behave = silent = Silent()
    with served(patient) as client:
        with sent(call("ask_papers", version, question=KO), client.base_url.port):
            assert silent.begun.wait(PATIENCE)
            assert "nonmun_answers_writing 1.0" in client.get("/metrics").text
        assert silent.ended.wait(PATIENCE)
        wait_until(lambda: "nonmun_answers_writing 0.0" in client.get("/metrics").text)
        left = 'nonmun_http_request_duration_seconds_count{method="POST",route="/mcp",status="499"} 1.0'
        wait_until(lambda: left in client.get("/metrics").text)


def test_a_cancelled_call_ends_the_work(patient: Library, model_server: Any) -> None:
    model_server.behave = silent = Silent()
    with served(patient) as client, connected(over_http(client)) as connection:
        future = connection.start("ask_papers", question=KO)
        assert silent.begun.wait(PATIENCE)
        future.cancel()
        assert silent.ended.wait(PATIENCE)
        assert connection.output("search", query=KO)["results"]  # the connection is as good as before


def test_a_shutdown_ends_what_is_in_progress(patient: Library, model_server: Any) -> None:
    model_server.behave = silent = Silent()
    app = create_app(patient, HttpConfig(wait=300))
    with ExitStack() as connections:
        with running(app, timeout_graceful_shutdown=1) as (_, port):
            connections.enter_context(sent(call("ask_papers", question=KO), port))
            assert silent.begun.wait(PATIENCE)
        assert silent.ended.wait(PATIENCE)
