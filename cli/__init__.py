"""The command `nonmun`: parses options, calls the library and renders what it returns."""

from __future__ import annotations

from . import threads  # isort: skip - before NumPy is imported  # noqa: F401  # pyright: ignore[reportUnusedImport]

from collections.abc import Callable

import typer

from .app import app, command, main
from .commands import admin, ask, chat, ingest, keys, mcp, model, receipts
from .commands.eval import judge, make, report, run
from .options import expand_groups

__all__ = ["app", "command", "main"]


def _register(target: typer.Typer, *commands: Callable[..., None]) -> None:
    """Add commands to an application; help lists them in this order."""
    for function in commands:
        target.command()(expand_groups(function))


_register(app, ask.ask, ask.search, ask.lexicon, ask.paper, ask.digest, ask.digests)
_register(app, admin.status, admin.trust, admin.schema, admin.doctor, admin.backup, admin.restore, admin.serve, mcp.mcp)
_register(app, chat.chat, ingest.ingest, ingest.fetch, ingest.remove, ingest.purge, model.reembed)

_model = typer.Typer(name="model", help="Export the bundled embedding model.", no_args_is_help=True)
_model.callback()(lambda: None)  # without a callback, typer turns a group of one command into that command
_register(_model, model.export)
app.add_typer(_model)

_keys = typer.Typer(name="keys", help="Make, list and revoke the keys of the HTTP service.", no_args_is_help=True)
_register(_keys, keys.create, keys.revoke)
_keys.command("list")(expand_groups(keys.list_keys))
app.add_typer(_keys)

_receipts = typer.Typer(name="receipts", help="List, show and remove shared answers.", no_args_is_help=True)
_receipts.command("list")(expand_groups(receipts.list_receipts))
_register(_receipts, receipts.show, receipts.remove)
app.add_typer(_receipts)

_eval = typer.Typer(name="eval", help="Measure retrieval and answers.", no_args_is_help=True)
_register(_eval, run.run, run.score, run.compare, run.gate, judge.judge, make.make, report.report)
app.add_typer(_eval)
