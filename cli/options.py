"""Command-line options: annotated types, and groups of options that commands take as one object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import typer

from ..api.exports.formats import ExportFormat
from ..api.requests import AskRequest, SearchRequest
from ..index.domain.errors import InputError
from ..settings import MAX_LOCK_WAIT

OutputFormat = Literal["text", "json", ExportFormat]
"""What a command prints: text for people, JSON in the shapes of the HTTP API, or an export."""

Question = Annotated[str, typer.Argument(help="A question in Korean or English.", metavar="QUESTION")]
Count = Annotated[int, typer.Option("-k", "--k", help="Number of papers.")]
Llm = Annotated[
    bool | None,
    typer.Option(
        "--llm/--no-llm",
        help="Let a language model write the answer, or only quote (default: write if a model is configured).",
    ),
]
Data = Annotated[Path | None, typer.Option("--data", help="Data directory (NONMUN_DATA).", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Wait = Annotated[
    float | None,
    typer.Option(
        "--wait",
        help="Seconds to wait for another ingest to end (NONMUN_LOCK_WAIT; default: do not wait).",
        metavar="SECONDS",
        min=0,
        max=MAX_LOCK_WAIT,
        show_default=False,
    ),
]
Contact = Annotated[
    str | None,
    typer.Option(help="Mail address or URL sent with requests for abstracts (NONMUN_CONTACT).", show_default=False),
]


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """Options that choose what a command prints."""

    output_format: Annotated[
        OutputFormat | None, typer.Option("--format", help="What to print (default: text).", show_default=False)
    ] = None
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON, as --format json.")] = False

    @property
    def chosen(self) -> OutputFormat:
        """The format to print.

        Raises:
            InputError: the options contradict each other.
        """
        if not self.json_output:
            return self.output_format or "text"
        if self.output_format not in {None, "json"}:
            raise InputError("--json", f"contradicts --format {self.output_format}; give one of them")
        return "json"


@dataclass(frozen=True, slots=True)
class FilterOptions:
    """Options that restrict a search; the fields are those of a request."""

    since: Annotated[str | None, typer.Option("--since", help="First day (YYYY-MM-DD).", show_default=False)] = None
    until: Annotated[str | None, typer.Option("--until", help="Last day (YYYY-MM-DD).", show_default=False)] = None
    published: Annotated[
        bool,
        typer.Option(
            "--published",
            help="Compare days with the papers' publication on arXiv, not with digests.",
            show_default=False,
        ),
    ] = False
    papers: Annotated[
        list[str] | None,
        typer.Option("--paper", help="Restrict the search to this paper; repeatable.", show_default=False),
    ] = None
    sections: Annotated[
        list[str] | None,
        typer.Option(
            "--section", help="Restrict the search to this section, or to abstract; repeatable.", show_default=False
        ),
    ] = None
    lang: Annotated[
        str | None, typer.Option("--lang", help="Restrict the search to chunks in ko or en.", show_default=False)
    ] = None
    source: Annotated[
        str | None,
        typer.Option("--source", help="Restrict the search to sources: summary or abstract.", show_default=False),
    ] = None
    trust: Annotated[
        list[str] | None,
        typer.Option(
            "--trust",
            help="Restrict the search to summaries with this trust label (and abstracts); repeatable.",
            show_default=False,
        ),
    ] = None
    authors: Annotated[
        list[str] | None,
        typer.Option("--author", help="Restrict the search to papers of this author; repeatable.", show_default=False),
    ] = None
    categories: Annotated[
        list[str] | None,
        typer.Option(
            "--category",
            help="Restrict the search to this arXiv category (cs.CL or cs); repeatable.",
            show_default=False,
        ),
    ] = None
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", help="Day that relative dates such as 'last week' refer to (default: today).", show_default=False
        ),
    ] = None

    def search_request(self, question: str, k: int) -> SearchRequest:
        """Return the request to search for a question.

        Args:
            question: the question.
            k: number of papers.

        Raises:
            InputError: a value is invalid.
        """
        return SearchRequest.from_input(question, k, where=self._where(), as_of=self.as_of)

    def ask_request(self, question: str, k: int, generate: bool | None = None) -> AskRequest:
        """Return the request to answer a question.

        Args:
            question: the question.
            k: number of papers.
            generate: whether a language model writes the answer.

        Raises:
            InputError: a value is invalid.
        """
        return AskRequest.from_input(question, k, where=self._where(), as_of=self.as_of, generate=generate)

    def _where(self) -> dict[str, Any]:
        return {
            "since": self.since,
            "until": self.until,
            "by": "published" if self.published else "digest",
            "papers": self.papers or (),
            "sections": self.sections or (),
            "lang": self.lang,
            "source": self.source,
            "trust": self.trust or (),
            "authors": self.authors or (),
            "categories": self.categories or (),
        }


def expand_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that typer can read: a parameter whose type is a dataclass becomes one option per field.

    The wrapped command receives one object per group, built from the values of its options.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
    if not groups:
        return command
    parameters: list[Parameter] = []
    for parameter in signature(command).parameters.values():
        if parameter.name in groups:
            parameters += _group_parameters(groups[parameter.name])
        else:
            parameters.append(parameter.replace(annotation=hints[parameter.name], kind=Parameter.KEYWORD_ONLY))

    @wraps(command)
    def expanded(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{field.name: values.pop(field.name) for field in fields(group)})
        command(**values)

    expanded.__signature__ = Signature(parameters)  # pyright: ignore[reportAttributeAccessIssue]
    expanded.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return expanded


def _group_parameters(group: Any) -> list[Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(group)
    ]
