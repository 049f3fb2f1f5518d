"""The commands about embedding models: model export, reembed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from ...api.library import Library
from ...index.domain.errors import InputError
from ...settings import expand_home, load_settings
from ..app import Data, Json, app
from ..output import err, out, print_json, progress

if TYPE_CHECKING:  # the other commands wait for nothing of the ingest
    from ...ingest.maintenance.reembedding import Reembedded

model = typer.Typer(name="model", help="The embedding model that comes with nonmun.", no_args_is_help=True)
app.add_typer(model)


@model.callback()
def model_commands() -> None:
    """The embedding model that comes with nonmun."""  # a group of one command needs a callback to be a group


@model.command()
def export(directory: Annotated[Path, typer.Argument(help="Where to write it: absent, or empty.")]) -> None:
    """Write the bundled model as a sentence-transformers directory, to fine-tune it or to compare."""
    from ...index.embeddings.e5.export import export as write

    try:
        folder = expand_home(directory).resolve()
    except ValueError as error:
        raise InputError("directory", str(error)) from error
    write(folder)
    held = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    out.print(escape(f'{folder}: {held >> 20} MB; use it with embedding = "sentence-transformers:{folder}"'))


@app.command()
def reembed(
    embedding: Annotated[
        str | None,
        typer.Option(help="The model to change to (NONMUN_EMBEDDING).", show_default=False),
    ] = None,
    data: Data = None,
    as_json_: Json = False,
) -> None:
    """Change the index to another embedding model; the old one answers until all is verified."""
    settings = load_settings(data=data, embedding=embedding)
    with (
        Library.open(settings=settings, create=False, report=lambda line: err.print(escape(line))) as library,
        progress(shown=not as_json_) as observe,
    ):
        done = library.reembed(observe=observe)
    if as_json_:
        print_json(asdict(done))
    else:
        _show(done)
    if embedding is not None and load_settings(data=data).embedding != embedding:
        err.print(escape(f'from now on, set embedding = "{embedding}" in nonmun.toml, or NONMUN_EMBEDDING={embedding}'))


def _show(done: Reembedded) -> None:
    if done.before == done.model_id:
        out.print(escape(f"the index is one of {done.model_id} already"))
    elif done.before is None:
        out.print("the index holds nothing yet; the next ingest embeds with the model of the settings")
    else:
        anew = f" ({done.rechunked} papers cut anew for its window)" if done.rechunked else ""
        out.print(escape(f"{done.before} -> {done.model_id}, {done.dimension} dimensions"))
        out.print(f"{done.chunks} chunks{anew}; {done.embedded} passages embedded, {done.judged} summaries judged")
    if done.generation is not None:
        out.print(f"the index holds {done.chunks} chunks, generation {done.generation}")
