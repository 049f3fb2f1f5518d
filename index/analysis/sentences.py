"""Sentence segmentation with offsets: Kiwi for Korean, sentencex for English."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .korean import korean_analyzer
from .language import has_hangul

_LONGEST_LINE = 4_000  # characters
_LINE = re.compile(r"[^\n]+")
_MARKER = re.compile(r"[ \t]*(?:(?:[-*•]|\d{1,2}[.)])[ \t]+)*")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the spans of the sentences of a text, in order, without bullet markers and surrounding white space.

    A line break always ends a sentence: in digests it separates bullets and paragraphs. Sentences without a letter or
    digit are dropped.
    """
    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        marker = _MARKER.match(line[0])
        offset = line.start() + (marker.end() if marker else 0)
        for portion_start, portion_end in _portions(text, offset, line.end()):
            for start, end in _split(text[portion_start:portion_end]):
                left, right = _trimmed(text, portion_start + start, portion_start + end)
                if any(letter.isalnum() for letter in text[left:right]):
                    spans.append((left, right))
    return spans


def _portions(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a long line after full stops or spaces: the splitters take more than linear time."""
    while end - start > _LONGEST_LINE:
        limit = start + _LONGEST_LINE
        cut = text.rfind(". ", start, limit) + 1 or text.rfind(" ", start + 1, limit)
        cut = cut if cut > start else limit
        yield start, cut
        start = cut
    yield start, end


def _split(line: str) -> list[tuple[int, int]]:
    """Return spans that cover a line, each from the start of a sentence to the start of the next."""
    if len(line) < 2:
        return [(0, len(line))]
    if has_hangul(line):
        starts = [start for start, _ in korean_analyzer().split_sentences(line)]
    else:
        starts = _english_starts(line)
    starts = [0, *starts[1:]]
    return list(zip(starts, [*starts[1:], len(line)], strict=True))


def _english_starts(line: str) -> list[int]:
    from sentencex import segment  # pyright: ignore[reportAttributeAccessIssue] - a compiled module without types

    starts, end = [], 0
    for sentence in segment("en", line):
        starts.append(end)
        end += len(sentence)
    return starts if end == len(line) else [0]  # sentencex changed the text: its sentences have no offsets


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span without its surrounding white space."""
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    return left, left + len(piece.strip())
