"""The command `nonmun`: puts the parts together and shows what they give."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from typer.exceptions import TyperException

from .api.library import Library
from .api.results import Answer, PaperDetails, Results, Status, as_json
from .index.errors import NonmunError
from .ingest.files import find_files
from .ingest.report import Report, Step
from .settings import load_settings

app = typer.Typer(
    name="nonmun",
    help="Questions about AI papers, answered with paper IDs and the exact words that say so.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_TITLE = re.compile(r"^\*\*(.+)\*\*(?= \()", re.MULTILINE)  # a paper's title in an answer; quotations stay as they are
_INTERRUPTED = 130  # typer's exit code for KeyboardInterrupt
_out, _err = (
    Console(highlight=False, soft_wrap=True, emoji=False),
    Console(stderr=True, highlight=False, soft_wrap=True, emoji=False),
)

Data = Annotated[Path | None, typer.Option("--data", help="Data directory (NONMUN_DATA).", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Count = Annotated[int, typer.Option("-k", "--k", help="How many papers.")]
Words = Annotated[str, typer.Argument(help="A question in Korean or English.", metavar="QUESTION")]


def main() -> None:
    """Run the command; errors that a user can cure end it with status 1 and one line, bad usage with status 2."""
    try:
        # Not standalone: typer would turn an interrupt into a silent exit before it gets here.
        code = app(standalone_mode=False) or 0
    except NonmunError as error:
        _err.print(f"nonmun: {escape(str(error))}", style="red")
        code = 1
    except TyperException as error:  # bad usage: it knows how to show itself
        show, code = getattr(error, "show", None), getattr(error, "exit_code", 2)
        if show is not None:
            show()
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    if code == _INTERRUPTED:
        _err.print("nonmun: interrupted; what was committed is kept, and the same command goes on from there")
    sys.exit(code)


def _open(data: Path | None, *, create: bool = False) -> Library:
    return Library.open(settings=load_settings(data=data), create=create, report=lambda line: _err.print(escape(line)))


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Digest files, and folders of them.")],
    abstracts: Annotated[Path | None, typer.Option(help="JSONL of abstracts: id, title, text (.gz too).")] = None,
    all_abstracts: Annotated[bool, typer.Option("--all-abstracts", help="Also papers that no digest names.")] = False,
    data: Data = None,
    as_json_: Json = False,
) -> None:
    """Bring digests and abstracts into the index."""
    find_files(paths)  # a path that is not there makes no data directory
    with _open(data, create=True) as library, _progress(shown=not as_json_) as observe:
        report = library.ingest(paths, abstracts, all_abstracts=all_abstracts, observe=observe)
    if as_json_:
        _print_json(asdict(report))
    else:
        _show_report(report)
    if report.failed:
        raise typer.Exit(1)


@contextmanager
def _progress(*, shown: bool) -> Generator[Any]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=_err, transient=True, disable=not shown)
    task = progress.add_task("reading", total=None)

    def observe(step: Step) -> None:
        progress.start()  # only now: a run that ends before its first step prints nothing
        name = step.what if step.what.startswith("publish") else step.detail
        progress.update(task, description=name or step.what, completed=step.done, total=step.total or None)

    try:
        yield observe
    finally:
        if progress.live.is_started:
            progress.stop()


def _show_report(report: Report) -> None:
    for problem in report.problems:
        _err.print(escape(str(problem)), style="yellow")
    _out.print(f"{report.days} days, {report.entries} entries, {report.papers} papers read")
    if report.did_nothing:
        _out.print("nothing to do: the index already holds all of it")
    else:
        removed = f", {report.removed} removed" if report.removed else ""
        _out.print(
            f"entries: {report.new} new, {report.changed} changed, {report.unchanged} unchanged{removed}; "
            f"{report.abstracts} abstracts new or changed"
        )
        _out.print(f"chunks: {report.chunks_added} added, {report.chunks_removed} removed, {report.embedded} embedded")
    problems = f", {len(report.problems)} problems (listed above)" if report.problems else ", no problems"
    _out.print(f"the index holds {report.chunks} chunks, generation {report.generation}{problems}")


@app.command()
def ask(question: Words, k: Count = 10, data: Data = None, as_json_: Json = False) -> None:
    """Answer a question with exact quotations, or say that nothing answers it."""
    with _open(data) as library:
        answer = library.ask(question, k)
    if as_json_:
        _print_json(as_json(answer))
    else:
        _show_answer(answer)


def _show_answer(answer: Answer) -> None:
    _out.print(escape(_TITLE.sub(r"\1", answer.answer)))
    if answer.citations:
        _out.print()
    for citation in answer.citations:
        _out.print(escape(f"[{citation.paper_id}] {citation.chunk_id} {citation.start}-{citation.end}"), style="dim")


@app.command()
def search(question: Words, k: Count = 10, data: Data = None, as_json_: Json = False) -> None:
    """The papers that best match a question."""
    with _open(data) as library:
        results = library.search(question, k)
    if as_json_:
        _print_json(as_json(results))
    else:
        _show_results(results)


def _show_results(results: Results) -> None:
    for place, hit in enumerate(results.hits, start=1):
        _out.print(f"[bold]{place:2}. {escape(hit.title or hit.paper_id)}[/bold]")
        _out.print(
            escape(f"    {hit.paper_id}  {hit.score:.3f}  {hit.url}  {', '.join(hit.digest_dates)}"), style="dim"
        )
        best = hit.evidence[0]
        text = " ".join(best.text.split())
        _out.print(
            f"    {escape(text[:200] + ('…' if len(text) > 200 else ''))} [dim]({best.source}, {best.section})[/dim]"
        )


@app.command()
def paper(
    paper_id: Annotated[str, typer.Argument(help="An arXiv id.")], data: Data = None, as_json_: Json = False
) -> None:
    """A paper with everything that digests say of it."""
    with _open(data) as library:
        details = library.paper(paper_id)
    if as_json_:
        _print_json(as_json(details))
    else:
        _show_paper(details)


def _show_paper(details: PaperDetails) -> None:
    found = details.paper
    _out.print(f"[bold]{escape(found.title or found.paper_id)}[/bold]\n{found.url}")
    if found.abstract:
        _out.print(f"\n{escape(found.abstract)}")
    for entry in details.entries:
        _out.print(f"\n[bold]{entry.digest_date}[/bold] {escape(entry.url)}\n{escape(entry.body)}")


@app.command()
def status(data: Data = None, as_json_: Json = False) -> None:
    """What the index holds."""
    with _open(data) as library:
        found = library.status()
    if as_json_:
        _print_json(as_json(found))
    else:
        _show_status(found)


def _show_status(found: Status) -> None:
    span = f" ({found.days[0]} … {found.days[-1]})" if found.days else ""
    _out.print(
        f"{found.papers} papers, {found.abstracts} with abstract; "
        f"{found.entries} entries on {len(found.days)} days{span}\n"
        f"{found.chunks} chunks, generation {found.generation}, revision {found.rev}, {found.problems} problems\n"
        f"embedding {escape(found.model_id or 'none yet')}\n{escape(found.data)}"
    )


@app.command()
def serve(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address (NONMUN_HOST).", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(help="Port, 0 for a free one (NONMUN_PORT).", show_default=False)] = None,
) -> None:
    """Serve the HTTP API."""
    from .api.http.server import run

    settings = load_settings(data=data, host=host, port=port)
    with _open(settings.data) as library, suppress(KeyboardInterrupt):
        run(
            library,
            settings.host,
            settings.port,
            lambda url: _out.print(f"nonmun serves {url} (documentation: {url}/docs)"),
        )
