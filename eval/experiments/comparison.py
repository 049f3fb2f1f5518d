"""Comparison of two runs of one dataset, query by query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...index.domain.errors import InputError
from ..metrics.registry import MAIN_MEASURE, direction, find_measure
from ..metrics.statistics import FloatArray, Interval, bootstrap, holm, randomization_test
from ..runs.model import QueryOutcome, Run
from .summary import slice_names

ValuePair = tuple[QueryOutcome, float, float]
"""A query with the values of a measure in run A and run B."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference between two runs in one measure.

    Attributes:
        n: number of queries that the measure is defined for in both runs.
        a, b: means over these queries.
        difference: mean of B - A with its 95 % bootstrap interval.
        p_value: two-sided p-value of the paired randomization test.
        corrected: the p-value, corrected by Holm for all measures of the comparison.
        won, lost: number of queries for which B is better, or worse.
    """

    measure: str
    n: int
    a: float
    b: float
    difference: Interval
    p_value: float
    corrected: float
    won: int
    lost: int


@dataclass(frozen=True, slots=True)
class ChangedQuery:
    """A query whose measure differs between the runs.

    Attributes:
        a, b: value in each run.
        place_a, place_b: rank of the first relevant paper in each run; None if none was found.
    """

    query_id: str
    text: str
    a: float
    b: float
    place_a: int | None
    place_b: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of run B with run A.

    Attributes:
        a, b: names of the runs.
        by: the measure by which queries and slices are compared.
        differences: differences by tested measure.
        slices: slice (`field=value`), number of queries and difference, largest difference first.
        moved: the queries that changed, largest change first.
    """

    a: str
    b: str
    by: str
    differences: tuple[Difference, ...]
    slices: tuple[tuple[str, int, Interval], ...]
    moved: tuple[ChangedQuery, ...]

    @property
    def won(self) -> tuple[ChangedQuery, ...]:
        """Queries for which B is better, largest change first."""
        return tuple(query for query in self.moved if direction(self.by) * (query.b - query.a) > 0)

    @property
    def lost(self) -> tuple[ChangedQuery, ...]:
        """Queries for which B is worse, largest change first."""
        return tuple(query for query in self.moved if direction(self.by) * (query.b - query.a) < 0)


def check_same_dataset(a: Run, b: Run) -> None:
    """Check that two runs are of the same dataset.

    Raises:
        InputError: they are not.
    """
    if a.dataset_hash != b.dataset_hash:
        runs = [f"{run.name} of {run.record['dataset']['name']}, {run.dataset_hash[:12]}" for run in (a, b)]
        raise InputError("runs", f"were made with different datasets ({'; '.join(runs)}); run both on one dataset")


def paired_values(a: Run, b: Run, names: Sequence[str] | None = None) -> dict[str, list[ValuePair]]:
    """Return the values of measures in both runs, by measure, for the queries that define it in both.

    Args:
        a: run A.
        b: run B.
        names: measures; None for all that can be compared query by query.

    Raises:
        InputError: the runs are of different datasets, or have no values of a named measure in common.
    """
    check_same_dataset(a, b)
    outcomes_b = {outcome.query_id: outcome for outcome in b.outcomes}
    pairs: defaultdict[str, list[ValuePair]] = defaultdict(list)
    for outcome in a.outcomes:
        other = outcomes_b.get(outcome.query_id)
        if other is None:
            continue
        for name in outcome.measures.keys() & other.measures.keys():
            pairs[name].append((outcome, outcome.measures[name], other.measures[name]))
    comparable = [name for name in a.record["measures"] if name in pairs and _is_paired(name)]
    for name in names or ():
        if name not in comparable:
            raise InputError(
                "measure",
                f"{name!r} has no values to compare in both runs (comparable: {', '.join(comparable) or 'none'})",
            )
    return {name: pairs[name] for name in (names or comparable)}


def _is_paired(name: str) -> bool:
    measure = find_measure(name)
    return measure is None or measure.paired


def primary_measures(a: Run, b: Run) -> list[str]:
    """Return the primary measures that both runs have, or all common measures if none of them is primary.

    Every further measure makes Holm's correction stricter, and most others follow from the primary ones.
    """
    common = list(paired_values(a, b))
    return [name for name in common if (measure := find_measure(name)) and measure.primary] or common


def compare(a: Run, b: Run, *, by: str = MAIN_MEASURE, names: Sequence[str] | None = None, seed: int = 0) -> Comparison:
    """Compare run B with run A.

    Args:
        a: the run to compare with.
        b: the run that is compared, of the same dataset.
        by: the measure by which queries and slices are compared.
        names: measures to test; None for the primary ones. Holm's correction is for their number.
        seed: seed of all resampling.

    Raises:
        InputError: the runs are of different datasets, or have no values of a measure in common.
    """
    tested = list(names or primary_measures(a, b))
    pairs = paired_values(a, b, [*tested, by])
    deltas = {name: value_differences(pairs[name]) for name in tested}
    p_values = [randomization_test(values, seed=seed)[0] for values in deltas.values()]
    differences = tuple(
        Difference(
            measure=name,
            n=len(pairs[name]),
            a=round(float(np.mean([value_a for _, value_a, _ in pairs[name]])), 6),
            b=round(float(np.mean([value_b for _, _, value_b in pairs[name]])), 6),
            difference=bootstrap(deltas[name], seed=seed)[0],
            p_value=round(p_value, 6),
            corrected=round(corrected, 6),
            won=int((direction(name) * deltas[name] > 0).sum()),
            lost=int((direction(name) * deltas[name] < 0).sum()),
        )
        for name, p_value, corrected in zip(deltas, p_values, holm(p_values), strict=True)
    )
    return Comparison(a.name, b.name, by, differences, _slices(pairs[by], seed), _changed_queries(pairs[by], b))


def value_differences(pairs: Sequence[ValuePair]) -> FloatArray:
    """Return B - A of each query: float64 (n, 1)."""
    return np.array([[value_b - value_a] for _, value_a, value_b in pairs], np.float64)


def _slices(pairs: Sequence[ValuePair], seed: int) -> tuple[tuple[str, int, Interval], ...]:
    slices: list[tuple[str, int, Interval]] = []
    for name in slice_names([outcome for outcome, _, _ in pairs]):
        groups: defaultdict[str, list[ValuePair]] = defaultdict(list)
        for pair in pairs:
            groups[pair[0].slice(name)].append(pair)
        for value, group in groups.items():
            slices.append((f"{name}={value or '-'}", len(group), bootstrap(value_differences(group), seed=seed)[0]))
    return tuple(sorted(slices, key=lambda item: (-abs(item[2].mean), item[0])))


def _changed_queries(pairs: Sequence[ValuePair], b: Run) -> tuple[ChangedQuery, ...]:
    ranks_b = {outcome.query_id: outcome.first_relevant_rank for outcome in b.outcomes}
    changed = [
        ChangedQuery(
            outcome.query_id,
            outcome.text,
            value_a,
            value_b,
            outcome.first_relevant_rank,
            ranks_b[outcome.query_id],
        )
        for outcome, value_a, value_b in pairs
        if value_a != value_b
    ]
    return tuple(sorted(changed, key=lambda query: (-abs(query.b - query.a), query.query_id)))
