"""A reply as it comes in, cut into sentences, each with the markers behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 1_500
"""Characters of one sentence; longer is none."""

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
_THOUGHT = re.compile(r"^\s*<think(?:ing)?>")
_THOUGHT_ENDS = re.compile(r"</think(?:ing)?>")


class SentenceStream:
    """Takes a reply piece by piece and gives its sentences, white space at the end included.

    What a model thinks aloud between <think> and </think> before it answers is no part of the answer.
    """

    def __init__(self) -> None:
        self._text = ""
        self._begun = False

    def feed(self, piece: str) -> Iterator[str]:
        """The sentences that some more text completes."""
        self._text += piece
        if not self._begun and not self._begins():
            return
        while (end := self._end()) is not None:
            sentence, self._text = self._text[:end], self._text[end:]
            if sentence.strip():
                yield sentence

    def rest(self) -> Iterator[str]:
        """What is left when the reply has ended."""
        if self._text.strip() and (self._begun or not _THOUGHT.match(self._text)):
            yield self._text
        self._text = ""

    def _begins(self) -> bool:
        head = self._text.lstrip()
        if len(head) < len("<thinking>") and "<thinking>".startswith(head[:6]):
            return False
        if _THOUGHT.match(head):
            ends = _THOUGHT_ENDS.search(head)
            if ends is None:
                return False
            head = head[ends.end() :]
        self._text, self._begun = head, True
        return True

    def _end(self) -> int | None:
        for match in _END.finditer(self._text):
            stop = self._text.find(".", match.start(), match.end())
            if stop < 0 or not _ABBREVIATION.search(self._text[max(0, stop - 12) : stop + 1]):
                return match.end()
        return LONGEST if len(self._text) > LONGEST else None
