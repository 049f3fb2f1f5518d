"""Option groups: dataclasses that commands take as one object."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from inspect import signature
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from nonmun import Filter, InputError
from nonmun.api.requests import AskRequest, SearchRequest
from nonmun.cli import app
from nonmun.cli.options import FilterOptions, OutputFormat, OutputOptions, expand_groups


@dataclass(frozen=True)
class Size:
    """A group with a required option and one with a default."""

    width: Annotated[int, typer.Option("--width", help="Width.")]
    names: Annotated[list[str] | None, typer.Option("--name", help="Names.")] = None


def run(*arguments: str) -> tuple[int, str]:
    cli = typer.Typer()

    def show(what: Annotated[str, typer.Argument()], *, size: Size, twice: bool = False) -> None:
        """Show a size."""
        typer.echo(f"{what} {size.width} {size.names} {twice}")

    cli.command()(expand_groups(show))
    result = CliRunner().invoke(cli, list(arguments))
    return result.exit_code, result.output


def test_a_group_becomes_options_and_arrives_as_one_object() -> None:
    assert run("x", "--width", "3", "--name", "a", "--name", "b", "--twice") == (0, "x 3 ['a', 'b'] True\n")
    assert run("x", "--width", "3") == (0, "x 3 None False\n")


def test_required_options_of_a_group_stay_required() -> None:
    status, output = run("x")
    assert status == 2
    assert "--width" in output


def test_help_lists_the_options_of_a_group_in_order() -> None:
    status, output = run("--help")
    assert status == 0
    assert "Show a size." in output
    assert output.index("--width") < output.index("--name") < output.index("--twice")


def test_a_command_without_groups_is_unchanged() -> None:
    def plain(name: str = "x") -> None:
        del name

    assert expand_groups(plain) is plain


def test_filter_options() -> None:
    assert FilterOptions().search_request("a question", 3) == SearchRequest("a question", 3)
    assert FilterOptions().ask_request("a question", 3) == AskRequest("a question", 3)
    assert FilterOptions().ask_request("a question", 3, True).generate is True
    options = FilterOptions(
        "2025-05-01",
        "2025-05-16",
        True,
        ["arXiv:2505.00001v2"],
        ["results"],
        "ko",
        "summary",
        ["supported"],
        ["Geoffrey Hinton"],
        ["cs.CL"],
        "2025-05-20",
    )
    request = options.search_request("a question", 10)
    asked = options.ask_request("a question", 10)
    assert (asked.where, asked.as_of) == (request.where, request.as_of)
    assert request.where == Filter(
        date(2025, 5, 1),
        date(2025, 5, 16),
        "published",
        ("2505.00001",),
        ("results",),
        "ko",
        "summary",
        ("supported",),
        ("Geoffrey Hinton",),
        ("cs.CL",),
    )
    assert request.as_of == date(2025, 5, 20)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (FilterOptions(since="May"), "since"),
        (FilterOptions(until="2025-13-01"), "until"),
        (FilterOptions(papers=["no id"]), "papers"),
        (FilterOptions(sections=["colour"]), "sections"),
        (FilterOptions(lang="de"), "lang"),
        (FilterOptions(source="web"), "source"),
        (FilterOptions(trust=["good"]), "trust"),
        (FilterOptions(as_of="12"), "as_of"),
    ],
)
def test_invalid_filter_options_name_the_field(options: FilterOptions, field: str) -> None:
    with pytest.raises(InputError) as error:
        options.search_request("a question", 10)
    assert error.value.field == field


def test_commands_that_search_share_their_options() -> None:
    commands = {command.callback.__name__: command.callback for command in app.registered_commands if command.callback}
    shared = list(asdict(FilterOptions()))
    for name in ("ask", "search", "chat"):
        parameters = list(signature(commands[name]).parameters)
        start = parameters.index("since")
        assert parameters[start : start + len(shared)] == shared


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        (OutputOptions(), "text"),
        (OutputOptions("text"), "text"),
        (OutputOptions(json_output=True), "json"),
        (OutputOptions("json", json_output=True), "json"),
        (OutputOptions("ris"), "ris"),
    ],
)
def test_output_options(options: OutputOptions, chosen: str) -> None:
    assert options.chosen == chosen


@pytest.mark.parametrize("output_format", ["text", "bibtex"])
def test_json_contradicts_other_formats(output_format: OutputFormat) -> None:
    with pytest.raises(InputError, match=f"contradicts --format {output_format}"):
        _ = OutputOptions(output_format, json_output=True).chosen
