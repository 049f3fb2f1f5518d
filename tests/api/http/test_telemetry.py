"""What the service tells about itself: metrics, the log and request ids; and what it tells nobody: keys, questions."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from nonmun import Library, ModelError
from nonmun.api.keys import FILE, KeyStore

from ..conftest import Failing, bearer, served

QUESTION = "보상 모델 없이 선호에 맞추는 학습은?"
CANARY = "kanarienvogel7319"
ASKED = f"어텐션만으로 번역하는 모델 {CANARY}"
PAPER = "/v1/papers/1706.03762"
PAPER_ROUTE = "/v1/papers/{paper_id}"
LATENCY = "nonmun_http_request_duration_seconds_count"


@pytest.fixture
def own(sample_library: Library) -> Iterator[httpx.Client]:
    """A client of a server of its own, whose metrics begin at 0."""
    with served(sample_library) as client:
        yield client


def metric(client: httpx.Client, name: str, headers: dict[str, str] | None = None, /, **labels: str) -> float:
    """Return the sum of the samples of a metric that have some labels."""
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 200
    samples = [
        sample
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
        if sample.name == name
    ]
    return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())


def eventually(condition: Callable[[], bool]) -> bool:
    """Wait until a condition holds: a request is logged and counted after its client has the response."""
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def events(caplog: pytest.LogCaptureFixture, name: str | None = None) -> list[dict[str, Any]]:
    """Return the structured events of the service."""
    found = [
        record.msg
        for record in list(caplog.records)
        if record.name.startswith("nonmun.") and isinstance(record.msg, dict)
    ]
    return [event for event in found if name in {None, event["event"]}]


# Metrics


def test_metrics_are_in_the_format_of_prometheus(own: httpx.Client) -> None:
    response = own.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = {family.name: family for family in text_string_to_metric_families(response.text)}
    for name, kind in {
        "nonmun_http_request_duration_seconds": "histogram",
        "nonmun_stage_duration_seconds": "histogram",
        "nonmun_answers": "counter",
        "nonmun_llm_failures": "counter",
        "nonmun_refused": "counter",
        "nonmun_questions_waiting": "gauge",
        "nonmun_questions_working": "gauge",
        "nonmun_answers_writing": "gauge",
        "nonmun_papers": "gauge",
        "nonmun_last_ingest_timestamp_seconds": "gauge",
        "nonmun_build_info": "gauge",
    }.items():
        assert families[name].type == kind
        assert families[name].documentation
    assert families["nonmun_build_info"].samples[0].labels["version"]


def test_requests_are_counted_by_route_and_status(own: httpx.Client) -> None:
    requests = [
        ("GET", PAPER, PAPER_ROUTE, 200),
        ("GET", "/v1/papers/2203.02155", PAPER_ROUTE, 200),
        ("GET", "/v1/papers/2501.99999", PAPER_ROUTE, 404),
        ("GET", "/v1/papers/x", PAPER_ROUTE, 422),
        ("GET", "/v1/status", "/v1/status", 200),
        ("POST", "/v1/ask", "/v1/ask", 422),
        ("GET", "/nothing", "other", 404),
        ("GET", "/nothing/else", "other", 404),
    ]
    for method, path, _, status in requests:
        assert own.request(method, path).status_code == status
    for method, _, route, status in requests:
        labels = {"method": method, "route": route, "status": str(status)}
        expected = sum((*request[2:],) == (route, status) for request in requests)
        assert eventually(lambda labels=labels, expected=expected: metric(own, LATENCY, **labels) == expected), labels


def test_refused_requests_are_counted_by_status(sample_library: Library, keys: KeyStore) -> None:
    admin = bearer(keys.create("Kim", ["admin"])[0])
    with served(sample_library, keys) as client:
        assert client.get("/v1/status").status_code == 401
        assert client.get("/v1/status", headers={"host": "evil.example"}).status_code == 421
        for status in ("401", "421"):
            assert eventually(lambda status=status: metric(client, LATENCY, admin, status=status) == 1)


def test_head_is_counted_under_its_route(own: httpx.Client) -> None:
    assert own.head("/v1/status").status_code == 200
    assert eventually(lambda: metric(own, LATENCY, method="HEAD") == 1)
    assert metric(own, LATENCY, method="HEAD", route="/v1/status") == 1


def test_invented_methods_make_no_time_series(sample_library: Library, keys: KeyStore) -> None:
    admin = bearer(keys.create("Kim", ["admin"])[0])
    with served(sample_library, keys) as client:
        for number in range(50):
            # Some of uvicorn's parsers refuse invented methods themselves.
            assert client.request(f"M{number}", "/v1/status").status_code in {400, 401}
        text = client.get("/metrics", headers=admin).text
    assert len(set(re.findall(r'method="(\w+)"', text))) < 20


def test_answers_are_counted_by_outcome_and_writer(own: httpx.Client) -> None:
    def answers(**labels: str) -> float:
        return metric(own, "nonmun_answers_total", **labels)

    assert answers() == 0
    body = own.post("/v1/ask", json={"question": QUESTION}).json()
    assert answers(outcome=body["confidence"], writer="extracted") == answers() == 1
    assert own.post("/v1/ask", json={"question": "How do I bake sourdough bread?"}).json()["abstained"]
    assert answers(outcome="nothing_relevant") == 1
    own.post("/v1/ask", json={"question": QUESTION, "stream": True})
    assert eventually(lambda: answers(outcome=body["confidence"], writer="extracted") == 2)
    assert own.post("/v1/ask", json={"question": ""}).status_code == 422
    assert own.post("/v1/search", json={"question": QUESTION}).status_code == 200
    assert answers() == 3


def test_written_answers_are_counted(written: Library) -> None:
    with served(written) as client:
        assert client.post("/v1/ask", json={"question": QUESTION}).json()["writer"] == "generated"
        assert metric(client, "nonmun_answers_total", writer="generated") == 1
        assert metric(client, "nonmun_answers_total") == 1


def llm_warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in list(caplog.records)
        if (record.name, record.levelno) == ("nonmun.llm", logging.WARNING)
    ]


@pytest.mark.parametrize("stream", [False, True])
def test_a_failing_language_model_is_logged_and_counted(
    written: Library, model_server: Any, models: Any, caplog: pytest.LogCaptureFixture, stream: bool
) -> None:
    key, question = "sk-kanarienvogel-7319-geheim", f"{QUESTION} {CANARY}"
    echo = f"no access with {key} ({json.dumps(question)}, {question}) {'x' * 60} {question}"
    settings = written.settings.model_copy(update={"llm_key": SecretStr(key)})
    with (
        Library.open(settings=settings, embedding=written.embedder, create=False) as library,
        served(library) as client,
    ):
        assert metric(client, "nonmun_llm_failures_total") == 0
        assert "nonmun_llm_failures_total{code=" in client.get("/metrics").text  # before any failure
        model_server.behave = models.status(401, {"error": {"message": echo}})
        for _ in range(2):
            asked = client.post("/v1/ask", json={"question": question, "stream": stream})
            assert '"why":"failed"' in asked.text
        model_server.behave = models.replying("")
        assert client.post("/v1/ask", json={"question": QUESTION}).json()["why"] == "empty"
        assert eventually(lambda: metric(client, "nonmun_llm_failures_total") == 3)
        assert metric(client, "nonmun_llm_failures_total", code="failed") == 2
        assert metric(client, "nonmun_llm_failures_total", code="empty") == 1
        first, second, third = llm_warnings(caplog)
        assert first == second
        assert first.startswith("the language model failed (failed): 401 no access with *** (")
        assert third == "the language model failed (empty): the reply holds no sentence"
        for words in (key, CANARY, *QUESTION.split(), "\\u"):
            assert words not in first


def test_a_language_model_that_does_its_work_has_no_failures(
    written: Library, model_server: Any, models: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with served(written) as client:
        for body in ({}, {"generate": False}):
            assert client.post("/v1/ask", json={"question": QUESTION} | body).status_code == 200
        assert client.post("/v1/ask", json={"question": "How do I bake sourdough bread?"}).json()["abstained"]
        model_server.behave = models.replying("NONE")  # there is no answer in the passages
        assert client.post("/v1/ask", json={"question": QUESTION}).json()["why"] == "refused"
        assert metric(client, "nonmun_llm_failures_total") == 0
    assert llm_warnings(caplog) == []


def test_stages_are_measured(own: httpx.Client) -> None:
    timings = own.post("/v1/search", json={"question": QUESTION}).json()["timings"]
    assert timings
    for stage in timings:
        assert metric(own, "nonmun_stage_duration_seconds_count", stage=stage) == 1
    assert own.post("/v1/ask", json={"question": QUESTION}).status_code == 200
    for stage in timings:
        assert metric(own, "nonmun_stage_duration_seconds_count", stage=stage) == 2
        assert metric(own, "nonmun_stage_duration_seconds_sum", stage=stage) < 60  # seconds, not milliseconds


def test_refusals_are_counted_by_code(sample_library: Library, keys: KeyStore) -> None:
    admin, reader = (bearer(keys.create("Kim", [scope])[0]) for scope in ("admin", "read"))
    with served(sample_library, keys, rate="20/hour") as client:
        assert client.get("/v1/status").status_code == 401
        assert client.get("/v1/status", headers=bearer("nm_wrong")).status_code == 401
        assert client.post("/v1/ask", json={}, headers=reader).status_code == 403
        assert client.get("/healthz", headers={"host": "evil.example"}).status_code == 421
        limited = 0
        while client.get("/v1/status", headers=reader).status_code == 200:
            limited += 1
        assert limited == 20
        counts = {"unauthorized": 2, "forbidden": 1, "unknown_host": 1, "rate_limited": 1}
        for code, count in counts.items():
            assert metric(client, "nonmun_refused_total", admin, code=code) == count
        assert metric(client, "nonmun_refused_total", admin) == 5


def test_a_used_up_budget_is_a_refusal(written: Library) -> None:
    with served(written, llm_rate="1/day") as client:
        for status in (200, 429, 429):
            assert client.post("/v1/ask", json={"question": QUESTION, "generate": True}).status_code == status
        assert metric(client, "nonmun_refused_total", code="rate_limited") == 2


def test_answers_in_progress_and_overload_are_measured(written: Library, model_server: Any, models: Any) -> None:
    patient = written.settings.model_copy(update={"llm_first_token": 60.0, "llm_gap": 60.0})
    model_server.behave = models.hanging(model_server)
    with (
        Library.open(settings=patient, embedding=written.embedder, create=False) as library,
        served(library, writers=1, wait=0.05) as client,
    ):
        assert metric(client, "nonmun_answers_writing") == 0
        with client.stream("POST", "/v1/ask", json={"question": QUESTION, "stream": True}) as first:
            assert next(first.iter_lines()) == "event: hits"
            assert metric(client, "nonmun_answers_writing") == 1
            assert client.post("/v1/ask", json={"question": QUESTION}).status_code == 503
            assert metric(client, "nonmun_refused_total", code="overloaded") == 1
        assert model_server.disconnected.wait(30)
        assert eventually(lambda: metric(client, "nonmun_answers_writing") == 0)
        for gauge in ("nonmun_questions_waiting", "nonmun_questions_working"):
            assert metric(client, gauge) == 0


def test_the_size_and_the_age_of_the_index_are_measured(own: httpx.Client, sample_library: Library) -> None:
    assert own.get("/readyz").status_code == 200
    status = sample_library.status()
    assert metric(own, "nonmun_papers") == status.papers == 17
    assert 0 < time.time() - metric(own, "nonmun_last_ingest_timestamp_seconds") < 86_400


# The log


def test_every_request_is_logged(sample_library: Library, keys: KeyStore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    secret, key = keys.create("Kim", ["read"])
    with served(sample_library, keys) as client:
        responses = [
            client.get(PAPER, headers=bearer(secret)),
            client.get("/v1/status"),
            client.post("/v1/ask", json={"question": QUESTION}, headers=bearer(secret)),
        ]
        assert eventually(lambda: len(events(caplog, "request")) == 3)
    for response, event in zip(responses, events(caplog, "request"), strict=True):
        assert event["request_id"] == response.headers["x-request-id"]
        assert (event["method"], event["path"]) == (response.request.method, response.request.url.path)
        assert event["status"] == response.status_code
        assert event["key"] == (None if response.status_code == 401 else key.id)
        assert event["client"] == "127.0.0.1"
        assert event["level"] == "info"
        assert 0 <= event["seconds"] < 60


def test_a_closed_library_is_logged_with_its_cause(sample_library: Library, caplog: pytest.LogCaptureFixture) -> None:
    library = Library.open(settings=sample_library.settings)
    with served(library) as client:
        library.close()
        requests = [("POST", "/v1/ask"), ("POST", "/v1/search"), ("GET", PAPER), ("GET", "/v1/status")]
        for method, path in requests:
            caplog.clear()
            response = client.request(method, path, json={"question": QUESTION} if method == "POST" else None)
            assert response.status_code == 503
            (event,) = events(caplog, "the index cannot answer")
            assert "closed" in event["error"]
            assert (event["level"], event["request_id"]) == ("error", response.headers["x-request-id"])
            assert eventually(lambda: [event["level"] for event in events(caplog, "request")] == ["warning"])


@pytest.mark.parametrize("error", [RuntimeError("the disk is on fire"), ModelError("the disk is on fire")])
def test_a_failing_question_is_logged_with_its_cause(
    sample_library: Library, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    embedding = Failing(sample_library.embedder, error)
    with (
        Library.open(settings=sample_library.settings, embedding=embedding, create=False) as library,
        served(library) as client,
    ):
        assert client.get("/readyz").status_code == 503  # the search at the start is over, and logged
        for path in ("/v1/ask", "/v1/search"):
            caplog.clear()
            response = client.post(path, json={"question": QUESTION})
            assert response.status_code == (503 if isinstance(error, ModelError) else 500)
            assert "fire" not in response.text
            assert eventually(lambda: len(events(caplog, "request")) == 1)
            assert events(caplog, "request")[0]["status"] == response.status_code
            causes = [event for event in events(caplog) if "the disk is on fire" in str(event)]
            assert [event["level"] for event in causes] == ["error"]
            assert causes[0]["request_id"] == events(caplog, "request")[0]["request_id"]


@pytest.mark.parametrize("error", [RuntimeError("the disk is on fire"), ModelError("the disk is on fire")])
def test_a_service_that_is_not_ready_is_logged_with_its_cause(
    sample_library: Library, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    embedding = Failing(sample_library.embedder, error)
    with (
        Library.open(settings=sample_library.settings, embedding=embedding, create=False) as library,
        served(library) as client,
    ):
        assert client.get("/readyz").status_code == 503
        assert "fire" not in client.get("/readyz").text
    assert events(caplog, "not ready")
    assert "the disk is on fire" in caplog.text


def test_an_overload_is_logged_with_its_cause(
    written: Library, model_server: Any, models: Any, caplog: pytest.LogCaptureFixture
) -> None:
    patient = written.settings.model_copy(update={"llm_first_token": 60.0, "llm_gap": 60.0})
    model_server.behave = models.hanging(model_server)
    with (
        Library.open(settings=patient, embedding=written.embedder, create=False) as library,
        served(library, writers=1, wait=0.05) as client,
        client.stream("POST", "/v1/ask", json={"question": QUESTION, "stream": True}) as first,
    ):
        assert next(first.iter_lines()) == "event: hits"
        caplog.clear()
        assert client.post("/v1/ask", json={"question": QUESTION}).status_code == 503
        assert eventually(lambda: len(events(caplog, "request")) == 1)
    assert "too many questions" in caplog.text


def test_an_empty_index_is_logged_as_the_cause(empty_library: Library, caplog: pytest.LogCaptureFixture) -> None:
    with served(empty_library) as client:
        assert client.get("/readyz").status_code == 503
        assert eventually(lambda: len(events(caplog, "request")) == 1)
    assert "empty" in caplog.text


def test_a_damaged_store_of_keys_is_logged_with_its_cause(
    sample_library: Library, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "keys.sqlite"
    path.write_bytes(b"no database at all" * 100)
    with closing(KeyStore(path)) as store, served(sample_library, store) as client:
        assert client.get("/v1/status", headers=bearer("nm_secret")).status_code >= 500
        assert eventually(lambda: len(events(caplog, "request")) == 1)
    # After the server has ended, so that the line may come later than that of the request.
    assert [event["level"] for event in events(caplog) if "the keys cannot be read" in str(event)] == ["error"]
    assert "nm_secret" not in caplog.text


def test_the_status_of_a_damaged_store_is_that_of_the_response(
    sample_library: Library, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "keys.sqlite"
    path.write_bytes(b"no database at all" * 100)
    with closing(KeyStore(path)) as store, served(sample_library, store) as client:
        response = client.get("/v1/status", headers=bearer("nm_secret"))
        assert eventually(lambda: len(events(caplog, "request")) == 1)
    assert events(caplog, "request")[0]["status"] == response.status_code


@pytest.mark.parametrize(("level", "logged"), [(logging.DEBUG, True), (logging.INFO, False)])
def test_questions_are_logged_at_debug_only(
    sample_library: Library, caplog: pytest.LogCaptureFixture, level: int, logged: bool
) -> None:
    caplog.set_level(level)
    with served(sample_library) as client:
        for path, body in (
            ("/v1/ask", {"question": ASKED}),
            ("/v1/ask", {"question": ASKED, "stream": True}),
            ("/v1/search", {"question": ASKED}),
        ):
            caplog.clear()
            assert client.post(path, json=body).status_code == 200
            assert eventually(lambda: len(events(caplog, "request")) == 1)
            assert (CANARY in caplog.text) is logged
            named = [record for record in caplog.records if CANARY in record.getMessage()]
            assert {record.levelno for record in named} <= {logging.DEBUG}
        caplog.clear()
        assert client.post("/v1/ask", json={"question": ASKED, "k": 0}).status_code == 422
        assert client.post("/v1/ask", content=f'{{"question": "{ASKED}"'.encode()).status_code == 422
        assert eventually(lambda: len(events(caplog, "request")) == 2)
        assert CANARY not in caplog.text


def test_a_failing_question_is_not_logged_either(sample_library: Library, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    embedding = Failing(sample_library.embedder, RuntimeError("the disk is on fire"))
    with (
        Library.open(settings=sample_library.settings, embedding=embedding, create=False) as library,
        served(library) as client,
    ):
        assert client.post("/v1/ask", json={"question": ASKED}).status_code == 500
        assert eventually(lambda: "the disk is on fire" in caplog.text)
    assert CANARY not in caplog.text


# What is never told


def test_a_key_is_told_nowhere(sample_library: Library, keys: KeyStore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpcore").setLevel(logging.WARNING)  # the client of the test
    secret, _ = keys.create("Kim", ["admin"])
    revoked, key = keys.create("Lee", ["read"])
    keys.revoke(key.id)
    texts: list[str] = []
    with served(sample_library, keys, rate="60/hour") as client:
        for canary in (secret, revoked):
            for method, path in (
                ("GET", "/v1/status"),
                ("GET", PAPER),
                ("GET", "/v1/papers/2501.99999"),
                ("GET", "/nothing"),
                ("DELETE", "/v1/status"),
                ("OPTIONS", "/v1/ask"),
                ("GET", "/openapi.json"),
                ("GET", "/docs"),
                ("GET", "/readyz"),
            ):
                texts.append(repr(client.request(method, path, headers=bearer(canary))))
                response = client.request(method, path, headers=bearer(canary) | {"x-request-id": canary})
                texts += [response.text, str(response.headers)]
            for body in ({"question": QUESTION}, {"question": QUESTION, "stream": True}, {"question": ""}, {}):
                response = client.post("/v1/ask", json=body, headers=bearer(canary))
                texts += [response.text, str(response.headers)]
            for form in ("Basic {}", "{}", "Bearer {} {}"):
                headers = {"authorization": form.format(canary, canary)}
                texts.append(client.get("/v1/status", headers=headers).text)
        limited = next(
            response
            for response in (client.get("/v1/status", headers=bearer(secret)) for _ in range(61))
            if response.status_code == 429
        )
        texts += [limited.text, str(limited.headers)]
    with served(sample_library, keys) as client:
        assert client.get("/v1/status", headers=bearer(secret)).status_code == 200
        assert client.post("/v1/ask", json={"question": QUESTION}, headers=bearer(secret)).status_code == 200
        texts.append(client.get("/metrics", headers=bearer(secret)).text)
    texts += [caplog.text, *(repr(record.__dict__) for record in caplog.records)]
    assert "request" in caplog.text
    for text in texts:
        for canary in (secret, revoked):
            assert canary not in text
            assert canary[7:-4] not in text


def test_metrics_tell_no_question(sample_library: Library, keys: KeyStore) -> None:
    secret, key = keys.create("Kim", ["admin"])
    with served(sample_library, keys) as client:
        for path in ("/v1/ask", "/v1/search"):
            assert client.post(path, json={"question": ASKED}, headers=bearer(secret)).status_code == 200
        client.get(f"/v1/papers/{CANARY}", headers=bearer(secret))
        client.get(f"/{CANARY}", headers=bearer(secret))
        client.get(f"/v1/status?q={CANARY}", headers=bearer(secret))
        assert eventually(lambda: metric(client, LATENCY, bearer(secret), route="other") == 1)
        text = client.get("/metrics", headers=bearer(secret)).text
    for hidden in (CANARY, "어텐션", secret, key.hint, "Kim"):
        assert hidden not in text


# Request ids


def test_a_valid_request_id_is_echoed_and_logged(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for request_id in (str(uuid4()), uuid4().hex):
        for path in ("/healthz", "/nothing"):
            caplog.clear()
            response = client.get(path, headers={"x-request-id": request_id})
            assert response.headers.get_list("x-request-id") == [request_id]
            assert eventually(lambda: len(events(caplog, "request")) == 1)
            assert events(caplog, "request")[0]["request_id"] == request_id


@pytest.mark.parametrize(
    "given", ["", "1", "x" * 36, "../../etc/passwd", "8887e9a9-93f8-41c5-97f3-b37386d23cc2x", '"><script>', "a" * 5_000]
)
def test_an_invalid_request_id_is_replaced(client: httpx.Client, given: str) -> None:
    response = client.get("/healthz", headers={"x-request-id": given})
    assert response.status_code == 200
    (request_id,) = response.headers.get_list("x-request-id")
    assert re.fullmatch(r"[0-9a-f]{32}", request_id)


def test_refused_requests_have_ids_too(sample_library: Library, keys: KeyStore) -> None:
    with served(sample_library, keys) as client:
        ids = [client.get("/v1/status").headers["x-request-id"] for _ in range(3)]
        ids.append(client.get("/healthz", headers={"host": "evil.example"}).headers["x-request-id"])
    assert len(set(ids)) == 4


# The log of a process


@pytest.mark.parametrize("style", ["json", "text"])
@pytest.mark.parametrize("level", ["info", "debug"])
def test_the_log_of_a_service(sample_library: Library, tmp_path: Path, style: str, level: str) -> None:
    data = Path(shutil.copytree(sample_library.settings.data, tmp_path / "data"))
    with closing(KeyStore(data / FILE)) as store:
        secret, key = store.create("Kim", ["admin"])
    env = {name: value for name, value in os.environ.items() if not name.upper().startswith("NONMUN_")}
    env |= {"NONMUN_CACHE": str(sample_library.settings.cache), "NONMUN_DATA": str(data), "PYTHONUTF8": "1"}
    env |= {"NONMUN_HTTP__LOG": style, "NONMUN_HTTP__LOG_LEVEL": level, "NONMUN_HTTP__WAIT": "300"}
    command = [sys.executable, "-m", "nonmun", "serve", "--port", "0", "--auth"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=pipe, stderr=pipe, text=True)
    try:
        assert process.stdout
        url = re.search(r"http://[\d.:]+", process.stdout.readline())
        assert url, process.communicate(timeout=30)
        with httpx.Client(base_url=url[0], timeout=60, trust_env=False) as client:
            assert client.get("/v1/status").status_code == 401
            response = client.post("/v1/ask", json={"question": ASKED}, headers=bearer(secret))
            assert response.status_code == 200
            assert client.get("/v1/status", headers=bearer(secret) | {"x-request-id": secret}).status_code == 200
        process.terminate()
        out, err = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert secret not in out + err
    assert secret[7:-4] not in out + err
    assert (CANARY in err) is (level == "debug")
    assert "Traceback" not in err
    request_id = response.headers["x-request-id"]
    lines = [line for line in err.splitlines() if request_id in line]
    assert lines
    assert any("/v1/ask" in line and key.id in line for line in lines)
    if style == "json":
        logged = [json.loads(line) for line in err.splitlines()]
        assert all({"event", "level", "logger", "timestamp"} <= entry.keys() for entry in logged)
        (entry,) = (entry for entry in logged if entry["event"] == "request" and entry["path"] == "/v1/ask")
        assert (entry["status"], entry["key"], entry["request_id"]) == (200, key.id, request_id)
