"""Errors in OpenAI's shape, whoever refuses a request; keys, limits, metrics, and clients that leave."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from nonmun import Library, ModelError
from nonmun.api.http import create_app
from nonmun.api.keys import KeyStore
from nonmun.index.domain.vectors import Matrix
from nonmun.settings import HttpConfig

from ...conftest import Failing, Serve, bearer, running, served, wait_until
from .conftest import CHAT, COMPLETIONS, KO, RESPONSES, error_of, frames, user

BODIES: dict[str, dict[str, Any]] = {
    CHAT: {"messages": [user(KO)]},
    COMPLETIONS: {"prompt": KO},
    RESPONSES: {"input": KO},
}
GENERATED = "보상 모델 없이 선호에 맞추는 학습은?"


@pytest.mark.parametrize("path", BODIES)
def test_keys_are_needed_with_the_scope_ask(sample_library: Library, keys: KeyStore, path: str) -> None:
    reader, _ = keys.create("reader", ["read"])
    asker, _ = keys.create("asker", ["ask"])
    with served(sample_library, keys) as client:
        for headers in ({}, bearer("nm_wrong"), {"authorization": asker}):
            response = client.post(path, json=BODIES[path], headers=headers)
            error = error_of(response, 401)
            assert (error["type"], error["code"]) == ("authentication_error", "unauthorized")
            assert response.headers["www-authenticate"].startswith("Bearer ")
        error = error_of(client.post(path, json=BODIES[path], headers=bearer(reader)), 403)
        assert (error["type"], error["code"]) == ("permission_error", "forbidden")
        assert client.post(path, json=BODIES[path], headers=bearer(asker)).status_code == 200


def test_models_are_listed_to_keys_that_may_ask(sample_library: Library, keys: KeyStore) -> None:
    reader, _ = keys.create("reader", ["read"])
    asker, _ = keys.create("asker", ["ask"])
    with served(sample_library, keys) as client:
        for path in ("/v1/models", "/v1/models/nonmun"):
            error_of(client.get(path), 401)
            error_of(client.get(path, headers=bearer(reader)), 403)
            assert client.get(path, headers=bearer(asker)).status_code == 200


def test_another_host_name_is_refused(client: httpx.Client) -> None:
    error = error_of(client.post(CHAT, json=BODIES[CHAT], headers={"host": "evil.example"}), 421)
    assert (error["type"], error["code"]) == ("invalid_request_error", "unknown_host")


def test_a_body_that_is_too_large_is_refused(client: httpx.Client) -> None:
    large = {"messages": [user("x" * 1_100_000)]}
    for content in (json.dumps(large).encode(), iter([json.dumps(large).encode()])):
        response = client.post(CHAT, content=content, headers={"content-type": "application/json"})
        error = error_of(response, 413)
        assert error["code"] == "too_large"
        assert "1,048,576 bytes" in error["message"]
    assert client.post("/v1/ask", json={"question": "x" * 70_000}).json()["code"] == "too_large"


@pytest.mark.parametrize("content", [b"{", b"[" * 500_000, b"null", b'"x"', b"", b"\xff"])
def test_a_malformed_body_is_refused(client: httpx.Client, content: bytes) -> None:
    error = error_of(client.post(CHAT, content=content, headers={"content-type": "application/json"}), 422)
    assert error["type"] == "invalid_request_error"


def test_a_wrong_method_is_refused(client: httpx.Client) -> None:
    response = client.get(CHAT)
    error_of(response, 405)
    assert "POST" in response.headers["allow"]
    error_of(client.post("/v1/models"), 405)
    head = client.head(CHAT)
    assert (head.status_code, head.content, head.headers["content-type"]) == (405, b"", "application/json")
    assert client.head("/v1/models").status_code == 200


@pytest.mark.parametrize("path", ["/chat/completions", "/completions", "/responses", "/models", "/models/nonmun"])
def test_a_base_url_without_the_version_is_named(client: httpx.Client, path: str) -> None:
    for response in (client.post(path, json={}), client.get(path)):
        error = error_of(response, 404)
        assert (error["type"], error["code"]) == ("invalid_request_error", "not_found")
        assert error["message"] == f"request /v1{path}: the base URL ends in /v1"


@pytest.mark.parametrize("path", ["/v1/embeddings", "/embeddings"])
def test_embeddings_are_refused(client: httpx.Client, path: str) -> None:
    response = client.post(path, json={"model": "nonmun", "input": KO})
    assert error_of(response, 404)["message"] == "this service has no embeddings"


def test_other_routes_keep_their_problem_details(client: httpx.Client) -> None:
    for path in ("/v1/ask", "/v1/modelsx", "/v1/chat", "/v1/completions/x"):
        assert client.get(path).headers["content-type"] == "application/problem+json"


def test_too_many_requests_are_refused_until_later(sample_library: Library) -> None:
    with served(sample_library, rate="1/hour") as client:
        assert client.get("/v1/models").status_code == 200
        for path, body in BODIES.items():
            response = client.post(path, json=body)
            error = error_of(response, 429)
            assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limited")
            assert 0 < int(response.headers["retry-after"]) <= 3_600
            assert response.headers["ratelimit-policy"] == '"default";q=1;w=3600'


@pytest.mark.parametrize("path", BODIES)
def test_written_answers_have_a_budget(patient: Library, path: str) -> None:
    with served(patient, llm_rate="1/hour") as client:
        assert client.post(path, json=BODIES[path]).json()["nonmun"]["writer"] == "generated"
        assert client.post(path, json=BODIES[path]).json()["nonmun"]["why"] == "over_budget"
        for stream in (False, True):
            response = client.post(path, json=BODIES[path] | {"model": "nonmun-generative", "stream": stream})
            error_of(response, 429)
            assert int(response.headers["retry-after"]) > 0
        extractive = BODIES[path] | {"model": "nonmun-extractive"}
        assert client.post(path, json=extractive).json()["nonmun"]["writer"] == "extracted"


def test_a_full_queue_refuses(patient: Library, model_server: Any, models: Any) -> None:
    model_server.behave = models.Silent()
    with (
        served(patient, writers=1, queue=0) as client,
        client.stream("POST", CHAT, json={"messages": [user(GENERATED)], "stream": True}) as response,
    ):
        assert response.status_code == 200
        for path, body in BODIES.items():
            for stream in (False, True):
                refused = client.post(path, json=body | {"stream": stream})
                assert (error_of(refused, 503)["type"], int(refused.headers["retry-after"]) > 0) == (
                    "server_error",
                    True,
                )


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("stream", [False, True])
def test_internal_errors_tell_nothing(sample_library: Library, path: str, stream: bool) -> None:
    for failure, status, code in (
        (RuntimeError("secret"), 500, "internal"),
        (ModelError("secret"), 503, "unavailable"),
    ):
        embedder = Failing(sample_library.embedder, failure)
        settings = sample_library.settings
        with Library.open(settings=settings, embedding=embedder, create=False) as library, served(library) as client:
            response = client.post(path, json=BODIES[path] | {"stream": stream})
            error = error_of(response, status)
            assert (error["type"], error["code"]) == ("server_error", code)
            assert "secret" not in response.text


class FailsLater:
    """An embedder that fails once its language model, which it is as well, has been called."""

    def __init__(self, embedder: Any) -> None:
        self._embedder, self.fails = embedder, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def passages(self, texts: Sequence[str]) -> Matrix:
        if self.fails:
            raise ModelError("secret")
        return self._embedder.passages(texts)

    def stream(self, messages: object) -> Any:
        self.fails = True
        yield "아무 말이나 합니다. "


@pytest.mark.parametrize("path", BODIES)
def test_a_failure_in_mid_stream_is_an_event(sample_library: Library, serve: Serve, path: str) -> None:
    failing = FailsLater(sample_library.embedder)
    settings = sample_library.settings
    with (
        Library.open(settings=settings, embedding=failing, llm=failing, create=False) as library,
        serve(library) as client,
    ):
        last = frames(client, path, **BODIES[path])[-1]
    assert (last["error"]["type"], last["error"]["code"]) == ("server_error", "unavailable")
    assert "secret" not in json.dumps(last)
    if path == RESPONSES:
        assert (last["type"], last["code"], last["message"]) == ("error", "unavailable", last["error"]["message"])


def test_responses_carry_the_id_of_the_request(client: httpx.Client) -> None:
    refused = client.post(CHAT, json={}, headers={"x-request-id": "0123456789abcdef0123456789abcdef"})
    assert refused.headers["x-request-id"] == "0123456789abcdef0123456789abcdef"
    assert refused.headers["x-content-type-options"] == "nosniff"


def test_answers_and_refusals_are_counted(sample_library: Library) -> None:
    with served(sample_library) as client:
        for path, body in BODIES.items():
            assert client.post(path, json=body).status_code == 200
            frames(client, path, **body)
        client.post(CHAT, json=BODIES[CHAT] | {"model": "x"})
        client.get("/v1/models/nonmun")

        def metrics() -> str:
            return client.get("/metrics").text

        assert 'nonmun_answers_total{outcome="high",writer="extracted"} 6.0' in metrics()
        assert 'nonmun_refused_total{code="model_not_found"} 1.0' in metrics()
        for path in BODIES:
            line = f'nonmun_http_request_duration_seconds_count{{method="POST",route="{path}",status="200"}} 2.0'
            wait_until(lambda line=line: line in metrics())
        wait_until(lambda: 'route="/v1/models/{model}"' in metrics())


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", BODIES)
def test_clients_that_leave_free_their_places(
    patient: Library, model_server: Any, models: Any, path: str, stream: bool
) -> None:
    model_server.behave = silent = models.Silent()
    app = create_app(patient, HttpConfig(wait=600, queue=100, writers=2))
    with running(app, timeout_graceful_shutdown=1) as (_, port), ExitStack() as stack:
        work, url = app.state.work, f"http://127.0.0.1:{port}"
        assert httpx.get(f"{url}/readyz", timeout=300, trust_env=False).status_code == 200
        content = json.dumps(BODIES[path] | {"stream": stream}, ensure_ascii=False).encode()
        head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        request = head.encode() + b"content-length: %d\r\n\r\n" % len(content) + content
        connections = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=120)) for _ in range(2)
        ]
        for connection in connections:
            connection.sendall(request)
        assert all(silent.begun.acquire(timeout=120) for _ in connections)
        assert work.writing.working == 2
        for connection in connections:
            connection.close()
        assert all(silent.ended.acquire(timeout=120) for _ in connections)
        wait_until(lambda: work.writing.working == work.answering.working == 0)
        model_server.behave = models.citing
        answer = httpx.post(f"{url}{path}", json=BODIES[path], timeout=300, trust_env=False).json()
        assert answer["nonmun"]["writer"] == "generated"


def test_an_allowed_origin_may_send_the_headers_of_openais_clients(sample_library: Library) -> None:
    headers = {
        "origin": "https://chat.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-nonmun-citations,x-stainless-lang",
    }
    with served(sample_library, origins=("https://chat.example",)) as client:
        allowed = client.options(CHAT, headers=headers)
        assert allowed.status_code == 200
        names = {name.strip() for name in allowed.headers["access-control-allow-headers"].split(",")}
        assert names >= {"authorization", "content-type", "x-nonmun-citations", "x-stainless-lang"}
        assert client.options(CHAT, headers=headers | {"origin": "https://evil.example"}).status_code == 400


# The OpenAPI document


def test_openapi_describes_the_routes(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    operations = {
        path: operation["operationId"]
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if "OpenAI-compatible" in operation.get("tags", [])
    }
    assert operations == {
        "/v1/models": "listModels",
        "/v1/models/{model}": "retrieveModel",
        CHAT: "createChatCompletion",
        COMPLETIONS: "createCompletion",
        RESPONSES: "createResponse",
    }
    for path in operations:
        for operation in document["paths"][path].values():
            for status in ("401", "403", "404", "413", "421", "422", "429", "500", "503"):
                content = operation["responses"][status]["content"]
                assert content["application/json"]["schema"]["$ref"].endswith("/OpenAIError")
    schemas = document["components"]["schemas"]
    options = schemas["AnswerOptions"]
    assert options["additionalProperties"] is False
    assert {"k", "as_of", "since", "until", "by", "papers", "sections", "lang", "source", "trust"} <= set(
        options["properties"]
    )
    assert schemas["ChatCompletion"]["properties"]["nonmun"]["anyOf"][0]["$ref"].endswith("/AskResponse")
    for path in BODIES:
        content = document["paths"][path]["post"]["responses"]["200"]["content"]
        assert content.keys() == {"application/json", "text/event-stream"}
    header = next(each for each in document["paths"][CHAT]["post"]["parameters"] if each["in"] == "header")
    assert (header["name"], header["schema"]["enum"]) == ("x-nonmun-citations", ["annotations", "open-webui"])
