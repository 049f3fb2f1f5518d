"""The command for manual annotation: eval judge."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...output import escape, out

if TYPE_CHECKING:  # the other commands do not import the evaluation
    from ....eval.annotation.pool import PooledPaper

_KEYS = "0 not relevant  1 touches on it  2 answers in part  3 answers   s skip  u undo  q quit"


def judge(
    dataset: Annotated[Path, typer.Argument(help="A dataset in the nonmun format, which judgments are added to.")],
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs of this dataset.")],
    depth: Annotated[int, typer.Option(min=1, help="Number of papers per ranking.")] = 10,
    annotator: Annotated[
        str | None,
        typer.Option("--judge", help="Name of the annotator; by default your login name.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the order of a query's papers.")] = 0,
) -> None:
    """Grade the papers that runs found, one by one; every judgment is saved at once, and a later session continues."""
    from ....eval.annotation.judgments import open_judgments
    from ....eval.annotation.pool import pool_papers
    from ....eval.annotation.session import run_session
    from ....eval.runs.storage import read_run

    results = [read_run(run) for run in runs]
    with open_judgments(dataset, annotator or _login_name()) as (queries, judgments):
        pool = pool_papers(queries, results, depth, seed)
        if not pool:
            out.print("every paper found by these runs is judged")
            return
        out.print(_KEYS, style="dim")
        try:
            run_session(pool, judgments, _read_key, _show_paper, lambda line: out.print(line, style="dim"))
        finally:
            out.print(f"{judgments.count} of {len(pool)} judged")
    if judgments.count:
        out.print("the judgments changed: run and score this dataset again before comparing")


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # the process's user id has no name
        return "unknown"


def _read_key() -> str:
    """Return the next key, or the next non-blank character of piped input; empty at its end."""
    if not sys.stdin.isatty():
        while (char := sys.stdin.read(1)).isspace():
            pass
        return char
    try:
        return typer.getchar()
    except EOFError:  # Ctrl-D
        return ""


def _show_paper(paper: PooledPaper | None, number: int, total: int) -> None:
    out.print()
    if paper is None:
        out.print("no papers are left; u undoes the last judgment, any other key exits", style="dim")
        return
    out.print(f"[dim]{number} of {total}[/dim]  [bold]{escape(paper.query.text)}[/bold]")
    out.print(f"[cyan]{escape(paper.title or '(the run keeps no title)')}[/cyan]")
    out.print(f"{paper.paper_id}  {paper.url}", style="dim", markup=False)
    for text in paper.texts:
        out.print(escape(" ".join(text.split())))
