"""Spelling correction of questions: compatibility letters, the keyboard left in the other language, spacing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from ...analysis.analyzer import terms
from .hangul_keyboard import compose_jamo, has_common_syllables_only, has_stray_jamo, to_hangul, to_latin
from .spacing import analyze, correct_spacing

IsKnown = Callable[[str], bool]
"""Returns whether the index has a term."""

_FULL_WIDTH = re.compile(r"[\uff01-\uff5e]")
_HALF_WIDTH_JAMO = re.compile(r"[\uffa1-\uffdc]+")
_LONE_JAMO = re.compile(r"(?<![가-힣])[ㄱ-ㅎㅏ-ㅣ]{2,}(?![가-힣])")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff\ufe0f]")
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_QUOTES = str.maketrans("‘’‚‛′＇“”„‟″＂", "''''''\"\"\"\"\"\"")

_LATIN_WORD = re.compile(r"(?<![\w.\-/@#+'&])[A-Za-z]{2,40}(?![\w/@#+'&]|[.\-]\w)")
# Shift changes only these keys; the first letter may be the capital of a sentence.
_ODD_CAPITAL = re.compile(r"(?<=.)[^a-zQWERTOP]")
# The log-likelihood of the Korean reading per key above which a Latin word is a misspelling: no word of 10,600 English
# titles is above, and none of 44,787 further titles. For words that can be pronounced, that cannot, and whose Korean
# reading has an unknown noun.
_MIN_PRONOUNCEABLE, _MIN_UNPRONOUNCEABLE, _MIN_UNKNOWN = -3.6, -4.6, -3.0
_PRONOUNCEABLE = re.compile(r"(?=.*[aeiouy])(?!.*(?:q(?!u)|[^aeiouy]{4}))")

_HANGUL_WORD = re.compile(r"(?<![\w.\-/@#+'&])[가-힣ㄱ-ㅎㅏ-ㅣ]{2,40}(?![A-Za-z0-9_])")
# Laughter and tears at the end of a word.
_EMOTICON = re.compile(r"(?:ㅋ+|ㅎ+|ㅠ+|ㅜㅜ+|ㅡㅡ+)$")
_JAMO = re.compile(r"[ㄱ-ㅎㅏ-ㅣ]")
_JAMO_BETWEEN_SYLLABLES = re.compile(r"[가-힣][ㄱ-ㅎㅏ-ㅣ]+[가-힣]")
_PARTICLE = re.compile(r"(?:이라는|라는|에서는|에서|에는|으로|로|은|는|을|를|의|에|와|과|만|부터|까지|보다|처럼)$")
# The keys of these particles also end English words (those of 가 end "network"), so the vocabulary decides.
_AMBIGUOUS_PARTICLE = re.compile(r"(?:이|가|도)$")
_VOWEL = re.compile(r"[aeiou]", re.IGNORECASE)


def normalize_text(text: str) -> str:
    """Return a text in ordinary letters.

    Hangul is composed (NFC), also from half-width and lone jamo. Full-width letters, typographic quotation marks and
    special spaces become ordinary ones; characters without width are removed.
    """
    text = unicodedata.normalize("NFC", text)
    text = _FULL_WIDTH.sub(lambda match: chr(ord(match[0]) - 0xFEE0), text.translate(_QUOTES))
    text = _HALF_WIDTH_JAMO.sub(lambda match: "".join(map(_full_width_jamo, match[0])), text)
    text = _SPACES.sub(" ", _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", _LONE_JAMO.sub(_compose_whole, text))


def correct_spelling(text: str, known: IsKnown | None = None) -> str:
    """Return a text with words that were typed in the wrong keyboard layout and wrong Korean spacing corrected.

    Args:
        text: a normalized text (`normalize_text`).
        known: the vocabulary of the index, which decides about words that make sense in both layouts.
    """
    return correct_spacing(_hangul_to_latin(_latin_to_hangul(text, known), known))


def _full_width_jamo(letter: str) -> str:
    """Return the compatibility jamo of a half-width one, by its Unicode name."""
    name = unicodedata.name(letter, "").removeprefix("HALFWIDTH ")
    return unicodedata.lookup(name) if name.startswith("HANGUL LETTER") else letter


def _compose_whole(match: re.Match[str]) -> str:
    """Return lone jamo as syllables if they form syllables only."""
    composed = compose_jamo(match[0])
    return composed if has_common_syllables_only(composed) else match[0]


def _is_known(text: str, known: IsKnown | None) -> bool:
    """Return whether a vocabulary is given and has every term of a text."""
    return known is not None and bool(text_terms := terms(text)) and all(map(known, text_terms))


def _latin_to_hangul(text: str, known: IsKnown | None) -> str:
    """Return a text whose Korean words that were typed in the Latin layout ("dltkd xkawl") are Hangul."""
    words = [match[0] for match in _LATIN_WORD.finditer(text)]
    hangul = {word: _typed_hangul(word) for word in words}
    if not any(_is_korean(word, hangul[word], known) for word in words) and not _are_korean(hangul, known):
        return text
    # If most words are Korean, so are the short ones between them.
    is_mostly_korean = sum(bool(hangul[word]) for word in words) * 2 > len(words)

    def corrected(match: re.Match[str]) -> str:
        word = match[0]
        is_korean = (is_mostly_korean and not word.isupper()) or _is_korean(word, hangul[word], known)
        return hangul[word] if hangul[word] and is_korean else word

    return _LATIN_WORD.sub(corrected, text)


def _typed_hangul(word: str) -> str:
    """Return the Korean that the keys of a Latin word spell; empty if they spell none."""
    if _ODD_CAPITAL.search(word):
        return ""
    hangul = to_hangul(word)
    return hangul if has_common_syllables_only(hangul) else ""


def _is_korean(word: str, hangul: str, known: IsKnown | None) -> bool:
    """Return whether a Latin word is more likely the Korean that its keys spell."""
    if len(hangul) < 2 or word.isupper() or not terms(word) or _is_known(word, known):
        return False
    analysis = analyze(hangul)
    minimum = _MIN_PRONOUNCEABLE if _PRONOUNCEABLE.match(word.lower()) else _MIN_UNPRONOUNCEABLE
    minimum = _MIN_UNKNOWN if analysis.unknown_nouns else minimum
    return analysis.score > minimum * len(word) or _is_known(hangul, known)


def _are_korean(hangul: dict[str, str], known: IsKnown | None) -> bool:
    """Return whether all Latin words, if there are several, spell known Korean: a single one may do so by chance."""
    return len(hangul) > 1 and all(
        len(spelled) > 1 and not analyze(spelled).unknown_nouns and bool(terms(word)) and not _is_known(word, known)
        for word, spelled in hangul.items()
    )


def _hangul_to_latin(text: str, known: IsKnown | None) -> str:
    """Return a text whose Latin words that were typed in the Hangul layout ("ㅅㄱ문래귿ㄱ", transformer) are Latin."""
    if known is None and not _JAMO.search(text):
        return text
    return _HANGUL_WORD.sub(lambda match: _typed_latin(match[0], known) or match[0], text)


def _typed_latin(word: str, known: IsKnown | None) -> str:
    """Return the Latin word, with its particle, that the keys of a Hangul word spell; empty if it is Korean."""
    particle = _PARTICLE.search(word)
    ambiguous = None if particle else _AMBIGUOUS_PARTICLE.search(word)
    for end in [len(word), *(match.start() for match in (particle, ambiguous) if match)] if known else ():
        latin = to_latin(word[:end])
        if _is_no_korean(word[:end], latin, known) and _is_known(latin, known):
            return latin + word[end:]
    end = particle.start() if particle else len(word)
    stem, latin = _EMOTICON.sub("", word[:end]), to_latin(word[:end])
    is_mixed = has_stray_jamo(stem) and (len(_JAMO.findall(stem)) > 1 or bool(_JAMO_BETWEEN_SYLLABLES.search(stem)))
    return latin + word[end:] if is_mixed and len(latin) > 2 and _VOWEL.search(latin) else ""


def _is_no_korean(word: str, latin: str, known: IsKnown | None) -> bool:
    """Return whether a Hangul word means nothing in Korean, while the letters on its keys can be pronounced."""
    if _JAMO.search(word):
        return len(latin) > 2
    if len(word) < 2 or not _PRONOUNCEABLE.match(latin.lower()):
        return False
    return analyze(word).unknown_nouns > 0 and not _is_known(word, known)
