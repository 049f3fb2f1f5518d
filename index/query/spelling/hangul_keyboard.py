"""The Korean keyboard layout (두벌식, KS X 5002): Latin keys to Hangul, and Hangul to the letters of its keys.

Syllables are composed as an input method composes them: a consonant belongs to the vowel that follows it, else to the
vowel before it.
"""

from __future__ import annotations

from itertools import pairwise

_KEYS = "qwertyuiopasdfghjklzxcvbnmQWERTOP"
_JAMO = "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡㅃㅉㄸㄲㅆㅒㅖ"
_TO_JAMO = dict(zip(_KEYS, _JAMO, strict=True))
_TO_KEY = dict(zip(_JAMO, _KEYS, strict=True))
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_PAIRS = {
    **{pair[:2]: pair[2] for pair in "ㅗㅏㅘ ㅗㅐㅙ ㅗㅣㅚ ㅜㅓㅝ ㅜㅔㅞ ㅜㅣㅟ ㅡㅣㅢ".split()},
    **{
        pair[:2]: pair[2]
        for pair in "ㄱㅅㄳ ㄴㅈㄵ ㄴㅎㄶ ㄹㄱㄺ ㄹㅁㄻ ㄹㅂㄼ ㄹㅅㄽ ㄹㅌㄾ ㄹㅍㄿ ㄹㅎㅀ ㅂㅅㅄ".split()
    },
}
_PARTS = {joined: pair for pair, joined in _PAIRS.items()}
_FIRST, _LAST = "가", "힣"


def compose_jamo(jamo: str) -> str:
    """Compose compatibility jamo (ㄱ to ㅣ) to syllables; other letters, and jamo that form no syllable, stay."""
    composed: list[str] = []
    at = 0
    while at < len(jamo):
        if jamo[at] not in _INITIALS or jamo[at + 1 : at + 2] not in tuple(_VOWELS):
            composed.append(jamo[at])
            at += 1
            continue
        initial, at = jamo[at], at + 1
        vowel, at = (_PAIRS[jamo[at : at + 2]], at + 2) if jamo[at : at + 2] in _PAIRS else (jamo[at], at + 1)
        final, at = _final(jamo, at)
        code = (_INITIALS.index(initial) * 21 + _VOWELS.index(vowel)) * 28 + _FINALS.index(final)
        composed.append(chr(ord(_FIRST) + code))
    return "".join(composed)


def _final(jamo: str, at: int) -> tuple[str, int]:
    """Return the consonant that closes the syllable whose vowel ends before `at` (" " for none), and its end."""
    first, second, third = (jamo[place : place + 1] or " " for place in (at, at + 1, at + 2))
    if first == " " or first not in _FINALS or second in _VOWELS:
        return " ", at
    if first + second in _PAIRS and third not in _VOWELS:
        return _PAIRS[first + second], at + 2
    return first, at + 1


def _decompose(letter: str) -> str:
    """Return the jamo that a Hangul letter is typed with."""
    if not _FIRST <= letter <= _LAST:
        return _PARTS.get(letter, letter)
    block, final = divmod(ord(letter) - ord(_FIRST), 28)
    initial, vowel = divmod(block, 21)
    jamo = _INITIALS[initial], _VOWELS[vowel], _FINALS[final].strip()
    return "".join(_PARTS.get(part, part) for part in jamo)


def to_hangul(keys: str) -> str:
    """Return the Hangul that Latin keys type; Shift changes seven of them. Lone jamo remain if they spell no Korean."""
    return compose_jamo("".join(_TO_JAMO.get(key) or _TO_JAMO.get(key.lower(), key) for key in keys))


def to_latin(hangul: str) -> str:
    """Return the Latin letters on the keys that type Hangul."""
    return "".join(_TO_KEY.get(jamo, jamo) for letter in hangul for jamo in _decompose(letter))


def has_common_syllables_only(word: str) -> bool:
    """Return whether a word consists of the 2,350 Hangul syllables in common use (KS X 1001)."""
    return all(_FIRST <= letter <= _LAST and len(letter.encode("euc_kr", "replace")) == 2 for letter in word)


def has_stray_jamo(word: str) -> bool:
    """Return whether a word mixes lone jamo with syllables or with other jamo, which no Korean word does."""
    jamo = [letter for letter in word if not _FIRST <= letter <= _LAST]
    return bool(jamo) and (len(jamo) < len(word) or any(first != second for first, second in pairwise(jamo)))
