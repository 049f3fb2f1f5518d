"""Two runs of one dataset held against each other, query by query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...index.domain.errors import InputError
from ..metrics.retrieval import direction
from ..metrics.statistics import Interval, Values, bootstrap, holm, randomisation
from ..runs.model import Outcome, Run

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

    @property
    def won(self) -> tuple[Moved, ...]:
        """Queries that B does better, most first."""
        return tuple(one for one in self.moved if direction(self.by) * (one.b - one.a) > 0)

    @property
    def lost(self) -> tuple[Moved, ...]:
        """Queries that B does worse, most first."""
        return tuple(one for one in self.moved if direction(self.by) * (one.b - one.a) < 0)


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
        if other is None:
            continue
        for name in (one.measures.keys() & other.measures.keys()) - _UNPAIRED:
            found[name].append((one, one.measures[name], other.measures[name]))
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
    tested = list(names or decisive(a, b))
    rows = paired(a, b, [*tested, by])
    pairs = {name: rows[name] for name in tested}
    drawn = {name: changes(pairs[name]) for name in pairs}
    p_values = [randomisation(values, seed=seed)[0] for values in drawn.values()]
    differences = tuple(
        Difference(
            name,
            len(pairs[name]),
            round(float(np.mean([early for _, early, _ in pairs[name]])), 6),
            round(float(np.mean([late for _, _, late in pairs[name]])), 6),
            bootstrap(drawn[name], seed=seed)[0],
            round(p_value, 6),
            round(corrected, 6),
            int((direction(name) * drawn[name] > 0).sum()),
            int((direction(name) * drawn[name] < 0).sum()),
        )
        for name, p_value, corrected in zip(pairs, p_values, holm(p_values), strict=True)
    )
    return Comparison(a.name, b.name, by, differences, _slices(rows[by], seed), _moved(rows[by], b))


def changes(rows: Sequence[tuple[Outcome, float, float]]) -> Values:
    """What B has over A in each query: float64 (n, 1)."""
    return np.array([[late - early] for _, early, late in rows], np.float64)


def _slices(rows: Sequence[tuple[Outcome, float, float]], seed: int) -> tuple[tuple[str, int, Interval], ...]:
    from .summary import slice_names

    found: list[tuple[str, int, Interval]] = []
    for name in slice_names([one for one, _, _ in rows]):
        groups: defaultdict[str, list[tuple[Outcome, float, float]]] = defaultdict(list)
        for row in rows:
            groups[row[0].slice(name)].append(row)
        for value, group in groups.items():
            found.append((f"{name}={value or '-'}", len(group), bootstrap(changes(group), seed=seed)[0]))
    return tuple(sorted(found, key=lambda item: (-abs(item[2].mean), item[0])))


def _moved(rows: Sequence[tuple[Outcome, float, float]], b: Run) -> tuple[Moved, ...]:
    others = {one.query_id: one for one in b.outcomes}
    moved = [
        Moved(one.query_id, one.text, early, late, one.place, others[one.query_id].place)
        for one, early, late in rows
        if early != late
    ]
    return tuple(sorted(moved, key=lambda one: (-abs(one.b - one.a), one.query_id)))
