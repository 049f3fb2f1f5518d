"""The command that renders runs as a page: eval report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...output import escape, out


def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs of one dataset.")],
    html: Annotated[Path, typer.Option("--html", help="File to write the page to.")],
    worst: Annotated[int, typer.Option(min=0, help="Number of worst queries shown per run.")] = 20,
    title: Annotated[str | None, typer.Option(help="Title of the page; by default it names the dataset.")] = None,
) -> None:
    """Render runs as one self-contained HTML page: tables, curves, comparisons, and the worst queries."""
    from ....eval.report import render_report, write_report
    from ....eval.runs.storage import read_run

    page = render_report([read_run(folder) for folder in runs], max_worst=worst, title=title)
    write_report(html, page)
    out.print(f"written to {escape(str(html))}")
