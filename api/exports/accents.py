"""Accents of LaTeX, as sources of bibliographic data write them in names and titles, as Unicode."""

from __future__ import annotations

import re
from unicodedata import normalize

_COMBINING = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    "u": "\u0306",
    ".": "\u0307",
    '"': "\u0308",
    "r": "\u030a",
    "H": "\u030b",
    "v": "\u030c",
    "d": "\u0323",
    "c": "\u0327",
    "k": "\u0328",
}
_LETTERS = {
    "aa": "å",
    "AA": "Å",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "o": "ø",
    "O": "Ø",
    "l": "ł",
    "L": "Ł",
    "ss": "ß",
    "i": "ı",
}
_BASE = r"(?:\\[ij](?![A-Za-z])(?: +(?=[A-Za-z]))?|[A-Za-z])"
_ACCENT = rf"""\\(?:[`'^~=."]|[urHvdck](?=[\s{{]))\s*(?:\{{{_BASE}\}}|{_BASE})"""
_LETTER = rf"\\(?:{'|'.join(_LETTERS)})(?![A-Za-z])(?:\{{\}}|[ ]+(?=[A-Za-z]))?"
_EITHER = re.compile(rf"\{{(?:{_ACCENT}|{_LETTER})\}}|{_ACCENT}|{_LETTER}")
_FORMULA = re.compile(r"(\$[^$]*\$)")


def render_accents(text: str) -> str:
    r"""Return a text with accents and foreign letters of LaTeX as Unicode: Jos\'e as José, \c{S}en as Şen.

    Formulas between dollars stay, where such commands are an author's own; so does what Unicode has no letter for.
    """
    if "\\" not in text:
        return text
    parts = _FORMULA.split(text)
    parts[::2] = [_EITHER.sub(_render, part) for part in parts[::2]]
    return "".join(parts)


def _render(match: re.Match[str]) -> str:
    command = match[0].strip("{}").removeprefix("\\")  # both forms, {\'e} and \'{e}, are but a command and a letter
    if letter := _LETTERS.get(command.rstrip("{} ")):
        return letter
    base = command[1:].strip("\\{} \t\n")
    composed = normalize("NFC", base + _COMBINING[command[0]])
    return composed if len(composed) == 1 else match[0]
