"""Sentence segmentation with offsets.

`sentences` uses Kiwi for Korean and sentencex for English. `fast_sentences` cuts at punctuation in linear time and
bounds the length of a sentence: for rules that read every summary, hostile ones included, in a fourteenth of the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .korean import korean_analyzer
from .language import has_hangul

QUOTATION = re.compile(
    r"\"[^\"\n]{1,400}\"|“[^“”\n]{1,400}”|‘[^‘’\n]{1,400}’|「[^「」\n]{1,400}」|『[^『』\n]{1,400}』"
    r"|(?<![A-Za-z0-9])'[^'\n]{1,400}'(?![A-Za-z])"
)
"""A quotation with its marks. No alternative can start inside another, so that matching is linear."""

_MAX_LINE = 4_000  # characters
_MAX_FAST_LENGTH = 600  # characters
_LINE = re.compile(r"[^\n]+")
_MARKER = re.compile(r"[ \t]*(?:(?:[-*•]|\d{1,2}[.)])[ \t]+)*")
_STOP = re.compile(r"[.!?。！？]['\"”’)\]*_]{0,4}(?=\s)")


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
                spans += _trimmed(text, portion_start + start, portion_start + end)
    return spans


def fast_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield spans cut at full stops and line breaks, in order, without surrounding white space; in linear time.

    Abbreviations end a sentence, too; a full stop inside a quotation ends none. Bullet markers are kept. Sentences over
    600 characters are cut; those without a letter or digit are dropped.
    """
    for line in _LINE.finditer(text):
        start = line.start()
        masked = QUOTATION.sub(lambda quotation: "_" * len(quotation[0]), line[0])
        for end in [*(line.start() + stop.end() for stop in _STOP.finditer(masked)), line.end()]:
            for cut in range(start, end, _MAX_FAST_LENGTH):
                yield from _trimmed(text, cut, min(end, cut + _MAX_FAST_LENGTH))
            start = end


def _portions(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a long line after full stops or spaces: the splitters take more than linear time."""
    while end - start > _MAX_LINE:
        limit = start + _MAX_LINE
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


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield a span without its surrounding white space, unless it contains no letter or digit."""
    sentence = text[start:end]
    if any(letter.isalnum() for letter in sentence):
        left = start + len(sentence) - len(sentence.lstrip())
        yield left, left + len(sentence.strip())
