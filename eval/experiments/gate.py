"""Quality gate: fails a run that loses more than a bound against a baseline, or falls below a floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...index.domain.errors import InputError
from ..metrics.registry import canonical_name, direction
from ..metrics.statistics import Interval, bootstrap
from ..runs.model import Run
from .comparison import paired_values, value_differences


@dataclass(frozen=True, slots=True)
class Check:
    """The check of one bound.

    Attributes:
        passed: whether the run satisfies the bound.
        change: mean of run - baseline with its 95 % interval; None for a floor.
        message: values, bound and verdict in words.
    """

    measure: str
    passed: bool
    change: Interval | None
    message: str

    def as_json(self) -> dict[str, Any]:
        """Return the check as `nonmun eval gate --json` prints it."""
        change = asdict(self.change) if self.change else None
        return {"measure": self.measure, "passed": self.passed, "change": change, "said": self.message}


def parse_bounds(texts: Sequence[str]) -> dict[str, float]:
    """Parse bounds such as `ndcg@10=0.01` to bounds by measure.

    Raises:
        InputError: a text has another form, its measure is unknown or repeated, or its number is not within 0 to 1.
    """
    bounds: dict[str, float] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        try:
            bound = float(value)
        except ValueError:
            bound = -1.0
        if not equals or not 0 <= bound <= 1:
            raise InputError(
                "bound",
                f"{text[:40]!r} is not a valid bound (expected a measure and a number from 0 to 1: ndcg@10=0.01)",
            )
        measure = canonical_name(name)
        if measure in bounds:
            raise InputError("bound", f"{measure} has two bounds; give one")
        bounds[measure] = bound
    return bounds


def gate(
    run: Run,
    baseline: Run | None = None,
    *,
    max_loss: Mapping[str, float] | None = None,
    floors: Mapping[str, float] | None = None,
    strict: bool = False,
    seed: int = 0,
) -> tuple[Check, ...]:
    """Check a run against bounds.

    Args:
        run: the run to check.
        baseline: the run that losses are measured against.
        max_loss: maximum loss by measure. A greater loss is shown if the whole 95 % interval of the difference is
            beyond the bound.
        floors: minimum of a measure's mean; its maximum for a measure of which lower values are better.
        strict: whether a greater loss must be ruled out instead: the whole interval is within the bound
            (non-inferiority).
        seed: seed of the resampling.

    Raises:
        InputError: there is nothing to check, at all or against the baseline, the datasets differ, or a run lacks a
            measure.
    """
    max_loss, floors = max_loss or {}, floors or {}
    if not max_loss and not floors:
        raise InputError(
            "gate", "has nothing to check; give --max-loss ndcg@10=0.01 with --baseline, or --min r@10=0.9"
        )
    if max_loss and baseline is None:
        raise InputError("gate", "needs a --baseline to measure a loss against")
    if baseline and not max_loss:
        raise InputError("gate", "has a --baseline but no --max-loss; give the maximum loss of a measure against it")
    checks = [_check_floor(run, name, bound) for name, bound in floors.items()]
    if baseline:
        checks += [_check_loss(run, baseline, name, bound, strict, seed) for name, bound in max_loss.items()]
    return tuple(checks)


def setting_differences(run: Run, baseline: Run) -> tuple[str, ...]:
    """Return a sentence for each setting in which a run differs from its baseline."""
    records = (run.record, baseline.record)
    settings = {
        "the configuration": [record.get("configuration") for record in records],
        "the depth of rankings": [record["depth"] for record in records],
        "the model": [(record.get("index") or {}).get("model_id") for record in records],
    }
    return tuple(
        f"{name} differs from the baseline's"
        for name, (of_run, of_baseline) in settings.items()
        if of_run and of_baseline and of_run != of_baseline
    )


def _check_floor(run: Run, name: str, bound: float) -> Check:
    summary = run.record["measures"].get(name)
    if summary is None:
        raise InputError("measure", f"{name!r} is not in {run.name}; it has {', '.join(run.record['measures'])}")
    mean = float(summary["mean"])
    if direction(name) < 0:
        return Check(name, mean <= bound, None, f"{name} {mean:.4f}, at most {bound:g} allowed")
    return Check(name, mean >= bound, None, f"{name} {mean:.4f}, at least {bound:g} required")


def _check_loss(run: Run, baseline: Run, name: str, bound: float, strict: bool, seed: int) -> Check:
    change = bootstrap(value_differences(paired_values(baseline, run, [name])[name]), seed=seed)[0]
    worst, best = sorted(direction(name) * end for end in (change.low, change.high))
    passed = (worst if strict else best) >= -bound
    verdict = (
        ("a greater loss is ruled out" if strict else "no greater loss is shown")
        if passed
        else ("a greater loss is not ruled out" if strict else "a greater loss is shown")
    )
    interval = f"{change.mean:+.4f} [{change.low:+.4f}, {change.high:+.4f}]"
    return Check(name, passed, change, f"{name} {interval}, maximum loss {bound:g}: {verdict}")
