"""Inline glosses: English that a Korean text gives in parentheses, as in 강화 학습(reinforcement learning)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..analysis.language import has_hangul

_GLOSS = re.compile(r"\(([^()가-힣ㄱ-ㅎㅏ-ㅣ\n]{2,1000})\)")
_WORD = re.compile(r"[A-Za-z]{2,}")
_BREAK = re.compile(r"[.!?:;](?=\s)|[\n()·•]")
_MAX_PHRASE = 5  # English words: a gloss of up to five covers the words before it, a longer one the whole clause
_EXTRA_WORDS = 2  # Korean words that a short gloss may cover beyond its own number of words
_MAX_LOOKBACK = 400  # characters before a parenthesis


def find_glosses(text: str) -> Iterator[tuple[str, str]]:
    """Yield Korean phrases with the English in parentheses after them.

    A short gloss covers as many Korean words as it has itself and two more, a long one the clause before it.
    """
    for gloss in _GLOSS.finditer(text):
        english = gloss[1].strip()
        if not _WORD.search(english):
            continue
        before = text[max(0, gloss.start() - _MAX_LOOKBACK) : gloss.start()]
        words = _BREAK.split(before)[-1].split()
        count = len(english.split())
        korean = " ".join(words[-(count + _EXTRA_WORDS) :] if count <= _MAX_PHRASE else words)
        if has_hangul(korean):
            yield korean, english
