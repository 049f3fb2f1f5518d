"""The commands that look after an index: status, trust, schema, serve."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape

from ..api.results import Status, as_json
from ..index.trust import LABELS, Label
from ..ingest.entries import entries_schema
from ..settings import load_settings
from .app import Data, Json, app, opened
from .asking import show_trust
from .output import out, print_json


@app.command()
def status(data: Data = None, as_json_: Json = False) -> None:
    """What the index holds."""
    with opened(data) as library:
        found = library.status()
    if as_json_:
        print_json(as_json(found))
    else:
        _show_status(found)


def _show_status(found: Status) -> None:
    span = f" ({found.days[0]} … {found.days[-1]})" if found.days else ""
    out.print(
        f"{found.papers} papers, {found.abstracts} with abstract; "
        f"{found.entries} entries on {len(found.days)} days{span}\n"
        f"abstracts: {counted(found.sources)}; summaries: {counted(found.labels)}\n"
        f"{found.chunks} chunks, generation {found.generation}, revision {found.rev}, {found.problems} problems\n"
        f"embedding {escape(found.model_id or 'none yet')}\n{escape(found.data)}"
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
    assert what is _Schema.ENTRIES
    print_json(entries_schema())


def counted(counts: Mapping[str, int]) -> str:
    """Counts on one line, those of nothing left out."""
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count) or "none"


@app.command()
def serve(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address (NONMUN_HOST).", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(help="Port, 0 for a free one (NONMUN_PORT).", show_default=False)] = None,
) -> None:
    """Serve the HTTP API."""
    from ..api.http.server import run

    settings = load_settings(data=data, host=host, port=port)
    with opened(settings.data) as library, suppress(KeyboardInterrupt):
        run(
            library,
            settings.host,
            settings.port,
            lambda url: out.print(f"nonmun serves {url} (documentation: {url}/docs)"),
        )
