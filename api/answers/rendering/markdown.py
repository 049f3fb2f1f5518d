"""How quotations are shown: without Markdown, on one line; made from the quote alone, so that it can be checked."""

from __future__ import annotations

import re

_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s\"[^\"]*\")?\)")
_BLOCK = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|(?:[-*+•][ \t]+)+|\d{1,2}[.)][ \t]+|```\w*[ \t]*$)", re.MULTILINE)
# Stars between Latin letters or digits calculate: 16*16*3, 2**10.
_STRONG = re.compile(r"(?:(?<![A-Za-z0-9])|(?=\*+[^A-Za-z0-9*]))(\*{2,3})(?=\S)([^*\n]+?)(?<=\S)\1")
_SLANTED = re.compile(r"(?<![A-Za-z0-9*])(\*)(?=\S)([^*\n]+?)(?<=\S)\1(?![A-Za-z0-9*])")
_UNDERLINED = re.compile(r"(?<![A-Za-z0-9_])(_{1,2})(?=\S)([^_\n]+?)(?<=\S)\1(?![A-Za-z0-9_])")
_CODE = re.compile(r"(`+)([^`\n]+)\1")
# The half of a pair whose other half stands in another sentence.
_LEFT = re.compile(r"(?<![A-Za-z0-9])\*{2,}|\*{2,}(?![A-Za-z0-9])|`{1,3}")
_HEADING = re.compile(r"(?<=\S)[ \t]+#{1,6}$", re.MULTILINE)


def undecorated(text: str) -> str:
    """Text without the decoration of Markdown: bold, italics, code, links, headings, bullets; its words as they are.

    White space becomes single spaces, so the text is one line.
    """
    bare = _HEADING.sub("", _BLOCK.sub("", text))
    bare = _CODE.sub(r"\2", _LINK.sub(r"\1", bare))
    for pattern in (_STRONG, _SLANTED, _UNDERLINED):
        bare = pattern.sub(r"\2", bare)
    return " ".join(_LEFT.sub("", bare).split())
