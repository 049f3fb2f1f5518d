"""How asking an upstream can fail. None of these leaves the package: they become the reasons of failed outcomes.

UpstreamError          asking again now is of no use
├── TransientError     the next try may go well
└── RefusedError       it answered, and will not do this request as it stands
"""

from __future__ import annotations

from .jsonl import one_line

_LONGEST = 200


class UpstreamError(Exception):
    """An upstream could not be asked or made no sense; the message is one line."""

    def __init__(self, reason: str) -> None:
        # What a server says may end in a terminal.
        line = "".join(letter if letter.isprintable() else "�" for letter in one_line(reason))
        super().__init__(line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…")


class TransientError(UpstreamError):
    """A fault that may pass.

    Attributes:
        wait: seconds that the upstream asked us to stay away; None where it did not say.
    """

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class RefusedError(UpstreamError):
    """A request that the upstream understood and turned down: part of it may be fine."""
