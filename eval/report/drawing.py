"""What the figures share: axes with margins in points, notes beside them, lines that end in their run's letter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .curves import Values
from .sides import Side
from .svg import FONT, INK, WIDTH, series

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
"""Where logarithmic axes are marked."""
LEFT = 44.0  # points left of a vertical axis with its label


def axes_in(figure: Figure, *, left: float, right: float, below: float, above: float) -> Axes:
    """Axes with margins in points, not what a layout engine makes of the width of fonts."""
    height = figure.get_figheight() * 72
    inside = (left / WIDTH, below / height, (WIDTH - left - right) / WIDTH, (height - below - above) / height)
    return figure.add_axes(inside)


def only_spine(axes: Axes, side: str) -> None:
    """Hide the frame but for one side."""
    for name, spine in axes.spines.items():
        spine.set_visible(name == side)
    axes.tick_params(length=3 if side == "bottom" else 0)


def logarithmic(axes: Axes, low: float, high: float, ticks: Sequence[int]) -> None:
    """A logarithmic horizontal axis with plain numbers."""
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_xticks(ticks, [f"{one:,}" for one in ticks])
    axes.set_xticks([], minor=True)


def beside(axes: Axes, text: str, y: float, x: int, gap: float, align: Any = "center", colour: str = INK) -> None:
    """A note at a height of the data, so many points left (x=0, gap < 0) or right (x=1) of the axes."""
    axes.annotate(
        text,
        (x, y),
        (gap, 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        ha="right" if gap < 0 else "left",
        va=align,
        color=colour,
    )


def line(axes: Axes, side: Side, x: Values, y: Values, marked: Sequence[int]) -> None:
    """A run's line in its colour and dashes, its marker at some of the points."""
    colour, style = series(side.colour), (0, side.dashes) if side.dashes else "-"
    axes.plot(x, y, color=colour, linestyle=style, linewidth=2)
    at = list(marked)
    axes.plot(x[at], y[at], side.marker, color=colour, markersize=6, linestyle="none")


def end_letters(axes: Axes, height: float, ends: Sequence[tuple[Side, float, float]]) -> None:
    """Letters at the ends of several lines, moved apart where they would overlap; height of the axes in points."""
    if len(ends) < 2:
        return
    low, high = axes.get_ylim()
    gap = (high - low) * FONT * 1.1 / height
    ordered = sorted(ends, key=lambda one: one[2])
    places = apart([y for _, _, y in ordered], gap, high)
    for (side, x, _), y in zip(ordered, places, strict=True):
        axes.annotate(side.letter, (x, y), (8, 0), textcoords="offset points", va="center", annotation_clip=False)


def apart(values: Sequence[float], gap: float, high: float) -> list[float]:
    """Rising values, moved so that neighbours are a gap apart and none lies above the highest that is allowed."""
    moved: list[float] = []
    for value in values:
        moved.append(max(value, moved[-1] + gap) if moved else value)
    limit = high
    for at in range(len(moved) - 1, -1, -1):
        moved[at] = min(moved[at], limit)
        limit = moved[at] - gap
    return moved
