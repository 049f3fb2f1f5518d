"""What Korean texts give in English themselves, in parentheses: 강화 학습(reinforcement learning)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..analysis.analyzer import has_hangul

_GLOSS = re.compile(r"\(([^()가-힣ㄱ-ㅎㅏ-ㅣ\n]{2,1000})\)")
_WORD = re.compile(r"[A-Za-z]{2,}")
_BREAK = re.compile(r"[.!?:;](?=\s)|[\n()·•]")
_SHORT = 5  # English words: up to so many gloss the words before them, more a whole clause
_WIDER = 2  # Korean words that a short gloss may have more of than the English has
_FARTHEST = 400  # characters that are looked at before a parenthesis


def glosses(text: str) -> Iterator[tuple[str, str]]:
    """Korean words, each with the English that stands in parentheses behind them.

    A short gloss is of as many words as it has itself and two more, a long one of the clause before it.
    """
    for found in _GLOSS.finditer(text):
        english = found[1].strip()
        if not _WORD.search(english):
            continue
        before = text[max(0, found.start() - _FARTHEST) : found.start()]
        words = _BREAK.split(before)[-1].split()
        count = len(english.split())
        korean = " ".join(words[-(count + _WIDER) :] if count <= _SHORT else words)
        if has_hangul(korean):
            yield korean, english
