"""The HTTP interface over a loopback socket: exact shapes, 4xx that name the field, never a 500."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from nonmun import Library
from nonmun.api.http.openai.paths import is_openai_path

Serve = Callable[[Library], AbstractContextManager[httpx.Client]]

QUESTION = "순환 신경망 없이 어텐션만으로 번역하는 모델"
ROUTES = ("/v1/ask", "/v1/search")
EVIDENCE = ["chunk_id", "source", "section", "lang", "text", "score", "trust", "entry", "offset"]
HIT = ["paper_id", "title", "score", "digest_dates", "url", "evidence"]
ENTRY_METADATA = ["lang", "ingested_at", "trust"]
CITATION = "paper_id chunk_id text_hash start end quote trust entry source_start source_end prefix suffix".split()
JSON = {"content-type": "application/json"}
PATHS = (
    "ask search explain lexicon papers papers/{paper_id} papers/{paper_id}/similar chunks/{chunk_id} digests "
    "digests/{digest_date} trust entries entries/{digest_date}/{paper_id} jobs/{job_id} status feedback"
).split()


def error_of(response: httpx.Response, status: int | None = None) -> dict[str, Any]:
    assert 400 <= response.status_code < 500, (response.status_code, response.text)
    assert status in {None, response.status_code}, response.text
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert list(body) == ["type", "title", "status", "detail", "code", "field"]
    assert (body["type"], body["status"]) == (f"urn:nonmun:error:{body['code']}", response.status_code)
    assert body["title"]
    assert body["detail"]
    return body


def test_shape_of_a_search(client: httpx.Client) -> None:
    response = client.post("/v1/search", json={"question": f" {QUESTION}\n", "k": 2})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert list(body) == ["question", "interpretation", "hits", "generation", "timings"]
    assert body["question"] == QUESTION
    assert body["generation"] == 1
    assert len(body["hits"]) == 2
    for hit in body["hits"]:
        assert list(hit) == HIT
        assert isinstance(hit["digest_dates"], list)
        assert hit["evidence"]
        for evidence in hit["evidence"]:
            assert list(evidence) == EVIDENCE


def test_shape_of_an_answer(client: httpx.Client) -> None:
    body = client.post("/v1/ask", json={"question": QUESTION}).json()
    names = (
        "question interpretation answer citations abstained reason hits generation timings trust writer why dropped "
        "confidence unsupported segments more"
    )
    assert list(body) == names.split()
    assert (body["abstained"], body["reason"]) == (False, None)
    assert len(body["hits"]) == 10
    assert body["citations"]
    for citation in body["citations"]:
        assert list(citation) == CITATION


def test_filters_by_date_and_section(client: httpx.Client) -> None:
    where = {"since": "2017-01-01", "until": "2099-12-31", "lang": "en", "sections": ["abstract"]}
    body = client.post("/v1/search", json={"question": QUESTION, "where": where}).json()
    assert {item["section"] for hit in body["hits"] for item in hit["evidence"]} == {"abstract"}
    interpretation = body["interpretation"]
    window = [interpretation[name] for name in ("since", "until", "by", "window")]
    assert tuple(window) == ("2017-01-01", "2099-12-31", "digest", "")
    body = client.post("/v1/ask", json={"question": "어제 나온 논문은?", "as_of": "1999-05-16"}).json()
    assert (body["interpretation"]["since"], body["reason"], body["hits"]) == ("1999-05-15", "outside_window", [])


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"where": {"since": "last week"}}, "since"),
        ({"where": {"papers": ["x"]}}, "papers"),
        ({"where": {"sections": ["limits"]}}, "sections"),
        ({"where": {"lang": "fr"}}, "where.lang"),
        ({"where": {"day": "2025-05-16"}}, "where.day"),
        ({"as_of": "today"}, "as_of"),
        ({"as_of": 20250516}, "as_of"),
        ({"where": {"since": 20250516}}, "where.since"),
        ({"where": {"papers": "1706.03762"}}, "where.papers"),
        ({"where": {"papers": ["1706.03762"] * 1_001}}, "where.papers"),
        ({"where": {"sections": ["abstract"] * 21}}, "where.sections"),
        ({"where": {"trust": ["unknown"]}}, "where.trust.0"),
        ({"where": {"trust": ["supported"] * 21}}, "where.trust"),
        ({"where": None}, "where"),
        ({"without": []}, "without"),
    ],
)
def test_rejects_an_invalid_filter(client: httpx.Client, given: dict[str, Any], field: str) -> None:
    response = client.post("/v1/search", json={"question": QUESTION, **given})
    assert error_of(response, 422)["field"] == field


def test_shape_of_an_abstention(client: httpx.Client) -> None:
    body = client.post("/v1/ask", json={"question": "How do I bake sourdough bread?"}).json()
    assert (body["abstained"], body["reason"], body["citations"]) == (True, "nothing_relevant", [])


def test_shape_of_a_paper(client: httpx.Client) -> None:
    body = client.get("/v1/papers/2203.02155v1").json()
    assert list(body) == ["paper", "entries", "history"]
    names = "paper_id title abstract url digest_dates published source authors categories doi journal_ref comment"
    assert list(body["paper"]) == names.split()
    entry = body["entries"][0]
    assert list(entry) == [
        "digest_date",
        "paper_id",
        "version",
        "url",
        "title",
        "body",
        "sections",
        "line",
        *ENTRY_METADATA,
    ]
    assert list(entry["sections"][0]) == ["name", "heading", "start", "end"]


VALUES = [
    # question and k as JSON text, the invalid field
    ('""', "1", "question"),
    ('"  \\n "', "1", "question"),
    (json.dumps("가" * 10_000), "1", "question"),
    (json.dumps("a" * 2_001), "1", "question"),
    ("null", "1", "question"),
    ("7", "1", "question"),
    ('["x"]', "1", "question"),
    ("{}", "1", "question"),
    ("true", "1", "question"),
    ('"\\ud800"', "1", "question"),
    ('"a\\udfffb"', "1", "question"),
    ('"\\u0000"', "1", "question"),
    ('"x"', "0", "k"),
    ('"x"', "10000", "k"),
    ('"x"', "101", "k"),
    ('"x"', "-1", "k"),
    ('"x"', "1.5", "k"),
    ('"x"', "1.0", "k"),
    ('"x"', '"5"', "k"),
    ('"x"', "true", "k"),
    ('"x"', "null", "k"),
    ('"x"', "NaN", "k"),
    ('"x"', "Infinity", "k"),
    ('"x"', "-Infinity", "k"),
    ('"x"', "1e400", "k"),
    ('"x"', "9" * 4_000, "k"),
    ('"x"', "[]", "k"),
]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("question", "k", "field"), VALUES, ids=lambda value: value[:20])
def test_errors_name_the_invalid_field(client: httpx.Client, route: str, question: str, k: str, field: str) -> None:
    body = f'{{"question": {question}, "k": {k}}}'
    error = error_of(client.post(route, content=body.encode(), headers=JSON), 422)
    assert error["field"] == field
    assert error["detail"].startswith(f"{field}: ")
    assert error["code"] == "invalid_input"


BODIES = {
    "missing question": (b'{"k": 1}', JSON, "question"),
    "extra field": (b'{"question": "x", "top": 1}', JSON, "top"),
    "empty extra field": (b'{"question": "x", "": 1}', JSON, None),
    "list": (b'["x"]', JSON, "body"),
    "null": (b"null", JSON, "body"),
    "empty": (b"", JSON, "body"),
    "malformed": (b'{"question": "x"', JSON, None),
    "single quotes": (b"{'question': 'x'}", JSON, None),
    "raw NUL": (b'{"question": "a\0b"}', JSON, None),
    "wrong content type": (b'{"question": "x"}', {"content-type": "text/plain"}, "body"),
    "form": (b"question=x", {"content-type": "application/x-www-form-urlencoded"}, "body"),
    "not UTF-8": (b'{"question": "\xff\xfe"}', JSON, None),
    "deep": (b"[" * 30_000 + b"]" * 30_000, JSON, None),
    "deep in a field": (b'{"question": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", JSON, None),
    "deep, too large": (b"[" * 100_000 + b"]" * 100_000, JSON, None),
    "too large": (json.dumps({"question": "x" * 70_000}).encode(), JSON, None),
    "number of 5,000 digits": (b'{"question": "x", "k": ' + b"9" * 5_000 + b"}", JSON, None),
    "duplicate key, last is bad": (b'{"question": "x", "question": 1}', JSON, "question"),
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("name", BODIES)
def test_rejects_an_invalid_body(client: httpx.Client, route: str, name: str) -> None:
    content, headers, field = BODIES[name]
    error = error_of(client.post(route, content=content, headers=headers))
    if field:
        assert error["field"] == field
        assert error["detail"].startswith(f"{field}: ")


@pytest.mark.parametrize("route", ROUTES)
def test_rejects_a_field_name_with_a_lone_surrogate(client: httpx.Client, route: str) -> None:
    error_of(client.post(route, content=b'{"question": "x", "\\ud800": 1}', headers=JSON), 422)


@pytest.mark.parametrize("route", ROUTES)
def test_rejects_a_body_over_the_limit(client: httpx.Client, route: str) -> None:
    error = error_of(client.post(route, json={"question": "x" * 70_000}), 413)
    assert "65,536" in error["detail"]


def test_a_body_of_unknown_length_is_counted(client: httpx.Client) -> None:
    chunks = [b'{"question": "', *[b"x" * 1_000] * 100, b'"}']
    assert "65,536" in error_of(client.post("/v1/ask", content=iter(chunks), headers=JSON), 413)["detail"]
    short = client.post("/v1/ask", content=iter([b'{"question"', b': "What is attention?"}']), headers=JSON)
    assert short.status_code == 200


@pytest.mark.parametrize("question", ["a\0b", "'; DROP TABLE chunks; --", '" OR * NEAR(', "😀", "\u202e", "가" * 2_000])
def test_odd_questions_are_no_server_errors(client: httpx.Client, question: str) -> None:
    response = client.post("/v1/ask", json={"question": question})
    assert response.status_code in {200, 422}, response.text


@pytest.mark.parametrize("route", ROUTES)
def test_rejects_a_wrong_method(client: httpx.Client, route: str) -> None:
    assert route in error_of(client.get(route), 405)["detail"]
    error_of(client.put(route, json={}), 405)


def test_rejects_a_wrong_method_on_a_paper(client: httpx.Client) -> None:
    error_of(client.post("/v1/papers/1706.03762", json={}), 405)
    error_of(client.put("/v1/papers/1706.03762", json={}), 405)


@pytest.mark.parametrize("path", ["/v2", "/v1", "/v1/asks", "/nothing", "/../etc/passwd"])
def test_unknown_routes_are_404(client: httpx.Client, path: str) -> None:
    error_of(client.get(path), 404)


def test_an_unknown_paper_is_404(client: httpx.Client) -> None:
    error = error_of(client.get("/v1/papers/2501.99999"), 404)
    assert error["code"] == "not_found"
    assert "2501.99999" in error["detail"]
    error_of(client.get("/v1/papers/math.GT/0309136"), 404)


@pytest.mark.parametrize(
    "paper_id",
    [
        "x",
        "2505.1",
        "2513.00001",
        "1706.03762;",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/etc/passwd",
        "%00",
        "1706.03762%00",
        "%ff%fe",
        "%ed%a0%80",
        "%0a",
        "a" * 3_000,
        "%EB%85%BC%EB%AC%B8",
    ],
    ids=lambda value: value[:20],
)
def test_rejects_a_malformed_paper_id(client: httpx.Client, paper_id: str) -> None:
    error = error_of(client.get(f"/v1/papers/{paper_id}"))
    if error["code"] == "invalid_input":
        assert error["field"] == "paper_id"
        assert error["detail"].startswith("paper_id: ")
    assert len(error["detail"]) < 4_000


def test_reports_health(client: httpx.Client) -> None:
    for path in ("/healthz", "/readyz"):
        response = client.get(path)
        assert (response.status_code, response.json()["status"], response.json()["reason"]) == (200, "ok", None)


def test_an_empty_index_is_alive_but_not_ready(empty_library: Library, serve: Serve) -> None:
    with serve(empty_library) as client:
        assert client.get("/healthz").status_code == 200
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["status"] == "unavailable"
        assert "empty" in response.json()["reason"]
        body = client.post("/v1/ask", json={"question": "What is attention?"}).json()
        assert (body["abstained"], body["reason"], body["hits"]) == (True, "empty_index", [])


def test_a_closed_library_is_unavailable(sample_library: Library, serve: Serve) -> None:
    library = Library.open(settings=sample_library.settings)
    with serve(library) as client:
        library.close()
        for response in (client.post("/v1/ask", json={"question": "x"}), client.get("/v1/papers/1706.03762")):
            assert response.status_code == 503
            assert response.json()["code"] == "unavailable"
            assert str(library.settings.data) not in response.text
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200


def test_concurrent_requests_get_the_same_answers(client: httpx.Client) -> None:
    questions = [QUESTION, "dense retriever that beats BM25 with two BERT encoders", "김치찌개", "2006.11239는?", ""]

    def ask(question: str) -> tuple[int, Any]:
        response = client.post("/v1/ask", json={"question": question, "k": 3})
        body = response.json()
        body.pop("timings", None)
        return response.status_code, body

    alone = [ask(question) for question in questions]
    assert [status for status, _ in alone] == [200, 200, 200, 200, 422]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, questions * 4)) == alone * 4


def test_openapi_lists_every_route_with_examples(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    routes = {f"/v1/{path}" for path in PATHS}
    own = {path for path in document["paths"] if not is_openai_path(path)}
    assert own == {*routes, "/healthz", "/readyz"}
    schemas = document["components"]["schemas"]
    for name in ("ask", "search", "explain"):
        schema = schemas[f"{name.capitalize()}Request"]
        assert set(schema["examples"][0]) <= set(schema["properties"])
        assert schema["additionalProperties"] is False
        assert client.post(f"/v1/{name}", json=schema["examples"][0]).status_code == 200
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["description"], path
    for path in routes:
        for operation in document["paths"][path].values():
            assert operation["tags"], path
            schema = operation["responses"]["422"]["content"]["application/problem+json"]["schema"]["$ref"]
            assert schema.endswith("/Problem")
    assert client.get("/docs").status_code == 200


def test_openapi_declares_the_parameters_of_a_paper(client: httpx.Client) -> None:
    operation = client.get("/openapi.json").json()["paths"]["/v1/papers/{paper_id}"]["get"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["paper_id", "history"]
    assert "404" in operation["responses"]
