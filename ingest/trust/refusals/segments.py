"""A summary in pieces: sentences with offsets, cut at full stops and line ends without a language model."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 600
"""Characters of one piece; a longer one is cut, so that every pattern reads a bounded text."""

_LINE = re.compile(r"[^\n]+")
_STOP = re.compile(r"[.!?。！？]['\"”’)\]*_]{0,4}(?=\s)")
_EDGE = " \t\r\f\v>#*_-•·`|※⚠️[](){}"
# What somebody else is quoted to say is not said by the writer. No part can begin inside another: linear.
_QUOTED = re.compile(
    r"\"[^\"\n]{1,400}\"|“[^“”\n]{1,400}”|‘[^‘’\n]{1,400}’|「[^「」\n]{1,400}」|『[^『』\n]{1,400}』"
    r"|(?<![A-Za-z0-9])'[^'\n]{1,400}'(?![A-Za-z])"
)


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the sentences of a text, in order, without white space around them; in linear time.

    A full stop inside a quotation ends nothing. What holds no letter and no digit is left out.
    """
    for line in _LINE.finditer(text):
        start = line.start()
        seen = _QUOTED.sub(lambda quote: "_" * len(quote[0]), line[0])
        for stop in _STOP.finditer(seen):
            yield from _trimmed(text, start, line.start() + stop.end())
            start = line.start() + stop.end()
        yield from _trimmed(text, start, line.end())


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        cut = min(end, start + LONGEST)
        left = start + len(text[start:cut]) - len(text[start:cut].lstrip())
        right = left + len(text[left:cut].rstrip())
        if any(letter.isalnum() for letter in text[left:right]):
            yield left, right
        start = cut


def bare(sentence: str) -> str:
    """A sentence without Markdown decoration at its start, and without bold marks."""
    return sentence.replace("**", "").lstrip(_EDGE)


def unquoted(sentence: str) -> str:
    """A sentence with its quotations taken out, unless all of it is one quotation."""
    left = _QUOTED.sub(" … ", sentence)
    return left if any(letter.isalnum() for letter in left) else sentence
