"""Runs of a dataset: rankings and answers of the library, measures, provenance, explanations."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nonmun import ConfigError, FileError, InputError, Library
from nonmun.eval.datasets.formats import format_trec_run
from nonmun.eval.datasets.model import Dataset, DatasetQuery
from nonmun.eval.experiments.runner import RunConfig, run_dataset
from nonmun.eval.experiments.summary import means
from nonmun.eval.experiments.trec_scoring import score_run
from nonmun.eval.metrics.answers import area_under_curve, assess_answer, risk_coverage
from nonmun.eval.metrics.retrieval import DEFAULT_MEASURES, evaluate_rankings, measures_within
from nonmun.eval.runs.model import Run, difficulty_key
from nonmun.eval.runs.provenance import code_version
from nonmun.ingest.report import JobProgress
from nonmun.settings import load_settings

OF_ANSWERS = ["quotes_verified", "unsupported"]
STAGES = ["terms", "embedding", "dense", "lexical", "lexicon", "fusion", "evidence"]


def ranking(run: Run, query_id: str) -> list[str]:
    return next(
        [paper.paper_id for paper in outcome.ranking] for outcome in run.outcomes if outcome.query_id == query_id
    )


def with_query(dataset: Dataset, query: DatasetQuery, **grades: int) -> Dataset:
    return replace(dataset, queries=(query, *dataset.queries), qrels={**dataset.qrels, query.query_id: grades})


def test_rankings_are_those_of_search(filled: Library, questions: Dataset) -> None:
    run = run_dataset(filled, questions, "base")
    assert [outcome.query_id for outcome in run.outcomes] == [query.query_id for query in questions.queries]
    for outcome in run.outcomes:
        hits = filled.search(outcome.text, 100).hits
        assert [(paper.paper_id, paper.score) for paper in outcome.ranking] == [
            (hit.paper_id, hit.score) for hit in hits
        ]
        assert [paper.title for paper in outcome.ranking[:10]] == [hit.title for hit in hits[:10]]
        assert all(
            paper.text and hit.evidence[0].text.startswith(paper.text)
            for paper, hit in zip(outcome.ranking[:10], hits[:10], strict=True)
        )
        assert all((paper.title, paper.text) == ("", "") for paper in outcome.ranking[10:])


def test_measures_are_computed_from_the_rankings(filled: Library, questions: Dataset) -> None:
    run = run_dataset(filled, questions, "base")
    rankings = {outcome.query_id: [paper.paper_id for paper in outcome.ranking] for outcome in run.outcomes}
    expected = evaluate_rankings(rankings, questions.qrels, measures_within(DEFAULT_MEASURES, 100))
    measured = {outcome.query_id: dict(outcome.measures) for outcome in run.outcomes}
    assert {query_id: measures for query_id, measures in measured.items() if measures} == expected
    assert [query_id for query_id, measures in measured.items() if not measures] == ["rain", "soup", "open"]
    mean = sum(measures["ndcg@10"] for measures in expected.values()) / len(expected)
    assert run.record["measures"]["ndcg@10"]["mean"] == pytest.approx(mean, abs=1e-6)
    assert run.record["measures"]["ndcg@10"]["n"] == len(expected)
    assert 0.3 < mean < 1


def test_unanswerable_queries_have_no_retrieval_measures(filled: Library, questions: Dataset) -> None:
    query = DatasetQuery("none", "1706.03762", "ko", answerable=False)
    run = run_dataset(filled, with_query(questions, query, **{"1706.03762": 1}), "base", RunConfig(answers=True))
    assert set(run.outcomes[0].measures) == {"correct", "citation_precision", "abstention_recall", *OF_ANSWERS}
    assert run.record["measures"]["ndcg@10"]["n"] == len(questions.qrels)


def test_record_has_the_provenance(filled: Library, questions: Dataset) -> None:
    run = run_dataset(filled, questions, "base", RunConfig(seed=5))
    record = run.record
    assert record["measures"] == means(run.outcomes, 5) != means(run.outcomes, 0)
    status = filled.status()
    assert record["dataset"] == {
        "name": "questions", "corpus": "samples", "licence": "MIT", "hash": questions.hash,
        "queries": len(questions.queries), "unanswerable": 2,
    }  # fmt: skip
    assert record["index"] == {
        "generation": 1, "rev": status.rev, "model_id": "hash-64", "papers": 17, "entries": 19, "chunks": status.chunks
    }  # fmt: skip
    assert record["configuration"]["search"] == {
        "dense": True, "dense_lang": "", "centring": True, "lexical": True, "names": True, "lexicon": False,
        "lexical_weight": 0.25, "lexicon_weight": 1.2, "scanned": 50_000,
        "candidates": 200, "rerank": "", "rerank_papers": 20,
    }  # fmt: skip
    assert (record["seed"], record["depth"], record["code"]) == (5, 100, code_version())
    assert record["unjudged_queries"] == ["open"]
    assert record["unknown_papers"] == []
    assert list(record["slices"]) == ["lang", "kind"]
    assert json.loads(json.dumps(record)) == record | {"risk_coverage": {}}


def test_code_version_includes_a_source_hash() -> None:
    assert re.fullmatch(r"[\w.]+\+[0-9a-f]{12}", code_version())


def test_runs_are_reproducible(filled: Library, questions: Dataset) -> None:
    """Except latencies and the time of creation."""
    first, other = (run_dataset(filled, questions, "base", RunConfig(answers=True)) for _ in range(2))
    for key in ("created", "latencies"):
        assert first.record.keys() >= {key}
    assert {key: value for key, value in first.record.items() if key not in {"created", "latencies"}} == {
        key: value for key, value in other.record.items() if key not in {"created", "latencies"}
    }
    assert [replace(item, timings={}) for item in first.outcomes] == [
        replace(item, timings={}) for item in other.outcomes
    ]


def test_records_judged_papers_that_are_not_in_the_index(filled: Library, questions: Dataset) -> None:
    query = DatasetQuery("far", "어텐션", "ko")
    dataset = with_query(questions, query, **{"9912.00001": 0, "2401.99999": 1, "1706.03762": 1})
    run = run_dataset(filled, dataset, "base")
    assert run.record["unknown_papers"] == ["2401.99999", "9912.00001"]
    assert run.outcomes[0].measures["r@100"] == 0.5


def test_rankings_and_measures_are_cut_to_the_depth(filled: Library, questions: Dataset) -> None:
    run = run_dataset(filled, questions, "base", RunConfig(k=5))
    deep = run_dataset(filled, questions, "base")
    assert {len(outcome.ranking) for outcome in run.outcomes} == {5}
    assert [outcome.ranking for outcome in run.outcomes] == [outcome.ranking[:5] for outcome in deep.outcomes]
    assert set(run.record["measures"]) == {"r@1", "r@5", "map", "success@1", "success@5"}
    assert run.record["measures"]["r@5"] == deep.record["measures"]["r@5"]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (RunConfig(k=0), "k"),
        (RunConfig(k=101), "k: is 101"),
        (RunConfig(k=10, measures=("r@50",)), "r@50"),
        (RunConfig(measures=("colour",)), "colour"),
    ],
)
def test_rejects_invalid_parameters(filled: Library, questions: Dataset, config: RunConfig, words: str) -> None:
    seen: list[JobProgress] = []
    with pytest.raises(InputError, match=words):
        run_dataset(filled, questions, "base", config, seen.append)
    assert len(seen) <= 1


def test_invalid_question_is_rejected_before_the_first_search(filled: Library, questions: Dataset) -> None:
    seen: list[JobProgress] = []
    dataset = replace(questions, queries=(*questions.queries, DatasetQuery("long", "x" * 2001, "en")))
    with pytest.raises(InputError, match="query long: question: has 2,001 characters"):
        run_dataset(filled, dataset, "base", observe=seen.append)
    assert seen == []


def test_rejects_an_empty_index(library: Library, questions: Dataset) -> None:
    with pytest.raises(ConfigError, match="nonmun ingest"):
        run_dataset(library, questions, "base")


def test_reports_progress(filled: Library, questions: Dataset) -> None:
    seen: list[JobProgress] = []
    run_dataset(filled, questions, "base", observe=seen.append)
    assert [(event.done, event.total) for event in seen] == [(at, len(seen)) for at in range(len(questions.queries))]

    def stop(step: JobProgress) -> None:
        if step.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_dataset(filled, questions, "base", observe=stop)


def test_records_latency_by_stage(filled: Library, questions: Dataset) -> None:
    run = run_dataset(filled, questions, "base")
    for outcome in run.outcomes:
        assert list(outcome.timings) == STAGES
        assert all(0 <= value < 60_000 for value in outcome.timings.values())
    assert list(run.record["latencies"]) == [*STAGES, "search"]
    for name, percentiles in run.record["latencies"].items():
        assert 0 <= percentiles["p50"] <= percentiles["p95"] <= percentiles["p99"], name
    assert run.record["latencies"]["search"]["mean"] == pytest.approx(
        sum(run.record["latencies"][stage]["mean"] for stage in STAGES), abs=0.01
    )


# --- chunks that a query excludes


def every_chunk(library: Library, paper_id: str) -> list[str]:
    with closing(sqlite3.connect(library.settings.data / "catalog.sqlite")) as connection:
        return [row[0] for row in connection.execute("SELECT chunk_id FROM chunks WHERE paper_id = ?", (paper_id,))]


def test_excluded_chunks_are_not_found(filled: Library, questions: Dataset) -> None:
    best = filled.search("저랭크 행렬만 학습").hits[0].evidence[0]
    text = best.text[:300]
    paper_id = best.chunk_id.partition(":")[0]
    assert filled.search(text).hits[0].evidence[0].chunk_id == best.chunk_id
    found = filled.search(text, 100, without=[best.chunk_id]).hits
    assert best.chunk_id not in {item.chunk_id for hit in found for item in hit.evidence}
    hidden = next(hit for hit in found if hit.paper_id == paper_id)
    assert hidden.score < filled.search(text).hits[0].score
    answer = filled.ask(text, without=[best.chunk_id])
    assert best.chunk_id not in {citation.chunk_id for citation in answer.citations}
    assert best.chunk_id not in {item.chunk_id for hit in answer.hits for item in hit.evidence}
    for explanation in filled.explain(text, [paper_id], without=[best.chunk_id]):
        assert best.chunk_id not in {channel.chunk_id for channel in explanation.channels}
        assert explanation.score == hidden.score
    query = DatasetQuery("own", text, "ko", without=(best.chunk_id,))
    run = run_dataset(filled, with_query(questions, query, **{paper_id: 1}), "base", RunConfig(answers=True))
    assert [(paper.paper_id, paper.score) for paper in run.outcomes[0].ranking] == [
        (hit.paper_id, hit.score) for hit in found
    ]
    assert all(best.text[:300] != paper.text for paper in run.outcomes[0].ranking)
    assert run.outcomes[0].answer == assess_answer(answer) != assess_answer(filled.ask(text))


def test_excluding_all_chunks_of_a_paper(filled: Library) -> None:
    chunks = every_chunk(filled, "2106.09685")
    assert len(chunks) > 5
    assert "2106.09685" in [hit.paper_id for hit in filled.search("저랭크 행렬", 100).hits]
    assert "2106.09685" not in [hit.paper_id for hit in filled.search("저랭크 행렬", 100, without=chunks).hits]
    named = filled.ask("2106.09685 설명", without=chunks)
    assert (named.abstained, named.reason, named.citations) == (True, "no_text", ())
    assert filled.explain("저랭크", ["2106.09685"], without=chunks) == ()


def test_excluded_chunks_take_no_candidate_slot(filled: Library, embedder: Any) -> None:
    """With one candidate per channel, the next best chunk replaces an excluded one."""
    settings = filled.settings.model_copy(
        update={"search": filled.settings.search.model_copy(update={"candidates": 1})}
    )
    with Library.open(settings=settings, embedding=embedder) as narrow:
        first = narrow.search("저랭크 행렬만 학습", 100)
        hidden = [item.chunk_id for hit in first.hits for item in hit.evidence]
        assert 1 <= len(hidden) <= 2
        second = narrow.search("저랭크 행렬만 학습", 100, without=hidden)
        assert second.hits
        assert not set(hidden) & {item.chunk_id for hit in second.hits for item in hit.evidence}


def test_rejects_excluded_chunks_of_another_index(filled: Library, questions: Dataset) -> None:
    query = DatasetQuery(
        "own", "어텐션", "ko", without=("1706.03762:abstract:abstract:0", "1706.03762:abstract:abstract:99")
    )
    with pytest.raises(ConfigError, match=r"1 of the chunks .*1706\.03762:abstract:abstract:99.*eval make"):
        run_dataset(filled, with_query(questions, query, **{"1706.03762": 1}), "base")


# --- configuration


def test_configuration_changes_rankings(
    filled: Library, questions: Dataset, embedder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Library.open(filled.settings.data, embedding=embedder) as library:
        base = run_dataset(library, questions, "base")
    for text, changed in [
        ("", False),
        ("[search]\nlexical_weight = 50\n", True),
        ("[search]\ndense = false\n", True),
        ("[search]\nlexical = false\n", True),
        ("[search]\ncandidates = 1\n", True),
    ]:
        (tmp_path / "a.toml").write_text(text)
        settings = load_settings(tmp_path / "a.toml", data=filled.settings.data)
        with Library.open(settings=settings, embedding=embedder) as library:
            run = run_dataset(library, questions, "other")
        assert (
            [outcome.ranking for outcome in run.outcomes] != [outcome.ranking for outcome in base.outcomes]
        ) == changed, text
        assert run.record["configuration"]["search"] == settings.search.model_dump()
        assert run.dataset_hash == base.dataset_hash


# --- explanations


def test_hardest_queries_are_explained(filled: Library, questions: Dataset) -> None:
    run = run_dataset(filled, questions, "base", RunConfig(explained=1))
    explained = [outcome for outcome in run.outcomes if outcome.explanations]
    missed = sorted(
        (outcome for outcome in run.outcomes if outcome.measures and outcome.measures["ndcg@10"] < 1),
        key=difficulty_key,
    )
    assert len(missed) > 1
    assert {outcome.query_id for outcome in explained} == {outcome.query_id for outcome in missed[:1]}
    for outcome in explained:
        papers = [explanation["paper_id"] for explanation in outcome.explanations]
        assert papers[:3] == [paper.paper_id for paper in outcome.ranking[:3]]
        assert set(papers) >= questions.relevant_papers(outcome.query_id)
        assert [explanation["rank"] for explanation in outcome.explanations[:3]] == [1, 2, 3]
        keys = {"paper_id", "rank", "score", "channels", "matched", "translated", "missed"}
        assert all(set(explanation) == keys for explanation in outcome.explanations)


def test_difficulty_puts_queries_without_a_relevant_paper_first(make_run: Callable[..., Run]) -> None:
    values = [{"ndcg@10": 0.5}, {"ndcg@10": 0.0}, {"ndcg@10": 0.0}, {"ndcg@10": 0.0}]
    outcomes = make_run("x", values, ranks=[1, 2, 9, 4]).outcomes
    assert [outcome.query_id for outcome in sorted(outcomes, key=difficulty_key)] == ["q2", "q3", "q1", "q0"]


# --- answers


def test_answers_are_assessed(filled: Library, questions: Dataset) -> None:
    query = DatasetQuery("named", "1706.03762은 무엇을 제안하나", "ko", fields={"kind": "name"})
    dataset = with_query(questions, query, **{"1706.03762": 1})
    run = run_dataset(filled, dataset, "base", RunConfig(answers=True))
    for outcome in run.outcomes:
        answer = filled.ask(outcome.text)
        assert outcome.answer
        assert (outcome.answer.abstained, outcome.answer.reason) == (answer.abstained, answer.reason)
        assert outcome.answer.quotes == outcome.answer.verified == len(answer.citations)
        assert outcome.answer.unsupported == 0
        assert list(outcome.timings) == [*STAGES, "answer"]
    named = run.outcomes[0].measures
    assert {name: named[name] for name in ("correct", "citation_precision", "citation_recall", "quotes_verified")} == {
        "correct": 1, "citation_precision": 1, "citation_recall": 1, "quotes_verified": 1
    }  # fmt: skip
    means = run.record["measures"]
    assert (means["quotes_verified"]["mean"], means["unsupported"]["mean"]) == (1, 0)
    assert means["abstention_recall"]["n"] == 2
    assert "correct" not in run.outcomes[-1].measures  # its relevant papers are unknown
    points = risk_coverage(run.outcomes)
    assert run.record["risk_coverage"] == {"area": area_under_curve(points), "points": points}
    assert points[-1][0] == 1
    assert "answer" in run.record["latencies"]
    assert run.record["latencies"]["search"]["mean"] == pytest.approx(
        sum(run.record["latencies"][stage]["mean"] for stage in STAGES), abs=0.01
    )


# --- runs of other systems


def test_scoring_an_own_run_gives_equal_measures(filled: Library, questions: Dataset, tmp_path: Path) -> None:
    run = run_dataset(filled, questions, "base")
    rankings = {outcome.query_id: [paper.paper_id for paper in outcome.ranking] for outcome in run.outcomes}
    (tmp_path / "run.trec").write_text(format_trec_run(rankings, "base"))
    scored = score_run(questions, tmp_path / "run.trec", "theirs")
    assert scored.record["measures"] == run.record["measures"]
    assert [outcome.measures for outcome in scored.outcomes] == [outcome.measures for outcome in run.outcomes]
    assert scored.dataset_hash == run.dataset_hash
    assert (scored.record["unknown_queries"], scored.record["unanswered_queries"]) == ([], [])
    assert (scored.record["latencies"], scored.record["risk_coverage"]) == ({}, {})
    assert [ranking(scored, query.query_id) for query in questions.queries] == list(rankings.values())


def test_scores_runs_with_missing_queries(questions: Dataset, tmp_path: Path) -> None:
    (tmp_path / "run.trec").write_text("q00 Q0 1706.03762v2 1 1 t\nnobody Q0 x 1 1 t\n")
    scored = score_run(questions, tmp_path / "run.trec", "theirs", RunConfig(measures=("r@1",)))
    assert scored.record["unknown_queries"] == ["nobody"]
    assert scored.record["unanswered_queries"] == [query.query_id for query in questions.queries[1:]]
    judged = len(questions.qrels)
    assert scored.record["measures"]["r@1"]["mean"] == pytest.approx(1 / judged, abs=1e-6)
    assert scored.record["measures"]["r@1"]["n"] == judged


@pytest.mark.parametrize("text", ["", "nobody Q0 x 1 1 t\n"])
def test_rejects_runs_of_another_dataset(questions: Dataset, tmp_path: Path, text: str) -> None:
    (tmp_path / "run.trec").write_text(text)
    with pytest.raises(FileError, match="another dataset"):
        score_run(questions, tmp_path / "run.trec", "theirs")
