"""Sentence boundaries with offsets: Kiwi for Korean, sentencex for English, bullets and lines before both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from .analyzer import has_hangul, kiwi, kiwi_lock

if TYPE_CHECKING:
    from kiwipiepy import Sentence

_LONGEST_LINE = 4_000
_LINE = re.compile(r"[^\n]+")
_MARKER = re.compile(r"[ \t]*(?:(?:[-*•]|\d{1,2}[.)])[ \t]+)*")


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences of a text, in order, without bullet markers and surrounding white space.

    A line break always ends a sentence: in digests it parts bullets and paragraphs.
    """
    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        marker = _MARKER.match(line[0])
        offset = line.start() + (marker.end() if marker else 0)
        for from_, to in _portions(text, offset, line.end()):
            for start, end in _split(text[from_:to]):
                piece = text[from_ + start : from_ + end]
                left = from_ + start + len(piece) - len(piece.lstrip())
                right = left + len(piece.strip())
                if any(letter.isalnum() for letter in text[left:right]):
                    spans.append((left, right))
    return spans


def _portions(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A line in portions that the splitters, which take more than linear time, read quickly; cut after a full stop."""
    while end - start > _LONGEST_LINE:
        limit = start + _LONGEST_LINE
        cut = text.rfind(". ", start, limit) + 1 or text.rfind(" ", start + 1, limit)
        cut = cut if cut > start else limit
        yield start, cut
        start = cut
    yield start, end


def _split(line: str) -> list[tuple[int, int]]:
    if len(line) < 2:
        return [(0, len(line))]
    if has_hangul(line):
        with kiwi_lock():
            found = cast("list[Sentence]", kiwi().split_into_sents(line))
        starts = [sentence.start for sentence in found]
    else:
        from sentencex import segment  # pyright: ignore[reportAttributeAccessIssue] - a compiled module without types

        starts, at = [], 0
        for piece in segment("en", line):
            starts.append(at)
            at += len(piece)
        if at != len(line):  # the splitter changed the text: its pieces cannot be placed
            starts = [0]
    starts = [0, *starts[1:]] if starts else [0]
    return list(zip(starts, [*starts[1:], len(line)], strict=True))
