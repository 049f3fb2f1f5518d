"""Rendering of a report as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...index.domain.errors import ConfigError, FileError, InputError
from ...index.util.text import sanitize, truncate
from ..experiments.comparison import check_same_dataset
from ..metrics.statistics import FloatArray
from ..runs.model import Run
from ..runs.warnings import run_warnings
from .answers import count_answers
from .curves import SliceBars, figure_measure, measure_by_slice, recall_curve, risk_points, search_times
from .figures import recall_figure, risk_figure, slice_figure, time_figure
from .legend import anchor, legend, legend_entry
from .runs import ReportRun, comparability_warnings, label_runs, provenance_facts
from .tables import SIGNIFICANCE, compare_with_first, latency_table, measure_table, significance_sign
from .worst_queries import paper_titles, worst_queries

_MAX_CHANGED = 50  # queries won, and lost, per comparison


@dataclass(frozen=True, slots=True)
class FigureBlock:
    """A figure with what the page shows around it.

    Attributes:
        svg: the drawing.
        runs: the runs in it, for its key.
        field: the field that its slices are values of.
        slices: its numbers, where the page lists them as well.
    """

    svg: str
    runs: tuple[ReportRun, ...]
    field: str = ""
    slices: tuple[SliceBars, ...] = ()


def render_report(runs: Sequence[Run], *, max_worst: int = 20, title: str | None = None) -> str:
    """Return one HTML page that is self-contained: no script, no other file, no network access.

    Args:
        runs: at least one run, all of one dataset; the others are compared with the first.
        max_worst: number of hardest queries per run that are shown with their rankings.
        title: title of the page; None for one that names the dataset.

    Raises:
        ConfigError: the extra `report` is not installed.
        InputError: there is no run, or the runs are of different datasets.
    """
    if not runs:
        raise InputError("runs", "are empty; name at least one run")
    for other in runs[1:]:
        check_same_dataset(runs[0], other)
    template = _load_template()
    shown = label_runs(runs)
    comparisons = compare_with_first(shown)
    titles = paper_titles(runs)
    dataset = runs[0].record["dataset"]
    return template.render(
        title=title or f"Evaluation of {dataset['name']}",
        dataset=dataset,
        runs=shown,
        facts=provenance_facts(shown),
        comparability_warnings=comparability_warnings(shown),
        rows=measure_table(shown, comparisons),
        comparisons=comparisons,
        legend=legend(name for run in shown for name in run.measures),
        measure=figure_measure(shown),
        slices=_slice_figures(shown),
        recall=_figure(shown, "recall", recall_curve, recall_figure),
        stages=latency_table(shown),
        times=_figure(shown, "times", search_times, time_figure),
        answers=tuple(counts for counts in map(count_answers, shown) if counts),
        risk=_figure(shown, "risk", risk_points, risk_figure),
        worst=tuple((run, worst_queries(run, max_worst, titles)) for run in shown),
        max_changed=_MAX_CHANGED,
        significance=SIGNIFICANCE,
    )


def write_report(path: Path, html: str) -> None:
    """Write a page to a file, creating its folder if needed.

    Raises:
        FileError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html, "utf-8", newline="\n")
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror}); choose another --html") from error


def _load_template() -> Any:
    try:
        import jinja2
        import matplotlib as mpl
    except ImportError as error:
        raise ConfigError(
            f"a report needs {error.name or 'jinja2 and matplotlib'}: pip install 'nonmun[report]'"
        ) from error
    _ = mpl
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_sanitize_text,
    )
    helpers: dict[str, Callable[..., Any]] = {
        "anchor": anchor,
        "legend_entry": legend_entry,
        "significance_sign": significance_sign,
        "run_warnings": run_warnings,
    }
    environment.globals.update(helpers)
    filters: dict[str, Any] = environment.filters
    filters["cut"] = truncate
    return environment.get_template("page.html.j2")


def _sanitize_text(value: Any) -> Any:
    return sanitize(value) if type(value) is str else value  # markup marked as safe is a subclass of str


def _slice_figures(runs: tuple[ReportRun, ...]) -> tuple[FigureBlock, ...]:
    measure = figure_measure(runs)
    if not measure:
        return ()
    return tuple(
        FigureBlock(slice_figure(f"slice{number}", field, measure, slices, runs), runs, field, slices)
        for number, (field, slices) in enumerate(measure_by_slice(runs, measure).items())
    )


def _figure(
    runs: Sequence[ReportRun],
    key: str,
    read: Callable[[Run], FloatArray],
    draw: Callable[[str, Sequence[tuple[ReportRun, FloatArray]]], str],
) -> FigureBlock | None:
    """Return a figure of the runs that have data for it; None if none has."""
    curves = [(run, values) for run in runs if len(values := read(run.run))]
    return FigureBlock(draw(key, curves), tuple(run for run, _ in curves)) if curves else None
