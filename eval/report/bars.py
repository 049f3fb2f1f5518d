"""Figures of bars: a measure by slice, and search times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...index.util.text import columns, shortened
from .curves import Bar, Slice, Values, time_bins
from .drawing import LEFT, STEPS, axes_in, beside, logarithmic, only_spine
from .sides import Side
from .svg import FAINT, FONT, INK, Labels, drawn, series

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BAR, _GAP = 15.0, 12.0  # points
_COLUMN = 0.6 * FONT  # points that a column of text takes
_MOST_COLUMNS, _SAID = 16, 60  # of a label, shown and read out
_ROW, _BETWEEN = 62.0, 14.0  # points a histogram


def slice_bars(key: str, field: str, measure: str, slices: Sequence[Slice], shown: Sequence[Side]) -> str:
    """Bars of a measure by the values of a field, the runs side by side, with 95 % intervals."""
    most = min(_MOST_COLUMNS, max(max(columns(one.value), len(f"n={one.n}")) for one in slices))
    inner = max(_BAR * len(shown), 2.2 * FONT)
    group = inner + _GAP
    lettered = len(shown) > 1

    def draw(figure: Figure, labels: Labels) -> None:
        gap = -22.0 if lettered else -8.0
        axes = axes_in(figure, left=most * _COLUMN + 6 - gap, right=44, below=26, above=4)
        axes.set(xlim=(0, 1), ylim=(group * len(slices), 0))
        only_spine(axes, "left")
        axes.tick_params(labelleft=False)
        axes.grid(axis="x", linewidth=0.8)
        for at, one in enumerate(slices):
            middle = group * (at + 0.5)
            beside(axes, labels(one.value, most), middle - 1, 0, gap, "bottom")
            beside(axes, f"n={one.n}", middle + 1, 0, gap, "top", FAINT)
            for row, (side, bar) in enumerate(zip(shown, one.bars, strict=True)):
                _bar(axes, side, bar, middle + _BAR * (row + 0.5 - len(shown) / 2), lettered=lettered)

    return drawn(key, f"{measure} by {shortened(field, _SAID)}: {_said(slices, shown)}", group * len(slices) + 30, draw)


def _said(slices: Sequence[Slice], shown: Sequence[Side]) -> str:
    parts = [(one.value, [pair for pair in zip(shown, one.bars, strict=True) if pair[1]]) for one in slices]
    return "; ".join(
        f"{shortened(value, _SAID)} " + ", ".join(f"{side.letter} {bar.mean:.3f}" for side, bar in pairs if bar)
        for value, pairs in parts
    )


def _bar(axes: Axes, side: Side, bar: Bar | None, y: float, *, lettered: bool) -> None:
    if lettered:
        beside(axes, side.letter, y, 0, -6)
    if bar is None:
        beside(axes, "–", y, 1, 6, colour=FAINT)
        return
    axes.barh(y, bar.mean, height=_BAR - 4, color=series(side.colour), alpha=0.75, linewidth=0)
    reach = [[max(0.0, bar.mean - bar.low)], [max(0.0, bar.high - bar.mean)]]
    axes.errorbar(bar.mean, y, xerr=reach, color=INK, capsize=3, linewidth=1.2)
    beside(axes, f"{bar.mean:.3f}", y, 1, 6)


def time_histograms(key: str, times: Sequence[tuple[Side, Values]]) -> str:
    """How long searches took: a histogram a run, all on one logarithmic axis, with lines at p50 and p95."""
    edges = time_bins([values for _, values in times])
    counted = [np.histogram(values, edges)[0] for _, values in times]
    most = max(int(one.max()) for one in counted)
    ticks = [one for one in STEPS if edges[0] <= one <= edges[-1]]

    def draw(figure: Figure, _: Labels) -> None:
        rows = zip(times, counted, range(len(times) - 1, -1, -1), strict=True)
        for (side, values), counts, under in rows:
            above = _BETWEEN + _ROW * (len(times) - 1 - under)
            axes = axes_in(figure, left=LEFT, right=14, below=44 + _ROW * under, above=above)
            logarithmic(axes, float(edges[0]), float(edges[-1]), [] if under else ticks)
            axes.set(ylim=(0, most * 1.05), yticks=[0, most], xlabel="" if under else "search time, ms")
            only_spine(axes, "bottom")
            axes.tick_params(axis="y", length=0)
            axes.stairs(counts, edges, color=series(side.colour), alpha=0.75, fill=True, linewidth=0)
            _percentiles(axes, values, most * 1.05, named=above == _BETWEEN)
            if len(times) > 1:
                beside(axes, side.letter, most / 2, 0, -14)

    said = "; ".join(f"{side.letter} median {np.median(values):.1f} ms" for side, values in times)
    return drawn(key, f"search time: {said}", _ROW * len(times) + 44, draw)


def _percentiles(axes: Axes, values: Values, top: float, *, named: bool) -> None:
    for percent in (50, 95):
        at = float(np.percentile(values, percent))
        axes.vlines(at, 0, top, color=INK, linewidth=1, linestyles=(0, (2, 2)))
        if named:
            axes.annotate(f"p{percent}", (at, top), (0, 2), textcoords="offset points", ha="center", va="bottom")
