"""Untrusted text made harmless to a page's layout: no control characters, no bidi overrides, bounded width."""

from __future__ import annotations

import re
from unicodedata import combining, east_asian_width

# Control characters but tab and newline; bidi embeddings, overrides and isolates, which turn what follows them
# around; halves of surrogate pairs, which no encoding takes; non-characters, which XML refuses.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_STACKED = re.compile("([\u0300-\u036f\u0483-\u0489\u20d0-\u20ff]{4})[\u0300-\u036f\u0483-\u0489\u20d0-\u20ff]+")
_REPLACEMENT = "\ufffd"


def clean(text: str) -> str:
    """Text that can stand in HTML and XML: what cannot, and what would reorder its surroundings, is shown as U+FFFD.

    Of marks stacked on one letter four are kept: more would climb over the lines above.
    """
    return _STACKED.sub(r"\1", _UNFIT.sub(_REPLACEMENT, text))


def columns(text: str) -> int:
    """How wide text is: 2 for a Hangul syllable or Han character, 1 for most others."""
    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)


def shortened(text: str, most: int) -> str:
    """Text cut to so many columns, with an ellipsis where something was cut."""
    line = " ".join(text.split())
    if columns(line) <= most:
        return line
    kept = ""
    for one in line:
        if columns(kept + one) > most - 1:
            break
        kept += one
    return kept + "…"
