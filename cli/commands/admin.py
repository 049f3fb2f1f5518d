"""The commands that look after an index: status, trust, schema, doctor, backup, restore, serve."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from ...api.results import Status, as_json
from ...index.domain.trust import LABELS, Label
from ...index.embeddings.factory import BUNDLED, detect_backend
from ...index.health.doctor import examine_model
from ...settings import load_settings
from ..app import Data, Json, app, opened
from ..output import out, pages, print_json, progress
from .ask import show_trust


@app.command()
def status(data: Data = None, as_json_: Json = False) -> None:
    """What the index holds."""
    with opened(data) as library:
        found, engine = library.status(), detect_backend(library.settings.embedding)
    if as_json_:
        print_json(as_json(found) | {"engine": engine})
    else:
        _show_status(found, engine)


def _show_status(found: Status, engine: str) -> None:
    span = f" ({found.days[0]} … {found.days[-1]})" if found.days else ""
    out.print(
        f"{found.papers} papers, {found.abstracts} with abstract; "
        f"{found.entries} entries on {len(found.days)} days{span}\n"
        f"abstracts: {counted(found.sources)}; summaries: {counted(found.labels)}\n"
        f"{found.chunks} chunks, generation {found.generation}, revision {found.rev}, {found.problems} problems\n"
        f"embedding {escape(found.model_id or 'none yet')}, runs here on {engine}\n{escape(found.data)}"
    )


@app.command()
def trust(
    label: Annotated[Label | None, typer.Option(help="Only entries with this label.", show_default=False)] = None,
    data: Data = None,
    as_json_: Json = False,
) -> None:
    """List summaries by how far to trust them, with the reasons."""
    with opened(data) as library:
        entries = library.entries(label)
    if as_json_:
        print_json([asdict(entry) for entry in entries])
        return
    for shown in LABELS:
        for entry in entries:
            if entry.trust and entry.trust.label == shown:
                out.print(f"[bold]{entry.paper_id}@{entry.digest_date}[/bold] {escape(entry.title)}")
                show_trust(entry)
    out.print(
        counted({shown: sum(one.trust is not None and one.trust.label == shown for one in entries) for shown in LABELS})
    )


class _Schema(StrEnum):
    ENTRIES = "entries"


@app.command()
def schema(what: Annotated[_Schema, typer.Argument(help="What to describe.")]) -> None:
    """Print the JSON Schema of a line of JSONL entries."""
    from ...ingest.formats.jsonl import entries_schema

    assert what is _Schema.ENTRIES
    print_json(entries_schema())


def counted(counts: Mapping[Any, int]) -> str:
    """Counts on one line, those of nothing left out."""
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count) or "none"


@app.command()
def doctor(
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
    thorough: Annotated[bool, typer.Option("--thorough", help="Compare every term, vector and file.")] = False,
    data: Data = None,
    as_json_: Json = False,
) -> None:
    """Check the catalog and the published generation against each other."""
    with opened(data) as library:
        found = library.examine(thorough=thorough)
        if repair and found:
            with progress(shown=not as_json_) as observe:
                found = library.repair(found, thorough=thorough, observe=observe)
        if thorough and library.settings.embedding == BUNDLED:
            found += examine_model(library.settings.cache / "models")
    if as_json_:
        print_json([asdict(finding) for finding in found])
    for finding in () if as_json_ else found:
        out.print(f"[bold]{finding.code}[/bold]: {escape(finding.message)}\n    {escape(finding.cure)}")
    if found:
        raise typer.Exit(1)
    if not as_json_:
        out.print("all is well")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
    data: Data = None,
) -> None:
    """Copy the catalog to a file, while others read and write."""
    with opened(data) as library, pages(f"backup to {file.name}") as told:
        library.backup(file, force=force, progress=told)
    out.print(escape(f"{file}: {file.stat().st_size:,} bytes"))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `nonmun backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the catalog that is there.")] = False,
    data: Data = None,
) -> None:
    """Put a backup in the catalog's place."""
    from ...index.catalog.restore import restore as put_back

    folder = load_settings(data=data).data
    with pages(f"restore {file.name}") as told:
        kept = put_back(file, folder, force=force, progress=told)
    if kept:
        out.print(escape(f"the catalog of before is kept as {kept}"))
    out.print("restored; the next ingest, or `nonmun doctor --repair`, publishes a generation of it")


@app.command()
def serve(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address (NONMUN_HOST).", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(help="Port, 0 for a free one (NONMUN_PORT).", show_default=False)] = None,
) -> None:
    """Serve the HTTP API."""
    from ...api.http.server import run

    settings = load_settings(data=data, host=host, port=port)
    with opened(settings.data) as library, suppress(KeyboardInterrupt):
        run(
            library,
            settings.host,
            settings.port,
            lambda url: out.print(f"nonmun serves {url} (documentation: {url}/docs)"),
        )
