"""Statistics: against scipy, against values computed by hand, and equal digits in every process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from nonmun.eval.experiments.summary import latencies, means, slice_names, summarize
from nonmun.eval.metrics.statistics import Interval, bootstrap, holm, percentiles, randomization_test
from nonmun.eval.runs.model import QueryOutcome

SAMPLE = np.random.default_rng(1).beta(0.5, 0.7, size=(80, 2))
EFFECT = np.random.default_rng(2).normal(0.03, 0.12, size=(60, 1))


@pytest.mark.parametrize("column", [0, 1])
def test_bootstrap_agrees_with_scipy(column: int) -> None:
    ours = bootstrap(SAMPLE, seed=3, resamples=20_000)[column]
    theirs = scipy.stats.bootstrap(
        (SAMPLE[:, column],), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(4)
    ).confidence_interval
    error = SAMPLE[:, column].std() / np.sqrt(len(SAMPLE))
    assert ours.mean == pytest.approx(SAMPLE[:, column].mean(), abs=1e-6)
    # The 2.5 % quantile of 20,000 draws has a standard error of .02 standard errors of the mean.
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.1 * error)
    assert ours.high - ours.low == pytest.approx(2 * 1.96 * error, rel=0.1)


@pytest.mark.parametrize("shift", [0.01, 0.02, 0.05])
def test_randomization_test_agrees_with_scipy(shift: float) -> None:
    sample = EFFECT - EFFECT.mean() + shift

    def mean(x: Any, y: Any, axis: int) -> Any:
        return np.mean(x - y, axis=axis)

    theirs = scipy.stats.permutation_test(
        (sample[:, 0], np.zeros(len(sample))),
        mean,
        permutation_type="samples",
        n_resamples=20_000,
        vectorized=True,
        rng=np.random.default_rng(5),
    ).pvalue
    ours = randomization_test(sample, seed=6, resamples=20_000)[0]
    assert ours == pytest.approx(theirs, abs=5 * np.sqrt(theirs * (1 - theirs) / 20_000 * 2) + 1e-3)


def test_randomization_test_of_few_queries() -> None:
    """Of the 2^4 signings of 1, 2, 3, 4 two reach a sum of 10, six reach 6 or more."""
    assert randomization_test(np.array([[1.0], [2], [3], [4]]), seed=0)[0] == pytest.approx(2 / 16, abs=0.02)
    assert randomization_test(np.array([[1.0], [-2], [3], [4]]), seed=0)[0] == pytest.approx(6 / 16, abs=0.03)


def test_p_values_are_never_zero() -> None:
    assert randomization_test(np.ones((50, 1)), seed=0, resamples=999)[0] == 1 / 1000


def test_p_values_are_uniform_under_the_null_hypothesis() -> None:
    """Without a difference, one test in twenty is significant at the 5 % level."""
    random = np.random.default_rng(7)
    draws = random.normal(size=(40, 400)) * random.choice([-1, 1], size=(40, 400))
    p_values = np.array([randomization_test(draws[:, [at]], seed=at, resamples=500)[0] for at in range(400)])
    assert 0.02 <= (p_values < 0.05).mean() <= 0.09
    assert 0.4 <= p_values.mean() <= 0.6


def test_interval_coverage() -> None:
    """Of the 95 % intervals of 200 samples, 90 % to 99 % contain the true mean."""
    random = np.random.default_rng(8)
    covered = 0
    for at in range(200):
        estimate = bootstrap(random.beta(2, 1, size=(60, 1)), seed=at, resamples=1000)[0]
        covered += estimate.low <= 2 / 3 <= estimate.high
    assert 180 <= covered <= 198


@pytest.mark.parametrize(
    ("p_values", "corrected"),
    [
        ([], []),
        ([0.2], [0.2]),
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.04, 0.01, 0.03, 0.005], [0.06, 0.03, 0.06, 0.02]),  # Holm 1979's own steps: 4p, 3p, 2p, p, never falling
        ([0.5, 0.6, 0.01], [1.0, 1.0, 0.03]),
        ([0.02, 0.02], [0.04, 0.04]),
    ],
)
def test_holm(p_values: list[float], corrected: list[float]) -> None:
    assert holm(p_values) == pytest.approx(corrected)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_preserves_order_and_never_lowers_p_values(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert all(before <= after <= 1 for before, after in zip(p_values, corrected, strict=True))
    assert all(after <= len(p_values) * before + 1e-12 for before, after in zip(p_values, corrected, strict=True))
    for a, x in zip(p_values, corrected, strict=True):
        for b, y in zip(p_values, corrected, strict=True):
            assert x <= y or a >= b


_ROWS = st.lists(st.lists(st.floats(-1, 1), min_size=2, max_size=2), min_size=1, max_size=30)


@given(_ROWS)
@hypothesis_settings(max_examples=40)
def test_intervals_contain_their_mean(rows: list[list[float]]) -> None:
    values = np.array(rows)
    for column, estimate in enumerate(bootstrap(values, seed=0, resamples=2000)):
        assert estimate.low - 1e-6 <= estimate.mean <= estimate.high + 1e-6
        assert values[:, column].min() - 1e-6 <= estimate.low <= estimate.high <= values[:, column].max() + 1e-6
    negated = bootstrap(-values, seed=0, resamples=2000)
    for estimate, other in zip(bootstrap(values, seed=0, resamples=2000), negated, strict=True):
        assert (estimate.low, estimate.high) == pytest.approx((-other.high, -other.low), abs=2e-6)
    assert randomization_test(values, seed=0, resamples=200) == randomization_test(-values, seed=0, resamples=200)


def test_no_queries_and_one_query() -> None:
    assert bootstrap(np.zeros((0, 2)), seed=0) == [Interval(0, 0, 0)] * 2
    assert randomization_test(np.zeros((0, 2)), seed=0) == [1.0, 1.0]
    assert bootstrap(np.array([[0.25]]), seed=0) == [Interval(0.25, 0.25, 0.25)]
    assert randomization_test(np.array([[0.25]]), seed=0) == [1.0]
    assert bootstrap(np.zeros((7, 1)), seed=0) == [Interval(0, 0, 0)]
    assert randomization_test(np.zeros((7, 1)), seed=0) == [1.0]


def test_columns_are_independent() -> None:
    separate = bootstrap(SAMPLE[:, :1], seed=9) + bootstrap(SAMPLE[:, 1:], seed=9)
    assert bootstrap(SAMPLE, seed=9) == separate
    assert randomization_test(SAMPLE, seed=9) == randomization_test(SAMPLE[:, :1], seed=9) + randomization_test(
        SAMPLE[:, 1:], seed=9
    )


_CODE = """
import json, numpy as np
from nonmun.eval.metrics.statistics import bootstrap, randomization_test
values = np.random.default_rng(1).beta(0.5, 0.7, size=(2500, 3)) - 0.45
print(json.dumps([[[estimate.mean, estimate.low, estimate.high] for estimate in bootstrap(values, seed=11)],
                  randomization_test(values, seed=11)]))
"""


def test_digits_are_equal_in_another_process() -> None:
    """The order of sums must not depend on the number of threads."""

    def in_process(**more: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", _CODE],
            env=os.environ | more,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        return json.loads(done.stdout)

    # Enough rows for several blocks of random numbers.
    values = np.random.default_rng(1).beta(0.5, 0.7, size=(2500, 3)) - 0.45
    here = [
        [[estimate.mean, estimate.low, estimate.high] for estimate in bootstrap(values, seed=11)],
        randomization_test(values, seed=11),
    ]
    assert in_process(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", PYTHONHASHSEED="1") == here
    assert in_process(OMP_NUM_THREADS="2", OPENBLAS_NUM_THREADS="2", PYTHONHASHSEED="2") == here


def test_seed_determines_the_digits() -> None:
    assert bootstrap(SAMPLE, seed=0) == bootstrap(SAMPLE, seed=0) != bootstrap(SAMPLE, seed=1)
    assert (
        randomization_test(EFFECT, seed=0) == randomization_test(EFFECT, seed=0) != randomization_test(EFFECT, seed=1)
    )


def test_percentiles() -> None:
    assert percentiles([]) == {}
    assert percentiles([5.0]) == {"mean": 5.0, "p50": 5.0, "p95": 5.0, "p99": 5.0}
    assert percentiles([float(value) for value in range(101)]) == {"mean": 50.0, "p50": 50.0, "p95": 95.0, "p99": 99.0}


# --- summaries


def outcome(
    query_id: str, lang: str, measures: dict[str, float], times: dict[str, float], **fields: str
) -> QueryOutcome:
    return QueryOutcome(query_id, query_id, lang, True, fields, {}, (), times, measures)


OUTCOMES = [
    outcome("1", "ko", {"r@1": 1.0, "map": 0.5}, {"terms": 1.0, "dense": 2.0, "answer": 100.0}, kind="a", note="1"),
    outcome("2", "en", {"r@1": 0.0, "map": 0.1}, {"terms": 3.0, "dense": 4.0}, kind="b", note="2"),
    outcome("3", "ko", {"r@1": 0.0, "map": 0.3, "correct": 1.0}, {}, kind="a", note="3", same="x"),
    outcome("4", "ko", {"correct": 0.0}, {"terms": 1.0}, note="4"),
]


def test_means_are_over_the_queries_that_define_a_measure() -> None:
    found = means(OUTCOMES, 0)
    assert list(found) == ["r@1", "map", "correct"]
    assert {name: (summary["mean"], summary["n"]) for name, summary in found.items()} == {
        "r@1": (pytest.approx(1 / 3, abs=1e-6), 3), "map": (pytest.approx(0.3), 3), "correct": (0.5, 2)
    }  # fmt: skip
    expected = bootstrap(np.array([[0.5], [0.1], [0.3]]), seed=0)[0]
    assert (found["map"]["low"], found["map"]["high"]) == (expected.low, expected.high)
    assert means([], 0) == {}


def test_slices() -> None:
    found = summarize(OUTCOMES, 0)["slices"]
    counts = {
        name: {value: summary.get("map", {}).get("n") for value, summary in group.items()}
        for name, group in found.items()
    }
    assert counts == {
        "lang": {"en": 1, "ko": 2},
        "kind": {"-": None, "a": 2, "b": 1},
        "note": {"1": 1, "2": 1, "3": 1, "4": None},
        "same": {"-": 2, "x": 1},
    }  # fmt: skip
    assert found["kind"]["a"]["map"]["mean"] == pytest.approx(0.4)


def test_fields_of_many_values_are_not_slices() -> None:
    many = [outcome(str(at), "ko", {"r@1": 1.0}, {}, number=str(at), half=str(at % 2)) for at in range(21)]
    assert slice_names(many) == ["half"]
    assert slice_names(many[:20]) == ["number", "half"]


def test_latencies() -> None:
    found = latencies(OUTCOMES)
    assert {name: summary["mean"] for name, summary in found.items()} == {
        "terms": 1.667, "dense": 3.0, "answer": 100.0, "search": 3.667
    }  # fmt: skip
    assert latencies([OUTCOMES[2]]) == {}
