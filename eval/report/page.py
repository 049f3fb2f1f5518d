"""The page: what its parts show of the runs, set into the template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...index.domain.errors import ConfigError, FileError, InputError
from ...index.util.text import clean, shortened
from ..experiments.comparison import check_same
from ..runs.model import Run
from .answered import answered
from .bars import slice_bars, time_histograms
from .cautions import apart, cautions
from .curves import chosen_measure, recall_curve, risk_points, search_times, sliced
from .legend import anchor, legend, meaning
from .lines import recall_curves, risk_curves
from .sides import Side, facts, sides
from .tables import SURE, against_first, sign, stages, table
from .worst import named, titles, worst

_MOVED = 50  # queries won, and lost, of a comparison


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure.

    Attributes:
        svg: the drawing.
        caption: what it shows.
        sides: the runs in it.
        slices: its numbers, where the page lists them as well.
    """

    svg: str
    caption: str
    sides: tuple[Side, ...]
    slices: Any = ()


def render_report(runs: Sequence[Run], *, worst_queries: int = 20, title: str | None = None) -> str:
    """One HTML page that holds everything it shows: no script, no file beside it, nothing from the network.

    Args:
        runs: of one dataset, one at least; the others are compared with the first.
        worst_queries: how many queries of each run are shown with what was found instead.
        title: of the page; names the dataset where it is None.

    Raises:
        ConfigError: what the extra `report` brings is not installed.
        InputError: no run is named, or the runs have different datasets.
    """
    if not runs:
        raise InputError("runs", "name one at least")
    for other in runs[1:]:
        check_same(runs[0], other)
    template = _template()
    shown = sides(runs)
    others = against_first(shown)
    known = titles(runs)
    dataset = runs[0].record["dataset"]
    return template.render(
        title=title or f"Evaluation of {dataset['name']}",
        dataset=dataset,
        sides=shown,
        facts=facts(shown),
        apart=apart(shown),
        rows=table(shown, others),
        others=others,
        legend=legend(name for side in shown for name in side.measures),
        measure=chosen_measure(shown),
        slices=_slices(shown),
        recall=_recall(shown),
        stages=stages(shown),
        times=_times(shown),
        answers=tuple(one for one in map(answered, shown) if one),
        risk=_risk(shown),
        worst=tuple((side, worst(side, worst_queries, known)) for side in shown),
        most_moved=_MOVED,
        sure=SURE,
    )


def write_report(path: Path, html: str) -> None:
    """Write a page.

    Raises:
        FileError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html, "utf-8", newline="\n")
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror}); choose another --html") from error


def _template() -> Any:
    try:
        import jinja2
        import matplotlib as mpl
    except ImportError as error:
        raise ConfigError(
            f"a report needs {error.name or 'jinja2 and matplotlib'}: pip install 'nonmun[report]'"
        ) from error
    _ = mpl
    helpers: dict[str, Callable[..., Any]] = {
        "anchor": anchor, "meaning": meaning, "sign": sign, "named": named, "cautions": cautions,
    }  # fmt: skip
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_clean,
    )
    environment.globals.update(helpers)
    filters: dict[str, Any] = environment.filters
    filters["cut"] = shortened
    return environment.get_template("page.html.j2")


def _clean(value: Any) -> Any:
    return clean(value) if type(value) is str else value  # not what is marked as safe, a subclass


def _slices(shown: tuple[Side, ...]) -> tuple[Picture, ...]:
    measure = chosen_measure(shown)
    found = sliced(shown, measure) if measure else {}
    return tuple(
        Picture(slice_bars(f"slice{at}", name, measure or "", values, shown), name, shown, values)
        for at, (name, values) in enumerate(found.items())
    )


def _recall(shown: Sequence[Side]) -> Picture | None:
    curves = [(side, values) for side in shown if len(values := recall_curve(side.run))]
    if not curves:
        return None
    return Picture(recall_curves("recall", curves), "recall@k", tuple(side for side, _ in curves))


def _times(shown: Sequence[Side]) -> Picture | None:
    times = [(side, values) for side in shown if len(values := search_times(side.run))]
    if not times:
        return None
    return Picture(time_histograms("times", times), "search time", tuple(side for side, _ in times))


def _risk(shown: Sequence[Side]) -> Picture | None:
    curves = [(side, points) for side in shown if len(points := risk_points(side.run))]
    if not curves:
        return None
    return Picture(risk_curves("risk", curves), "risk and coverage", tuple(side for side, _ in curves))
