"""Clients generated from the OpenAPI document, by the generators in `requirements/`, against the service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import httpx
import pytest

from nonmun import Filter, Library
from nonmun.api.keys import KeyStore

from ..conftest import served
from .conftest import Run

pytestmark = [pytest.mark.clients, pytest.mark.timeout(1_800)]  # the first test of a generator installs it
QUESTION, PAPER = "저랭크 행렬로 미세 조정하는 방법은?", "2106.09685"
WHERE = Filter(lang="en", source="abstract")


@pytest.fixture
def service(scratch: Library, keys: KeyStore) -> Iterator[tuple[httpx.Client, str]]:
    """A service that needs keys, and one with all scopes."""
    secret, _ = keys.create("generated", ["admin"])
    with served(scratch, keys) as client:
        yield client, secret


def plain(result: Any) -> Any:
    found = json.loads(json.dumps(asdict(result)))
    found.pop("timings", None)
    return found


def untimed(body: dict[str, Any]) -> dict[str, Any]:
    assert body.pop("timings", {"none": 0})
    return body


def check_results(found: dict[str, Any], scratch: Library) -> None:
    """Check what both programs request."""
    assert untimed(found["answer"]) == plain(scratch.ask(QUESTION, 3))
    assert untimed(found["results"]) == plain(scratch.search(QUESTION, 2, where=WHERE))
    assert found["paper"] == plain(scratch.paper(PAPER))
    assert found["similar"] == [hit.paper_id for hit in scratch.similar(PAPER, 2).hits]
    assert found["page"] == plain(scratch.list_papers(limit=2, where=Filter(sections=("results",))))


def test_python(service: tuple[httpx.Client, str], scratch: Library, run_python: Run) -> None:
    client, secret = service
    found = run_python("openapi-python-client", "generated_python.py", str(client.base_url), secret, QUESTION, PAPER)
    assert [line for line in found["warnings"] if line.strip()] == []
    assert found["removed"] == 1
    check_results(found, scratch)
    assert found["days"] == [plain(day) for day in scratch.digests()]
    status, kind, problem = found["refused"]
    assert (status, kind, problem["code"], problem["field"]) == (422, "Problem", "invalid_input", "question")
    assert found["missing"] == ["Problem", "not_found"]
    assert found["unauthorized"] == ["Problem", "unauthorized"]
    assert (found["job"]["status"], found["job"]["report"]["new"]) == ("done", 1)


def test_typescript(service: tuple[httpx.Client, str], scratch: Library, run_node: Run) -> None:
    client, secret = service
    found = run_node("openapi-typescript", "generated_typescript.mjs", str(client.base_url), secret, QUESTION, PAPER)
    check_results(found, scratch)
    assert found["refused"] == [422, "invalid_input", "question"]
    assert found["events"] == ["hits", "token", "citation", "done"]
    assert untimed(found["streamed"]) == plain(scratch.ask(QUESTION, 3))
    assert found["text"] == found["streamed"]["answer"]
    assert found["exported"] == scratch.export(scratch.paper(PAPER), "bibtex")
