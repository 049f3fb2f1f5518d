"""The tables of a report: measures of every run, comparisons with the first run, latencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..experiments.comparison import ChangedQuery, Comparison, Difference, compare
from ..metrics.registry import direction
from .curves import figure_measure
from .runs import ReportRun

SIGNIFICANCE = 0.05
"""Corrected p-value below which a difference is marked."""

_LAST_STAGES = ("search", "answer")


@dataclass(frozen=True, slots=True)
class Cell:
    """A measure of one run.

    Attributes:
        sign: "+" or "-" if it is significantly better or worse than the first run's.
        best: whether it is the best of all runs, and significantly different from the first run's.
    """

    mean: float
    low: float
    high: float
    n: int
    sign: str = ""
    best: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A measure of all runs.

    Attributes:
        n: number of queries that it is defined for, if equal in all runs.
        tested: whether differences in it were tested.
        cells: one per run; None for a run without the measure.
    """

    measure: str
    n: int | None
    tested: bool
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class ComparisonWithFirst:
    """The comparison of a run with the first run.

    Attributes:
        comparison: None if they share no measure.
    """

    run: ReportRun
    comparison: Comparison | None

    @property
    def by_measure(self) -> Mapping[str, Difference]:
        """Differences by measure."""
        return {difference.measure: difference for difference in self.comparison.differences} if self.comparison else {}

    @property
    def won(self) -> tuple[ChangedQuery, ...]:
        """Queries for which the run is better, largest change first."""
        return self.comparison.won if self.comparison else ()

    @property
    def lost(self) -> tuple[ChangedQuery, ...]:
        """Queries for which the run is worse, largest change first."""
        return self.comparison.lost if self.comparison else ()


def compare_with_first(runs: Sequence[ReportRun]) -> tuple[ComparisonWithFirst, ...]:
    """Compare every other run with the first, each by the measure that its figures would show."""
    first = runs[0]
    seed = int(first.record["seed"])
    comparisons: list[ComparisonWithFirst] = []
    for run in runs[1:]:
        by = figure_measure((first, run))
        comparisons.append(ComparisonWithFirst(run, compare(first.run, run.run, by=by, seed=seed) if by else None))
    return tuple(comparisons)


def measure_table(runs: Sequence[ReportRun], comparisons: Sequence[ComparisonWithFirst]) -> tuple[Row, ...]:
    """Return a row for each measure of any run."""
    return tuple(_row(name, runs, comparisons) for name in dict.fromkeys(name for run in runs for name in run.measures))


def _row(name: str, runs: Sequence[ReportRun], comparisons: Sequence[ComparisonWithFirst]) -> Row:
    differences = [comparison.by_measure.get(name) for comparison in comparisons]
    signs = ["", *(significance_sign(difference) if difference else "" for difference in differences)]
    summaries = [run.measures.get(name) for run in runs]
    best = max((direction(name) * summary["mean"] for summary in summaries if summary), default=0.0)

    def cell(at: int, summary: Mapping[str, float]) -> Cell:
        is_best = direction(name) * summary["mean"] == best and _is_significantly_best(at, signs)
        return Cell(summary["mean"], summary["low"], summary["high"], int(summary["n"]), signs[at], is_best)

    cells = tuple(cell(at, summary) if summary else None for at, summary in enumerate(summaries))
    counts = {summary.n for summary in cells if summary}
    return Row(name, next(iter(counts)) if len(counts) == 1 else None, any(differences), cells)


def significance_sign(difference: Difference) -> str:
    """Return "+" or "-" for a significant difference to the better or the worse, else an empty string."""
    if difference.corrected >= SIGNIFICANCE or not difference.difference.mean:
        return ""
    return "+" if direction(difference.measure) * difference.difference.mean > 0 else "-"


def _is_significantly_best(at: int, signs: Sequence[str]) -> bool:
    """Return whether the run at a position is significantly better than the first, or the first than all others."""
    return signs[at] == "+" if at else len(signs) > 1 and set(signs[1:]) == {"-"}


def latency_table(runs: Sequence[ReportRun]) -> tuple[tuple[str, tuple[Mapping[str, float], ...]], ...]:
    """Return percentiles by stage, one per run (empty if it did not time the stage); search and answer come last."""
    records = [run.record.get("latencies") or {} for run in runs]
    names = dict.fromkeys(str(name) for record in records for name in record)
    order = [
        *(name for name in names if name not in _LAST_STAGES),
        *(name for name in _LAST_STAGES if name in names),
    ]
    return tuple((name, tuple(record.get(name) or {} for record in records)) for name in order)
