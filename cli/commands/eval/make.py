"""The command that makes datasets: eval make."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from ....index.domain.errors import ConfigError, FileError, InputError
from ....settings import load_settings
from ...app import open_data
from ...options import Data, Json
from ...output import escape, out, print_json, progress

if TYPE_CHECKING:  # the other commands do not import the evaluation
    from ....eval.datasets.synthesis.candidates import Kind
    from ....eval.datasets.synthesis.checkpoint import QuestionConfig
    from ....eval.datasets.synthesis.known_items import KnownItemConfig
    from ....index.domain.papers import Language


# typer takes a list of choices from an enum only.
class _Kind(StrEnum):
    SUMMARY = "summary"
    ABSTRACT = "abstract"
    TITLE = "title"


class _Lang(StrEnum):
    KO = "ko"
    EN = "en"


_COUNT, _SEED = 200, 0
_FILES = (
    "queries.jsonl",
    "qrels.tsv",
    "dataset.toml",
    "making.json",
    "skipped.jsonl",
    "judgments.jsonl",
    "votes.jsonl",
)


@dataclass(frozen=True, slots=True)
class KnownItemOptions:
    """Options of known-item queries."""

    kinds: Annotated[
        list[_Kind] | None,
        typer.Option("--kind", help="With --from index: kind of queries, repeatable (default: all)."),
    ] = None
    across: Annotated[
        bool, typer.Option("--across", help="With --from index: only chunks in the other language can be found.")
    ] = False
    no_names: Annotated[
        bool, typer.Option("--no-names", help="With --from index: remove rare Latin names from the queries.")
    ] = False

    @property
    def given(self) -> bool:
        """Whether any of the options is given."""
        return bool(self.kinds or self.across or self.no_names)


@dataclass(frozen=True, slots=True)
class LlmOptions:
    """Options of questions that a language model writes."""

    langs: Annotated[
        list[_Lang] | None,
        typer.Option("--lang", help="With --from llm: language, repeatable (default: both, in turn)."),
    ] = None
    llm_url: Annotated[
        str | None, typer.Option(help="Base URL of an OpenAI-compatible server (NONMUN_LLM_URL).", show_default=False)
    ] = None
    llm_model: Annotated[
        str | None, typer.Option(help="Model on that server (NONMUN_LLM_MODEL).", show_default=False)
    ] = None

    @property
    def given(self) -> bool:
        """Whether any of the options is given."""
        return bool(self.langs or self.llm_url or self.llm_model)


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a dataset comes from and goes to."""

    folder: Path
    name: str
    data: Path | None
    force: bool
    json_output: bool


def make(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of the dataset.")],
    *,
    source: Annotated[
        Literal["index", "llm", "feedback"],
        typer.Option(
            "--from",
            help="Sentences of the index, questions that a language model writes, or questions with feedback.",
        ),
    ] = "index",
    known_items: KnownItemOptions,
    llm: LlmOptions,
    count: Annotated[
        int | None,
        typer.Option(min=1, help="Number of queries: of each kind, or of questions in all.", show_default=str(_COUNT)),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="Seed of the selection; equal seeds and indexes give equal sets.", show_default=str(_SEED)),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name in reports; by default the folder's.")] = None,
    show_prompts: Annotated[bool, typer.Option("--show-prompts", help="Print the prompts and exit.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing dataset.")] = False,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Make a dataset: known-item queries from the index, questions of a language model, or those with feedback."""
    from ....eval.datasets.synthesis.candidates import KINDS
    from ....eval.datasets.synthesis.checkpoint import QuestionConfig
    from ....eval.datasets.synthesis.known_items import KnownItemConfig
    from ....eval.datasets.synthesis.prompts import format_prompts

    if source == "feedback" and (
        known_items.given or llm.given or count is not None or seed is not None or show_prompts
    ):
        raise InputError("from", "options of --from index and --from llm do not apply to --from feedback")
    if show_prompts:
        out.print(escape(format_prompts()))
        return
    count, seed = _COUNT if count is None else count, _SEED if seed is None else seed
    target = _Target(folder, name or folder.resolve().name, data, force, json_output)
    if source == "llm":
        if known_items.given:
            raise InputError("from", "--kind, --across and --no-names are for --from index")
        _write_questions(
            target,
            QuestionConfig("", count, seed, cast("list[Language]", [str(lang) for lang in llm.langs or _Lang])),
            llm,
        )
    elif source == "feedback":
        _write_feedback(target)
    else:
        if llm.given:
            raise InputError("from", "--lang, --llm-url and --llm-model are for --from llm")
        kinds = cast("list[Kind]", [str(kind) for kind in known_items.kinds or ()])
        kinds = kinds or [kind for kind in KINDS if not (known_items.across and kind == "title")]
        config = KnownItemConfig(kinds, count, seed, known_items.across, names=not known_items.no_names)
        _write_known_items(target, config)


def _write_known_items(target: _Target, config: KnownItemConfig) -> None:
    from ....eval.datasets.formats import write_dataset
    from ....eval.datasets.synthesis.known_items import make_known_items

    _check_folder(target.folder, force=target.force)
    with open_data(target.data) as library, progress(shown=not target.json_output) as observe:
        made = make_known_items(library, config, target.name, observe)
    _delete_dataset(target.folder)
    write_dataset(target.folder, made.dataset, made.description)
    ids = {
        kind: [query.query_id for query in made.dataset.queries if query.slice("kind") == kind] for kind in config.kinds
    }
    if target.json_output:
        counts = {kind: len(of_kind) for kind, of_kind in ids.items()}
        print_json({"name": target.name, "queries": counts, "skipped": made.skipped})
        return
    for kind, of_kind in ids.items():
        papers = {paper_id for query_id in of_kind for paper_id in made.dataset.qrels[query_id]}
        skipped = _format_skipped(made.skipped.get(kind, {}))
        out.print(f"{kind}: {len(of_kind)} queries about {len(papers)} papers{skipped}")
    out.print(f"written to {escape(str(target.folder))}")


def _write_questions(target: _Target, config: QuestionConfig, llm: LlmOptions) -> None:
    from ....api.llm import ChatModel
    from ....eval.datasets.synthesis.llm_questions import write_llm_questions

    chat = ChatModel.of(load_settings(data=target.data, llm_url=llm.llm_url, llm_model=llm.llm_model))
    started = (target.folder / "making.json").is_file()  # by an earlier run, which this one resumes
    _check_folder(target.folder, force=target.force or started)
    with open_data(target.data) as library, progress(shown=not target.json_output) as observe:
        if target.force:
            _delete_dataset(target.folder)
        summary = write_llm_questions(
            library, chat, target.folder, replace(config, model=chat.model), target.name, observe
        )
    if target.json_output:
        print_json({"name": target.name, "queries": summary.queries, "new": summary.new, "skipped": summary.skipped})
        return
    out.print(f"{summary.queries} queries, {summary.new} of them new{_format_skipped(summary.skipped)}")
    if summary.queries < config.count:
        out.print(f"only {summary.queries} of the {config.count} requested queries could be made")
    out.print(f"written to {escape(str(target.folder))}")


def _write_feedback(target: _Target) -> None:
    from ....api.feedback import FeedbackStore
    from ....eval.datasets.append_log import lock_folder
    from ....eval.datasets.feedback import FILES as FEEDBACK_FILES
    from ....eval.datasets.feedback import make_from_feedback, read_judged

    _check_folder(target.folder, force=target.force)
    with open_data(target.data) as library:
        votes = FeedbackStore(library.settings.data).all()
        made = make_from_feedback(votes, {paper.paper_id for paper in library.papers()}, target.name)
    with lock_folder(target.folder):  # a person may be judging
        if judged := read_judged(target.folder):
            made = made.with_judgments(judged)
        made.write(target.folder)
        _delete_dataset(target.folder, keep=FEEDBACK_FILES)
    unanswerable = sum(not query.answerable for query in made.dataset.queries)
    counts = {
        "queries": len(made.dataset.queries),
        "unanswerable": unanswerable,
        "judgments": sum(map(len, made.dataset.qrels.values())),
        "review": len(made.to_review),
    }
    if target.json_output:
        print_json({"name": target.name, **counts, "skipped": dict(made.skipped)})
        return
    out.print(
        f"{counts['queries']} queries, {unanswerable} of them unanswerable, with {counts['judgments']} judgments"
        f"{_format_skipped(made.skipped)}"
    )
    if made.to_review:
        out.print(f"{counts['review']} queries are left to review: run the dataset, then `nonmun eval judge`")
    out.print(f"written to {escape(str(target.folder))}")


def _format_skipped(skipped: Mapping[str, int]) -> str:
    parts = [f"{count} {reason}" for reason, count in skipped.items()]
    return escape(f" (passed over: {', '.join(parts)})") if parts else ""


def _check_folder(folder: Path, *, force: bool) -> None:
    """Refuse a folder with a dataset, unless it may be replaced, and any folder that is not in the nonmun format."""
    if (folder.exists() and not folder.is_dir()) or (folder / "qrels").exists():
        raise FileError(f"{folder}: is not a folder for a dataset in the nonmun format; choose another one")
    existing = [file for file in _FILES if (folder / file).exists()]
    if existing and not force:
        raise ConfigError(f"{folder}: holds a dataset already ({existing[0]}); choose another folder, or add --force")


def _delete_dataset(folder: Path, keep: Collection[str] = ()) -> None:
    for file in set(_FILES) - set(keep):
        try:
            with suppress(FileNotFoundError, NotADirectoryError):
                (folder / file).unlink()
        except OSError as error:
            raise FileError(f"{folder / file}: cannot be replaced ({error.strerror}); choose another folder") from error
