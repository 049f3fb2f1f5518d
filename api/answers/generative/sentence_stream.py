"""Sentence stream: split a reply into sentences while it arrives, each with the citation markers behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_SENTENCE_CHARACTERS = 1_500

_MARKERS = r"(?:[ \t]*[\[【][^\[\]【】\n]{1,40}[\]】])*"
_END = re.compile(
    rf"\n|(?:[.!?][\"'”’)*_]{{0,4}}{_MARKERS}[ \t]+(?=[^\s\[【])|[。！？][\"'”’)*_]{{0,4}}{_MARKERS}(?=[^\s\[【])"
    rf"|(?<=다)\.{_MARKERS}(?=[가-힣A-Z]))"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|etc|vs|cf|fig|figs|eq|eqs|sec|tab|no|approx|resp|dr|mr|ms|prof|inc|st|[A-Z])"
    r"|(?:^|\n)\s*\d{1,2})\.$",
    re.IGNORECASE,
)
_REASONING = re.compile(r"^\s*<think(?:ing)?>")
_REASONING_END = re.compile(r"</think(?:ing)?>")


class SentenceStream:
    """Splits a reply that arrives in pieces into sentences, trailing white space included.

    The reasoning that a model writes between <think> and </think> before its answer is dropped.
    """

    def __init__(self) -> None:
        self._buffer = ""
        self._has_begun = False

    def feed(self, piece: str) -> Iterator[str]:
        """Yield the sentences that a further piece of the reply completes."""
        self._buffer += piece
        if not self._has_begun and not self._skip_reasoning():
            return
        while (end := self._sentence_end()) is not None:
            sentence, self._buffer = self._buffer[:end], self._buffer[end:]
            if sentence.strip():
                yield sentence

    def flush(self) -> Iterator[str]:
        """Yield the unfinished sentence at the end of the reply."""
        if self._buffer.strip() and (self._has_begun or not _REASONING.match(self._buffer)):
            yield self._buffer
        self._buffer = ""

    def _skip_reasoning(self) -> bool:
        """Drop the reasoning at the start of the buffer; return whether the answer has begun."""
        head = self._buffer.lstrip()
        if len(head) < len("<thinking>") and "<thinking>".startswith(head[:6]):
            return False
        if _REASONING.match(head):
            end = _REASONING_END.search(head)
            if end is None:
                return False
            head = head[end.end() :]
        self._buffer, self._has_begun = head, True
        return True

    def _sentence_end(self) -> int | None:
        for match in _END.finditer(self._buffer):
            period = self._buffer.find(".", match.start(), match.end())
            if period < 0 or not _ABBREVIATION.search(self._buffer[max(0, period - 12) : period + 1]):
                return match.end()
        return MAX_SENTENCE_CHARACTERS if len(self._buffer) > MAX_SENTENCE_CHARACTERS else None
