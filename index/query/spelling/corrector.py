"""Slips of typing in a question, put right: odd forms of letters, the keyboard left in the other language, spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from ...analysis.analyzer import terms
from .hangul_keyboard import compose, is_mixed, is_whole, to_hangul, to_latin
from .spacing import reading, respace

Known = Callable[[str], bool]
"""Whether the index has a term."""

_WIDE = re.compile(r"[\uff01-\uff5e]")
_HALF_JAMO = re.compile(r"[\uffa1-\uffdc]+")
_LONE_JAMO = re.compile(r"(?<![가-힣])[ㄱ-ㅎㅏ-ㅣ]{2,}(?![가-힣])")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff\ufe0f]")
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_QUOTES = str.maketrans("‘’‚‛′＇“”„‟″＂", "''''''\"\"\"\"\"\"")

_LATIN = re.compile(r"(?<![\w.\-/@#+'&])[A-Za-z]{2,40}(?![\w/@#+'&]|[.\-]\w)")
_ODD_CAPITAL = re.compile(r"(?<=.)[^a-zQWERTOP]")  # Shift changes only these keys; the first letter may be a sentence's
# Log-likelihood of the Korean reading per key, set so that no word of 10,600 English titles lies above; none of 44,787
# further titles does.
_LIKELY, _LIKELY_UNSPEAKABLE, _LIKELY_UNKNOWN = -3.6, -4.6, -3.0
_SPEAKABLE = re.compile(r"(?=.*[aeiouy])(?!.*(?:q(?!u)|[^aeiouy]{4}))")

_KOREAN = re.compile(r"(?<![\w.\-/@#+'&])[가-힣ㄱ-ㅎㅏ-ㅣ]{2,40}(?![A-Za-z0-9_])")
_CHAT = re.compile(r"(?:ㅋ+|ㅎ+|ㅠ+|ㅜㅜ+|ㅡㅡ+)$")
_JAMO = re.compile(r"[ㄱ-ㅎㅏ-ㅣ]")
_INSIDE = re.compile(r"[가-힣][ㄱ-ㅎㅏ-ㅣ]+[가-힣]")
_PARTICLE = re.compile(r"(?:이라는|라는|에서는|에서|에는|으로|로|은|는|을|를|의|에|와|과|만|부터|까지|보다|처럼)$")
# These particles are also the ends of English words (network ends with the keys of 가), so the vocabulary decides.
_DOUBTFUL_PARTICLE = re.compile(r"(?:이|가|도)$")
_VOWEL = re.compile(r"[aeiou]", re.IGNORECASE)


def plain(text: str) -> str:
    """The text in ordinary letters.

    Hangul is composed (NFC), also from half-width and lone jamo; full-width letters and spaces become ordinary ones,
    typographic quotation marks straight; what has no width is dropped.
    """
    text = unicodedata.normalize("NFC", text)
    text = _WIDE.sub(lambda match: chr(ord(match[0]) - 0xFEE0), text.translate(_QUOTES))
    text = _HALF_JAMO.sub(lambda match: "".join(map(_full_jamo, match[0])), text)
    text = _SPACES.sub(" ", _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", _LONE_JAMO.sub(_composed, text))


def _full_jamo(letter: str) -> str:
    """The compatibility jamo of a half-width one, which Unicode names alike."""
    name = unicodedata.name(letter, "").removeprefix("HALFWIDTH ")
    return unicodedata.lookup(name) if name.startswith("HANGUL LETTER") else letter


def _composed(match: re.Match[str]) -> str:
    """Lone jamo as syllables where they make syllables only."""
    made = compose(match[0])
    return made if is_whole(made) else match[0]


def corrected(text: str, known: Known | None = None) -> str:
    """The text as it was meant: words typed on the wrong layout turned over, Korean spaces put right.

    Args:
        text: in plain letters (`plain`).
        known: whether a term is in the vocabulary of the index. It settles words that could be either.
    """
    return respace(_from_hangul(_from_keys(text, known), known))


def _is_known(text: str, known: Known | None) -> bool:
    """Whether a vocabulary is there and holds every term of some words."""
    return known is not None and bool(found := terms(text)) and all(map(known, found))


def _from_keys(text: str, known: Known | None) -> str:
    """Korean that was typed as Latin letters ("dltkd xkawl"), as Korean."""
    words = [match[0] for match in _LATIN.finditer(text)]
    read = {word: _hangul(word) for word in words}
    if not any(_is_slip(word, read[word], known) for word in words) and not _are_slips(read, known):
        return text
    # Where most words are slips, the short ones between them are too.
    most = sum(bool(read[word]) for word in words) * 2 > len(words)

    def meant(match: re.Match[str]) -> str:
        word, hangul = match[0], read[match[0]]
        return hangul if hangul and ((most and not word.isupper()) or _is_slip(word, hangul, known)) else word

    return _LATIN.sub(meant, text)


def _are_slips(read: dict[str, str], known: Known | None) -> bool:
    """Whether several words spell Korean, all that there are: one may do so by chance."""
    return len(read) > 1 and all(
        len(hangul) > 1 and not reading(hangul).unknown and bool(terms(word)) and not _is_known(word, known)
        for word, hangul in read.items()
    )


def _hangul(word: str) -> str:
    """The Korean that the keys of a Latin word spell; empty where they spell none."""
    if _ODD_CAPITAL.search(word):
        return ""
    hangul = to_hangul(word)
    return hangul if is_whole(hangul) else ""


def _is_slip(word: str, hangul: str, known: Known | None) -> bool:
    """Whether a word says more as Korean than as it stands."""
    if len(hangul) < 2 or word.isupper() or not terms(word) or _is_known(word, known):
        return False
    found = reading(hangul)
    likely = _LIKELY if _SPEAKABLE.match(word.lower()) else _LIKELY_UNSPEAKABLE
    likely = _LIKELY_UNKNOWN if found.unknown else likely
    return found.score > likely * len(word) or _is_known(hangul, known)


def _from_hangul(text: str, known: Known | None) -> str:
    """Latin words that were typed as Hangul ("ㅅㄱ문래귿ㄱ" for transformer), in Latin letters."""
    if known is None and not _JAMO.search(text):
        return text
    return _KOREAN.sub(lambda match: _latin(match[0], known) or match[0], text)


def _latin(word: str, known: Known | None) -> str:
    """The Latin word, with its particle, that a word of Hangul was meant to be; empty where it was meant as Hangul."""
    sure = _PARTICLE.search(word)
    doubtful = None if sure else _DOUBTFUL_PARTICLE.search(word)
    for cut in [len(word), *(match.start() for match in (sure, doubtful) if match)] if known else ():
        latin = to_latin(word[:cut])
        if _is_no_korean(word[:cut], latin, known) and _is_known(latin, known):
            return latin + word[cut:]
    cut = sure.start() if sure else len(word)
    head, latin = _CHAT.sub("", word[:cut]), to_latin(word[:cut])
    mixed = is_mixed(head) and (len(_JAMO.findall(head)) > 1 or bool(_INSIDE.search(head)))
    return latin + word[cut:] if mixed and len(latin) > 2 and _VOWEL.search(latin) else ""


def _is_no_korean(word: str, latin: str, known: Known | None) -> bool:
    """Whether a word is nothing in Korean, while the letters on its keys can be spoken."""
    if _JAMO.search(word):
        return len(latin) > 2
    if len(word) < 2 or not _SPEAKABLE.match(latin.lower()):
        return False
    return reading(word).unknown > 0 and not _is_known(word, known)
