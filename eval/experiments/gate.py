"""Whether a run may pass: no loss beyond a bound against a baseline, nothing below a floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...index.domain.errors import InputError
from ..metrics.retrieval import direction, measure_name
from ..metrics.statistics import Interval, bootstrap
from ..runs.model import Run
from .comparison import changes, paired

ANSWERING = frozenset(
    """citation_precision citation_recall quotes_verified unsupported abstention_precision abstention_recall
    correct""".split()
)


@dataclass(frozen=True, slots=True)
class Check:
    """One bound, and whether the run keeps it.

    Attributes:
        change: mean of run - baseline with its 95 % interval; None for a floor.
        said: the same in words.
    """

    measure: str
    passed: bool
    change: Interval | None
    said: str


def read_bounds(texts: Sequence[str]) -> dict[str, float]:
    """Bounds written as `ndcg@10=0.01`.

    Raises:
        InputError: one is written otherwise, names no known measure, or is no number from 0 to 1.
    """
    bounds: dict[str, float] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        try:
            bound = float(value)
        except ValueError:
            bound = -1.0
        if not equals or not 0 <= bound <= 1:
            raise InputError("bound", f"{text[:40]!r} must be a measure and a number from 0 to 1, such as ndcg@10=0.01")
        if spelled(name) in bounds:
            raise InputError("bound", f"{spelled(name)} has two bounds; give one")
        bounds[spelled(name)] = bound
    return bounds


def spelled(name: str) -> str:
    """The one spelling of a measure of retrieval or of answers.

    Raises:
        InputError: it is none that is known.
    """
    return name.strip() if name.strip() in ANSWERING else measure_name(name)


def gate(
    run: Run,
    baseline: Run | None = None,
    *,
    max_loss: Mapping[str, float] | None = None,
    floors: Mapping[str, float] | None = None,
    strict: bool = False,
    seed: int = 0,
) -> tuple[Check, ...]:
    """Hold a run against bounds.

    Args:
        run: what may pass.
        baseline: what it may not fall behind.
        max_loss: how much of a measure may be lost. A loss counts as shown where the whole 95 % interval of the
            difference lies beyond the bound.
        floors: what a measure's mean may not fall below; for `unsupported`, what it may not rise above.
        strict: a loss beyond the bound must be ruled out: the whole interval lies within it (non-inferiority).
        seed: of the resampling.

    Raises:
        InputError: there is nothing to check, in all or against the baseline, the datasets differ, or a run lacks a
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
        raise InputError("gate", "has a --baseline but no --max-loss; say how much of what may be lost against it")
    checks = [_floor(run, name, bound) for name, bound in floors.items()]
    if baseline:
        checks += [_loss(run, baseline, name, bound, strict, seed) for name, bound in max_loss.items()]
    return tuple(checks)


def cautions(run: Run, baseline: Run) -> tuple[str, ...]:
    """What differs between a run and its baseline besides what is held against each other."""
    parts = {
        "the configuration": [one.record.get("configuration") for one in (run, baseline)],
        "the depth of rankings": [one.record["depth"] for one in (run, baseline)],
        "the model": [(one.record.get("index") or {}).get("model_id") for one in (run, baseline)],
    }
    return tuple(
        f"{name} is another than the baseline's"
        for name, (one, other) in parts.items()
        if one and other and one != other
    )


def _floor(run: Run, name: str, bound: float) -> Check:
    found = run.record["measures"].get(name)
    if found is None:
        raise InputError("measure", f"{name!r} is not in {run.name}; it has {', '.join(run.record['measures'])}")
    mean = float(found["mean"])
    if direction(name) < 0:
        return Check(name, mean <= bound, None, f"{name} {mean:.4f}, at most {bound:g} wanted")
    return Check(name, mean >= bound, None, f"{name} {mean:.4f}, at least {bound:g} wanted")


def _loss(run: Run, baseline: Run, name: str, bound: float, strict: bool, seed: int) -> Check:
    change = bootstrap(changes(paired(baseline, run, [name])[name]), seed=seed)[0]
    worst, best = sorted(direction(name) * end for end in (change.low, change.high))
    passed = (worst if strict else best) >= -bound
    verdict = (
        ("a greater loss is ruled out" if strict else "no greater loss is shown")
        if passed
        else ("a greater loss is not ruled out" if strict else "a greater loss is shown")
    )
    said = f"{name} {change.mean:+.4f} [{change.low:+.4f}, {change.high:+.4f}], {bound:g} may be lost: {verdict}"
    return Check(name, passed, change, said)
