"""The command `nonmun`: puts the parts together and shows what they give."""

from __future__ import annotations

from .app import app, command, main
from .commands import admin as upkeep
from .commands import ask as asking
from .commands import chat as chatting
from .commands import ingest as ingesting
from .commands import model as modelling
from .commands.eval import judge as judging
from .commands.eval import make as making
from .commands.eval import report as reporting
from .commands.eval import run as evaluating

__all__ = ["app", "command", "main"]
# Their commands are registered as they are imported.
_ = (asking, chatting, evaluating, ingesting, judging, making, modelling, reporting, upkeep)
