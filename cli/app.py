"""The application that the commands hang on, what they share, and how they end."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape
from typer.exceptions import TyperException

from ..api.library import Library
from ..index.domain.errors import NonmunError
from ..settings import load_settings
from .output import err

app = typer.Typer(
    name="nonmun",
    help="Questions about AI papers, answered with paper IDs and the exact words that say so.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_INTERRUPTED = 130  # typer's exit code for KeyboardInterrupt

Data = Annotated[Path | None, typer.Option("--data", help="Data directory (NONMUN_DATA).", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Contact = Annotated[
    str | None,
    typer.Option(help="Mail address or URL sent along when fetching (NONMUN_CONTACT).", show_default=False),
]


def main() -> NoReturn:
    """Run the command; errors that a user can cure end it with status 1 and one line, bad usage with status 2."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed before we began: nobody listens
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for as long as the process lives
    try:
        # Not standalone: typer would turn an interrupt into a silent exit before it gets here.
        code = app(standalone_mode=False) or 0
    except NonmunError as error:
        err.print(f"nonmun: {escape(str(error))}", style="red")
        code = 1
    except TyperException as error:  # bad usage: it knows how to show itself
        show, code = getattr(error, "show", None), getattr(error, "exit_code", 2)
        if show is not None:
            show()
    except BrokenPipeError:  # the reader of our output has seen enough
        _let_go_of_output()
        code = 141
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        code = _no_room()
    if code == _INTERRUPTED:
        err.print("nonmun: interrupted; what an ingest committed is kept, and the same command goes on from there")
    sys.exit(code)


def command() -> NoReturn:
    """Run the command in a process of its own, which ends at once: to take the loaded libraries apart takes a fifth of
    a second, which whoever asked would wait for.
    """
    try:
        main()
    except SystemExit as end:
        code = end.code
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError as error:
        if error.errno != errno.ENOSPC:  # nobody reads on
            sys.exit(code)
        code = _no_room()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def _no_room() -> int:
    err.print("nonmun: the output cannot be written: no space is left where it goes", style="red")
    _let_go_of_output()
    return 1


def _let_go_of_output() -> None:
    """What is left to write goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def opened(
    data: Path | None, *, create: bool = False, contact: str | None = None, config: Path | None = None
) -> Library:
    """The library of a data directory."""
    settings = load_settings(config, data=data, contact=contact)
    return Library.open(settings=settings, create=create, report=lambda line: err.print(escape(line)))
