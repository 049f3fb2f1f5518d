"""Means of measures with their intervals, over all queries and over slices of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..metrics.answers import area_under, risk_coverage
from ..metrics.statistics import Interval, bootstrap, percentiles
from ..runs.model import Outcome

_MOST_SLICES = 20  # a field with more values than this is text, or an id, not a slice


def slice_names(outcomes: Sequence[Outcome]) -> list[str]:
    """The fields that divide queries into a few groups: the language, the kind, whatever else the dataset says."""
    names = dict.fromkeys(["lang", *(name for one in outcomes for name in one.fields)])
    counts = {name: Counter(one.slice(name) for one in outcomes) for name in names}
    return [name for name, values in counts.items() if 1 < len(values) <= _MOST_SLICES]


def summarise(outcomes: Sequence[Outcome], seed: int) -> dict[str, Any]:
    """Everything that a record says of results: `measures`, `slices`, `latencies`, and with answers `risk_coverage`."""
    slices: dict[str, Any] = {}
    for name in slice_names(outcomes):
        groups: defaultdict[str, list[Outcome]] = defaultdict(list)
        for one in outcomes:
            groups[one.slice(name)].append(one)
        slices[name] = {value or "-": means(groups[value], seed) for value in sorted(groups)}
    points = risk_coverage(outcomes)
    return {
        "measures": means(outcomes, seed),
        "slices": slices,
        "latencies": latencies(outcomes),
        "risk_coverage": {"area": area_under(points), "points": points} if points else {},
    }


def means(outcomes: Sequence[Outcome], seed: int) -> dict[str, dict[str, float]]:
    """Mean and 95 % interval of every measure over the queries that it is defined for, and how many those are (n)."""
    found: dict[str, dict[str, float]] = {}
    for names, rows in _columns([one.measures for one in outcomes]):
        intervals = bootstrap(rows, seed=seed)
        found |= {name: as_dict(interval, len(rows)) for name, interval in zip(names, intervals, strict=True)}
    order = dict.fromkeys(name for one in outcomes for name in one.measures)
    return {name: found[name] for name in order}


def as_dict(interval: Interval, n: int) -> dict[str, float]:
    """An interval as a record holds it."""
    return {"mean": round(interval.mean, 6), "low": interval.low, "high": interval.high, "n": n}


def _columns(measured: Sequence[Any]) -> list[tuple[list[str], Any]]:
    """Measures that are defined for the same queries together: names, and float64 (n, m) of their values."""
    defined: defaultdict[str, list[int]] = defaultdict(list)
    for at, values in enumerate(measured):
        for name in values:
            defined[name].append(at)
    groups: defaultdict[tuple[int, ...], list[str]] = defaultdict(list)
    for name, rows in defined.items():
        groups[tuple(rows)].append(name)
    return [
        (names, np.array([[measured[at][name] for name in names] for at in rows], np.float64))
        for rows, names in groups.items()
    ]


def latencies(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """Milliseconds by stage, and of all stages of a search together ("search")."""
    stages = dict.fromkeys(stage for one in outcomes for stage in one.timings)
    found = {stage: percentiles([one.timings[stage] for one in outcomes if stage in one.timings]) for stage in stages}
    whole = [one.search_ms for one in outcomes if one.search_ms is not None]
    return found | ({"search": percentiles(whole)} if whole else {})
