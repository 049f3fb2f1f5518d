"""Commands about embedding models: model export, reembed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...index.domain.errors import InputError
from ...settings import expand_home, load_settings
from ..app import open_library
from ..options import Data, Json, Wait
from ..output import err, escape, out, print_json, progress

if TYPE_CHECKING:  # only the commands that ingest import it
    from ...ingest.maintenance.reembedding import ReembeddingReport


def export(directory: Annotated[Path, typer.Argument(help="Directory to write: new, or empty.")]) -> None:
    """Write the bundled model as a sentence-transformers directory, to fine-tune it or to compare."""
    from ...index.embeddings.e5.export import export as export_model

    try:
        folder = expand_home(directory).resolve()
    except ValueError as error:
        raise InputError("directory", str(error)) from error
    export_model(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    out.print(escape(f'{folder}: {size >> 20} MB; use it with embedding = "sentence-transformers:{folder}"'))


def reembed(
    embedding: Annotated[
        str | None,
        typer.Option(help="Embedding model to change to (NONMUN_EMBEDDING).", show_default=False),
    ] = None,
    wait: Wait = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Change the index to another embedding model; the old one answers until the new vectors are verified."""
    settings = load_settings(data=data, embedding=embedding, lock_wait=wait)
    with open_library(settings) as library, progress(shown=not json_output) as observe:
        result = library.reembed(observe=observe)
    if json_output:
        print_json(asdict(result))
    else:
        _show_reembedded(result)
    if embedding is not None and load_settings(data=data).embedding != embedding:
        err.print(escape(f'from now on, set embedding = "{embedding}" in nonmun.toml, or NONMUN_EMBEDDING={embedding}'))


def _show_reembedded(result: ReembeddingReport) -> None:
    if result.before == result.model_id:
        out.print(escape(f"the index is built with {result.model_id} already"))
    elif result.before is None:
        out.print("the index holds nothing yet; the next ingest embeds with the model of the settings")
    else:
        rechunked = f" ({result.rechunked} papers chunked anew for its window)" if result.rechunked else ""
        out.print(escape(f"{result.before} -> {result.model_id}, {result.dimension} dimensions"))
        out.print(
            f"{result.chunks} chunks{rechunked}; {result.embedded} passages embedded, {result.judged} summaries judged"
        )
    if result.generation is not None:
        out.print(f"the index holds {result.chunks} chunks, generation {result.generation}")
