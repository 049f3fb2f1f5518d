"""The runs of a page: the letter, colour and line that each goes by, and what its record says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...index.util.text import shortened
from ..runs.model import Run

_NAME = 60  # columns
_SILENT = "–"
COLOURS = 8  # --s0 to --s7 in style.css
# Dashes in points, matplotlib's marker, and the same marker as a path around (14, 6).
_LINES = (
    ((), "o", "M11 6a3 3 0 1 0 6 0a3 3 0 1 0-6 0z"),
    ((5, 2), "s", "M11 3h6v6h-6z"),
    ((1.5, 1.5), "^", "M14 2.2l3.6 6.6h-7.2z"),
    ((6, 2, 1.5, 2), "D", "M14 2l4 4-4 4-4-4z"),
    ((3, 1.5), "v", "M14 9.8l3.6-6.6h-7.2z"),
    ((6, 1.5, 1.5, 1.5, 1.5, 1.5), "P", "M13 2h2v3h3v2h-3v3h-2v-3h-3v-2h3z"),
    ((2, 3), "X", "M12 2l2 2 2-2 2 2-2 2 2 2-2 2-2-2-2 2-2-2 2-2-2-2z"),
)


@dataclass(frozen=True, slots=True)
class Side:
    """A run on the page.

    Attributes:
        letter: what tables and figures call it: A, B, C ...
        colour: which of the palette's.
        dashes: of its lines, in points; empty for a whole line.
        marker: as matplotlib names it.
        path: the same marker as SVG, for the key.
    """

    letter: str
    run: Run
    colour: int
    dashes: tuple[float, ...]
    marker: str
    path: str

    @property
    def name(self) -> str:
        """The run's own, cut where it is very long."""
        return shortened(self.run.name, _NAME)

    @property
    def record(self) -> Mapping[str, Any]:
        """What the run says of itself."""
        return self.run.record

    @property
    def measures(self) -> Mapping[str, Mapping[str, Any]]:
        """Mean, low, high and n by measure."""
        return self.run.record["measures"]


def sides(runs: Sequence[Run]) -> tuple[Side, ...]:
    """Letter the runs, in order."""
    return tuple(Side(_letter(at), run, at % COLOURS, *_LINES[at % len(_LINES)]) for at, run in enumerate(runs))


def _letter(at: int) -> str:
    return chr(ord("A") + at) if at < 26 else _letter(at // 26 - 1) + _letter(at % 26)


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of what runs were made with: one value a run."""

    label: str
    values: tuple[str, ...]

    @property
    def common(self) -> bool:
        """Whether all runs say the same."""
        return len(set(self.values)) == 1

    @property
    def differs(self) -> bool:
        """Whether those that say anything differ."""
        return len(set(self.values) - {_SILENT}) > 1


def facts(shown: Sequence[Side]) -> tuple[Fact, ...]:
    """What the runs were made with, as lines of a table."""
    records = [_flat(side.record) for side in shown]
    labels = dict.fromkeys(label for record in records for label in record)
    return tuple(Fact(label, tuple(record.get(label, _SILENT) for record in records)) for label in labels)


def _flat(record: Mapping[str, Any]) -> dict[str, str]:
    index: Mapping[str, Any] = record.get("index") or {}
    date = str(record.get("created") or "").replace("T", " ").replace("+00:00", " UTC")
    plain = {"date": date or None, "code": record.get("code"), "model": index.get("model_id")}
    known = {
        **plain,
        "index generation": index.get("generation"),
        "index revision": index.get("rev"),
        **{name: index.get(name) for name in ("papers", "entries", "chunks")},
        "depth of rankings": record.get("depth"),
        "seed": record.get("seed"),
        **dict(_leaves("", record.get("configuration") or {})),
    }
    found = {label: _said(value) for label, value in known.items() if value is not None}
    return found if index else found | {"model": "another system"}


def _leaves(prefix: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, one in value.items():
        if isinstance(one, Mapping):
            yield from _leaves(f"{prefix}{name}.", one)
        else:
            yield f"{prefix}{name}", one


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:,}" if isinstance(value, int) else str(value)
