"""Figures of lines: recall by depth, and risk by coverage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .curves import Values
from .drawing import LEFT, STEPS, axes_in, end_letters, line, logarithmic, only_spine
from .sides import Side
from .svg import Labels, drawn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BELOW, _ABOVE, _INSIDE = 44.0, 10.0, 176.0  # points
_HEIGHT = _BELOW + _INSIDE + _ABOVE
_MARKED = np.array([0.2, 0.4, 0.6, 0.8, 1.0])  # coverages


def recall_curves(key: str, curves: Sequence[tuple[Side, Values]]) -> str:
    """Recall at every depth, one line a run, the depth on a logarithmic axis."""
    deepest = max(len(values) for _, values in curves)
    ticks = [k for k in STEPS if k <= deepest]

    def draw(figure: Figure, _: Labels) -> None:
        axes = _axes(figure, "k", "recall@k")
        logarithmic(axes, 1, max(deepest, 2), ticks)
        axes.set_ylim(0, 1)
        for side, values in curves:
            depths = np.arange(1, len(values) + 1, dtype=np.float64)
            line(axes, side, depths, values, [k - 1 for k in ticks if k <= len(values)])
        end_letters(axes, _INSIDE, [(side, float(len(values)), float(values[-1])) for side, values in curves])

    said = "; ".join(f"{side.letter} {_at(values, ticks)}" for side, values in curves)
    return drawn(key, f"recall@k: {said}", _HEIGHT, draw)


def _at(values: Values, ticks: Sequence[int]) -> str:
    return ", ".join(f"{values[k - 1]:.3f} at {k}" for k in ticks if k <= len(values))


def risk_curves(key: str, curves: Sequence[tuple[Side, Values]]) -> str:
    """Risk against coverage, one line a run.

    Args:
        key: begins every id in it.
        curves: runs with float64 (n, 2) of coverage and risk, coverage rising.
    """
    highest = max(float(points[:, 1].max()) for _, points in curves)

    def draw(figure: Figure, _: Labels) -> None:
        axes = _axes(figure, "coverage, surest queries first", "risk")
        axes.set(xlim=(0, 1), ylim=(0, max(0.05, highest * 1.05)))
        for side, points in curves:
            coverage, risk = points.T
            marked = np.searchsorted(coverage, _MARKED).clip(0, len(coverage) - 1)
            line(axes, side, coverage, risk, [int(at) for at in np.unique(marked)])
        end_letters(
            axes,
            _INSIDE,
            [(side, float(points[-1, 0]), float(points[-1, 1])) for side, points in curves],
        )

    said = "; ".join(f"{side.letter} {points[-1, 1]:.3f} where all are answered" for side, points in curves)
    return drawn(key, f"risk by coverage: {said}", _HEIGHT, draw)


def _axes(figure: Figure, across: str, up: str) -> Axes:
    axes = axes_in(figure, left=LEFT, right=26, below=_BELOW, above=_ABOVE)
    axes.set(xlabel=across, ylabel=up)
    only_spine(axes, "bottom")
    axes.grid(linewidth=0.8)
    return axes
