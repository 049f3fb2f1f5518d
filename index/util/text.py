"""Sanitize and truncate untrusted text for display: no control characters, no bidi overrides, bounded width."""

from __future__ import annotations

import re
from unicodedata import combining, east_asian_width

# Control characters except tab and newline; bidi embeddings, overrides and isolates, which reorder the text around
# them; lone surrogates, which no encoding accepts; non-characters, which XML rejects.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_COMBINING = "\u0300-\u036f\u0483-\u0489\u20d0-\u20ff"
_STACKED_MARKS = re.compile(f"([{_COMBINING}]{{4}})[{_COMBINING}]+")
_REPLACEMENT = "\ufffd"


def sanitize(text: str) -> str:
    """Return text that is safe inside HTML, XML and a terminal.

    Characters that are not allowed there, or that would reorder the surrounding text, become U+FFFD. At most four
    combining marks are kept per letter: more would be drawn over the lines above.
    """
    return _STACKED_MARKS.sub(r"\1", _UNPRINTABLE.sub(_REPLACEMENT, text))


def display_width(text: str) -> int:
    """Return the width of a text in terminal columns: 2 for a Hangul syllable or Han character, 1 for most others."""
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def truncate(text: str, width: int) -> str:
    """Return a text on one line, cut to a width in columns and ended with an ellipsis where it was cut."""
    line = " ".join(text.split())
    if display_width(line) <= width:
        return line
    prefix = ""
    for char in line:
        if display_width(prefix + char) > width - 1:
            break
        prefix += char
    return prefix + "…"
