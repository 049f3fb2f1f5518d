"""Requests of every shape that the OpenAPI document allows, and of others, generated and checked by Schemathesis."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis.checks import CHECKS as ALL_CHECKS
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.engine.recorder import ScenarioRecorder

from nonmun import Library
from nonmun.api.http.openai.paths import is_openai_path
from nonmun.api.keys import KeyStore

from ..conftest import served

pytestmark = pytest.mark.timeout(1_800)  # the full run takes minutes

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
    "object_level_authorization",
)
ROUTES = {
    "POST /v1/ask",
    "POST /v1/search",
    "POST /v1/explain",
    "GET /v1/lexicon",
    "GET /v1/papers",
    "GET /v1/papers/{paper_id}",
    "DELETE /v1/papers/{paper_id}",
    "GET /v1/papers/{paper_id}/similar",
    "GET /v1/chunks/{chunk_id}",
    "GET /v1/digests",
    "GET /v1/digests/{digest_date}",
    "DELETE /v1/digests/{digest_date}",
    "GET /v1/trust",
    "POST /v1/entries",
    "POST /v1/feedback",
    "DELETE /v1/entries/{digest_date}/{paper_id}",
    "GET /v1/jobs/{job_id}",
    "GET /v1/status",
    "GET /v1/models",
    "GET /v1/models/{model}",
    "POST /v1/chat/completions",
    "POST /v1/completions",
    "POST /v1/responses",
    "GET /healthz",
    "GET /readyz",
}
# The schema allows values that are no valid arXiv id, date or section: the response is then 422 and names the field.
ACCEPTED = ["2xx", "404", "409", "422"]  # while entries are added, nothing can be removed
REJECTED = ["401", "404", "405", "413", "422"]  # a body may be too long besides, or the key be left out

LONGEST_ADDRESS = 60_000  # the HTTP parser refuses longer ones, before there is an application that could say why

KNOWN_MEDIA_TYPE = "Received: application/problem+json"
KNOWN_STATUS = "Received: 413"
KNOWN_EVENTS = "SSE event violates schema"


@dataclass
class Run:
    """What a run of Schemathesis has found.

    Attributes:
        least: how many requests it has to send at least.
        cases: requests sent, by route.
        statuses: responses, by route and status.
        failures: messages of failed checks, by check.
        errors: errors of Schemathesis itself.
        refused: routes and bodies of the 4xx responses.
    """

    least: int
    cases: Counter[str] = field(default_factory=Counter[str])
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    failures: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    errors: list[str] = field(default_factory=list[str])
    refused: list[tuple[str, int, str, bytes]] = field(default_factory=list[tuple[str, int, str, bytes]])

    def add(self, recorder: ScenarioRecorder) -> None:
        """Add the requests and checks of a scenario."""
        for case_id, interaction in recorder.interactions.items():
            label = recorder.cases[case_id].value.operation.label
            if len(interaction.request.uri) > LONGEST_ADDRESS:
                continue
            self.cases[label] += 1
            response = interaction.response
            if response is None:
                self.errors.append(f"{label}: no response")
                continue
            self.statuses[label, response.status_code] += 1
            if response.status_code >= 400 and interaction.request.method != "HEAD":
                media_type = response.headers["content-type"][0]
                self.refused.append((label, response.status_code, media_type, response.content))
            for check in recorder.checks.get(case_id, []):
                if check.failure_info:
                    info = check.failure_info
                    message = f"{label}: {info.failure}\n{info.code_sample}"[:2_000]
                    self.failures.setdefault(check.name, []).append(message)


def explore(client: httpx.Client, examples: int, secret: str) -> Iterator[Any]:
    """Yield the events of a run with a number of random requests to each route, besides systematic ones."""
    generation = {"max-examples": examples, "deterministic": True, "database": "none", "no-shrink": True}
    checks = {
        "positive_data_acceptance": {"expected-statuses": ACCEPTED},
        "negative_data_rejection": {"expected-statuses": REJECTED},
    }
    auth = {"openapi": {"key": {"bearer": secret}}}
    config = SchemathesisConfig.from_dict(
        {"seed": 1, "continue-on-failure": True, "generation": generation, "checks": checks, "auth": auth}
    )
    schema = schemathesis.openapi.from_url(f"{client.base_url}/openapi.json", config=config)
    yield from from_schema(schema).execute()


@pytest.fixture(
    scope="module", params=[(4, 300), pytest.param((900, 3_000), marks=pytest.mark.slow)], ids=["small", "full"]
)
def run(
    request: pytest.FixtureRequest, scratch_index: Path, hash_embedder: Any, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """The requests go to an index that they may change, with a key that may do so."""
    examples, least = request.param
    found = Run(least)
    folder = tmp_path_factory.mktemp("schema") / "data"
    shutil.copytree(scratch_index, folder)
    with (
        closing(KeyStore(folder / "keys.sqlite")) as keys,
        Library.open(folder, embedding=hash_embedder(), create=False) as library,
        served(library, keys, jobs=100_000) as client,
    ):
        secret, _ = keys.create("schemathesis", ["admin"])
        for event in explore(client, examples, secret):
            if isinstance(event, ScenarioFinished):
                found.add(event.recorder)
            elif isinstance(event, NonFatalError):
                found.errors.append(f"{event.label}: {event.value!r}")
            elif isinstance(event, FatalError):
                found.errors.append(repr(event.exception))
    return found


def unexpected(run: Run, check: str, *known: str) -> list[str]:
    """Return the failures of a check other than the known ones."""
    return [text for text in run.failures.get(check, []) if not any(part in text for part in known)]


def test_every_route_is_requested(run: Run) -> None:
    assert run.errors == []
    assert run.cases.keys() == ROUTES
    assert run.cases.total() >= run.least, run.cases
    for route in ("POST /v1/ask", "POST /v1/search", "POST /v1/chat/completions"):
        assert run.statuses[route, 200] > 10, run.statuses
        assert run.statuses[route, 422] > 10, run.statuses
    assert run.statuses["POST /v1/entries", 202] > 5, run.statuses
    assert run.statuses["GET /v1/jobs/{job_id}", 200] > 0, run.statuses
    assert run.statuses["GET /v1/papers", 200] > 10, run.statuses


@pytest.mark.parametrize("check", CHECKS)
def test_responses_pass_the_check(run: Run, check: str) -> None:
    assert unexpected(run, check, KNOWN_MEDIA_TYPE, KNOWN_STATUS, KNOWN_EVENTS) == []


def test_there_are_no_other_checks(run: Run) -> None:
    assert run.failures.keys() <= set(CHECKS)
    assert set(ALL_CHECKS.get_all_names()) <= {*CHECKS, "max_response_time"}


def test_problem_details_are_declared_with_their_media_type(run: Run) -> None:
    assert [text for text in run.failures.get("content_type_conformance", []) if KNOWN_MEDIA_TYPE in text] == []


def test_events_are_declared_by_their_schema(run: Run) -> None:
    assert [text for text in run.failures.get("response_schema_conformance", []) if KNOWN_EVENTS in text] == []


def test_a_body_over_the_limit_is_declared(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    for path in ("/v1/ask", "/v1/search"):
        assert "413" in document["paths"][path]["post"]["responses"]


def test_every_refusal_is_a_problem(run: Run) -> None:
    assert run.refused
    for label, status, media_type, content in run.refused:
        if is_openai_path(label.split()[1]):
            assert media_type == "application/json", content
            assert list(json.loads(content)["error"]) == ["message", "type", "param", "code"]
            continue
        assert media_type == "application/problem+json", content
        body = json.loads(content)
        assert list(body) == ["type", "title", "status", "detail", "code", "field"]
        assert body["status"] == status
        if body["code"] == "invalid_input":
            assert body["field"] is not None
