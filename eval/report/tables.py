"""The tables: measures of every run, differences from the first, latencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..experiments.comparison import Comparison, Difference, Moved, compare
from ..metrics.retrieval import direction
from .curves import chosen_measure
from .sides import Side

SURE = 0.05  # p below which a difference is marked
_LAST = ("search", "answer")  # stages


@dataclass(frozen=True, slots=True)
class Cell:
    """A measure of a run.

    Attributes:
        sign: "+" or "-" where it differs from the first run for sure, for the better or the worse.
        best: whether it is the best of all, and for sure not the first run's.
    """

    mean: float
    low: float
    high: float
    n: int
    sign: str = ""
    best: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A measure; None for a run without it.

    Attributes:
        n: queries it is defined for, where that is the same in all runs.
        tested: whether differences in it were tested.
    """

    measure: str
    n: int | None
    tested: bool
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Versus:
    """A run held against the first.

    Attributes:
        found: None where they share no measure.
    """

    side: Side
    found: Comparison | None

    @property
    def by_measure(self) -> Mapping[str, Difference]:
        """Differences by measure."""
        return {one.measure: one for one in self.found.differences} if self.found else {}

    @property
    def won(self) -> tuple[Moved, ...]:
        """Queries that it does better, most first."""
        return self.found.won if self.found else ()

    @property
    def lost(self) -> tuple[Moved, ...]:
        """Queries that it does worse, most first."""
        return self.found.lost if self.found else ()


def against_first(shown: Sequence[Side]) -> tuple[Versus, ...]:
    """Every other run compared with the first, each by the measure that they are best compared by."""
    first = shown[0]
    chosen = [(side, chosen_measure((first, side))) for side in shown[1:]]
    seed = int(first.record["seed"])
    return tuple(Versus(side, compare(first.run, side.run, by=by, seed=seed) if by else None) for side, by in chosen)


def table(shown: Sequence[Side], others: Sequence[Versus]) -> tuple[Row, ...]:
    """All measures of all runs."""
    return tuple(_row(name, shown, others) for name in dict.fromkeys(name for side in shown for name in side.measures))


def _row(name: str, shown: Sequence[Side], others: Sequence[Versus]) -> Row:
    tests = [versus.by_measure.get(name) for versus in others]
    signs = ["", *(sign(test) if test else "" for test in tests)]
    values = [side.measures.get(name) for side in shown]
    towards = direction(name)
    best = max((towards * one["mean"] for one in values if one), default=0.0)

    def cell(at: int, one: Mapping[str, float]) -> Cell:
        first = towards * one["mean"] == best and _sure(at, signs)
        return Cell(one["mean"], one["low"], one["high"], int(one["n"]), signs[at], first)

    cells = tuple(cell(at, one) if one else None for at, one in enumerate(values))
    counts = {one.n for one in cells if one}
    return Row(name, next(iter(counts)) if len(counts) == 1 else None, any(tests), cells)


def sign(test: Difference) -> str:
    """Where a difference is sure, whether it is for the better or the worse."""
    if test.corrected >= SURE or not test.difference.mean:
        return ""
    return "+" if direction(test.measure) * test.difference.mean > 0 else "-"


def _sure(at: int, signs: Sequence[str]) -> bool:
    """Whether the run at a place is for sure better than the first; the first itself, than all others."""
    return signs[at] == "+" if at else len(signs) > 1 and set(signs[1:]) == {"-"}


def stages(shown: Sequence[Side]) -> tuple[tuple[str, tuple[Mapping[str, float], ...]], ...]:
    """Percentiles by stage, one a run (empty where it did not time the stage); the whole search last but the answer."""
    records = [side.record.get("latencies") or {} for side in shown]
    names = dict.fromkeys(str(name) for record in records for name in record)
    order = [*(name for name in names if name not in _LAST), *(name for name in _LAST if name in names)]
    return tuple((name, tuple(record.get(name) or {} for record in records)) for name in order)
