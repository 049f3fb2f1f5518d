"""The runs of a report: label, color and line style of each, their provenance, and whether they are comparable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...index.util.text import truncate
from ..runs.model import QueryOutcome, Run

_NAME_WIDTH = 60  # columns
_NO_VALUE = "–"
COLORS = 8  # --s0 to --s7 in style.css
# Dashes in points, matplotlib's marker, and the same marker as a path around (14, 6).
_LINE_STYLES = (
    ((), "o", "M11 6a3 3 0 1 0 6 0a3 3 0 1 0-6 0z"),
    ((5, 2), "s", "M11 3h6v6h-6z"),
    ((1.5, 1.5), "^", "M14 2.2l3.6 6.6h-7.2z"),
    ((6, 2, 1.5, 2), "D", "M14 2l4 4-4 4-4-4z"),
    ((3, 1.5), "v", "M14 9.8l3.6-6.6h-7.2z"),
    ((6, 1.5, 1.5, 1.5, 1.5, 1.5), "P", "M13 2h2v3h3v2h-3v3h-2v-3h-3v-2h3z"),
    ((2, 3), "X", "M12 2l2 2 2-2 2 2-2 2 2 2-2 2-2-2-2 2-2-2 2-2-2-2z"),
)


@dataclass(frozen=True, slots=True)
class ReportRun:
    """A run as the report shows it.

    Attributes:
        letter: its label in tables and figures: A, B, C ...
        color: index into the palette.
        dashes: dash pattern of its lines in points; empty for solid lines.
        marker: matplotlib's name of its marker.
        path: the same marker as an SVG path, for the key.
    """

    letter: str
    run: Run
    color: int
    dashes: tuple[float, ...]
    marker: str
    path: str

    @property
    def name(self) -> str:
        """Name of the run, truncated if very long."""
        return truncate(self.run.name, _NAME_WIDTH)

    @property
    def record(self) -> Mapping[str, Any]:
        """Record of the run."""
        return self.run.record

    @property
    def outcomes(self) -> tuple[QueryOutcome, ...]:
        """Outcomes of the run."""
        return self.run.outcomes

    @property
    def measures(self) -> Mapping[str, Mapping[str, Any]]:
        """Mean, low, high and n by measure."""
        return self.run.record["measures"]


def label_runs(runs: Sequence[Run]) -> tuple[ReportRun, ...]:
    """Assign letters, colors and line styles to runs, in order."""
    return tuple(
        ReportRun(_letter(at), run, at % COLORS, *_LINE_STYLES[at % len(_LINE_STYLES)]) for at, run in enumerate(runs)
    )


def _letter(at: int) -> str:
    return chr(ord("A") + at) if at < 26 else _letter(at // 26 - 1) + _letter(at % 26)


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the provenance table: one value per run."""

    label: str
    values: tuple[str, ...]

    @property
    def is_common(self) -> bool:
        """Whether all runs have the same value."""
        return len(set(self.values)) == 1

    @property
    def differs(self) -> bool:
        """Whether the runs that have a value have different ones."""
        return len(set(self.values) - {_NO_VALUE}) > 1


def provenance_facts(runs: Sequence[ReportRun]) -> tuple[Fact, ...]:
    """Return the provenance of runs as lines of a table."""
    records = [_provenance(run.record) for run in runs]
    labels = dict.fromkeys(label for record in records for label in record)
    return tuple(Fact(label, tuple(record.get(label, _NO_VALUE) for record in records)) for label in labels)


def _provenance(record: Mapping[str, Any]) -> dict[str, str]:
    index: Mapping[str, Any] = record.get("index") or {}
    date = str(record.get("created") or "").replace("T", " ").replace("+00:00", " UTC")
    values = {
        "date": date or None,
        "code": record.get("code"),
        "model": index.get("model_id"),
        "index generation": index.get("generation"),
        "index revision": index.get("rev"),
        **{name: index.get(name) for name in ("papers", "entries", "chunks")},
        "depth of rankings": record.get("depth"),
        "seed": record.get("seed"),
        **dict(_flatten("", record.get("configuration") or {})),
    }
    known = {label: _format(value) for label, value in values.items() if value is not None}
    return known if index else known | {"model": "another system"}


def _flatten(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", value


def _format(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:,}" if isinstance(value, int) else str(value)


def comparability_warnings(runs: Sequence[ReportRun]) -> tuple[str, ...]:
    """Return warnings about settings that differ between runs and affect their comparison."""
    indexes: list[Mapping[str, Any]] = [run.record.get("index") or {} for run in runs]
    checks = {
        "were made from different states of the index": {
            (index.get("rev"), index.get("chunks")) for index in indexes if index
        },
        "were made by different versions of the code": {run.record.get("code") for run in runs},
        "have rankings of different depth": {run.record["depth"] for run in runs},
    }
    return tuple(f"the runs {text}" for text, values in checks.items() if len(values) > 1)
