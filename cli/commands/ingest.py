"""The commands that change the index: ingest, fetch, remove."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from ...index.domain.errors import BusyError, InputError, NonmunError
from ..app import Contact, Data, Json, app, opened
from ..output import err, out, print_json, progress

if TYPE_CHECKING:  # the other commands wait for nothing of the ingest
    from ...ingest.job import Prune
    from ...ingest.report import Report


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Digests (.md), entries (.jsonl), and folders of them.")],
    abstracts: Annotated[Path | None, typer.Option(help="JSONL of abstracts: id, title, text (.gz too).")] = None,
    all_abstracts: Annotated[bool, typer.Option("--all-abstracts", help="Also papers that no digest names.")] = False,
    fetch: Annotated[bool, typer.Option("--fetch", help="Fetch missing abstracts from arXiv, then HF.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="List what the index holds and PATHS do not.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --prune: remove it.")] = False,
    readmit: Annotated[bool, typer.Option("--readmit", help="Take again what was removed by hand.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on with new and changed files, until Ctrl-C.")] = False,
    contact: Contact = None,
    data: Data = None,
    as_json_: Json = False,
) -> None:
    """Bring digests and abstracts into the index."""
    from ...ingest.formats.documents import find_files

    find_files(paths)  # a path that is not there makes no data directory
    if yes and not prune:
        raise InputError("--yes", "says yes to --prune, which is not given")
    with opened(data, create=True, contact=contact) as library:

        def once(files: list[Path], *, pruning: Prune | None = None, readmitting: bool = False) -> Report:
            with progress(shown=not as_json_) as observe:
                report = library.ingest(
                    files,
                    abstracts,
                    all_abstracts=all_abstracts,
                    fetch=fetch,
                    prune=pruning,
                    readmit=readmitting,
                    observe=observe,
                )
            _show(report, as_json=as_json_, pruned=pruning == "remove", compact=watch)
            return report

        report = once(paths, pruning=("remove" if yes else "list") if prune else None, readmitting=readmit)
        if watch:
            _watch(paths, once)
    if report.failed:
        raise typer.Exit(1)


def _watch(paths: list[Path], once: Callable[[list[Path]], Report]) -> None:
    """Ingest what changes. What cannot be ingested now, since another process is at it, waits for the next moment."""
    from ...ingest.watch import settled_changes

    err.print("watching; Ctrl-C ends it")
    waiting: list[Path] = []
    for files in settled_changes(paths):
        waiting = [path for path in dict.fromkeys([*waiting, *files]) if path.exists()]
        if not waiting:
            continue
        try:
            once(waiting)
            waiting = []
        except BusyError:
            continue
        except NonmunError as error:
            err.print(f"nonmun: {escape(str(error))}", style="red")
            waiting = []


@app.command()
def fetch(
    refresh: Annotated[bool, typer.Option("--refresh", help="Also what was fetched long ago.")] = False,
    days: Annotated[int, typer.Option(min=0, max=36_500, help="With --refresh: how many days are long ago.")] = 90,
    contact: Contact = None,
    data: Data = None,
    as_json_: Json = False,
) -> None:
    """Fetch the abstracts that are missing, from arXiv, then Hugging Face."""
    with opened(data, contact=contact) as library, progress(shown=not as_json_) as observe:
        report = library.fetch(refresh=timedelta(days=days) if refresh else None, observe=observe)
        failed = library.papers("failed")
    if as_json_:
        print_json(asdict(report))
        return
    for paper in failed:
        err.print(escape(f"{paper.paper_id}: {paper.source.reason}"), style="yellow")
    _show_fetched(report)
    out.print(f"the index holds {report.chunks} chunks, generation {report.generation}")


@app.command()
def remove(
    what: Annotated[list[str], typer.Argument(help="Days (2025-05-16), papers (2505.09264), entries (ID@DAY).")],
    data: Data = None,
    as_json_: Json = False,
) -> None:
    """Remove a day, a paper or an entry from every search, and keep it out."""
    with opened(data) as library, progress(shown=not as_json_) as observe:
        report = library.remove(what, observe=observe)
    if as_json_:
        print_json(asdict(report))
        return
    out.print(f"{report.removed} entries and {report.chunks_removed} chunks removed; {report.chunks} chunks are left")
    out.print("the same words stay out of later ingests; `nonmun ingest --readmit` lets them in again", style="dim")


def _show(report: Report, *, as_json: bool, pruned: bool, compact: bool) -> None:
    if as_json:
        print_json(asdict(report), compact=compact)
        return
    for problem in report.problems:
        err.print(escape(str(problem)), style="yellow")
    out.print(f"{report.days} days, {report.entries} entries, {report.papers} papers read")
    if report.did_nothing:
        out.print("nothing to do: the index already holds all of it")
    else:
        _show_changes(report)
    _show_fetched(report)
    _show_pruned(report, pruned=pruned)
    if report.held_back:
        out.print(f"{report.held_back} left out: removed by hand before (--readmit takes them again)")
    problems = f", {len(report.problems)} problems (listed above)" if report.problems else ", no problems"
    out.print(f"the index holds {report.chunks} chunks, generation {report.generation}{problems}")


def _show_changes(report: Report) -> None:
    removed = f", {report.removed} removed" if report.removed else ""
    out.print(
        f"entries: {report.new} new, {report.changed} changed, {report.unchanged} unchanged{removed}; "
        f"{report.abstracts} abstracts new or changed"
    )
    out.print(
        f"chunks: {report.chunks_added} added, {report.chunks_removed} removed, {report.embedded} embedded; "
        f"{report.judged} summaries judged"
    )


def _show_fetched(report: Report) -> None:
    if report.fetched or report.not_found or report.fetch_failed:
        failed = f", {report.fetch_failed} failed (the next fetch tries them again)" if report.fetch_failed else ""
        out.print(f"fetched {report.fetched} abstracts, {report.not_found} not found{failed}")


def _show_pruned(report: Report, *, pruned: bool) -> None:
    for day, paper_id in report.pruned:
        out.print(f"{'removed' if pruned else 'would remove'} {paper_id}@{day}")
    if report.pruned and not pruned:
        out.print(f"{len(report.pruned)} entries are in the index but not in these paths; --prune --yes removes them")
