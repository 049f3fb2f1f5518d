"""`POST /v1/feedback`: what is stored of it, what is refused, and who may give it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from nonmun import Filter, Library
from nonmun.api.feedback import FeedbackStore
from nonmun.api.keys import KeyStore
from nonmun.index.query.dates.window import today_in_seoul

from ..conftest import bearer, served


@pytest.fixture(scope="module")
def client(sample_library: Library) -> Iterator[httpx.Client]:
    with served(sample_library) as client:
        yield client


def test_feedback_is_stored(client: httpx.Client, sample_library: Library) -> None:
    before = today_in_seoul()
    body = {
        "question": " 지난주 논문은? ",
        "kind": "wrong_paper",
        "papers": ["arXiv:1810.04805v2", "1810.04805"],
        "note": "관계없는 논문입니다.\n",
        "where": {"sections": ["results"]},
        "generation": 3,
        "ignore": ["window", "window"],
    }
    response = client.post("/v1/feedback", json=body)
    assert response.status_code == 201
    vote = FeedbackStore(sample_library.settings.data).all()[-1]
    assert response.json() == {"id": vote.vote_id, "created": vote.created, "kind": "wrong_paper"}
    assert (vote.question, vote.papers, vote.note) == ("지난주 논문은?", ("1810.04805",), "관계없는 논문입니다.")
    assert (vote.where, vote.generation, vote.by) == (Filter(sections=("results",)), 3, "")
    assert vote.ignore == ("window",)
    assert vote.as_of
    assert before <= vote.as_of <= today_in_seoul()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"question": ""}, "question"),
        ({"question": "x" * 2_001}, "question"),
        ({"kind": "nice"}, "kind"),
        ({"papers": ["x"]}, "papers"),
        ({"papers": [f"2505.{number:05}" for number in range(101)]}, "papers"),
        ({"note": "x" * 2_001}, "note"),
        ({"note": "\ud800"}, "note"),
        ({"as_of": "soon"}, "as_of"),
        ({"where": {"since": "2025-13-01"}}, "since"),
        ({"generation": -1}, "generation"),
        ({"ignore": ["dates"]}, "ignore"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_not_valid_is_refused(client: httpx.Client, change: dict[str, Any], field: str) -> None:
    body = json.dumps({"question": "BERT가 뭐야?", "kind": "useful"} | change)
    response = client.post("/v1/feedback", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 422
    assert field in response.json()["field"]


def test_other_media_types_are_refused(client: httpx.Client) -> None:
    """A page of another site cannot send JSON without asking first (CORS)."""
    text = '{"question": "BERT", "kind": "useful"}'
    for headers in ({"content-type": "text/plain"}, {"content-type": "application/x-www-form-urlencoded"}, {}):
        assert client.post("/v1/feedback", content=text, headers=headers).status_code == 422, headers


def test_a_key_needs_the_scope_feedback(sample_library: Library, tmp_path: Path) -> None:
    body = {"question": "BERT가 뭐야?", "kind": "useful", "papers": ["1810.04805"]}
    with closing(KeyStore(tmp_path / "keys.sqlite")) as keys, served(sample_library, keys) as client:
        secret, key = keys.create("Kim", ["feedback"])
        asker, _ = keys.create("Lee", ["ask", "read"])
        assert client.post("/v1/feedback", json=body).status_code == 401
        assert client.post("/v1/feedback", json=body, headers=bearer(asker)).status_code == 403
        assert client.post("/v1/feedback", json=body, headers=bearer(secret)).status_code == 201
    assert FeedbackStore(sample_library.settings.data).all()[-1].by == key.id
