"""Commands that inspect and maintain an index: status, trust, schema, doctor, backup, restore, serve."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from ...api.results import as_json
from ...index.domain.trust import LABELS, Label
from ...index.embeddings.factory import BUNDLED, detect_backend
from ...index.health.doctor import examine_model
from ...settings import load_settings
from ..app import open_data, open_library
from ..options import Data, Json, Wait
from ..output import copy_progress, escape, out, print_json, progress, report
from ..rendering import format_counts, show_status, show_trust


def status(data: Data = None, json_output: Json = False) -> None:
    """Show counts and state of the index."""
    with open_data(data) as library:
        state, engine = library.status(), detect_backend(library.settings.embedding)
    if json_output:
        print_json(as_json(state) | {"engine": engine})
    else:
        show_status(state, engine)


def trust(
    label: Annotated[Label | None, typer.Option(help="List only entries with this label.", show_default=False)] = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """List summaries by trust label, with the reasons."""
    with open_data(data) as library:
        entries = library.entries(label)
    if json_output:
        print_json([asdict(entry) for entry in entries])
        return
    for shown in LABELS:
        for entry in entries:
            if entry.trust and entry.trust.label == shown:
                out.print(f"[bold]{entry.paper_id}@{entry.digest_date}[/bold] {escape(entry.title)}")
                show_trust(entry)
    counts = Counter(entry.trust.label for entry in entries if entry.trust)
    out.print(format_counts({shown: counts[shown] for shown in LABELS}))


def schema(what: Annotated[Literal["entries"], typer.Argument(help="What to describe.")]) -> None:
    """Print the JSON Schema of a line of JSONL entries."""
    from ...ingest.formats.jsonl import entries_schema

    assert what == "entries"
    print_json(entries_schema())


def doctor(
    repair: Annotated[bool, typer.Option("--repair", help="Repair what can be repaired.")] = False,
    thorough: Annotated[bool, typer.Option("--thorough", help="Compare every term, vector, entry and file.")] = False,
    wait: Wait = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Check the catalog and the published generation against each other; exit with status 1 on findings."""
    with open_data(data, wait=wait) as library:
        findings = library.examine(thorough=thorough)
        if repair and findings:
            with progress(shown=not json_output) as observe:
                findings = library.repair(findings, thorough=thorough, observe=observe)
        if thorough and library.settings.embedding == BUNDLED:
            findings += examine_model(library.settings.cache / "models")
    if json_output:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            out.print(f"[bold]{finding.code}[/bold]: {escape(finding.message)}\n    {escape(finding.cure)}")
        if not findings:
            out.print("no problems found")
    if findings:
        raise typer.Exit(1)


def backup(
    file: Annotated[Path, typer.Argument(help="File to write.")],
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    data: Data = None,
) -> None:
    """Copy the catalog to a file, while others read and write."""
    with open_data(data) as library, copy_progress(f"backup to {file.name}") as update:
        library.backup(file, force=force, progress=update)
    out.print(escape(f"{file}: {file.stat().st_size:,} bytes"))


def restore(
    file: Annotated[Path, typer.Argument(help="File that `nonmun backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace an existing catalog.")] = False,
    wait: Wait = None,
    data: Data = None,
) -> None:
    """Replace the catalog by a backup."""
    from ...index.catalog.lock import LockWait
    from ...index.catalog.recovery.restore import restore as restore_catalog

    settings = load_settings(data=data, lock_wait=wait)
    lock_wait = LockWait(settings.lock_wait, report)
    with copy_progress(f"restore {file.name}") as update:
        previous = restore_catalog(file, settings.data, force=force, progress=update, lock_wait=lock_wait)
    if previous:
        out.print(escape(f"the previous catalog is kept as {previous}"))
    out.print("restored; the next ingest, or `nonmun doctor --repair`, publishes a generation of it")


def serve(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address (NONMUN_HOST).", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(help="Port, 0 for a free one (NONMUN_PORT).", show_default=False)] = None,
    auth: Annotated[
        bool | None,
        typer.Option(
            help="Require keys, or answer anybody. Default: keys unless the address is loopback.", show_default=False
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes that answer (NONMUN_HTTP__WORKERS).", min=1, max=64, show_default=False),
    ] = None,
) -> None:
    """Serve the HTTP API."""
    from ...api.http.server import run

    settings = load_settings(data=data, host=host, port=port)
    changes: dict[str, object] = {} if auth is None else {"auth": "required" if auth else "off"}
    changes |= {} if workers is None else {"workers": workers}
    settings = settings.model_copy(update={"http": settings.http.model_copy(update=changes)})

    def announce(url: str) -> None:
        out.print(f"nonmun serves {url} (documentation: {url}/docs)")
        sys.stdout.flush()  # workers inherit what is not written yet

    with suppress(KeyboardInterrupt):
        run(settings, lambda: open_library(settings), announce)
