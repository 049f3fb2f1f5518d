"""The data of the report's figures: measures by slice, recall by depth, search times, risk by coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..metrics.registry import MAIN_MEASURE
from ..metrics.statistics import FloatArray
from ..runs.model import Run
from .runs import ReportRun

_BINS = 24
_MIN_MS = 0.1


@dataclass(frozen=True, slots=True)
class Bar:
    """A mean with its interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SliceBars:
    """A measure in one slice.

    Attributes:
        value: value of the field that the slice's queries share.
        n: number of queries that the measure is defined for.
        bars: one per run, in order; None for a run without the measure in this slice.
    """

    value: str
    n: int
    bars: tuple[Bar | None, ...]


def figure_measure(runs: Sequence[ReportRun]) -> str | None:
    """Return nDCG@10 if every run has it, else the first measure that all share; None if they share none."""
    shared = [name for name in runs[0].measures if all(name in run.measures for run in runs)]
    return MAIN_MEASURE if MAIN_MEASURE in shared else next(iter(shared), None)


def measure_by_slice(runs: Sequence[ReportRun], measure: str) -> dict[str, tuple[SliceBars, ...]]:
    """Return slices by field, for the fields with at least two values that the measure is defined in."""
    records: list[Mapping[str, Any]] = [run.record.get("slices") or {} for run in runs]
    fields = dict.fromkeys(name for record in records for name in record)
    slices = {name: _slices([record.get(name) or {} for record in records], measure) for name in fields}
    return {name: bars for name, bars in slices.items() if len(bars) > 1}


def _slices(records: Sequence[Mapping[str, Any]], measure: str) -> tuple[SliceBars, ...]:
    slices: list[SliceBars] = []
    for value in dict.fromkeys(value for record in records for value in record):
        summaries: list[Mapping[str, Any] | None] = [record.get(value, {}).get(measure) for record in records]
        n = max((int(summary["n"]) for summary in summaries if summary), default=0)
        bars = (Bar(summary["mean"], summary["low"], summary["high"]) if summary else None for summary in summaries)
        if n:
            slices.append(SliceBars(value, n, tuple(bars)))
    return tuple(slices)


def recall_curve(run: Run) -> FloatArray:
    """Return mean recall at 1 to the run's depth over all queries with relevant papers; float64 (depth,), or empty."""
    gains = np.zeros(int(run.record["depth"]))
    judged = [(outcome, outcome.relevant) for outcome in run.outcomes if outcome.answerable and outcome.relevant]
    for outcome, relevant in judged:
        positions = {paper.paper_id: at for at, paper in reversed(list(enumerate(outcome.ranking[: len(gains)])))}
        for paper_id in relevant & positions.keys():
            gains[positions[paper_id]] += 1 / len(relevant)
    return np.cumsum(gains) / len(judged) if judged else np.zeros(0)


def search_times(run: Run) -> FloatArray:
    """Return the milliseconds of every search, all stages except the answer; float64 (n,), empty if not timed."""
    times = [outcome.search_ms for outcome in run.outcomes if outcome.search_ms is not None]
    return np.maximum(np.array(times, np.float64), _MIN_MS)


def time_bins(times: Sequence[FloatArray]) -> FloatArray:
    """Return the edges of logarithmically spaced bins that contain all times; float64 (25,)."""
    low, high = min(float(values.min()) for values in times), max(float(values.max()) for values in times)
    return np.geomspace(low / 1.1, max(high, low * 2) * 1.1, _BINS + 1)


def risk_points(run: Run) -> FloatArray:
    """Return coverage and risk by rising coverage: float64 (n, 2), empty if the run has no answers."""
    return np.array((run.record.get("risk_coverage") or {}).get("points") or [], np.float64).reshape(-1, 2)
