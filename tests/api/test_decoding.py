"""Decoding: results rebuilt from their JSON, strictly by type, and open to what newer services send."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

import pytest

from nonmun import Answer, Citation, Library, Status
from nonmun.api.decoding import decode
from nonmun.api.results import Job, PaperDetails, Results
from nonmun.ingest.report import IngestReport

KO = "보상 모델 없이 선호에 맞추는 학습은?"


@dataclass(frozen=True, slots=True)
class Inner:
    day: date
    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Outer:
    name: str
    kind: Literal["a", "b"]
    inner: Inner | None
    pairs: tuple[tuple[str, int], ...] = ()
    counts: dict[str, list[bool]] | None = None


def test_results_are_equal_after_a_round_trip(sample_library: Library) -> None:
    results: list[tuple[type[Any], Any]] = [
        (Answer, sample_library.ask(KO)),
        (Results, sample_library.search(KO)),
        (PaperDetails, sample_library.paper("1706.03762")),
        (Status, sample_library.status()),
        (Job, Job("0", "done", 1, "now", report=IngestReport(moved=[("a", "b", "c")], generation=1))),
    ]
    for kind, result in results:
        decoded = decode(kind, json.loads(json.dumps(asdict(result))))
        assert decoded == result
        assert repr(decoded) == repr(result)
        assert type(decoded) is kind


def test_citations_need_no_text(sample_library: Library) -> None:
    citation = sample_library.ask(KO).citations[0]
    assert decode(Citation, asdict(citation)) == citation


def test_fields_and_values_that_are_not_known_are_no_errors() -> None:
    given = {"name": "x", "kind": "c", "inner": {"day": "2025-03-04", "weather": 1}, "more": {}}
    assert decode(Outer, given) == Outer("x", "c", Inner(date(2025, 3, 4)))  # type: ignore[arg-type]
    whole = decode(Inner, {"day": "2025-03-04", "share": 1})
    assert (whole.share, type(whole.share)) == (1.0, float)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": None}, "body.name: expected str, not NoneType"),
        ({"name": 5}, "body.name: expected str, not int"),
        ({"kind": 5}, "body.kind: expected str"),
        ({"inner": []}, "body.inner: expected dict, not list"),
        ({"inner": {}}, "body.inner.day: is missing"),
        ({"inner": {"day": "yesterday"}}, "isoformat"),
        ({"inner": {"day": "2025-03-04", "share": "0.5"}}, "body.inner.share: expected float"),
        ({"inner": {"day": "2025-03-04", "share": True}}, "body.inner.share: expected float"),
        ({"pairs": {}}, "body.pairs: expected list"),
        ({"pairs": [["a", 1], ["b"]]}, r"body.pairs.1: has 1 items \(expected 2\)"),
        ({"pairs": [["a", True]]}, "body.pairs.0.1: expected int, not bool"),
        ({"counts": {"x": [True, 1]}}, "body.counts.x.1: expected bool, not int"),
    ],
)
def test_other_shapes_are_errors(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decode(Outer, {"name": "x", "kind": "a", "inner": None} | change)


def test_the_body_itself_may_be_a_list() -> None:
    assert decode(tuple[Inner, ...], [{"day": "2025-03-04"}]) == (Inner(date(2025, 3, 4)),)
    with pytest.raises(ValueError, match="body: expected list"):
        decode(tuple[Inner, ...], {})
