"""Retrieval measures: against values computed by hand, and against ir_measures and pytrec_eval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import ir_measures
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from nonmun import InputError
from nonmun.eval.metrics.retrieval import DEFAULT_MEASURES, evaluate_rankings, measures_within, retrieval_measure

QRELS = {"q": {"best": 2, "good": 1, "bad": 0, "worse": -1, "lost": 1}}


def evaluate(
    rankings: Mapping[str, Sequence[str]], qrels: Mapping[str, Mapping[str, int]], names: Sequence[str]
) -> dict[str, dict[str, float]]:
    return evaluate_rankings(rankings, qrels, [retrieval_measure(name) for name in names])


def values(ranking: Sequence[str], *names: str, qrels: dict[str, dict[str, int]] = QRELS) -> dict[str, float]:
    return evaluate({"q": ranking}, qrels, names)["q"]


def log_gain(*grades: int) -> float:
    return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1))


def test_ndcg_uses_grades_and_ranks() -> None:
    found = values(["bad", "good", "new", "best"], "ndcg@10", "ndcg@3", "ndcg")
    ideal = log_gain(2, 1, 1)
    assert found["ndcg@10"] == pytest.approx(log_gain(0, 1, 0, 2) / ideal)
    assert found["ndcg"] == found["ndcg@10"]
    assert found["ndcg@3"] == pytest.approx(log_gain(0, 1, 0) / ideal)
    assert values(["best", "lost", "good"], "ndcg@10")["ndcg@10"] == pytest.approx(1)
    assert values(["good", "lost", "best"], "ndcg@10")["ndcg@10"] < 0.95
    assert values(["worse", "best"], "ndcg@10")["ndcg@10"] == pytest.approx(log_gain(0, 2) / ideal)


def test_average_precision_includes_papers_that_were_not_found() -> None:
    assert values(["best", "bad", "good"], "map")["map"] == pytest.approx((1 + 2 / 3) / 3)
    assert values(["best", "bad", "good"], "map@2")["map@2"] == pytest.approx(1 / 3)


def test_recall_precision_success() -> None:
    found = values(["bad", "best", "good", "x"], "r@1", "r@2", "r@100", "p@2", "p@10", "success@1", "success@2")
    assert found == pytest.approx(
        {"r@1": 0, "r@2": 1 / 3, "r@100": 2 / 3, "p@2": 0.5, "p@10": 0.2, "success@1": 0, "success@2": 1}
    )


@pytest.mark.parametrize(("rank", "value"), [(1, 1.0), (2, 0.5), (10, 0.1), (11, 0.0)])
def test_reciprocal_rank_within_a_cutoff(rank: int, value: float) -> None:
    ranking = [f"x{at}" for at in range(1, 20)]
    ranking[rank - 1] = "good"
    assert values(ranking, "mrr@10")["mrr@10"] == pytest.approx(value)
    assert values(ranking, "mrr")["mrr"] == pytest.approx(1 / rank)


def test_judged_is_the_share_of_judged_papers() -> None:
    assert values(["bad", "x", "best", "worse"], "judged@10", "judged@2") == {"judged@10": 0.75, "judged@2": 0.5}
    assert values([f"x{at}" for at in range(20)], "judged@10") == {"judged@10": 0}


def test_order_is_by_rank_not_by_id() -> None:
    """Evaluation tools sort by score and break ties by id; neither may change the order of a ranking."""
    ranking = [f"{at:04}" for at in range(1000)]
    assert values([*ranking, "best"], "mrr", "r@1000") == {"mrr": pytest.approx(1 / 1001), "r@1000": 0}
    assert values(["a", "z", "best"], "mrr")["mrr"] == values(["z", "a", "best"], "mrr")["mrr"] == pytest.approx(1 / 3)


def test_missing_rankings_count_as_empty() -> None:
    qrels = {"empty": {"a": 1}, "absent": {"a": 1}, "found": {"a": 1}}
    got = evaluate({"empty": [], "found": ["a"]}, qrels, DEFAULT_MEASURES)
    assert got.keys() == qrels.keys()
    assert set(got["empty"].values()) == set(got["absent"].values()) == {0.0}
    assert got["found"]["ndcg@10"] == 1
    assert evaluate({}, qrels, DEFAULT_MEASURES)["found"] == dict.fromkeys(DEFAULT_MEASURES, 0.0)


def test_queries_without_a_relevant_paper_are_left_out() -> None:
    qrels = {"none": {}, "zero": {"a": 0}, "minus": {"a": -1}, "one": {"a": 1}}
    assert evaluate({query: ["a"] for query in qrels}, qrels, ["r@1"]) == {"one": {"r@1": 1.0}}
    assert evaluate({"none": ["a"]}, {"none": {}}, ["r@1"]) == {}
    assert evaluate({"other": ["a"]}, {"one": {"a": 1}}, ["r@1"]) == {"one": {"r@1": 0.0}}


@pytest.mark.parametrize(
    ("written", "name"),
    [("nDCG@10", "ndcg@10"), (" MRR@10 ", "mrr@10"), ("rr@10", "mrr@10"), ("recall@5", "r@5"), ("AP", "map"),
     ("map@100", "map@100"), ("ndcg", "ndcg"), ("P@1", "p@1"), ("Judged@10", "judged@10")],
)  # fmt: skip
def test_spellings(written: str, name: str) -> None:
    assert retrieval_measure(written).name == retrieval_measure(name).name == name


@pytest.mark.parametrize(
    "written", ["", "ndcg@", "ndcg@0", "ndcg@-1", "ndcg@1.5", "@10", "bpref", "r", "success", "p", "judged", "x" * 5000]
)
def test_rejects_unknown_measures(written: str) -> None:
    with pytest.raises(InputError) as error:
        retrieval_measure(written)
    assert error.value.field == "measure"
    assert len(str(error.value)) < 300


def names_within(names: Sequence[str], depth: int) -> tuple[str, ...]:
    return tuple(measure.name for measure in measures_within(names, depth))


def test_cutoffs_beyond_the_depth_are_left_out() -> None:
    assert names_within(["recall@5", "r@5", "R@50", "map"], 10) == ("r@5", "map")
    assert names_within(DEFAULT_MEASURES, 100) == DEFAULT_MEASURES
    with pytest.raises(InputError, match="r@50"):
        names_within(["r@50"], 10)
    with pytest.raises(InputError, match="unknown"):
        names_within(["r@5", "colour"], 10)


_PAPERS = [f"p{at}" for at in range(30)]
_RANKINGS = st.dictionaries(
    st.sampled_from("abcd"), st.lists(st.sampled_from(_PAPERS), min_size=1, unique=True), min_size=1
)
_QRELS = st.dictionaries(
    st.sampled_from("abcd"), st.dictionaries(st.sampled_from(_PAPERS), st.integers(0, 3), min_size=1), min_size=1
)


@given(_RANKINGS, _QRELS)
def test_agrees_with_pytrec_eval_and_ir_measures(
    rankings: dict[str, list[str]], qrels: dict[str, dict[str, int]]
) -> None:
    got = evaluate(rankings, qrels, DEFAULT_MEASURES)
    wanted = {query: grades for query, grades in qrels.items() if any(grades.values())}
    assert got.keys() == wanted.keys()
    scored = {
        query: {paper: 1 / rank for rank, paper in enumerate(papers, start=1)}
        for query, papers in rankings.items()
        if query in wanted
    }
    if not scored:
        assert all(value == 0 for measured in got.values() for value in measured.values())
        return
    trec = {"ndcg@10": "ndcg_cut_10", "r@5": "recall_5", "map": "map", "success@5": "success_5"}
    reference = pytrec_eval.RelevanceEvaluator(wanted, {"ndcg_cut.10", "recall.5", "map", "success.5"}).evaluate(scored)
    for query, theirs in reference.items():
        assert {name: got[query][name] for name in trec} == pytest.approx({name: theirs[trec[name]] for name in trec})
    for name, measure in [("mrr@10", ir_measures.RR @ 10), ("judged@10", ir_measures.Judged @ 10)]:
        for result in measure.iter_calc(wanted, scored):
            assert got[result.query_id][name] == pytest.approx(result.value)


@given(_RANKINGS, _QRELS)
def test_measure_properties(rankings: dict[str, list[str]], qrels: dict[str, dict[str, int]]) -> None:
    for query, measured in evaluate(rankings, qrels, DEFAULT_MEASURES).items():
        assert all(0 <= value <= 1 + 1e-9 for value in measured.values())
        assert measured["r@1"] <= measured["r@5"] <= measured["r@10"] <= measured["r@50"] <= measured["r@100"]
        assert measured["success@1"] <= measured["mrr@10"] <= measured["success@10"]
        ideal = sorted(qrels[query], key=lambda paper: -qrels[query][paper])
        best = evaluate({query: ideal}, {query: qrels[query]}, DEFAULT_MEASURES)[query]
        assert best["ndcg@10"] == pytest.approx(1)
        assert best["map"] == pytest.approx(1)
