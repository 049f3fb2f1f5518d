"""The figures of a report: measures by slice, search times, recall by depth, risk by coverage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...index.util.text import display_width, truncate
from ..metrics.statistics import FloatArray
from .curves import Bar, SliceBars, time_bins
from .runs import ReportRun
from .svg import FAINT, FONT_SIZE, INK, WIDTH, Labels, draw_svg, series_color

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Lengths are in points.
_LOG_TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
_AXIS_WIDTH = 44.0  # a vertical axis with its label
_BAR_HEIGHT, _BAR_GAP = 15.0, 12.0
_COLUMN = 0.6 * FONT_SIZE  # width of one text column
_LABEL_WIDTH, _SPOKEN_WIDTH = 16, 60  # columns of a label, drawn and read aloud
_HISTOGRAM_HEIGHT, _HISTOGRAM_GAP = 62.0, 14.0
_CURVE_BOTTOM, _CURVE_TOP, _CURVE_HEIGHT = 44.0, 10.0, 176.0
_MARKED_COVERAGES = np.array([0.2, 0.4, 0.6, 0.8, 1.0])


# --- bars


def slice_figure(key: str, field: str, measure: str, slices: Sequence[SliceBars], runs: Sequence[ReportRun]) -> str:
    """Draw bars of a measure by the values of a field, the runs side by side, with 95 % intervals.

    Args:
        key: prefix of all ids in the figure.
        field: the field.
        measure: the measure.
        slices: the bars by value of the field.
        runs: the runs, in the order of the bars.
    """
    label_width = min(_LABEL_WIDTH, max(max(display_width(bars.value), len(f"n={bars.n}")) for bars in slices))
    group = max(_BAR_HEIGHT * len(runs), 2.2 * FONT_SIZE) + _BAR_GAP
    with_letters = len(runs) > 1

    def draw(figure: Figure, labels: Labels) -> None:
        gap = -22.0 if with_letters else -8.0
        axes = _add_axes(figure, left=label_width * _COLUMN + 6 - gap, right=44, bottom=26, top=4)
        axes.set(xlim=(0, 1), ylim=(group * len(slices), 0))
        _show_only_spine(axes, "left")
        axes.tick_params(labelleft=False)
        axes.grid(axis="x", linewidth=0.8)
        for at, bars in enumerate(slices):
            middle = group * (at + 0.5)
            _annotate_beside(axes, labels(bars.value, label_width), middle - 1, 0, gap, "bottom")
            _annotate_beside(axes, f"n={bars.n}", middle + 1, 0, gap, "top", FAINT)
            for row, (run, bar) in enumerate(zip(runs, bars.bars, strict=True)):
                _draw_bar(axes, run, bar, middle + _BAR_HEIGHT * (row + 0.5 - len(runs) / 2), with_letter=with_letters)

    spoken = f"{measure} by {truncate(field, _SPOKEN_WIDTH)}: {_spoken_slices(slices, runs)}"
    return draw_svg(key, spoken, group * len(slices) + 30, draw)


def _spoken_slices(slices: Sequence[SliceBars], runs: Sequence[ReportRun]) -> str:
    return "; ".join(
        f"{truncate(bars.value, _SPOKEN_WIDTH)} "
        + ", ".join(f"{run.letter} {bar.mean:.3f}" for run, bar in zip(runs, bars.bars, strict=True) if bar)
        for bars in slices
    )


def _draw_bar(axes: Axes, run: ReportRun, bar: Bar | None, y: float, *, with_letter: bool) -> None:
    if with_letter:
        _annotate_beside(axes, run.letter, y, 0, -6)
    if bar is None:
        _annotate_beside(axes, "–", y, 1, 6, color=FAINT)
        return
    axes.barh(y, bar.mean, height=_BAR_HEIGHT - 4, color=series_color(run.color), alpha=0.75, linewidth=0)
    error = [[max(0.0, bar.mean - bar.low)], [max(0.0, bar.high - bar.mean)]]
    axes.errorbar(bar.mean, y, xerr=error, color=INK, capsize=3, linewidth=1.2)
    _annotate_beside(axes, f"{bar.mean:.3f}", y, 1, 6)


# --- histograms


def time_figure(key: str, times: Sequence[tuple[ReportRun, FloatArray]]) -> str:
    """Draw a histogram of search times per run, all on one logarithmic axis, with lines at p50 and p95.

    Args:
        key: prefix of all ids in the figure.
        times: runs with float64 (n,) of milliseconds.
    """
    edges = time_bins([values for _, values in times])
    counts_by_run = [np.histogram(values, edges)[0] for _, values in times]
    max_count = max(int(counts.max()) for counts in counts_by_run)
    ticks = [tick for tick in _LOG_TICKS if edges[0] <= tick <= edges[-1]]

    def draw(figure: Figure, _: Labels) -> None:
        rows = zip(times, counts_by_run, range(len(times) - 1, -1, -1), strict=True)
        for (run, values), counts, rows_below in rows:
            top = _HISTOGRAM_GAP + _HISTOGRAM_HEIGHT * (len(times) - 1 - rows_below)
            axes = _add_axes(figure, left=_AXIS_WIDTH, right=14, bottom=44 + _HISTOGRAM_HEIGHT * rows_below, top=top)
            _set_log_x(axes, float(edges[0]), float(edges[-1]), [] if rows_below else ticks)
            axes.set(ylim=(0, max_count * 1.05), yticks=[0, max_count], xlabel="" if rows_below else "search time, ms")
            _show_only_spine(axes, "bottom")
            axes.tick_params(axis="y", length=0)
            axes.stairs(counts, edges, color=series_color(run.color), alpha=0.75, fill=True, linewidth=0)
            _draw_percentiles(axes, values, max_count * 1.05, with_names=top == _HISTOGRAM_GAP)
            if len(times) > 1:
                _annotate_beside(axes, run.letter, max_count / 2, 0, -14)

    spoken = "; ".join(f"{run.letter} median {np.median(values):.1f} ms" for run, values in times)
    return draw_svg(key, f"search time: {spoken}", _HISTOGRAM_HEIGHT * len(times) + 44, draw)


def _draw_percentiles(axes: Axes, values: FloatArray, top: float, *, with_names: bool) -> None:
    for percent in (50, 95):
        x = float(np.percentile(values, percent))
        axes.vlines(x, 0, top, color=INK, linewidth=1, linestyles=(0, (2, 2)))
        if with_names:
            axes.annotate(f"p{percent}", (x, top), (0, 2), textcoords="offset points", ha="center", va="bottom")


# --- curves


def recall_figure(key: str, curves: Sequence[tuple[ReportRun, FloatArray]]) -> str:
    """Draw recall at every depth, one line per run, depth on a logarithmic axis.

    Args:
        key: prefix of all ids in the figure.
        curves: runs with float64 (depth,) of recall.
    """
    max_depth = max(len(values) for _, values in curves)
    ticks = [k for k in _LOG_TICKS if k <= max_depth]

    def draw(figure: Figure, _: Labels) -> None:
        axes = _add_curve_axes(figure, "k", "recall@k")
        _set_log_x(axes, 1, max(max_depth, 2), ticks)
        axes.set_ylim(0, 1)
        for run, values in curves:
            depths = np.arange(1, len(values) + 1, dtype=np.float64)
            _draw_line(axes, run, depths, values, [k - 1 for k in ticks if k <= len(values)])
        _label_line_ends(axes, [(run, float(len(values)), float(values[-1])) for run, values in curves])

    spoken = "; ".join(
        f"{run.letter} " + ", ".join(f"{values[k - 1]:.3f} at {k}" for k in ticks if k <= len(values))
        for run, values in curves
    )
    return draw_svg(key, f"recall@k: {spoken}", _CURVE_BOTTOM + _CURVE_HEIGHT + _CURVE_TOP, draw)


def risk_figure(key: str, curves: Sequence[tuple[ReportRun, FloatArray]]) -> str:
    """Draw risk against coverage, one line per run.

    Args:
        key: prefix of all ids in the figure.
        curves: runs with float64 (n, 2) of coverage and risk, coverage rising.
    """
    max_risk = max(float(points[:, 1].max()) for _, points in curves)

    def draw(figure: Figure, _: Labels) -> None:
        axes = _add_curve_axes(figure, "coverage, most confident queries first", "risk")
        axes.set(xlim=(0, 1), ylim=(0, max(0.05, max_risk * 1.05)))
        for run, points in curves:
            coverage, risk = points.T
            marked = np.searchsorted(coverage, _MARKED_COVERAGES).clip(0, len(coverage) - 1)
            _draw_line(axes, run, coverage, risk, [int(at) for at in np.unique(marked)])
        _label_line_ends(axes, [(run, float(points[-1, 0]), float(points[-1, 1])) for run, points in curves])

    spoken = "; ".join(f"{run.letter} {points[-1, 1]:.3f} at full coverage" for run, points in curves)
    return draw_svg(key, f"risk by coverage: {spoken}", _CURVE_BOTTOM + _CURVE_HEIGHT + _CURVE_TOP, draw)


def _add_curve_axes(figure: Figure, x_label: str, y_label: str) -> Axes:
    axes = _add_axes(figure, left=_AXIS_WIDTH, right=26, bottom=_CURVE_BOTTOM, top=_CURVE_TOP)
    axes.set(xlabel=x_label, ylabel=y_label)
    _show_only_spine(axes, "bottom")
    axes.grid(linewidth=0.8)
    return axes


def _draw_line(axes: Axes, run: ReportRun, x: FloatArray, y: FloatArray, marked: Sequence[int]) -> None:
    """Draw a run's line in its color and dashes, with its marker at some of the points."""
    color, style = series_color(run.color), (0, run.dashes) if run.dashes else "-"
    axes.plot(x, y, color=color, linestyle=style, linewidth=2)
    positions = list(marked)
    axes.plot(x[positions], y[positions], run.marker, color=color, markersize=6, linestyle="none")


def _label_line_ends(axes: Axes, ends: Sequence[tuple[ReportRun, float, float]]) -> None:
    """Write the runs' letters at the ends of several lines, moved apart where they would overlap."""
    if len(ends) < 2:
        return
    low, high = axes.get_ylim()
    gap = (high - low) * FONT_SIZE * 1.1 / _CURVE_HEIGHT
    ordered = sorted(ends, key=lambda end: end[2])
    positions = spread_apart([y for _, _, y in ordered], gap, high)
    for (run, x, _), y in zip(ordered, positions, strict=True):
        axes.annotate(run.letter, (x, y), (8, 0), textcoords="offset points", va="center", annotation_clip=False)


def spread_apart(values: Sequence[float], gap: float, high: float) -> list[float]:
    """Return rising values moved so that neighbors are at least a gap apart and none exceeds an upper limit."""
    moved: list[float] = []
    for value in values:
        moved.append(max(value, moved[-1] + gap) if moved else value)
    limit = high
    for at in range(len(moved) - 1, -1, -1):
        moved[at] = min(moved[at], limit)
        limit = moved[at] - gap
    return moved


# --- axes


def _add_axes(figure: Figure, *, left: float, right: float, bottom: float, top: float) -> Axes:
    """Add axes with margins in points, independent of the widths that a layout engine measures in its own font."""
    height = figure.get_figheight() * 72
    rectangle = (left / WIDTH, bottom / height, (WIDTH - left - right) / WIDTH, (height - bottom - top) / height)
    return figure.add_axes(rectangle)


def _show_only_spine(axes: Axes, side: str) -> None:
    for name, spine in axes.spines.items():
        spine.set_visible(name == side)
    axes.tick_params(length=3 if side == "bottom" else 0)


def _set_log_x(axes: Axes, low: float, high: float, ticks: Sequence[int]) -> None:
    """Set a logarithmic horizontal axis with plain numbers."""
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.set_xticks([], minor=True)


def _annotate_beside(
    axes: Axes, text: str, y: float, x: int, gap: float, align: Any = "center", color: str = INK
) -> None:
    """Write a text at a height in data units, beside the axes: left of them (x=0, gap < 0) or right (x=1)."""
    axes.annotate(
        text,
        (x, y),
        (gap, 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        ha="right" if gap < 0 else "left",
        va=align,
        color=color,
    )
