"""The typer application, its entry points and exit statuses, and the opening of the library."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from ..api.library import Library
from ..index.domain.errors import NonmunError
from ..settings import Settings, load_settings
from .output import err, escape, report

app = typer.Typer(
    name="nonmun",
    help="Questions about AI papers, answered with paper IDs and exact quotations.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_INTERRUPTED = 130  # typer's exit status for KeyboardInterrupt


def main() -> NoReturn:
    """Run the command and exit: status 1 and one line for an error that a user can resolve, status 2 for bad usage."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the parent process
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open until the process ends
    try:
        # Not standalone: otherwise typer would turn an interrupt into a silent exit.
        status = app(standalone_mode=False) or 0
    except NonmunError as error:
        err.print(f"nonmun: {escape(str(error))}", style="red")
        status = 1
    except TyperException as error:  # bad usage, which the exception itself prints
        show, status = getattr(error, "show", None), getattr(error, "exit_code", 2)
        if show is not None:
            show()
    except BrokenPipeError:  # the reader of our output has closed it
        _discard_output()
        status = 141
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        status = _report_full_disk()
    if status == _INTERRUPTED:
        err.print("nonmun: interrupted; committed changes are kept; run it again to resume")
    sys.exit(status)


def command() -> NoReturn:
    """Run the command as a process and exit without finalizing Python.

    Unloading the libraries would take a fifth of a second, for which the user would wait.
    """
    try:
        main()
    except SystemExit as end:
        status = end.code
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError as error:
        if error.errno != errno.ENOSPC:  # the reader has closed our output
            sys.exit(status)
        status = _report_full_disk()
    os._exit(status if isinstance(status, int) else 0 if status is None else 1)


def _report_full_disk() -> int:
    err.print("nonmun: the output cannot be written: no space is left where it goes", style="red")
    _discard_output()
    return 1


def _discard_output() -> None:
    """Redirect the rest of standard output to the null device."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def open_library(settings: Settings, *, create: bool = False) -> Library:
    """Open the library of some settings; lines about slow work are printed on standard error."""
    return Library.open(settings=settings, create=create, report=report)


def open_data(data: Path | None, *, wait: float | None = None) -> Library:
    """Open the library of a data directory, or of the settings' one.

    Args:
        data: the data directory; None for the one in the settings.
        wait: seconds to wait for the ingest lock; None for those in the settings.
    """
    return open_library(load_settings(data=data, lock_wait=wait))
