"""Text and dates as sources write them, normalized."""

from __future__ import annotations

import re
from datetime import date

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # terminals interpret some of them


def single_line(text: str) -> str:
    """Unwrap text to one line without control characters; lone surrogates become question marks."""
    encodable = text.encode("utf-8", "replace").decode()
    return " ".join(_CONTROL.sub(" ", encodable).split())


def iso_date(timestamp: str) -> str | None:
    """Return the date of an ISO 8601 timestamp; None if it is not one."""
    try:
        return date.fromisoformat(timestamp[:10]).isoformat()
    except ValueError:
        return None
