"""Correction of Korean spacing with the morphological analyzer."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ...analysis.korean import korean_analyzer

# Log-likelihood that new spaces must gain. At 6, 3 of 2,101 real questions with correct spacing get other terms.
_MIN_GAIN = 6.0
_HANGUL = re.compile(r"[가-힣]")
_LONE_SYLLABLE = re.compile(r"(?<![^\s])[가-힣](?![^\s])")
_SPACE_BETWEEN_HANGUL = re.compile(r"(?<=[가-힣])\s+(?=[가-힣])")


class Analysis(NamedTuple):
    """The most likely morphological analysis of a Korean text.

    Attributes:
        score: its log-likelihood.
        unknown_nouns: the number of nouns that are in no dictionary.
        short_nouns: the number of known nouns of one syllable.
        lone_syllables: the number of syllables between white space.
    """

    score: float
    unknown_nouns: int
    short_nouns: int
    lone_syllables: int

    @property
    def anomalies(self) -> int:
        """The number of parts that a wrong space may have produced."""
        return self.unknown_nouns + self.short_nouns + self.lone_syllables


@lru_cache(maxsize=4_096)
def analyze(text: str) -> Analysis:
    """Analyze a Korean text."""
    morphemes, score = korean_analyzer().best_analysis(text)
    nouns = [morpheme for morpheme in morphemes if morpheme.tag in {"NNG", "NNP"} and _HANGUL.search(morpheme.form)]
    unknown = sum(noun.oov for noun in nouns)
    short = sum(not noun.oov and len(noun.form) == 1 for noun in nouns)
    return Analysis(score, unknown, short, len(_LONE_SYLLABLE.findall(text)))


def correct_spacing(text: str) -> str:
    """Return the text with its Korean spaced anew if that is far more likely, else unchanged.

    Missing spaces need no correction, since the analyzer segments the words anyway; a space inside a word does.
    """
    if not _SPACE_BETWEEN_HANGUL.search(text):
        return text
    before = analyze(text)
    if not before.anomalies:
        return text
    spaced = korean_analyzer().respace(text)
    after = analyze(spaced)
    return spaced if after.score > before.score + _MIN_GAIN and after.anomalies < before.anomalies else text
