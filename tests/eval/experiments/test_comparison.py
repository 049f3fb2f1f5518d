"""Comparison of two runs: differences, their significance, slices and changed queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nonmun import InputError
from nonmun.eval.experiments.comparison import compare, paired_values, primary_measures
from nonmun.eval.metrics.statistics import Interval, bootstrap, holm, randomization_test
from nonmun.eval.runs.model import Run

MakeRun = Callable[..., Run]
RANDOM = np.random.default_rng(1)
BEFORE = RANDOM.uniform(0, 0.8, size=60).round(3)
AFTER = (BEFORE + RANDOM.normal(0.06, 0.1, size=60)).clip(0, 1).round(3)


def both(values: Any, **more: Any) -> list[dict[str, float]]:
    return [{"ndcg@10": float(value), "map": float(value) / 2} | more for value in values]


@pytest.fixture
def a(make_run: MakeRun) -> Run:
    return make_run("before", both(BEFORE), ranks=[2] * 60)


@pytest.fixture
def b(make_run: MakeRun) -> Run:
    return make_run("after", both(AFTER), ranks=[1] * 59 + [9])


def test_difference_with_its_interval(a: Run, b: Run) -> None:
    found = compare(a, b, names=["ndcg@10", "map"])
    first, other = found.differences
    assert (found.a, found.b, found.by, first.measure, first.n, other.measure) == (
        "before", "after", "ndcg@10", "ndcg@10", 60, "map"
    )  # fmt: skip
    assert (first.a, first.b) == (pytest.approx(BEFORE.mean(), abs=1e-6), pytest.approx(AFTER.mean(), abs=1e-6))
    change = (AFTER - BEFORE)[:, None]
    assert first.difference == bootstrap(change, seed=0)[0]
    assert first.difference.mean == pytest.approx(first.b - first.a, abs=2e-6)
    p_values = [randomization_test(change, seed=0)[0], randomization_test(change / 2, seed=0)[0]]
    assert [first.p_value, other.p_value] == pytest.approx(p_values, abs=1e-6)
    assert [first.corrected, other.corrected] == pytest.approx(holm(p_values), abs=1e-6)
    assert first.corrected == pytest.approx(2 * first.p_value)
    assert (first.won, first.lost) == (int((AFTER > BEFORE).sum()), int((AFTER < BEFORE).sum()))
    assert first.difference.low > 0
    assert first.p_value < 0.01


def test_comparison_is_antisymmetric(a: Run, b: Run) -> None:
    forward, backward = compare(a, b).differences[0], compare(b, a).differences[0]
    assert (forward.won, forward.lost, forward.p_value) == (backward.lost, backward.won, backward.p_value)
    assert (forward.difference.low, forward.difference.high) == pytest.approx(
        (-backward.difference.high, -backward.difference.low)
    )


def test_run_compared_with_itself(a: Run) -> None:
    found = compare(a, a)
    assert [
        (tested.difference, tested.p_value, tested.corrected, tested.won, tested.lost) for tested in found.differences
    ] == [(Interval(0, 0, 0), 1, 1, 0, 0)]
    assert found.moved == ()
    assert {change for _, _, change in found.slices} == {Interval(0, 0, 0)}


def test_seed_determines_the_digits(a: Run, b: Run) -> None:
    assert compare(a, b) == compare(a, b)
    assert compare(a, b, seed=1).differences != compare(a, b).differences


def test_chance_difference_is_not_significant(make_run: MakeRun) -> None:
    noise = np.random.default_rng(3).permutation(BEFORE)
    tested = compare(make_run("a", both(BEFORE)), make_run("b", both(noise))).differences[0]
    assert tested.difference.low < 0 < tested.difference.high
    assert tested.p_value > 0.2


def test_changed_queries_by_size_of_the_change(a: Run, b: Run) -> None:
    moved = compare(a, b).moved
    assert len(moved) == int((AFTER != BEFORE).sum())
    steps = [abs(query.b - query.a) for query in moved]
    assert steps == sorted(steps, reverse=True)
    last = next(query for query in moved if query.query_id == "q59")
    assert (last.text, last.place_a, last.place_b) == ("질문 59", 2, None)
    assert (last.a, last.b) == (BEFORE[59], AFTER[59])


def test_slices_by_size_of_the_difference(a: Run, b: Run) -> None:
    slices = compare(a, b).slices
    assert {name for name, _, _ in slices} == {"lang=ko", "lang=en", "kind=a", "kind=b", "kind=c"}
    sizes = [abs(change.mean) for _, _, change in slices]
    assert sizes == sorted(sizes, reverse=True)
    korean = next((n, change) for name, n, change in slices if name == "lang=ko")
    assert korean == (30, bootstrap((AFTER - BEFORE)[1::2, None], seed=0)[0])


def test_first_relevant_rank(make_run: MakeRun) -> None:
    assert [outcome.first_relevant_rank for outcome in make_run("x", both([0, 0, 0]), ranks=[1, 5, 6]).outcomes] == [
        1,
        5,
        None,
    ]


def test_primary_measures(make_run: MakeRun) -> None:
    run = make_run("a", [{"map": 0.1, "r@10": 0.1, "ndcg@10": 0.1, "unsupported": 0.1}])
    assert primary_measures(run, run) == ["r@10", "ndcg@10"]
    bare = make_run("b", [{"map": 0.1, "success@1": 0.1}])
    assert primary_measures(bare, bare) == ["map", "success@1"]
    assert primary_measures(run, bare) == ["map"]


def test_pairs_queries_that_both_runs_measure(make_run: MakeRun) -> None:
    a = make_run("a", [{"ndcg@10": 0.5, "citation_precision": 1.0}, {"ndcg@10": 0.5}, {"citation_precision": 0.0}])
    b = make_run("b", [{"ndcg@10": 0.7}, {"ndcg@10": 0.5, "citation_precision": 0.0}, {"citation_precision": 0.5}])
    found = compare(a, b)
    assert [(difference.measure, difference.n, difference.a, difference.b) for difference in found.differences] == [
        ("ndcg@10", 2, 0.5, 0.6), ("citation_precision", 1, 0, 0.5)
    ]  # fmt: skip


def test_measures_without_a_common_query_are_left_out(make_run: MakeRun) -> None:
    a = make_run("a", [{"ndcg@10": 0.5, "citation_precision": 1.0}, {"ndcg@10": 0.5}])
    b = make_run("b", [{"ndcg@10": 0.5}, {"ndcg@10": 0.5, "citation_precision": 1.0}])
    assert [tested.measure for tested in compare(a, b).differences] == ["ndcg@10"]
    with pytest.raises(InputError, match=r"'citation_precision' has no values to compare.*ndcg@10"):
        compare(a, b, names=["citation_precision"])


def test_abstention_precision_is_never_paired(make_run: MakeRun) -> None:
    """B abstains from an answerable query too; for queries that both abstain from, the measure is equal in both."""
    a = make_run("a", [{"correct": 1.0}, {"correct": 1.0, "abstention_precision": 1.0, "abstention_recall": 1.0}])
    lazy = [
        {"correct": 0.0, "abstention_precision": 0.0},
        {"correct": 1.0, "abstention_precision": 1.0, "abstention_recall": 1.0},
    ]
    b = make_run("b", lazy)
    assert (b.record["measures"]["abstention_precision"]["mean"]) == 0.5
    assert [tested.measure for tested in compare(a, b, by="correct").differences] == ["correct", "abstention_recall"]
    with pytest.raises(InputError, match="abstention_precision"):
        compare(a, b, by="correct", names=["abstention_precision"])


def test_lower_unsupported_is_a_win(make_run: MakeRun) -> None:
    a = make_run("a", [{"unsupported": 0.5}, {"unsupported": 0.5}, {"unsupported": 0.0}])
    b = make_run("b", [{"unsupported": 0.0}, {"unsupported": 0.25}, {"unsupported": 0.5}])
    found = compare(a, b, by="unsupported")
    tested = found.differences[0]
    assert (tested.won, tested.lost) == (2, 1)
    assert [[(moved.a, moved.b) for moved in part] for part in (found.won, found.lost)] == [
        [(0.5, 0.0), (0.5, 0.25)], [(0.0, 0.5)]
    ]  # fmt: skip
    assert tested.difference.mean == pytest.approx(-0.25 / 3, abs=1e-6)


def test_rejects_runs_of_different_datasets(make_run: MakeRun, a: Run) -> None:
    with pytest.raises(InputError, match=r"before of made, hhhhhhhhhhhh; other of made, gggg"):
        compare(a, make_run("other", both(BEFORE), hashed="g" * 64))


def test_rejects_missing_measures(make_run: MakeRun, a: Run) -> None:
    with pytest.raises(InputError, match=r"'r@10' .*ndcg@10, map"):
        compare(a, a, names=["r@10"])
    with pytest.raises(InputError, match="'r@1'"):
        compare(a, a, by="r@1")
    other = make_run("other", [{"r@10": 0.5}] * 60)
    with pytest.raises(InputError, match="none"):
        compare(a, other)
    assert paired_values(a, other) == {}
