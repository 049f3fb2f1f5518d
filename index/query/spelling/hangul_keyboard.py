"""Words typed with the keyboard left in the other language: 두벌식 keys to Hangul, and Hangul to the keys' letters.

The layout is KS X 5002. Syllables are composed as an input method composes them: a consonant belongs to the vowel that
follows it, else to the vowel before it.
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


def compose(jamo: str) -> str:
    """Compatibility jamo (ㄱ to ㅣ) as an input method composes them; what makes no syllable stays as it is."""
    made: list[str] = []
    at = 0
    while at < len(jamo):
        if jamo[at] not in _INITIALS or jamo[at + 1 : at + 2] not in tuple(_VOWELS):
            made.append(jamo[at])
            at += 1
            continue
        initial, at = jamo[at], at + 1
        vowel, at = (_PAIRS[jamo[at : at + 2]], at + 2) if jamo[at : at + 2] in _PAIRS else (jamo[at], at + 1)
        final, at = _final(jamo, at)
        code = (_INITIALS.index(initial) * 21 + _VOWELS.index(vowel)) * 28 + _FINALS.index(final)
        made.append(chr(ord(_FIRST) + code))
    return "".join(made)


def _final(jamo: str, at: int) -> tuple[str, int]:
    """The consonants that close the syllable whose vowel ends before `at`, and where the next one begins."""
    here, after, later = (jamo[place : place + 1] or " " for place in (at, at + 1, at + 2))
    if here == " " or here not in _FINALS or after in _VOWELS:
        return " ", at
    if here + after in _PAIRS and later not in _VOWELS:
        return _PAIRS[here + after], at + 2
    return here, at + 1


def _jamo(letter: str) -> str:
    """The jamo that a Hangul letter is made of, compound ones in their parts."""
    if not _FIRST <= letter <= _LAST:
        return _PARTS.get(letter, letter)
    block, final = divmod(ord(letter) - ord(_FIRST), 28)
    initial, vowel = divmod(block, 21)
    parts = _INITIALS[initial], _VOWELS[vowel], _FINALS[final].strip()
    return "".join(_PARTS.get(part, part) for part in parts)


def to_hangul(keys: str) -> str:
    """The Hangul that Latin keys give; Shift changes seven of them. Lone jamo mean that the keys spell no Korean."""
    return compose("".join(_TO_JAMO.get(key) or _TO_JAMO.get(key.lower(), key) for key in keys))


def to_latin(hangul: str) -> str:
    """The Latin letters on the keys that Hangul was typed with."""
    return "".join(_TO_KEY.get(part, part) for letter in hangul for part in _jamo(letter))


def is_whole(hangul: str) -> bool:
    """Whether a word is made of syllables only, all of them among the 2,350 in common use (KS X 1001)."""
    return all(_FIRST <= letter <= _LAST and len(letter.encode("euc_kr", "replace")) == 2 for letter in hangul)


def is_mixed(hangul: str) -> bool:
    """Whether syllables and lone jamo, or different lone jamo, stand in one word, as in no Korean word."""
    lone = [letter for letter in hangul if not _FIRST <= letter <= _LAST]
    return bool(lone) and (len(lone) < len(hangul) or any(one != other for one, other in pairwise(lone)))
