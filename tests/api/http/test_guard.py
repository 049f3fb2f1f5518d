"""Who may do what over HTTP: keys and scopes, rate limits, host names, CORS, methods and security headers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from nonmun import ConfigError, Library
from nonmun.api.http import create_app
from nonmun.api.keys import KeyStore
from nonmun.settings import HttpConfig, load_settings

from ..conftest import Failing, bearer, served

QUESTION = "보상 모델 없이 선호에 맞추는 학습은?"
PAPER = "/v1/papers/1706.03762"
OPEN = ("/healthz", "/readyz", "/docs", "/openapi.json")
PROTECTED = (
    ("GET", "/v1/status"),
    ("GET", PAPER),
    ("GET", "/v1/chunks/x"),
    ("POST", "/v1/search"),
    ("POST", "/v1/ask"),
    ("GET", "/metrics"),
    ("GET", "/nothing"),
    ("HEAD", "/v1/status"),
    ("DELETE", PAPER),
)
SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.fixture
def guarded(sample_library: Library, keys: KeyStore) -> Iterator[httpx.Client]:
    with served(sample_library, keys) as client:
        yield client


@pytest.fixture
def failing(sample_library: Library) -> Iterator[Library]:
    error = RuntimeError(f"{sample_library.settings.data}/model.bin is gone")
    embedding = Failing(sample_library.embedder, error)
    with Library.open(settings=sample_library.settings, embedding=embedding, create=False) as library:
        yield library


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert list(body) == ["type", "title", "status", "detail", "code", "field"]
    assert (body["type"], body["status"], body["code"]) == (f"urn:nonmun:error:{code}", status, code)
    assert body["title"]
    assert body["detail"]
    return body


def limits_of(response: httpx.Response) -> tuple[str, int, int, int, int]:
    """Return the policy of a response, its quota and window in seconds, what remains, and the seconds until a reset."""
    policy = re.fullmatch(r'"(\w+)";q=(\d+);w=(\d+)', response.headers["ratelimit-policy"])
    limit = re.fullmatch(r'"(\w+)";r=(\d+);t=(\d+)', response.headers["ratelimit"])
    assert policy
    assert limit
    assert policy[1] == limit[1]
    return policy[1], int(policy[2]), int(policy[3]), int(limit[2]), int(limit[3])


# Keys


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_a_request_without_a_key_is_401(guarded: httpx.Client, method: str, path: str) -> None:
    response = guarded.request(method, path)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="nonmun"'
    if method != "HEAD":
        assert "Authorization: Bearer" in problem(response, 401, "unauthorized")["detail"]


@pytest.mark.parametrize("form", ["Bearer nm_wrong", "Bearer {}x", "Bearer x{}", "Bearer  nm_"])
def test_a_wrong_key_is_an_invalid_token(guarded: httpx.Client, keys: KeyStore, form: str) -> None:
    secret, _ = keys.create("Kim", ["admin"])
    response = guarded.get("/v1/status", headers={"authorization": form.format(secret)})
    problem(response, 401, "unauthorized")
    assert response.headers["www-authenticate"] == 'Bearer realm="nonmun", error="invalid_token"'


@pytest.mark.parametrize("form", ["", "{}", "Bearer", "Basic {}", "Bearer{}", "Bearer {} x", "Token {}", "Bearer\t{}"])
def test_a_key_in_another_form_is_none(guarded: httpx.Client, keys: KeyStore, form: str) -> None:
    secret, _ = keys.create("Kim", ["admin"])
    response = guarded.get("/v1/status", headers={"authorization": form.format(secret)})
    problem(response, 401, "unauthorized")
    assert response.headers["www-authenticate"] == 'Bearer realm="nonmun"'


def test_a_key_elsewhere_than_in_its_header_is_none(guarded: httpx.Client, keys: KeyStore) -> None:
    secret, _ = keys.create("Kim", ["admin"])
    problem(guarded.get("/v1/status", params={"key": secret, "access_token": secret}), 401, "unauthorized")
    problem(guarded.get("/v1/status", headers={"cookie": f"key={secret}"}), 401, "unauthorized")
    problem(guarded.get("/v1/status", headers={"x-api-key": secret}), 401, "unauthorized")
    problem(guarded.get("/v1/status", auth=("nonmun", secret)), 401, "unauthorized")


def test_an_id_or_a_hint_is_no_key(guarded: httpx.Client, keys: KeyStore) -> None:
    _, key = keys.create("Kim", ["admin"])
    problem(guarded.get("/v1/status", headers=bearer(key.id)), 401, "unauthorized")
    problem(guarded.get("/v1/status", headers={b"authorization": f"Bearer {key.hint}".encode()}), 401, "unauthorized")


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER   {}"])
def test_the_right_key_is_let_in(guarded: httpx.Client, keys: KeyStore, form: str) -> None:
    secret, _ = keys.create("Kim", ["read"])
    assert guarded.get("/v1/status", headers={"authorization": form.format(secret)}).json()["papers"] == 17


ALLOWED = {
    "read": {"/v1/status": 200, PAPER: 200, "/v1/search": 200, "/v1/ask": 403, "/metrics": 403, "/nothing": 404},
    "ask": {"/v1/status": 403, PAPER: 403, "/v1/search": 403, "/v1/ask": 200, "/metrics": 403, "/nothing": 403},
    "feedback": {"/v1/status": 403, PAPER: 403, "/v1/search": 403, "/v1/ask": 403, "/metrics": 403, "/nothing": 403},
    "metrics": {"/v1/status": 403, PAPER: 403, "/v1/search": 403, "/v1/ask": 403, "/metrics": 200, "/nothing": 403},
    "admin": {"/v1/status": 200, PAPER: 200, "/v1/search": 200, "/v1/ask": 200, "/metrics": 200, "/nothing": 404},
}


@pytest.mark.parametrize("scope", ALLOWED)
def test_scopes(guarded: httpx.Client, keys: KeyStore, scope: Any) -> None:
    secret, _ = keys.create("Kim", [scope])
    for path, status in ALLOWED[scope].items():
        posted = path in {"/v1/search", "/v1/ask"}
        body = {"question": QUESTION} if posted else None
        response = guarded.request("POST" if posted else "GET", path, json=body, headers=bearer(secret))
        assert response.status_code == status, (path, response.text)
        if status == 403:
            needed = {"/v1/ask": "ask", "/metrics": "metrics"}.get(path, "read")
            assert problem(response, 403, "forbidden")["detail"].endswith(f"scope {needed}")


@pytest.fixture(scope="module")
def local(sample_library: Library, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, KeyStore]]:
    """A service that lets clients on its machine ask and read without a key."""
    with (
        closing(KeyStore(tmp_path_factory.mktemp("local") / "keys.sqlite")) as keys,
        served(sample_library, keys, anonymous=("ask", "read", "metrics")) as client,
    ):
        yield client, keys


def test_without_a_key_a_client_on_the_machine_asks_and_reads(local: tuple[httpx.Client, KeyStore]) -> None:
    client, _ = local
    for path in ("/v1/status", PAPER, "/metrics", "/openapi.json"):
        assert client.get(path).status_code == 200, path
    assert client.post("/v1/ask", json={"question": QUESTION}).json()["citations"]


def test_changes_need_a_key_everywhere(local: tuple[httpx.Client, KeyStore]) -> None:
    client, keys = local
    for method, path in (("DELETE", "/v1/digests/2020-01-01"), ("POST", "/v1/entries"), ("GET", "/v1/jobs/x")):
        detail = problem(client.request(method, path), 401, "unauthorized")["detail"]
        assert "scope admin" in detail
        assert "nonmun keys create" in detail
    admin = bearer(keys.create("Kim", ["admin"])[0])
    problem(client.delete("/v1/digests/2020-01-01", headers=admin), 404, "not_found")
    problem(client.get("/v1/status", headers=bearer("nm_wrong")), 401, "unauthorized")
    assert client.get("/v1/status", headers=bearer("unused")).status_code == 200  # what OpenAI's clients send
    problem(client.delete("/v1/digests/2020-01-01", headers=bearer("unused")), 401, "unauthorized")


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "x-forwarded-host", "x-forwarded-proto", "forwarded", "Via", "x-real-ip"]
)
def test_a_request_through_a_proxy_needs_a_key(local: tuple[httpx.Client, KeyStore], header: str) -> None:
    client, keys = local
    for path in ("/v1/status", "/metrics"):
        problem(client.get(path, headers={header: "192.0.2.1"}), 401, "unauthorized")
    problem(client.post("/v1/ask", json={"question": QUESTION}, headers={header: ""}), 401, "unauthorized")
    reader = bearer(keys.create("Kim", ["read"])[0])
    assert client.get("/v1/status", headers=reader | {header: "192.0.2.1"}).status_code == 200
    assert client.get("/healthz", headers={header: "192.0.2.1"}).status_code == 200


def test_guesses_of_keys_have_a_limit(sample_library: Library, keys: KeyStore) -> None:
    with served(sample_library, keys, rate="2/hour") as client:
        statuses = [client.get("/v1/status", headers=bearer(f"nm_{number}")).status_code for number in range(3)]
        assert statuses == [401, 401, 429]


def test_answers_to_the_address_that_a_connection_arrives_at(sample_library: Library) -> None:
    transport = httpx.ASGITransport(create_app(sample_library, host="0.0.0.0"))

    async def get(host: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://192.0.2.7:8765") as client:
            return await client.get("/healthz", headers={"host": host})

    assert anyio.run(get, "192.0.2.7:8765").status_code == 200
    for other in ("192.0.2.8", "papers.example.org", "serve:8765"):
        assert "http.hosts" in problem(anyio.run(get, other), 421, "unknown_host")["detail"]


def test_a_stream_needs_the_scope_of_a_question(guarded: httpx.Client, keys: KeyStore) -> None:
    reader, asker = (keys.create("Kim", [scope])[0] for scope in ("read", "ask"))
    body = {"question": QUESTION, "stream": True}
    problem(guarded.post("/v1/ask", json=body, headers=bearer(reader)), 403, "forbidden")
    response = guarded.post("/v1/ask", json=body, headers=bearer(asker))
    assert response.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    "path", ["/v1/%61sk", "/v1/ask/", "//v1/ask", "/v1//ask", "/V1/ASK", "/v1/./ask", "/v1/ask?x=1"]
)
def test_no_spelling_of_a_path_evades_its_scope(guarded: httpx.Client, keys: KeyStore, path: str) -> None:
    secret, _ = keys.create("Kim", ["read"])
    response = guarded.post(path, json={"question": QUESTION}, headers=bearer(secret))
    assert response.status_code in {307, 403, 404, 405}
    assert guarded.post(path, json={"question": QUESTION}).status_code == 401


@pytest.mark.parametrize(
    "path", ["/healthz/../v1/status", "/healthz%2f..%2fv1/status", "/docs/../metrics", "/healthz/", "/openapi.json/x"]
)
def test_no_spelling_of_an_open_path_opens_another(guarded: httpx.Client, path: str) -> None:
    assert guarded.get(path).status_code == 401


def test_a_revoked_key_fails_at_once(guarded: httpx.Client, keys: KeyStore, tmp_path: Path) -> None:
    secret, key = keys.create("Kim", ["read"])
    assert guarded.get("/v1/status", headers=bearer(secret)).status_code == 200
    with closing(KeyStore(tmp_path / "keys.sqlite")) as other:
        other.revoke(key.id)
    problem(guarded.get("/v1/status", headers=bearer(secret)), 401, "unauthorized")


def test_a_new_key_is_valid_at_once(guarded: httpx.Client, tmp_path: Path) -> None:
    assert guarded.get("/v1/status").status_code == 401
    with closing(KeyStore(tmp_path / "keys.sqlite")) as other:
        secret, _ = other.create("Kim", ["read"])
    assert guarded.get("/v1/status", headers=bearer(secret)).status_code == 200


@pytest.mark.parametrize("path", OPEN)
def test_open_routes_need_no_key(guarded: httpx.Client, path: str) -> None:
    for headers in ({}, bearer("nm_wrong")):
        assert guarded.get(path, headers=headers).status_code == 200
        assert guarded.head(path, headers=headers).status_code == 200


def test_without_a_store_no_request_needs_a_key(client: httpx.Client) -> None:
    for headers in ({}, bearer("nm_wrong")):
        assert client.get("/metrics", headers=headers).status_code == 200
        assert client.post("/v1/search", json={"question": QUESTION}, headers=headers).status_code == 200


@pytest.fixture
def damaged(sample_library: Library, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a service whose database of keys is none."""
    path = tmp_path / "damaged.sqlite"
    path.write_bytes(b"no database at all" * 100)
    with closing(KeyStore(path)) as store, served(sample_library, store) as client:
        yield client


def test_a_damaged_store_lets_nobody_in(damaged: httpx.Client) -> None:
    assert damaged.get("/healthz").status_code == 200
    assert damaged.get("/v1/status").status_code == 401
    response = damaged.get("/v1/status", headers=bearer("nm_secret"))
    assert response.status_code >= 500
    assert "damaged.sqlite" not in response.text


def test_a_damaged_store_is_a_problem(damaged: httpx.Client) -> None:
    response = damaged.get("/v1/status", headers=bearer("nm_secret"))
    problem(response, 503, "unavailable")
    check_security(response)


# Rate limits


def test_more_requests_than_the_rate_are_429(sample_library: Library) -> None:
    with served(sample_library, rate="3/hour") as client:
        for remaining in (2, 1, 0):
            response = client.get("/v1/status")
            assert response.status_code == 200
            policy, quota, window, left, reset = limits_of(response)
            assert (policy, quota, window, left) == ("default", 3, 3_600, remaining)
            assert 0 < reset <= 3_600
        for method, path in (("GET", "/v1/status"), ("POST", "/v1/ask"), ("GET", "/nothing"), ("GET", "/metrics")):
            refused = client.request(method, path)
            assert "3 per 1 hour" in problem(refused, 429, "rate_limited")["detail"]
            *_, left, reset = limits_of(refused)
            assert (left, refused.headers["retry-after"]) == (0, str(reset))
        for path in OPEN:
            response = client.get(path)
            assert response.status_code == 200
            assert "ratelimit" not in response.headers


def test_a_request_is_let_in_again_after_the_window(sample_library: Library) -> None:
    with served(sample_library, rate="1/second") as client:
        deadline = time.monotonic() + 60
        for status in (429, 200):
            while client.get("/v1/status").status_code != status:
                assert time.monotonic() < deadline


def test_invalid_requests_count_as_well(sample_library: Library) -> None:
    with served(sample_library, rate="2/hour") as client:
        invalid = client.post("/v1/search", json={"question": ""})
        assert invalid.status_code == 422
        assert limits_of(invalid)[3] == 1
        assert client.get("/nothing").status_code == 404
        problem(client.get("/v1/status"), 429, "rate_limited")


def test_each_key_has_a_rate_of_its_own(sample_library: Library, keys: KeyStore) -> None:
    first, second = (keys.create("Kim", ["read"])[0] for _ in range(2))
    with served(sample_library, keys, rate="1/hour") as client:
        for secret in (first, second):
            assert client.get("/v1/status", headers=bearer(secret)).status_code == 200
            problem(client.get("/v1/status", headers=bearer(secret)), 429, "rate_limited")
        problem(client.get("/v1/status", headers=bearer("nm_wrong")), 401, "unauthorized")
        problem(client.post("/v1/ask", headers=bearer(first)), 403, "forbidden")


def test_each_address_has_a_rate_of_its_own(sample_library: Library) -> None:
    with served(sample_library, rate="1/hour") as client:
        assert client.get("/v1/status").status_code == 200
        problem(client.get("/v1/status"), 429, "rate_limited")
        problem(client.get("/v1/status", headers={"x-forwarded-for": "192.0.2.1"}), 429, "rate_limited")
        try:
            transport = httpx.HTTPTransport(local_address="127.0.0.2", trust_env=False)
            with httpx.Client(base_url=client.base_url, transport=transport, timeout=60) as other:
                assert other.get("/v1/status").status_code == 200
                problem(other.get("/v1/status"), 429, "rate_limited")
        except httpx.ConnectError as error:
            pytest.skip(f"127.0.0.2 is no address of this machine: {error}")


def test_a_key_has_the_same_rate_from_every_connection(sample_library: Library, keys: KeyStore) -> None:
    secret, _ = keys.create("Kim", ["read"])
    with served(sample_library, keys, rate="2/hour") as client:
        statuses: list[int] = []
        for _ in range(3):
            with httpx.Client(base_url=client.base_url, timeout=60, trust_env=False) as other:
                statuses.append(other.get("/v1/status", headers=bearer(secret)).status_code)
    assert statuses == [200, 200, 429]


def test_without_a_rate_no_limit_is_told(client: httpx.Client) -> None:
    response = client.get("/v1/status")
    assert {"ratelimit", "ratelimit-policy", "retry-after"}.isdisjoint(response.headers)


def test_written_answers_have_a_budget(written: Library, model_server: Any) -> None:
    with served(written, llm_rate="2/hour") as client:
        for stream in (False, True):
            response = client.post("/v1/ask", json={"question": QUESTION, "stream": stream})
            assert response.status_code == 200
            assert '"writer":"generated"' in response.text
        asked = len(model_server.requests)
        for stream in (False, True):
            quoted = client.post("/v1/ask", json={"question": QUESTION, "stream": stream})
            assert quoted.status_code == 200
            for words in ('"writer":"extracted"', '"why":"over_budget"', '"quote":'):
                assert words in quoted.text
            refused = client.post("/v1/ask", json={"question": QUESTION, "stream": stream, "generate": True})
            problem(refused, 429, "rate_limited")
            policy, quota, window, left, reset = limits_of(refused)
            assert (policy, quota, window, left) == ("written", 2, 3_600, 0)
            assert refused.headers["retry-after"] == str(reset)
        assert len(model_server.requests) == asked
        for _ in range(3):
            quoted = client.post("/v1/ask", json={"question": QUESTION, "generate": False})
            assert (quoted.status_code, quoted.json()["writer"]) == (200, "extracted")
        assert client.post("/v1/search", json={"question": QUESTION}).status_code == 200


def test_each_key_has_a_budget_of_its_own(written: Library, keys: KeyStore) -> None:
    first, second = (keys.create("Kim", ["ask"])[0] for _ in range(2))
    with served(written, keys, llm_rate="1/day", rate="50/minute") as client:
        for secret in (first, second):
            answered = client.post("/v1/ask", json={"question": QUESTION}, headers=bearer(secret))
            assert (answered.status_code, answered.json()["writer"]) == (200, "generated")
            assert limits_of(answered)[0] == "default"
            body = {"question": QUESTION, "generate": True}
            refused = client.post("/v1/ask", json=body, headers=bearer(secret))
            problem(refused, 429, "rate_limited")
            assert limits_of(refused)[:3] == ("written", 1, 86_400)


@pytest.mark.parametrize("generate", [None, True])
def test_answers_for_which_no_model_is_called_use_up_no_budget(
    written: Library, model_server: Any, generate: bool | None
) -> None:
    questions = {"How do I bake sourdough bread?": "abstained", "2025년 3월 4일 다이제스트에 뭐 있어?": "digest"}
    with served(written, llm_rate="1/day") as client:
        for question, why in questions.items():
            for stream in (False, True):
                response = client.post("/v1/ask", json={"question": question, "generate": generate, "stream": stream})
                assert (response.status_code, f'"why":"{why}"' in response.text) == (200, True)
        assert model_server.requests == []
        answered = client.post("/v1/ask", json={"question": QUESTION, "generate": generate}).json()
        assert (answered["writer"], len(model_server.requests)) == ("generated", 1)
        for question, why in questions.items():
            assert client.post("/v1/ask", json={"question": question, "generate": generate}).json()["why"] == why


def test_answers_that_a_model_fails_to_write_use_up_the_budget(
    written: Library, model_server: Any, models: Any
) -> None:
    model_server.behave = models.status(500)
    with served(written, llm_rate="2/day") as client:
        reasons = [client.post("/v1/ask", json={"question": QUESTION}).json()["why"] for _ in range(3)]
    assert reasons == ["failed", "failed", "over_budget"]


def test_quotations_use_up_no_budget(sample_library: Library) -> None:
    with served(sample_library, llm_rate="1/hour") as client:
        for _ in range(3):
            assert client.post("/v1/ask", json={"question": QUESTION}).json()["writer"] == "extracted"


@pytest.mark.parametrize("rate", ["60", "many", "-1/minute", "60/fortnight"])
def test_an_invalid_rate_is_an_invalid_setting(rate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NONMUN_HTTP__RATE", rate)
    with pytest.raises(ConfigError, match=r"http\.rate"):
        load_settings()


def test_several_rates_are_an_invalid_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NONMUN_HTTP__RATE", "100/second;5/minute")
    with pytest.raises(ConfigError, match=r"http\.rate"):
        load_settings()


# Overload


def test_a_queue_of_none_answers_while_there_is_a_place(sample_library: Library) -> None:
    with served(sample_library, queue=0) as client:
        assert client.post("/v1/search", json={"question": QUESTION}).status_code == 200


def test_a_question_without_a_place_is_told_when_to_try_again(written: Library, model_server: Any, models: Any) -> None:
    patient = written.settings.model_copy(update={"llm_first_token": 60.0, "llm_gap": 60.0})
    model_server.behave = models.hanging(model_server)
    with (
        Library.open(settings=patient, embedding=written.embedder, create=False) as library,
        served(library, writers=1, wait=0.05) as client,
        client.stream("POST", "/v1/ask", json={"question": QUESTION, "stream": True}) as first,
    ):
        assert next(first.iter_lines()) == "event: hits"
        for stream in (False, True):
            refused = client.post("/v1/ask", json={"question": QUESTION, "stream": stream})
            problem(refused, 503, "overloaded")
            assert int(refused.headers["retry-after"]) >= 1


# Host names


UNKNOWN_HOSTS = [
    "evil.example",
    "evil.example:8765",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "192.0.2.1",
    "[2001:db8::1]:8765",
    "2130706433",
    "localhost, evil.example",
    "papers.example.evil.example",
    "xpapers.example",
    "",
]


@pytest.mark.parametrize("host", UNKNOWN_HOSTS)
def test_an_unknown_host_is_421(sample_library: Library, keys: KeyStore, host: str) -> None:
    secret, _ = keys.create("Kim", ["admin"])
    with served(sample_library, keys, hosts=("papers.example",)) as client:
        for path in ("/v1/status", "/healthz", "/nothing"):
            response = client.get(path, headers=bearer(secret) | {"host": host})
            problem(response, 421, "unknown_host")
        assert client.options("/v1/status", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "host",
    [
        "papers.example",
        "papers.example:8765",
        "PAPERS.Example",
        "api.example",
        "10.1.2.3:80",
        "localhost",
        "localhost:1",
        "127.0.0.1",
        "127.1.2.3:8765",
        "[::1]",
        "[::1]:8765",
        "nonmun.localhost",
    ],
)
def test_configured_hosts_and_loopback_ones_are_answered(sample_library: Library, host: str) -> None:
    with served(sample_library, host="10.1.2.3", hosts=("papers.example", "API.example")) as client:
        assert client.get("/v1/status", headers={"host": host}).status_code == 200


def test_a_star_answers_to_any_host(sample_library: Library) -> None:
    with served(sample_library, hosts=("*",)) as client:
        assert client.get("/v1/status", headers={"host": "evil.example"}).status_code == 200


@pytest.mark.parametrize("host", ["[2001:db8::1]", "[2001:db8::1]:8765"])
def test_an_ipv6_address_is_a_host(sample_library: Library, host: str) -> None:
    with served(sample_library, host="2001:db8::1") as client:
        assert client.get("/v1/status", headers={"host": host}).status_code == 200


# CORS

ORIGIN = {"origin": "https://papers.example"}
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "authorization, content-type"}


@pytest.fixture
def shared(sample_library: Library, keys: KeyStore) -> Iterator[httpx.Client]:
    with served(sample_library, keys, origins=("https://papers.example",)) as client:
        yield client


def test_a_configured_origin_may_read_responses(shared: httpx.Client, keys: KeyStore) -> None:
    secret, _ = keys.create("Kim", ["read"])
    statuses = {200: bearer(secret), 401: {}}
    for status, headers in statuses.items():
        response = shared.get("/v1/status", headers=ORIGIN | headers)
        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == "https://papers.example"
        assert "Origin" in response.headers["vary"]
        exposed = response.headers["access-control-expose-headers"].split(", ")
        assert {"x-request-id", "retry-after", "ratelimit", "ratelimit-policy"} <= set(exposed)
        assert "access-control-allow-credentials" not in response.headers


def test_a_configured_origin_may_send_a_key(shared: httpx.Client) -> None:
    response = shared.options("/v1/ask", headers=ORIGIN | PREFLIGHT)
    assert response.is_success
    assert response.headers["access-control-allow-origin"] == "https://papers.example"
    assert "POST" in response.headers["access-control-allow-methods"]
    assert "authorization" in response.headers["access-control-allow-headers"].lower()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://papers.example", "https://papers.example:444", "null", ""]
)
def test_other_origins_may_not_read_responses(shared: httpx.Client, origin: str) -> None:
    for response in (
        shared.get("/healthz", headers={"origin": origin}),
        shared.options("/v1/ask", headers={"origin": origin} | PREFLIGHT),
    ):
        assert "access-control-allow-origin" not in response.headers


def test_no_origin_is_allowed_by_default(client: httpx.Client) -> None:
    for response in (
        client.get("/v1/status", headers=ORIGIN),
        client.options("/v1/ask", headers=ORIGIN | PREFLIGHT),
    ):
        assert [name for name in response.headers if name.startswith("access-control-")] == []


# Security headers


def check_security(response: httpx.Response) -> None:
    for name, value in SECURITY.items():
        assert response.headers.get_list(name) == [value], (response.request.url, response.status_code)
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert "camera=()" in response.headers["permissions-policy"]


def test_every_response_has_security_headers(guarded: httpx.Client, keys: KeyStore) -> None:
    admin, reader = (bearer(keys.create("Kim", [scope])[0]) for scope in ("admin", "read"))
    ask = guarded.post
    responses = {
        200: [guarded.get(path) for path in OPEN]
        + [guarded.get("/metrics", headers=admin), guarded.head("/healthz")]
        + [ask("/v1/ask", json={"question": QUESTION, "stream": stream}, headers=admin) for stream in (False, True)],
        204: [guarded.options("/v1/ask")],
        401: [guarded.get("/v1/status")],
        403: [ask("/v1/ask", json={}, headers=reader)],
        404: [guarded.get("/nothing", headers=admin), guarded.get("/v1/papers/2501.99999", headers=admin)],
        405: [guarded.delete("/v1/status", headers=admin)],
        413: [ask("/v1/ask", content=b"x" * 70_000, headers=admin)],
        421: [guarded.get("/healthz", headers={"host": "evil.example"})],
        422: [ask("/v1/ask", json={}, headers=admin)],
    }
    for status, found in responses.items():
        for response in found:
            assert response.status_code == status, response.text
            check_security(response)


def test_failures_have_security_headers(sample_library: Library) -> None:
    library = Library.open(settings=sample_library.settings)
    with served(library, rate="2/hour") as client:
        library.close()
        for path, status in {"/v1/status": 503, "/readyz": 503, PAPER: 503, "/metrics": 429}.items():
            response = client.get(path)
            assert response.status_code == status
            check_security(response)


@pytest.mark.parametrize("name", ["x-content-type-options", "content-security-policy", "x-request-id"])
def test_an_internal_error_has_the_headers_of_other_responses(failing: Library, name: str) -> None:
    with served(failing) as client:
        response = client.post("/v1/search", json={"question": QUESTION})
    assert response.status_code == 500
    assert name in response.headers


@pytest.mark.parametrize("origin", ["https://papers.example", "https://evil.example"])
def test_a_preflight_has_security_headers(shared: httpx.Client, origin: str) -> None:
    check_security(shared.options("/v1/ask", headers={"origin": origin} | PREFLIGHT))


def test_a_preflight_to_an_unknown_host_is_421(shared: httpx.Client) -> None:
    response = shared.options("/v1/ask", headers=ORIGIN | PREFLIGHT | {"host": "evil.example"})
    problem(response, 421, "unknown_host")


def test_the_documentation_may_load_its_scripts(guarded: httpx.Client) -> None:
    response = guarded.get("/docs")
    policy = dict(part.split(maxsplit=1) for part in response.headers["content-security-policy"].split("; "))
    for directive, pattern in {
        "script-src": r'<script src="([^"]+)"',
        "style-src": r'stylesheet" href="([^"]+)"',
    }.items():
        found = re.search(pattern, response.text)
        assert found
        allowed = policy.get(directive, policy["default-src"]).split()
        assert found[1].startswith("/")  # nothing comes from another host
        assert not found[1].startswith("//")
        assert "'self'" in allowed
        assert guarded.get(found[1]).status_code == 200


# Methods


@pytest.mark.parametrize(
    "path", ["/healthz", "/v1/status", PAPER, "/v1/papers/2501.99999", "/nothing", "/v1/ask", "/docs", "/openapi.json"]
)
def test_head_is_get_without_a_body(client: httpx.Client, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    changing = {"date", "x-request-id"}
    assert {name: value for name, value in head.headers.items() if name not in changing} == {
        name: value for name, value in got.headers.items() if name not in changing
    }
    assert int(head.headers["content-length"]) == len(got.content) > 0


def test_head_of_metrics_and_readiness(client: httpx.Client) -> None:
    for path in ("/metrics", "/readyz"):
        head = client.head(path)
        assert (head.status_code, head.content) == (200, b"")


METHODS = {
    "/v1/ask": "OPTIONS, POST",
    "/v1/search": "OPTIONS, POST",
    "/v1/status": "GET, HEAD, OPTIONS",
    PAPER: "DELETE, GET, HEAD, OPTIONS",
    f"{PAPER}/similar": "GET, HEAD, OPTIONS",
    "/v1/digests/2025-03-04": "DELETE, GET, HEAD, OPTIONS",
    "/v1/entries": "OPTIONS, POST",
    "/v1/entries/2025-03-04/1706.03762": "DELETE, OPTIONS",
    "/v1/chunks/x": "GET, HEAD, OPTIONS",
    "/healthz": "GET, HEAD, OPTIONS",
    "/readyz": "GET, HEAD, OPTIONS",
    "/metrics": "GET, HEAD, OPTIONS",
    "/openapi.json": "GET, HEAD, OPTIONS",
    "/docs": "GET, HEAD, OPTIONS",
}


@pytest.mark.parametrize("path", METHODS)
def test_options_are_told_without_a_key(guarded: httpx.Client, path: str) -> None:
    response = guarded.options(path)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == METHODS[path]
    assert "content-type" not in response.headers


def test_options_of_an_unknown_path_are_404(guarded: httpx.Client) -> None:
    problem(guarded.options("/nothing"), 404, "not_found")


@pytest.mark.parametrize(
    ("path", "method"),
    [
        (path, method)
        for path, allowed in METHODS.items()
        for method in ("PUT", "PATCH", "DELETE", "TRACE", "QUERY")
        if method not in allowed
    ],
)
def test_other_methods_are_405(client: httpx.Client, path: str, method: str) -> None:
    response = client.request(method, path)
    detail = problem(response, 405, "method_not_allowed")["detail"]
    assert detail.startswith(f"{method} {path}: ")
    assert response.headers["allow"] == METHODS[path]


def test_the_wrong_one_of_get_and_post_is_405(client: httpx.Client) -> None:
    for path, allowed in METHODS.items():
        response = client.request("POST" if "GET" in allowed else "GET", path)
        problem(response, 405, "method_not_allowed")
        assert response.headers["allow"] == allowed


# Problems


def test_problems_have_the_same_fields(client: httpx.Client) -> None:
    oversized = client.post("/v1/ask", content=b"x" * 70_000)
    assert problem(oversized, 413, "too_large")["title"] == "Request Entity Too Large"
    assert oversized.headers["connection"] == "close"
    assert problem(client.get("/nothing"), 404, "not_found")["title"] == "Not Found"
    assert problem(client.post("/v1/ask", content=b"{"), 422, "invalid_input")["field"]
    json = {"content-type": "application/json"}
    assert problem(client.post("/v1/ask", content=b"{", headers=json), 422, "invalid_json")["field"] is None
    assert problem(client.post("/v1/ask", json={"question": ""}), 422, "invalid_input")["field"] == "question"


def test_no_server_error_tells_a_path(failing: Library, sample_library: Library) -> None:
    with served(failing) as client:
        internal = client.post("/v1/search", json={"question": QUESTION})
        problem(internal, 500, "internal")
        not_ready = client.get("/readyz")
    closed = Library.open(settings=sample_library.settings)
    with served(closed) as client:
        closed.close()
        requests = [("POST", "/v1/ask"), ("POST", "/v1/search"), ("GET", PAPER), ("GET", "/v1/status")]
        unavailable = [
            client.request(method, path, json={"question": QUESTION} if method == "POST" else None)
            for method, path in requests
        ]
    for response in unavailable:
        problem(response, 503, "unavailable")
    assert not_ready.status_code == 503
    assert not_ready.json()["status"] == "unavailable"
    for response in (internal, not_ready, *unavailable):
        for folder in {sample_library.settings.data, sample_library.settings.cache, Path.cwd()}:
            assert str(folder) not in response.text
        assert "model.bin" not in response.text
        assert "Traceback" not in response.text
        assert str(sample_library.settings.data) not in str(response.headers)


# Behind a reverse proxy


def test_a_root_path_gives_no_warning(sample_library: Library) -> None:
    create_app(sample_library, HttpConfig(root_path="/nonmun"))


@pytest.mark.filterwarnings("ignore:The `root_path` parameter is deprecated")
def test_paths_below_a_root_path(sample_library: Library, keys: KeyStore) -> None:
    secret, _ = keys.create("Kim", ["read"])
    with served(sample_library, keys, root_path="/nonmun") as client:
        for prefix in ("", "/nonmun"):  # a proxy may strip the prefix or not
            assert client.get(f"{prefix}/healthz").status_code == 200
            assert client.get(f"{prefix}/v1/status").status_code == 401
            assert client.get(f"{prefix}/v1/status", headers=bearer(secret)).status_code == 200
            response = client.post(f"{prefix}/v1/ask", json={"question": QUESTION}, headers=bearer(secret))
            problem(response, 403, "forbidden")
            problem(client.get(f"{prefix}/metrics", headers=bearer(secret)), 403, "forbidden")
        assert client.get("/openapi.json").json()["servers"] == [{"url": "/nonmun"}]
        for path in ("/nonmunhealthz", "/nonmun/nonmun/healthz"):
            assert client.get(path).status_code == 401


@pytest.mark.parametrize("root", ["/v", "/m", "/papers"])
def test_a_root_path_changes_no_scope(sample_library: Library, keys: KeyStore, root: str) -> None:
    reader = bearer(keys.create("Kim", ["read"])[0])
    with served(sample_library, keys, root_path=root) as client:
        assert client.get("/metrics", headers=reader).status_code == 403
        assert client.post("/v1/ask", json={"question": "LoRA"}, headers=reader).status_code == 403
        assert client.get("/healthz").status_code == 200


def test_the_networks_of_ipv6_are_one_client() -> None:
    from nonmun.api.http.guard import client_of

    assert client_of("2001:db8::1") == client_of("2001:db8::ffff:1") != client_of("2001:db8:0:1::1")
    assert client_of("::ffff:192.0.2.1") == client_of("192.0.2.1") != client_of("192.0.2.2")
    assert client_of("unknown") == "unknown"
