"""The command that asks a person: eval judge."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from ...output import out
from .run import evaluation

if TYPE_CHECKING:
    from ....eval.annotation.pool import Pair

_HELP = "0 not relevant  1 touches on it  2 answers in part  3 answers   s skip  u undo  q quit"


@evaluation.command()
def judge(
    dataset: Annotated[Path, typer.Argument(help="A dataset in our own format; what it lacks is judged.")],
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs of this dataset.")],
    depth: Annotated[int, typer.Option(min=1, help="How many papers of each ranking.")] = 10,
    judge_: Annotated[
        str | None, typer.Option("--judge", help="Who judges; your login name otherwise.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides the order of a query's papers.")] = 0,
) -> None:
    """Grade what runs found, paper by paper; every judgment is kept at once, and another sitting goes on."""
    from ....eval.annotation.judgments import judging
    from ....eval.annotation.pool import pool
    from ....eval.annotation.session import sit
    from ....eval.runs.storage import read_run_folder

    made = [read_run_folder(run) for run in runs]
    with judging(dataset, judge_ or _login()) as (found, judgments):
        pairs = pool(found, made, depth, seed)
        if not pairs:
            out.print("everything that these runs found is judged")
            return
        out.print(_HELP, style="dim")
        try:
            sit(pairs, judgments, _key, _show, lambda line: out.print(line, style="dim"))
        finally:
            out.print(f"{judgments.count} of {len(pairs)} judged")
    if judgments.count:
        out.print("run and score this dataset anew before you compare: its judgments have changed")


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a process without a user of that number
        return "unknown"


def _key() -> str:
    """The next key, or the next character that is piped in; empty at the end."""
    if not sys.stdin.isatty():
        while (char := sys.stdin.read(1)).isspace():
            pass
        return char
    try:
        return typer.getchar()
    except EOFError:  # Ctrl-D
        return ""


def _show(pair: Pair | None, number: int, total: int) -> None:
    out.print()
    if pair is None:
        out.print("that was all; u takes the last one back, any other key ends", style="dim")
        return
    out.print(f"[dim]{number} of {total}[/dim]  [bold]{escape(pair.query.text)}[/bold]")
    out.print(f"[cyan]{escape(pair.title or '(the run keeps no title)')}[/cyan]")
    out.print(f"{pair.paper_id}  {pair.url}", style="dim", markup=False)
    for text in pair.texts:
        out.print(escape(" ".join(text.split())))
