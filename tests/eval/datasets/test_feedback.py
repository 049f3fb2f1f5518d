"""Datasets from feedback: merged votes, contradictions left to review, provenance, and what is passed over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nonmun import ConfigError, Filter
from nonmun.api.feedback import Kind, QuotedPlace, Vote
from nonmun.eval.annotation.judgments import open_judgments
from nonmun.eval.annotation.pool import pool_papers
from nonmun.eval.datasets.feedback import FeedbackDataset, make_from_feedback
from nonmun.eval.datasets.formats import open_dataset
from nonmun.eval.experiments.runner import RunConfig, run_dataset

A, B, C = "1706.03762", "1810.04805", "2010.11929"
TEXT = "이미지를 패치로 자르는 논문은?"
DAY = date(2025, 3, 6)


def vote(kind: Kind, papers: Sequence[str] = (), question: str = TEXT, by: str = "", **fields: Any) -> Vote:
    fields = {"cited": (A, B), "answer_id": "x", "generation": 7, "as_of": DAY} | fields
    created = "2025-03-06T00:00:00+00:00"
    return Vote("id", created, kind, question, papers=tuple(papers), by=by, **fields)


def made(*votes: Vote, known: Sequence[str] = (A, B, C)) -> FeedbackDataset:
    return make_from_feedback(votes, known, "voted")


def only(*votes: Vote) -> tuple[bool, dict[str, int], str]:
    """Return whether the only query is answerable, its grades, and why it has to be reviewed."""
    dataset = made(*votes).dataset
    (query,) = dataset.queries
    return query.answerable, dict(dataset.qrels.get(query.query_id, {})), query.slice("review")


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([vote("useful", [A, B])], (True, {A: 2, B: 2}, "")),
        ([vote("wrong_quotation", [A])], (True, {A: 1}, "")),
        ([vote("wrong_quotation", [A]), vote("useful", [A])], (True, {A: 2}, "")),
        ([vote("wrong_paper", [A])], (True, {A: 0}, "insufficient")),
        ([vote("wrong_paper", [A]), vote("useful", [B])], (True, {A: 0, B: 2}, "")),
        ([vote("wrong_paper", [])], (True, {}, "insufficient")),
        ([vote("should_have_refused", [A, B])], (False, {}, "")),
        ([vote("should_have_refused"), vote("wrong_paper", [A])], (False, {A: 0}, "")),
        ([vote("useful", cited=())], (False, {}, "")),  # praise of a refusal
        ([vote("useful", answer_id="", cited=())], (True, {}, "insufficient")),
        ([vote("should_have_answered", cited=())], (True, {}, "insufficient")),
        ([vote("should_have_answered", [C], cited=())], (True, {C: 2}, "")),
        ([vote("should_have_answered", [A, C], cited=(A,))], (True, {C: 2}, "")),  # A is what the answer cites
        ([vote("should_have_answered", [C]), vote("wrong_paper", [C], by="b")], (True, {}, "contradictory")),
        # contradictions
        ([vote("useful", [A, B]), vote("wrong_paper", [A], by="b")], (True, {B: 2}, "contradictory")),
        ([vote("useful", [A]), vote("should_have_refused", by="b")], (True, {}, "contradictory")),
        ([vote("should_have_refused"), vote("should_have_answered", by="b")], (True, {}, "contradictory")),
        (
            [vote("should_have_refused"), vote("useful", [A], by="b"), vote("wrong_paper", [B])],
            (True, {B: 0}, "contradictory"),
        ),
    ],
)
def test_votes_become_judgments(votes: list[Vote], expected: tuple[bool, dict[str, int], str]) -> None:
    assert only(*votes) == expected
    assert only(*reversed(votes)) == expected


def test_the_same_question_is_one_query() -> None:
    found = made(
        vote("useful", [A]),
        vote("useful", [B], f"  {TEXT} "),
        vote("useful", [A], as_of=date(2025, 4, 1), by="b"),
        vote("useful", [C], "another question"),
    )
    assert [query.text for query in found.dataset.queries] == [TEXT, "another question"]
    assert [query.lang for query in found.dataset.queries] == ["ko", "en"]
    first = found.dataset.queries[0]
    assert found.dataset.qrels[first.query_id] == {A: 2, B: 2}
    assert first.slice("votes") == "3"
    assert first.slice("as_of") == ""


def test_a_relative_date_is_kept() -> None:
    question = "지난주에 나온 강화 학습 논문은?"
    found = made(vote("useful", [A], question), vote("useful", [B], question, as_of=date(2025, 4, 1)))
    assert [query.fields["as_of"] for query in found.dataset.queries] == ["2025-03-06", "2025-04-01"]


def test_what_judges_nothing_is_counted() -> None:
    found = made(
        vote("useful", [A]),
        vote("useful", [A]),
        vote("useful", ["2505.99999"], by="b"),
        vote("useful", [B], is_follow_up=True),
        vote("other", note="slow"),
        vote("should_have_refused", where=Filter(sections=("results",))),
        vote("useful", [C], ignore=("window",)),
        vote("useful", [C], question=""),
        vote("useful", [C], question="x" * 3_000),
        vote("nice", [C], question="another"),  # type: ignore[arg-type]
    )
    assert found.skipped == {
        "repeated": 1,
        "follow-up": 1,
        "other": 1,
        "refusal under a filter": 1,
        "not in the index": 1,
        "answered without its conditions": 1,
        "unreadable": 3,
    }
    (query,) = found.dataset.queries
    assert found.dataset.qrels[query.query_id] == {A: 2}


@pytest.mark.parametrize("votes", [[], [vote("other")]])
def test_without_votes_there_is_no_dataset(votes: list[Vote]) -> None:
    with pytest.raises(ConfigError, match="no feedback that makes a query"):
        made(*votes)


def test_the_dataset_can_be_run_and_reviewed(tmp_path: Path, filled: Any) -> None:
    place = QuotedPlace(f"{A}:abstract:abstract:0", "0" * 64, 0, 9)
    found = made(
        vote("useful", [A], "attention", by="k1", note="좋아요"),
        vote("wrong_paper", [A], "attention", by="k2", quotation=place),
        vote("wrong_paper", [B], "attention"),
        vote("should_have_refused", question="점심은 뭐가 좋을까?"),
    )
    found.write(tmp_path / "set")
    dataset = open_dataset(tmp_path / "set")
    assert dataset.hash == found.dataset.hash
    assert found.to_review == [dataset.queries[0].query_id]
    records = [json.loads(line) for line in (tmp_path / "set" / "judgments.jsonl").read_text("utf-8").splitlines()]
    assert [(record["paper"], record["grade"], record["judge"]) for record in records] == [(B, 0, "feedback")]
    assert {"answer", "generation", "kind", "note", "query", "time", "vote"} < records[0].keys()
    votes = [json.loads(line) for line in (tmp_path / "set" / "votes.jsonl").read_text("utf-8").splitlines()]
    assert [(each["kind"], each["by"], each["note"]) for each in votes[:2]] == [
        ("useful", "k1", "좋아요"),
        ("wrong_paper", "k2", ""),
    ]
    run = run_dataset(filled, dataset, "run", RunConfig(k=10))
    with open_judgments(tmp_path / "set", "Kim") as (opened, judgments):
        pool = pool_papers(opened, [run])
        assert A in {paper.paper_id for paper in pool}  # the contested one is left to the person
        assert B not in {paper.paper_id for paper in pool}
        judgments.add(pool[0].query.query_id, A, 3)
    assert open_dataset(tmp_path / "set").qrels[pool[0].query.query_id][A] == 3
