"""The command `nonmun`: puts the parts together and shows what they give."""

from __future__ import annotations

from . import asking, chatting, evaluating, ingesting, judging, making, modelling, reporting, upkeep
from .app import app, command, main

__all__ = ["app", "command", "main"]
# Their commands are registered as they are imported.
_ = (asking, chatting, evaluating, ingesting, judging, making, modelling, reporting, upkeep)
