"""The command that makes datasets: eval make."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.markup import escape

from ....index.domain.errors import ConfigError, FileError, InputError
from ....settings import load_settings
from ...app import Data, Json, opened
from ...output import out, print_json, progress
from .run import evaluation

if TYPE_CHECKING:
    from ....eval.datasets.synthesis.candidates import Kind
    from ....eval.datasets.synthesis.checkpoint import Order
    from ....eval.datasets.synthesis.known_items import Recipe
    from ....index.domain.papers import Language

_FILES = ("queries.jsonl", "qrels.tsv", "dataset.toml", "making.json", "skipped.jsonl", "judgments.jsonl")


class _From(StrEnum):
    INDEX = "index"
    LLM = "llm"


class _Kind(StrEnum):
    SUMMARY = "summary"
    ABSTRACT = "abstract"
    TITLE = "title"


class _Lang(StrEnum):
    KO = "ko"
    EN = "en"


@evaluation.command()
def make(
    out_: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of the dataset.")],
    from_: Annotated[
        _From, typer.Option("--from", help="Sentences of the index itself, or questions of a language model.")
    ] = _From.INDEX,
    kinds: Annotated[
        list[_Kind] | None, typer.Option("--kind", help="With --from index, repeatable; all where none is named.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many: of each kind, or questions in all.")] = 200,
    seed: Annotated[int, typer.Option(help="Decides which; the same seed and index give the same set.")] = 0,
    across: Annotated[bool, typer.Option("--across", help="Leave only the other language to be found.")] = False,
    no_names: Annotated[
        bool, typer.Option("--no-names", help="Take rare Latin names out, so that only meaning can match.")
    ] = False,
    name: Annotated[str | None, typer.Option(help="What reports call it; the folder's name otherwise.")] = None,
    langs: Annotated[
        list[_Lang] | None, typer.Option("--lang", help="With --from llm, repeatable; both, in turn, where none is.")
    ] = None,
    llm_url: Annotated[
        str | None, typer.Option(help="Base URL of an OpenAI-compatible server (NONMUN_LLM_URL).", show_default=False)
    ] = None,
    llm_model: Annotated[
        str | None, typer.Option(help="The model it serves (NONMUN_LLM_MODEL).", show_default=False)
    ] = None,
    show_prompts: Annotated[bool, typer.Option("--show-prompts", help="Print the prompts and end.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a dataset that is there.")] = False,
    data: Data = None,
    as_json_: Json = False,
) -> None:
    """Make a dataset: known items out of the index, or questions that a language model writes."""
    from ....eval.datasets.synthesis.candidates import KINDS
    from ....eval.datasets.synthesis.checkpoint import Order
    from ....eval.datasets.synthesis.known_items import Recipe
    from ....eval.datasets.synthesis.prompts import shown

    if show_prompts:
        out.print(escape(shown()))
        return
    called = name or out_.resolve().name
    if from_ is _From.LLM:
        if kinds or across or no_names:
            raise InputError("from", "--kind, --across and --no-names are for --from index")
        order = Order("", count, seed, tuple(cast("list[Language]", [str(one) for one in langs or list(_Lang)])))
        _write(out_, order, called, llm_url, llm_model, data, force=force, as_json_=as_json_)
        return
    if langs or llm_url or llm_model:
        raise InputError("from", "--lang, --llm-url and --llm-model are for --from llm")
    chosen = [str(one) for one in kinds] if kinds else [kind for kind in KINDS if not (across and kind == "title")]
    recipe = Recipe(tuple(cast("list[Kind]", chosen)), count, seed, across, names=not no_names)
    _known(out_, recipe, called, data, force=force, as_json_=as_json_)


def _known(folder: Path, recipe: Recipe, name: str, data: Path | None, *, force: bool, as_json_: bool) -> None:
    from ....eval.datasets.formats import write_own
    from ....eval.datasets.synthesis.known_items import make_known_items

    _refuse(folder, force=force)
    with opened(data) as library, progress(shown=not as_json_) as observe:
        made = make_known_items(library, recipe, name, observe)
    _clear(folder)
    write_own(folder, made.dataset, made.description)
    counts = {kind: sum(one.slice("kind") == kind for one in made.dataset.queries) for kind in recipe.kinds}
    if as_json_:
        print_json({"name": name, "queries": counts, "skipped": made.skipped})
        return
    for kind, number in counts.items():
        ids = [one.query_id for one in made.dataset.queries if one.slice("kind") == kind]
        papers = {paper_id for query_id in ids for paper_id in made.dataset.qrels[query_id]}
        out.print(f"{kind}: {number} queries about {len(papers)} papers{_told(made.skipped.get(kind, {}))}")
    out.print(f"written to {escape(str(folder))}")


def _write(
    folder: Path,
    order: Order,
    name: str,
    url: str | None,
    model: str | None,
    data: Path | None,
    *,
    force: bool,
    as_json_: bool,
) -> None:
    from ....api.llm import ChatModel
    from ....eval.datasets.synthesis.llm_questions import write_queries

    settings = load_settings(data=data, llm_url=url, llm_model=model)
    chat = ChatModel.of(settings)
    order = replace(order, model=chat.model)
    begun = (folder / "making.json").is_file()  # by an earlier run, which this one goes on with
    _refuse(folder, force=force or begun)
    with opened(data) as library, progress(shown=not as_json_) as observe:
        if force:
            _clear(folder)
        wrote = write_queries(library, chat, folder, order, name, observe)
    if as_json_:
        print_json({"name": name, "queries": wrote.queries, "new": wrote.new, "skipped": wrote.skipped})
        return
    out.print(f"{wrote.queries} queries, {wrote.new} of them new{_told(wrote.skipped)}")
    if wrote.queries < order.count:
        out.print(f"the index gives no more: {order.count} were asked for")
    out.print(f"written to {escape(str(folder))}")


def _told(skipped: Mapping[str, int]) -> str:
    parts = [f"{count} {reason}" for reason, count in skipped.items()]
    return escape(f" (passed over: {', '.join(parts)})") if parts else ""


def _refuse(folder: Path, *, force: bool) -> None:
    """Refuse a folder that holds a dataset, and one that holds another's whether it may be replaced or not."""
    if (folder.exists() and not folder.is_dir()) or (folder / "qrels").exists():
        raise FileError(f"{folder}: is no folder for a dataset of our own; choose another one")
    held = [file for file in _FILES if (folder / file).exists()]
    if held and not force:
        raise ConfigError(f"{folder}: holds a dataset already ({held[0]}); choose another folder, or add --force")


def _clear(folder: Path) -> None:
    """Take a dataset that is replaced out of its folder."""
    for file in _FILES:
        try:
            with suppress(FileNotFoundError, NotADirectoryError):
                (folder / file).unlink()
        except OSError as error:
            raise FileError(f"{folder / file}: cannot be replaced ({error.strerror}); choose another folder") from error
