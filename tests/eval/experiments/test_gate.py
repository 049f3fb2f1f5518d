"""Quality gate: losses that are shown or not ruled out, and floors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nonmun import InputError
from nonmun.eval.experiments.gate import gate, parse_bounds
from nonmun.eval.metrics.statistics import bootstrap
from nonmun.eval.runs.model import Run

MakeRun = Callable[..., Run]
BASE = np.random.default_rng(1).uniform(0.3, 0.9, size=80).round(3)
NOISE = np.random.default_rng(2).normal(0, 0.1, size=80)
NOISE -= NOISE.mean()


def named(values: Any, name: str = "ndcg@10") -> list[dict[str, float]]:
    return [{name: float(value)} for value in values]


def passes(make_run: MakeRun, change: Any, bound: float, *, strict: bool = False, name: str = "ndcg@10") -> bool:
    base, run = make_run("base", named(BASE, name)), make_run("run", named(BASE + change, name))
    [check] = gate(run, base, max_loss={name: bound}, strict=strict)
    assert check.change == bootstrap(((BASE + change) - BASE)[:, None], seed=0)[0]
    assert check.message.startswith(name)
    return check.passed


# The interval of the noise's mean is about ±.022.
@pytest.mark.parametrize(
    ("shift", "bound", "shown", "ruled_out"),
    [
        (0.0, 0.0, False, False),  # neither shown nor ruled out
        (0.0, 0.05, False, True),
        (-0.05, 0.0, True, False),
        (-0.05, 0.04, False, False),  # the loss exceeds the bound, but the interval contains it
        (-0.05, 0.06, False, False),
        (-0.05, 0.1, False, True),
        (-0.1, 0.05, True, False),
        (0.05, 0.0, False, True),
    ],
)
def test_losses_against_a_baseline(make_run: MakeRun, shift: float, bound: float, shown: bool, ruled_out: bool) -> None:
    assert passes(make_run, NOISE + shift, bound) == (not shown)
    assert passes(make_run, NOISE + shift, bound, strict=True) == ruled_out


@pytest.mark.parametrize(
    ("shift", "bound", "shown", "ruled_out"),
    [(0.05, 0.0, True, False), (-0.05, 0.0, False, True), (0.05, 0.1, False, True), (0.0, 0.0, False, False)],
)
def test_higher_unsupported_is_a_loss(
    make_run: MakeRun, shift: float, bound: float, shown: bool, ruled_out: bool
) -> None:
    assert passes(make_run, NOISE + shift, bound, name="unsupported") == (not shown)
    assert passes(make_run, NOISE + shift, bound, name="unsupported", strict=True) == ruled_out


@pytest.mark.parametrize("strict", [False, True])
def test_run_against_itself_passes(make_run: MakeRun, strict: bool) -> None:
    assert passes(make_run, np.zeros(80), 0.0, strict=strict)


def test_message_of_a_loss(make_run: MakeRun) -> None:
    base, run = make_run("base", named(BASE)), make_run("run", named(BASE - 0.25))
    [check] = gate(run, base, max_loss={"ndcg@10": 0.01})
    assert (check.measure, check.passed) == ("ndcg@10", False)
    assert check.message == "ndcg@10 -0.2500 [-0.2500, -0.2500], maximum loss 0.01: a greater loss is shown"
    [check] = gate(run, base, max_loss={"ndcg@10": 0.25}, strict=True)
    assert (check.passed, "ruled out" in check.message) == (True, True)


def test_floors(make_run: MakeRun) -> None:
    run = make_run("run", [{"r@10": 0.5, "unsupported": 0.0}, {"r@10": 1.0, "unsupported": 0.1}])
    checks = gate(run, floors={"r@10": 0.75, "unsupported": 0.05})
    assert [(check.measure, check.passed, check.change) for check in checks] == [
        ("r@10", True, None), ("unsupported", True, None)
    ]  # fmt: skip
    assert [check.passed for check in gate(run, floors={"r@10": 0.751, "unsupported": 0.049})] == [False, False]
    assert gate(run, floors={"r@10": 0.8})[0].message == "r@10 0.7500, at least 0.8 required"
    assert gate(run, floors={"unsupported": 0.0})[0].message == "unsupported 0.0500, at most 0 allowed"


def test_floors_and_losses_together(make_run: MakeRun) -> None:
    base, run = make_run("base", named(BASE)), make_run("run", named(BASE - 0.2))
    checks = gate(run, base, floors={"ndcg@10": 0.1}, max_loss={"ndcg@10": 0.1})
    assert [check.passed for check in checks] == [True, False]


def test_rejects_missing_bounds(make_run: MakeRun) -> None:
    run = make_run("run", named(BASE))
    for arguments in ({}, {"baseline": run}):
        with pytest.raises(InputError, match=r"nothing to check.*--max-loss.*--min"):
            gate(run, **arguments)
    with pytest.raises(InputError, match="needs a --baseline"):
        gate(run, max_loss={"ndcg@10": 0.1})
    with pytest.raises(InputError, match="no --max-loss"):
        gate(run, run, floors={"ndcg@10": 0.1})


def test_rejects_missing_measures_and_other_datasets(make_run: MakeRun) -> None:
    run = make_run("run", named(BASE))
    with pytest.raises(InputError, match=r"'r@10' is not in run; it has ndcg@10"):
        gate(run, floors={"r@10": 0.1})
    with pytest.raises(InputError, match="'r@10'"):
        gate(run, run, max_loss={"r@10": 0.1})
    with pytest.raises(InputError, match="different datasets"):
        gate(run, make_run("other", named(BASE), hashed="g" * 64), max_loss={"ndcg@10": 0.1})
    abstaining = make_run("silent", [{"abstention_precision": 1.0}, {"abstention_precision": 0.0}])
    with pytest.raises(InputError, match="abstention_precision"):  # its pairs never differ, so it would always pass
        gate(abstaining, abstaining, max_loss={"abstention_precision": 0.0})
    assert gate(abstaining, floors={"abstention_precision": 0.6})[0].passed is False


def test_parses_bounds() -> None:
    assert parse_bounds(["nDCG@10=0.01", "recall@5=1", "unsupported=0", " correct =.5"]) == {
        "ndcg@10": 0.01, "r@5": 1.0, "unsupported": 0.0, "correct": 0.5
    }  # fmt: skip
    assert parse_bounds([]) == {}


@pytest.mark.parametrize(
    "text", ["ndcg@10", "ndcg@10=", "ndcg@10=x", "ndcg@10=-0.1", "ndcg@10=1.1", "ndcg@10=nan", "=1", "colour=1", "r=1"]
)
def test_rejects_invalid_bounds(text: str) -> None:
    with pytest.raises(InputError):
        parse_bounds([text])
