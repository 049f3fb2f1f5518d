"""Commands that change the content of an index: ingest, fetch, remove, purge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...index.domain.errors import BusyError, InputError, NonmunError
from ...settings import load_settings
from ..app import open_data, open_library
from ..options import Contact, Data, Json, Wait
from ..output import err, escape, out, print_json, progress
from ..rendering import show_fetched, show_report

if TYPE_CHECKING:  # only the commands that ingest import it
    from ...ingest.job import Prune
    from ...ingest.maintenance.purge import Purgeable
    from ...ingest.report import IngestReport


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Digests (.md), entries (.jsonl), and folders of them.")],
    abstracts: Annotated[Path | None, typer.Option(help="JSONL of abstracts: id, title, text (.gz too).")] = None,
    all_abstracts: Annotated[bool, typer.Option("--all-abstracts", help="Also papers that no digest names.")] = False,
    fetch: Annotated[bool, typer.Option("--fetch", help="Fetch missing abstracts from arXiv, then HF.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="List entries in the index that are not in PATHS.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --prune: remove these entries.")] = False,
    readmit: Annotated[bool, typer.Option("--readmit", help="Ingest again what was removed by hand.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Keep ingesting new and changed files, until Ctrl-C.")] = False,
    contact: Contact = None,
    wait: Wait = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Ingest digests and abstracts into the index."""
    from ...ingest.formats.documents import find_files

    find_files(paths)  # before a data directory is created for paths that do not exist
    if yes and not prune:
        raise InputError("--yes", "confirms --prune, which is not given")
    with open_library(load_settings(data=data, contact=contact, lock_wait=wait), create=True) as library:

        def ingest_files(files: list[Path], *, prune: Prune | None = None, readmit: bool = False) -> IngestReport:
            with progress(shown=not json_output) as observe:
                report = library.ingest(
                    files,
                    abstracts,
                    all_abstracts=all_abstracts,
                    fetch=fetch,
                    prune=prune,
                    readmit=readmit,
                    observe=observe,
                )
            if json_output:
                print_json(asdict(report), compact=watch)
            else:
                show_report(report, pruned=prune == "remove")
            return report

        report = ingest_files(paths, prune=("remove" if yes else "list") if prune else None, readmit=readmit)
        if watch:
            _watch(paths, ingest_files)
    if report.failed:
        raise typer.Exit(1)


def _watch(paths: list[Path], ingest_files: Callable[[list[Path]], object]) -> None:
    """Ingest files as they change; files that are blocked by another process are retried with the next change."""
    from ...ingest.watch import settled_changes

    err.print("watching; Ctrl-C ends it")
    pending: list[Path] = []
    for files in settled_changes(paths):
        pending = [path for path in dict.fromkeys([*pending, *files]) if path.exists()]
        if not pending:
            continue
        try:
            ingest_files(pending)
            pending = []
        except BusyError:
            continue
        except NonmunError as error:
            err.print(f"nonmun: {escape(str(error))}", style="red")
            pending = []


def fetch(
    refresh: Annotated[bool, typer.Option("--refresh", help="Also fetch old abstracts again.")] = False,
    days: Annotated[int, typer.Option(min=0, max=36_500, help="With --refresh: minimum age in days.")] = 90,
    contact: Contact = None,
    wait: Wait = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Fetch missing abstracts from arXiv, then Hugging Face."""
    settings = load_settings(data=data, contact=contact, lock_wait=wait)
    with open_library(settings) as library, progress(shown=not json_output) as observe:
        report = library.fetch(refresh=timedelta(days=days) if refresh else None, observe=observe)
        failed = library.papers("failed")
    if json_output:
        print_json(asdict(report))
        return
    for paper in failed:
        err.print(escape(f"{paper.paper_id}: {paper.source.reason}"), style="yellow")
    show_fetched(report)
    out.print(f"the index holds {report.chunks} chunks, generation {report.generation}")


def remove(
    what: Annotated[list[str], typer.Argument(help="Days (2025-05-16), papers (2505.09264), entries (ID@DAY).")],
    wait: Wait = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Remove days, papers or entries from the index, and exclude them from later ingests."""
    with open_data(data, wait=wait) as library, progress(shown=not json_output) as observe:
        report = library.remove(what, observe=observe)
    if json_output:
        print_json(asdict(report))
        return
    out.print(f"{report.removed} entries and {report.chunks_removed} chunks removed; {report.chunks} chunks are left")
    out.print("later ingests skip the same texts; `nonmun ingest --readmit` ingests them again", style="dim")
    out.print("the index keeps them in its history until `nonmun purge --yes`", style="dim")


def purge(
    yes: Annotated[bool, typer.Option("--yes", help="Erase it; without this, it is only listed.")] = False,
    wait: Wait = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Erase the texts that were removed or replaced, for good: history, and abstracts of removed papers."""
    with open_data(data, wait=wait) as library:
        if not yes:
            _show_purgeable(library.purgeable(), json_output=json_output)
            return
        with progress(shown=not json_output) as observe:
            report = library.purge(observe=observe)
    if json_output:
        print_json(asdict(report))
        return
    erased = report.erased
    out.print(f"erased: {_format_purgeable(erased)}")
    out.print(f"the catalog has {report.bytes_after:,} bytes ({report.bytes_before:,} before)")
    if report.generation is not None:
        out.print(f"the index holds {report.chunks} chunks, generation {report.generation}")
    _show_kept(erased)


def _show_purgeable(purgeable: Purgeable, *, json_output: bool) -> None:
    if json_output:
        print_json(asdict(purgeable))
        return
    out.print(f"would be erased: {_format_purgeable(purgeable)}")
    _show_kept(purgeable)
    out.print("`nonmun purge --yes` erases it; this cannot be undone", style="dim")


def _format_purgeable(purgeable: Purgeable) -> str:
    return (
        f"{purgeable.revisions} earlier summaries, {purgeable.abstracts} abstracts of removed papers, source texts of "
        f"{purgeable.documents} digests, {purgeable.vectors} vectors, words in {purgeable.receipts} shared answers"
    )


def _show_kept(purgeable: Purgeable) -> None:
    for file in purgeable.kept_catalogs:
        err.print(escape(f"{file}: kept by a restore, and not erased; remove it yourself"), style="yellow")
