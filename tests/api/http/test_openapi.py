"""The OpenAPI document: operations, errors, events and keys as they are served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema_rs
import pytest

from nonmun import Library
from nonmun.api.http.openai.paths import is_openai_path
from nonmun.api.keys import KeyStore

from ..conftest import served, wait_until
from .test_streaming import KO, events_of

OPERATIONS = {
    "ask": "POST /v1/ask",
    "search": "POST /v1/search",
    "explain": "POST /v1/explain",
    "translate": "GET /v1/lexicon",
    "list_papers": "GET /v1/papers",
    "get_paper": "GET /v1/papers/{paper_id}",
    "remove_paper": "DELETE /v1/papers/{paper_id}",
    "similar_papers": "GET /v1/papers/{paper_id}/similar",
    "get_chunk": "GET /v1/chunks/{chunk_id}",
    "list_digests": "GET /v1/digests",
    "get_digest": "GET /v1/digests/{digest_date}",
    "remove_digest": "DELETE /v1/digests/{digest_date}",
    "list_entries": "GET /v1/trust",
    "add_entries": "POST /v1/entries",
    "remove_entry": "DELETE /v1/entries/{digest_date}/{paper_id}",
    "get_job": "GET /v1/jobs/{job_id}",
    "give_feedback": "POST /v1/feedback",
    "get_status": "GET /v1/status",
    "get_health": "GET /healthz",
    "get_readiness": "GET /readyz",
}
ADMIN = {"add_entries", "get_job", "remove_digest", "remove_entry", "remove_paper"}
OPEN = {"get_health", "get_readiness"}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        if not is_openai_path(path):
            for method, operation in methods.items():
                yield method.upper(), path, operation


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> dict[str, Any]:
    return client.get("/openapi.json").json()


def test_operations_have_short_names_and_tags(document: dict[str, Any]) -> None:
    found = {operation["operationId"]: f"{method} {path}" for method, path, operation in operations(document)}
    assert found == OPERATIONS
    tags = {tag for _, _, operation in operations(document) for tag in operation["tags"]}
    assert tags == {"questions", "papers", "digests", "entries", "feedback", "service"}
    assert document["info"]["version"] == "1"


def test_every_error_is_a_problem(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        if operation["operationId"] in OPEN:
            continue
        errors = {status: response for status, response in operation["responses"].items() if status >= "400"}
        assert errors.keys() >= {"401", "403", "413", "421", "422", "429", "500", "503"}, path
        for response in errors.values():
            assert list(response["content"]) == ["application/problem+json"]
            schema = response["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
            for item in value.values():
                yield from references(item)
        elif isinstance(value, list):
            for item in value:
                yield from references(item)

    prefix = "#/components/schemas/"
    found = {reference.removeprefix(prefix) for reference in references(document)}
    assert found <= document["components"]["schemas"].keys()
    assert {"AnswerEvent", "HitsEvent", "TokenEvent", "Citation", "AskResponse", "Problem"} <= found


def test_events_have_the_schema_of_their_data(document: dict[str, Any], written: Library, serve: Any) -> None:
    content = document["paths"]["/v1/ask"]["post"]["responses"]["200"]["content"]
    assert content["text/event-stream"]["schema"] == {"$ref": "#/components/schemas/AnswerEvent"}
    variants = document["components"]["schemas"]["AnswerEvent"]["oneOf"]
    schemas = {
        variant["properties"]["event"]["const"]: variant["properties"]["data"]["contentSchema"] for variant in variants
    }
    validators = {
        name: jsonschema_rs.Draft202012Validator(schema | {"components": document["components"]})
        for name, schema in schemas.items()
    }
    with serve(written) as client:
        with client.stream("POST", "/v1/ask", json={"question": KO, "stream": True}) as response:
            events = list(events_of(response))
        problem = client.post("/v1/ask", json={"question": ""}).json()
    for name, data in [*events, ("error", problem)]:
        validators[name].validate(data)
    assert {name for name, _ in events} == {"hits", "token", "citation", "done"}
    for name, wrong in (("token", {"text": 5}), ("citation", {}), ("hits", {"hits": []}), ("error", {"status": "x"})):
        assert not validators[name].is_valid(wrong)


def test_responses_of_jobs_and_reports_have_their_schema(document: dict[str, Any], scratch: Library) -> None:
    def validate(path: str, method: str, status: str, body: Any) -> None:
        schema = document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
        jsonschema_rs.Draft202012Validator(schema | {"components": document["components"]}).validate(body)

    with served(scratch) as client:
        entry = {"paper_id": "2503.99999", "digest_date": "2025-03-04", "text": "걷는 고양이"}
        posted = client.post("/v1/entries", json=[entry])
        validate("/v1/entries", "post", "202", posted.json())
        location = posted.headers["location"]
        wait_until(lambda: client.get(location).json()["status"] == "done", seconds=600)
        validate("/v1/jobs/{job_id}", "get", "200", client.get(location).json())
        removed = client.delete("/v1/digests/2025-03-05")
        validate("/v1/digests/{digest_date}", "delete", "200", removed.json())


def test_without_keys_no_operation_names_one(document: dict[str, Any]) -> None:
    assert "security" not in json.dumps(document["paths"])
    assert "securitySchemes" not in document["components"]


def test_with_keys_every_operation_names_its_scope(sample_library: Library, keys: KeyStore) -> None:
    keys.create("Kim", ["read"])
    with served(sample_library, keys) as client:
        document = client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for _, _, operation in operations(document):
        name = operation["operationId"]
        scope = "admin" if name in ADMIN else {"ask": "ask", "give_feedback": "feedback"}.get(name, "read")
        assert operation.get("security") == (None if name in OPEN else [{"key": [scope]}])


def test_a_prefix_of_a_proxy_is_in_the_location(scratch: Library) -> None:
    entry = {"paper_id": "2503.99999", "digest_date": "2025-03-04", "text": "걷는 고양이"}
    with served(scratch, root_path="/papers") as client:
        location = client.post("/papers/v1/entries", json=[entry]).headers["location"]
        assert location.startswith("/papers/v1/jobs/")
        assert client.get(location).status_code == 200
