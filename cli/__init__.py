"""The command `nonmun`: puts the parts together and shows what they give."""

from __future__ import annotations

from . import asking, evaluating, ingesting, reporting, upkeep
from .app import app, main

__all__ = ["app", "main"]
_ = (asking, evaluating, ingesting, reporting, upkeep)  # their commands are registered as they are imported
