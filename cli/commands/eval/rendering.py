"""Rendering of runs, comparisons and checks in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Column, Table

from ...output import escape, out

if TYPE_CHECKING:  # the other commands do not import the evaluation
    from ....eval.experiments.comparison import ChangedQuery, Comparison
    from ....eval.experiments.gate import Check
    from ....eval.runs.model import Run

_MAX_CHANGED = 5  # queries won, and lost


def show_run(run: Run) -> None:
    """Print a run's measures, its slices by the first of them, and its latencies."""
    record = run.record
    table = _table("measure", "mean", "95 % interval", "queries")
    for name, value in record["measures"].items():
        interval = f"{value['low']:.3f} … {value['high']:.3f}"
        table.add_row(name, f"{value['mean']:.3f}", interval, str(value["n"]))
    out.print(escape(f"{run.name}: {record['dataset']['name']}, {record['dataset']['queries']} queries"))
    out.print(table)
    first = next(iter(record["measures"]), None)
    for field, groups in record["slices"].items():
        parts = [
            f"{value} {measures[first]['mean']:.3f} ({measures[first]['n']})"
            for value, measures in groups.items()
            if first in measures
        ]
        if parts:
            out.print(escape(f"{first} by {field}: {', '.join(parts)}"))
    if record["risk_coverage"]:
        out.print(f"area under risk and coverage: {record['risk_coverage']['area']:.3f} (0 is best)")
    if record["latencies"]:
        stages = (
            f"{stage} {times['p50']:.1f}/{times['p95']:.1f}/{times['p99']:.1f}"
            for stage, times in record["latencies"].items()
        )
        out.print(escape(f"ms, p50/p95/p99: {', '.join(stages)}"), style="dim")


def show_comparison(comparison: Comparison) -> None:
    """Print differences with their significance, differences by slice, and the queries with the largest change."""
    by = comparison.by
    table = _table(
        Column("measure", no_wrap=True), "A", "B", "B - A", Column("95 % interval", no_wrap=True), "p", "won/lost"
    )
    out.print(escape(f"A: {comparison.a}   B: {comparison.b}   p: paired randomization test, corrected by Holm"))
    for tested in comparison.differences:
        change = tested.difference
        table.add_row(
            tested.measure,
            f"{tested.a:.3f}",
            f"{tested.b:.3f}",
            f"{change.mean:+.3f}",
            f"{change.low:+.3f} to {change.high:+.3f}",
            f"{tested.corrected:.4f}",
            f"{tested.won}/{tested.lost}",
            style="bold" if tested.corrected < 0.05 else None,
        )
    out.print(table)
    for name, n, change in comparison.slices:
        out.print(escape(f"{name} ({n}): {by} {change.mean:+.3f} [{change.low:+.3f}, {change.high:+.3f}]"))
    _show_changed("won", comparison.won, by)
    _show_changed("lost", comparison.lost, by)


def _show_changed(title: str, queries: Sequence[ChangedQuery], by: str) -> None:
    out.print(f"\n{title}: {len(queries)} queries by {by}")
    for query in queries[:_MAX_CHANGED]:
        ranks = f"{query.place_a or '-'} → {query.place_b or '-'}"
        out.print(escape(f"  {query.a:.3f} → {query.b:.3f}  rank {ranks}  {query.query_id}  {query.text}"))


def show_checks(checks: Sequence[Check]) -> None:
    """Print the verdict of each check."""
    for check in checks:
        line = f"{'pass' if check.passed else 'FAIL'}  {check.message}"
        out.print(escape(line), style=None if check.passed else "red")


def _table(*columns: Column | str) -> Table:
    return Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
