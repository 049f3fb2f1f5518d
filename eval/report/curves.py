"""The numbers behind the figures: recall by depth, search times in bins, risk by coverage, slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..runs.model import Run
from .sides import Side

Values = NDArray[np.float64]

_BINS = 24
_LEAST_MS = 0.1


@dataclass(frozen=True, slots=True)
class Bar:
    """A mean with its interval; None in a slice that a run does not measure."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Slice:
    """Queries that share a value of a field.

    Attributes:
        n: how many of them the measure is defined for.
        bars: one a run, in order.
    """

    value: str
    n: int
    bars: tuple[Bar | None, ...]


def chosen_measure(shown: Sequence[Side]) -> str | None:
    """nDCG@10 where every run has it, else the first measure that all share; None where they share none."""
    shared = [name for name in shown[0].measures if all(name in side.measures for side in shown)]
    return "ndcg@10" if "ndcg@10" in shared else next(iter(shared), None)


def sliced(shown: Sequence[Side], measure: str) -> dict[str, tuple[Slice, ...]]:
    """Slices by field, those with at least two values that the measure is defined in."""
    fields = dict.fromkeys(name for side in shown for name in side.record.get("slices") or {})
    records = [side.record.get("slices") or {} for side in shown]
    found = {name: _slices([record.get(name) or {} for record in records], measure) for name in fields}
    return {name: values for name, values in found.items() if len(values) > 1}


def _slices(records: Sequence[Mapping[str, Any]], measure: str) -> tuple[Slice, ...]:
    found: list[Slice] = []
    for value in dict.fromkeys(value for record in records for value in record):
        parts: list[Mapping[str, Any] | None] = [record.get(value, {}).get(measure) for record in records]
        n = max((int(one["n"]) for one in parts if one), default=0)
        bars = tuple(Bar(one["mean"], one["low"], one["high"]) if one else None for one in parts)
        if n:
            found.append(Slice(value, n, bars))
    return tuple(found)


def recall_curve(run: Run) -> Values:
    """Mean recall at 1 to the run's depth, over all queries that have relevant papers; float64 (depth,), or empty."""
    gains = np.zeros(int(run.record["depth"]))
    judged = [(one, one.answering) for one in run.outcomes if one.answerable and one.answering]
    for outcome, papers in judged:
        places = {found.paper_id: at for at, found in reversed(list(enumerate(outcome.found[: len(gains)])))}
        for paper_id in papers & places.keys():
            gains[places[paper_id]] += 1 / len(papers)
    return np.cumsum(gains) / len(judged) if judged else np.zeros(0)


def search_times(run: Run) -> Values:
    """Milliseconds of every search, all stages but the answer together; empty for runs of other systems."""
    whole = [one.search_ms for one in run.outcomes if one.search_ms is not None]
    return np.maximum(np.array(whole, np.float64), _LEAST_MS)


def time_bins(times: Sequence[Values]) -> Values:
    """Edges of bins that hold all times, in even steps of a logarithmic scale."""
    low, high = min(float(one.min()) for one in times), max(float(one.max()) for one in times)
    return np.geomspace(low / 1.1, max(high, low * 2) * 1.1, _BINS + 1)


def risk_points(run: Run) -> Values:
    """Coverage and risk, from the surest query: float64 (n, 2); empty where nothing was answered."""
    return np.array((run.record.get("risk_coverage") or {}).get("points") or [], np.float64).reshape(-1, 2)
