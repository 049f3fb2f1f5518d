"""The legend of a report: names and definitions of its measures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..metrics.registry import find_measure


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A measure in the legend.

    Attributes:
        korean: Korean name; empty for an unknown measure.
        description: definition; empty for an unknown measure.
        lower_is_better: whether lower values are better.
    """

    name: str
    korean: str = ""
    description: str = ""
    lower_is_better: bool = False


def legend_entry(name: str) -> LegendEntry:
    """Return the legend entry of a measure."""
    measure = find_measure(name)
    return (
        LegendEntry(name, measure.korean, measure.description, measure.direction < 0) if measure else LegendEntry(name)
    )


def legend(names: Iterable[str]) -> tuple[LegendEntry, ...]:
    """Return the legend entries of measures, in order, each once."""
    return tuple(legend_entry(name) for name in dict.fromkeys(names))


def anchor(name: str) -> str:
    """Return the HTML id of a measure's legend entry."""
    return "m-" + "".join(char if char.isascii() and char.isalnum() else "-" for char in name)
