"""Errors of a source. None leaves the package: they become the reasons of failed outcomes.

SourceError            the source cannot be used now; another try would fail too
├── TransientError     another try may succeed
└── RefusedError       the source replied, and rejects this request in its present form
"""

from __future__ import annotations

from .text import single_line

_MAX_LENGTH = 200


class SourceError(Exception):
    """A source could not be reached, or sent an unintelligible reply. The message is one printable line."""

    def __init__(self, reason: str) -> None:
        # Parts of the message come from servers, and may be shown in a terminal.
        line = "".join(letter if letter.isprintable() else "�" for letter in single_line(reason))
        super().__init__(line if len(line) <= _MAX_LENGTH else line[: _MAX_LENGTH - 1] + "…")


class TransientError(SourceError):
    """A failure that may pass.

    Attributes:
        retry_after: seconds that the source asks to wait; None if it does not.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class RefusedError(SourceError):
    """A request that the source understood and rejected; parts of it may be valid."""
