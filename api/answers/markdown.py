"""Markdown removal: plain text on one line, derived from a quotation alone so that it can be checked against it."""

from __future__ import annotations

import re

from ...index.facts.latex import render_latex

_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s\"[^\"]*\")?\)")
_BLOCK = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|(?:[-*+•][ \t]+)+|\d{1,2}[.)][ \t]+|```\w*[ \t]*$)", re.MULTILINE)
# Asterisks between Latin letters or digits are operators: 16*16*3, 2**10.
_STRONG = re.compile(r"(?:(?<![A-Za-z0-9])|(?=\*+[^A-Za-z0-9*]))(\*{2,3})(?=\S)([^*\n]+?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<![A-Za-z0-9*])(\*)(?=\S)([^*\n]+?)(?<=\S)\1(?![A-Za-z0-9*])")
_UNDERSCORED = re.compile(r"(?<![A-Za-z0-9_])(_{1,2})(?=\S)([^_\n]+?)(?<=\S)\1(?![A-Za-z0-9_])")
_CODE = re.compile(r"(`+)([^`\n]+)\1")
# One delimiter of a pair whose other delimiter is in another sentence.
_UNPAIRED = re.compile(r"(?<![A-Za-z0-9])\*{2,}|\*{2,}(?![A-Za-z0-9])|`{1,3}")
_HEADING = re.compile(r"(?<=\S)[ \t]+#{1,6}$", re.MULTILINE)


def strip_markdown(text: str) -> str:
    """Remove Markdown syntax (bold, italics, code, links, headings, bullets), keep the words, and render LaTeX residue.

    Runs of white space become single spaces, so the result is one line.
    """
    stripped = _HEADING.sub("", _BLOCK.sub("", text))
    stripped = _CODE.sub(r"\2", _LINK.sub(r"\1", stripped))
    for pattern in (_STRONG, _EMPHASIS, _UNDERSCORED):
        stripped = pattern.sub(r"\2", stripped)
    return " ".join(render_latex(_UNPAIRED.sub("", stripped)).split())
