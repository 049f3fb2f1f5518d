"""Two runs of one dataset held against each other, query by query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..index.errors import InputError
from .run import Outcome, Run
from .statistics import Interval, bootstrap, holm, randomisation

LOWER_IS_BETTER = frozenset({"unsupported"})
_DECISIVE = frozenset("ndcg@10 r@10 r@50 mrr@10 correct citation_precision citation_recall abstention_recall".split())
# Of a query that both runs abstained from it is the same in both, whatever else either abstained from.
_UNPAIRED = frozenset({"abstention_precision"})


@dataclass(frozen=True, slots=True)
class Difference:
    """What B has over A in one measure.

    Attributes:
        n: how many queries it is defined for in both runs.
        difference: mean of B - A with its 95 % bootstrap interval.
        p_value: of the paired randomisation test, two-sided.
        corrected: the same, by Holm, for all measures of the comparison.
        won, lost: queries in which B is better, or worse.
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
class Moved:
    """A query that the two runs answer differently.

    Attributes:
        a, b: the measure in each run.
        place_a, place_b: place of the first relevant paper in each; None where it was not found.
    """

    query_id: str
    text: str
    a: float
    b: float
    place_a: int | None
    place_b: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs, compared.

    Attributes:
        by: the measure that queries and slices are compared by.
        differences: one a measure.
        slices: difference by `field=value`, those that moved most first.
        moved: the queries that moved, most first.
    """

    a: str
    b: str
    by: str
    differences: tuple[Difference, ...]
    slices: tuple[tuple[str, int, Interval], ...]
    moved: tuple[Moved, ...]


def check_same(a: Run, b: Run) -> None:
    """Refuse to compare runs of different datasets.

    Raises:
        InputError: they are.
    """
    if a.dataset_hash != b.dataset_hash:
        names = [f"{run.name} of {run.record['dataset']['name']}, {run.dataset_hash[:12]}" for run in (a, b)]
        raise InputError("runs", f"were made with different datasets ({'; '.join(names)}): run both on one")


def paired(a: Run, b: Run, names: Sequence[str] | None = None) -> dict[str, list[tuple[Outcome, float, float]]]:
    """Queries with their values in both runs, by measure.

    Raises:
        InputError: the runs have different datasets, or one lacks a measure.
    """
    check_same(a, b)
    others = {one.query_id: one for one in b.outcomes}
    found: defaultdict[str, list[tuple[Outcome, float, float]]] = defaultdict(list)
    for one in a.outcomes:
        other = others.get(one.query_id)
        for name in (one.measures.keys() & other.measures.keys()) - _UNPAIRED if other else ():
            found[name].append((one, one.measures[name], others[one.query_id].measures[name]))
    known = [name for name in a.record["measures"] if name in found]
    for name in names or ():
        if name not in found:
            shared = ", ".join(known) or "none"
            raise InputError("measure", f"{name!r} is of no query in both runs; what can be compared is {shared}")
    return {name: found[name] for name in (names or known)}


def decisive(a: Run, b: Run) -> list[str]:
    """The measures that a decision is taken by, of those that both runs have; all of them where none is among them.

    Every further measure makes Holm's correction stricter, and most follow from these.
    """
    shared = list(paired(a, b))
    return [name for name in shared if name in _DECISIVE] or shared


def compare(a: Run, b: Run, *, by: str = "ndcg@10", names: Sequence[str] | None = None, seed: int = 0) -> Comparison:
    """Compare run B with run A.

    Args:
        a: the run to compare with.
        b: the run that is compared, of the same dataset.
        by: the measure that queries and slices are compared by.
        names: measures to test; None takes the decisive ones. Holm corrects for as many as are tested.
        seed: of all resampling.

    Raises:
        InputError: the runs have different datasets, or one lacks a measure.
    """
    pairs = paired(a, b, names or decisive(a, b))
    drawn = {name: np.array([[late - early] for _, early, late in rows], np.float64) for name, rows in pairs.items()}
    p_values = [randomisation(rows, seed=seed)[0] for rows in drawn.values()]
    differences = tuple(
        Difference(
            name,
            len(pairs[name]),
            round(float(np.mean([early for _, early, _ in pairs[name]])), 6),
            round(float(np.mean([late for _, _, late in pairs[name]])), 6),
            bootstrap(drawn[name], seed=seed)[0],
            round(p_value, 6),
            round(corrected, 6),
            int((_sign(name) * drawn[name] > 0).sum()),
            int((_sign(name) * drawn[name] < 0).sum()),
        )
        for name, p_value, corrected in zip(pairs, p_values, holm(p_values), strict=True)
    )
    rows = paired(a, b, [by])[by]
    return Comparison(a.name, b.name, by, differences, _slices(rows, seed), _moved(rows, b))


def _sign(name: str) -> float:
    return -1.0 if name in LOWER_IS_BETTER else 1.0


def _slices(rows: Sequence[tuple[Outcome, float, float]], seed: int) -> tuple[tuple[str, int, Interval], ...]:
    from .summary import slice_names

    found: list[tuple[str, int, Interval]] = []
    for name in slice_names([one for one, _, _ in rows]):
        groups: defaultdict[str, list[float]] = defaultdict(list)
        for one, early, late in rows:
            groups[one.slice(name)].append(late - early)
        for value, changes in groups.items():
            interval = bootstrap(np.array(changes, np.float64)[:, None], seed=seed)[0]
            found.append((f"{name}={value or '-'}", len(changes), interval))
    return tuple(sorted(found, key=lambda item: (-abs(item[2].mean), item[0])))


def _moved(rows: Sequence[tuple[Outcome, float, float]], b: Run) -> tuple[Moved, ...]:
    others = {one.query_id: one for one in b.outcomes}
    moved = [
        Moved(one.query_id, one.text, early, late, place_of(one), place_of(others[one.query_id]))
        for one, early, late in rows
        if early != late
    ]
    return tuple(sorted(moved, key=lambda one: (-abs(one.b - one.a), one.query_id)))


def place_of(outcome: Outcome) -> int | None:
    """Place of the first relevant paper, from 1; None where none was found."""
    return next(
        (at for at, one in enumerate(outcome.found, start=1) if outcome.relevant.get(one.paper_id, 0) > 0), None
    )
