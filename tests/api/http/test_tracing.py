"""Spans of requests, as a collector receives them: what they hold, and what they never hold."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from nonmun import ConfigError, Library
from nonmun.api.http import create_app
from nonmun.api.http.tracing import exported_spans
from nonmun.api.keys import KeyStore
from nonmun.settings import HttpConfig

from ..collector import PROTOCOLS, Collector, attributes, collecting
from ..conftest import Failing, bearer, running

QUESTION = "보상 모델 없이 선호에 맞추는 학습은?"
CANARY = "kanarienvogel7319"
PAPER = "/v1/papers/1706.03762"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
REQUEST_ID = "http.response.header.x-request-id"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see none of OpenTelemetry's variables but those that they set."""
    for name in list(os.environ):
        if name.startswith(("OTEL_", "FASTAPI_OTEL_")):
            monkeypatch.delenv(name)


@contextmanager
def traced(
    library: Library, monkeypatch: pytest.MonkeyPatch, keys: KeyStore | None = None, protocol: str = "grpc", **more: str
) -> Generator[tuple[httpx.Client, Collector]]:
    """Serve a library and collect its spans; all of them are there once the block has ended."""
    with collecting(protocol) as collector:
        for name, value in (collector.variables | more).items():
            monkeypatch.setenv(name, value)
        with exported_spans(600) as provider:
            app = create_app(library, HttpConfig(wait=300, queue=1_000), keys=keys, tracer_provider=provider)
            with (
                running(app, proxy_headers=False) as (_, port),
                httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300, trust_env=False) as client,
            ):
                yield client, collector


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_request_is_a_span(sample_library: Library, monkeypatch: pytest.MonkeyPatch, protocol: str) -> None:
    request_id = str(uuid4())
    with traced(sample_library, monkeypatch, protocol=protocol) as (client, collector):
        assert client.get(PAPER, headers={"x-request-id": request_id}).status_code == 200
    (span,) = collector.servers
    assert span.name == "GET /v1/papers/{paper_id}"
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert span.end_time_unix_nano > span.start_time_unix_nano
    assert not span.parent_span_id
    expected = {"http.request.method": "GET", "http.response.status_code": 200, "http.route": "/v1/papers/{paper_id}"}
    assert expected.items() <= (found := attributes(span)).items()
    assert found[REQUEST_ID] == [request_id]
    (resource,) = collector.resources
    assert resource["service.name"] == "nonmun"
    assert resource["service.version"]


def test_the_trace_of_the_caller_is_continued(sample_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    with traced(sample_library, monkeypatch) as (client, collector):
        for flags in ("01", "00"):  # the caller records its trace, or not
            headers = {"traceparent": f"00-{TRACE}-{PARENT}-{flags}"}
            assert client.post("/v1/search", json={"question": QUESTION}, headers=headers).status_code == 200
        assert client.get("/v1/status", headers={"traceparent": "nonsense"}).status_code == 200
    span, own = sorted(collector.servers, key=lambda span: span.start_time_unix_nano)
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    assert own.trace_id.hex() != TRACE
    assert collector.children(span)
    assert {child.trace_id.hex() for child in collector.children(span)} == {TRACE}


@pytest.mark.parametrize("path", ["/v1/search", "/v1/ask"])
def test_stages_are_children(sample_library: Library, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    with traced(sample_library, monkeypatch) as (client, collector):
        timings = client.post(path, json={"question": QUESTION}).json()["timings"]
    (server,) = collector.servers
    assert server.name == f"POST {path}"
    stages = collector.children(server)
    assert [stage.name for stage in stages] == list(timings)
    for stage, milliseconds in zip(stages, timings.values(), strict=True):
        assert stage.end_time_unix_nano - stage.start_time_unix_nano == pytest.approx(milliseconds * 1e6, abs=1)
    for stage, following in pairwise(stages):
        assert stage.end_time_unix_nano == following.start_time_unix_nano
    assert stages[-1].end_time_unix_nano <= server.end_time_unix_nano


def test_a_written_answer_has_a_stage_for_the_model(written: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    with traced(written, monkeypatch) as (client, collector):
        for stream in (False, True):
            body = {"question": QUESTION, "stream": stream}
            assert client.post("/v1/ask", json=body).status_code == 200
    assert len(collector.servers) == 2
    for server in collector.servers:
        assert [span.name for span in collector.children(server)][-2:] == ["answer", "llm"]


def test_simultaneous_requests_keep_their_stages_apart(
    sample_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with traced(sample_library, monkeypatch) as (client, collector), ThreadPoolExecutor(4) as pool:

        def search(number: int) -> list[float]:
            return list(client.post("/v1/search", json={"question": QUESTION, "k": number}).json()["timings"].values())

        searched = sorted(pool.map(search, range(1, 9)))
    traced_stages = [
        [(span.end_time_unix_nano - span.start_time_unix_nano) / 1e6 for span in collector.children(server)]
        for server in collector.servers
    ]
    assert len({server.trace_id for server in collector.servers}) == 8
    assert sorted(traced_stages) == [pytest.approx(timings, abs=1e-5) for timings in searched]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "route"),
    [
        ("GET", "/nothing", None, 404, None),
        ("GET", "/v1/papers/2501.99999", None, 404, "/v1/papers/{paper_id}"),
        ("DELETE", "/v1/status", None, 405, "/v1/status"),
        ("POST", "/v1/ask", {"question": ""}, 422, "/v1/ask"),
        ("HEAD", "/v1/status", None, 200, "/v1/status"),
    ],
)
def test_a_refused_request_is_no_error_of_the_service(
    sample_library: Library,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
    body: Any,
    status: int,
    route: str | None,
) -> None:
    with traced(sample_library, monkeypatch) as (client, collector):
        assert client.request(method, path, json=body).status_code == status
    (span,) = collector.servers
    found = attributes(span)
    assert (found["http.request.method"], found["http.response.status_code"]) == (method, status)
    assert found.get("http.route") == route
    assert span.name == (f"{method} {route}" if route else method)
    assert span.status.code == Status.STATUS_CODE_UNSET


def test_a_failure_is_an_error_without_its_message(sample_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    embedding = Failing(sample_library.embedder, RuntimeError(f"the disk is on fire: {CANARY}"))
    with (
        Library.open(settings=sample_library.settings, embedding=embedding, create=False) as library,
        traced(library, monkeypatch) as (client, collector),
    ):
        assert client.post("/v1/ask", json={"question": QUESTION}).status_code == 500
    (span,) = collector.servers
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert attributes(span)["error.type"] == "500"
    told = b"".join(request.SerializeToString() for request in collector.requests)
    for hidden in (b"fire", CANARY.encode()):
        assert hidden not in told


def test_a_client_that_leaves_ends_its_span(
    written: Library, model_server: Any, models: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = written.settings.model_copy(update={"llm_first_token": 3_000.0, "llm_gap": 3_000.0})
    model_server.behave = models.hanging(model_server)
    with (
        Library.open(settings=patient, embedding=written.embedder, create=False) as library,
        traced(library, monkeypatch) as (client, collector),
        client.stream("POST", "/v1/ask", json={"question": QUESTION, "stream": True}) as response,
    ):
        assert next(response.iter_lines()) == "event: hits"
    (span,) = collector.servers
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert attributes(span)["http.response.status_code"] == 200
    assert not collector.children(span)


def test_spans_hold_no_questions_keys_or_queries(
    sample_library: Library, keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, key = keys.create("Kim", ["admin", "ask", "read"])
    # FastAPI would export the messages of exceptions and the errors of bodies, if it were asked to.
    with traced(sample_library, monkeypatch, keys, FASTAPI_OTEL_AUTO_CONFIGURE="true") as (client, collector):
        for path, body in (
            ("/v1/ask", {"question": f"{QUESTION} {CANARY}"}),
            ("/v1/ask", {"question": f"{QUESTION} {CANARY}", "stream": True}),
            ("/v1/search", {"question": f"{QUESTION} {CANARY}"}),
            ("/v1/ask", {"question": CANARY, "k": 0}),
        ):
            client.post(path, json=body, headers=bearer(secret))
        headers = {"x-request-id": secret, "user-agent": CANARY, "cookie": CANARY, "baggage": f"a={CANARY}"}
        assert client.get(f"{PAPER}?history=true&q={CANARY}", headers=bearer(secret) | headers).status_code == 200
        assert client.get(f"/v1/status?key={secret}").status_code == 401
    assert len(collector.servers) == 6
    assert [attributes(span).get("url.query") for span in collector.servers].count("REDACTED") == 2
    told = b"".join(request.SerializeToString() for request in collector.requests)
    for hidden in (CANARY, "보상", secret, secret[7:-4], key.hint, "Kim", "history="):
        assert hidden.encode() not in told


def test_probes_make_no_spans(sample_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    with traced(sample_library, monkeypatch) as (client, collector):
        for path in ("/healthz", "/readyz", "/metrics", "/v1/status"):
            assert client.get(path).status_code == 200
    assert [span.name for span in collector.spans] == ["GET /v1/status"]


def test_the_variables_of_opentelemetry_count(sample_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    more = {"OTEL_SERVICE_NAME": "papers", "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test"}
    with traced(sample_library, monkeypatch, **more) as (client, collector):
        assert client.get("/v1/status").status_code == 200
    (resource,) = collector.resources
    assert (resource["service.name"], resource["deployment.environment.name"]) == ("papers", "test")
    with traced(sample_library, monkeypatch, OTEL_TRACES_SAMPLER="always_off") as (client, collector):
        assert client.get("/v1/status").status_code == 200
    assert not collector.requests


def test_an_endpoint_for_traces_alone(sample_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting("http/protobuf") as traces:
        alone = {
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{traces.url}/v1/traces",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
        }
        with traced(sample_library, monkeypatch, **alone) as (client, other):
            assert client.get("/v1/status").status_code == 200
    assert (len(traces.servers), len(other.servers)) == (1, 0)


def test_a_provider_of_the_process_makes_no_spans(sample_library: Library) -> None:
    """Spans of an embedded application are made by the provider that it is given, and by no other."""
    code = """
import sys
from fastapi.testclient import TestClient
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from nonmun import Library
from nonmun.api.http import create_app

exporter, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
with Library.open(sys.argv[1], create=False) as library:
    for given in (None, provider):
        app = create_app(library, tracer_provider=given)
        assert TestClient(app, base_url="http://localhost").get("/v1/status").status_code == 200
        print(len(exporter.get_finished_spans()))
"""
    command = [sys.executable, "-c", code, str(sample_library.settings.data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.split() == ["0", "1"], done.stderr


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:9"},
    ],
)
def test_nothing_is_imported_unless_configured(variables: dict[str, str]) -> None:
    code = """
import sys
import nonmun.api.http.server
from nonmun.api.http.tracing import exported_spans
with exported_spans(1) as provider:
    loaded = sorted(name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exp", "grpc")))
    print(provider, loaded)
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.split() == ["None", "[]"], done.stderr


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, ["OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "http/protobuf"]),
        (
            {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "x", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "x"],
        ),
        ({"OTEL_TRACES_EXPORTER": "console"}, ["OTEL_TRACES_EXPORTER", "console", "otlp"]),
        ({"OTEL_EXPORTER_OTLP_TIMEOUT": "soon"}, ["OTEL_EXPORTER_OTLP_", "soon"]),
        ({"OTEL_EXPORTER_OTLP_COMPRESSION": "zip"}, ["OTEL_EXPORTER_OTLP_COMPRESSION", "zip"]),
    ],
)
def test_invalid_variables_are_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], words: list[str]
) -> None:
    for name, value in ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"} | variables).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as raised, exported_spans(1):
        pass
    for word in words:
        assert word in str(raised.value)


def test_an_exporter_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)
    with pytest.raises(ConfigError, match=r"nonmun\[otel\]"), exported_spans(1):
        pass
