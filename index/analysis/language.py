"""Language identification: Korean or English."""

from __future__ import annotations

import re
import unicodedata

from ..domain.papers import Language

_HANGUL = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣ]")
_LETTER = re.compile(r"[A-Za-z가-힣]")


def has_hangul(text: str) -> bool:
    """Return whether a text contains a Hangul letter."""
    return bool(_HANGUL.search(text))


def language(text: str) -> Language:
    """Return the language of a text.

    Korean prose in the field is full of Latin names, so one Hangul letter in six makes a text Korean.
    """
    letters = _LETTER.findall(unicodedata.normalize("NFC", text))
    hangul = sum(letter > "z" for letter in letters)
    return "ko" if hangul and hangul * 6 >= len(letters) else "en"
