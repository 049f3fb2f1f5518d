"""Summary of a run: means of measures with intervals, over all queries and by slice, and latencies."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..metrics.answers import area_under_curve, risk_coverage
from ..metrics.statistics import FloatArray, bootstrap, percentiles
from ..runs.model import QueryOutcome

_MAX_SLICES = 20  # a field with more values is free text or an id


def slice_names(outcomes: Sequence[QueryOutcome]) -> list[str]:
    """Return the fields that divide queries into slices: language, kind, any field with 2 to 20 values."""
    names = dict.fromkeys(["lang", *(name for outcome in outcomes for name in outcome.fields)])
    counts = {name: Counter(outcome.slice(name) for outcome in outcomes) for name in names}
    return [name for name, values in counts.items() if 1 < len(values) <= _MAX_SLICES]


def summarize(outcomes: Sequence[QueryOutcome], seed: int) -> dict[str, Any]:
    """Return the results part of a run's record: `measures`, `slices`, `latencies`, `risk_coverage` (with answers)."""
    slices: dict[str, Any] = {}
    for name in slice_names(outcomes):
        groups: defaultdict[str, list[QueryOutcome]] = defaultdict(list)
        for outcome in outcomes:
            groups[outcome.slice(name)].append(outcome)
        slices[name] = {value or "-": means(groups[value], seed) for value in sorted(groups)}
    points = risk_coverage(outcomes)
    return {
        "measures": means(outcomes, seed),
        "slices": slices,
        "latencies": latencies(outcomes),
        "risk_coverage": {"area": area_under_curve(points), "points": points} if points else {},
    }


def means(outcomes: Sequence[QueryOutcome], seed: int) -> dict[str, dict[str, float]]:
    """Return mean, 95 % interval and n of each measure over the queries that it is defined for."""
    summaries: dict[str, dict[str, float]] = {}
    for names, values in _matrices([outcome.measures for outcome in outcomes]):
        for name, interval in zip(names, bootstrap(values, seed=seed), strict=True):
            summaries[name] = {
                "mean": interval.mean, "low": interval.low, "high": interval.high, "n": len(values)
            }  # fmt: skip
    names_in_order = dict.fromkeys(name for outcome in outcomes for name in outcome.measures)
    return {name: summaries[name] for name in names_in_order}


def _matrices(measures: Sequence[Mapping[str, float]]) -> list[tuple[list[str], FloatArray]]:
    """Group measures that are defined for the same queries: names, and float64 (n, m) of their values."""
    defined: defaultdict[str, list[int]] = defaultdict(list)
    for position, values in enumerate(measures):
        for name in values:
            defined[name].append(position)
    groups: defaultdict[tuple[int, ...], list[str]] = defaultdict(list)
    for name, positions in defined.items():
        groups[tuple(positions)].append(name)
    return [
        (names, np.array([[measures[position][name] for name in names] for position in positions], np.float64))
        for positions, names in groups.items()
    ]


def latencies(outcomes: Sequence[QueryOutcome]) -> dict[str, dict[str, float]]:
    """Return percentiles of milliseconds by stage, and of all stages of a search together ("search")."""
    stages = dict.fromkeys(stage for outcome in outcomes for stage in outcome.timings)
    by_stage = {
        stage: percentiles([outcome.timings[stage] for outcome in outcomes if stage in outcome.timings])
        for stage in stages
    }
    searches = [outcome.search_ms for outcome in outcomes if outcome.search_ms is not None]
    return by_stage | ({"search": percentiles(searches)} if searches else {})
