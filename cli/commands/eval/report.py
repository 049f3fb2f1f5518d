"""The command that shows: eval report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ...output import out
from .run import evaluation


@evaluation.command()
def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs of one dataset.")],
    html: Annotated[Path, typer.Option("--html", help="File to write the page to.")],
    worst: Annotated[int, typer.Option(min=0, help="How many of each run's worst queries are shown.")] = 20,
    title: Annotated[str | None, typer.Option(help="Of the page; names the dataset otherwise.")] = None,
) -> None:
    """Show runs on one HTML page that needs nothing else: tables, curves, comparisons, and the worst queries."""
    from ....eval.report import render_report, write_report
    from ....eval.runs.storage import read_run_folder

    page = render_report([read_run_folder(folder) for folder in runs], worst_queries=worst, title=title)
    write_report(html, page)
    out.print(f"written to {escape(str(html))}")
