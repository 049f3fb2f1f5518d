"""Text to index terms: Korean morphemes (Kiwi), stemmed Latin words, identifiers whole and in parts."""

from __future__ import annotations

import os
import re
import threading
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, cast

from ..domain.papers import Language
from ..util.memory import release_memory
from .latin import latin_terms
from .loanwords import LOAN_WORDS, TWO_WORDS

if TYPE_CHECKING:
    from kiwipiepy import Kiwi, Token

TERMS_VERSION = "3"
"""Changes whenever the same text may give other terms; the lexical index is then made anew."""

_HANGUL = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣ]")
_LETTER = re.compile(r"[A-Za-z가-힣]")
# Nouns, roots, Chinese characters and what verbs and adjectives mean. Particles, endings and determiners are left out.
_KEPT_TAGS = frozenset({"NNG", "NNP", "XR", "SH", "W_HASHTAG"})
_VERB_TAGS = frozenset({"VV", "VA", "VV-I", "VV-R", "VA-I", "VA-R"})
_LIGHT_VERBS = frozenset(
    "하 되 있 없 이 같 보 주 싶 않 알 말 받 가 오 들 대하 위하 통하 관하 따르 그러 이러 어떻 어떠".split()
)
# What the analyser leaves on the end of names it does not know.
_PARTICLE = re.compile(r"(?<=..)(?:에서(?:는|도|만)?|에게(?:는|서)?|으로(?:는|도|만|써)?|으|의|(?:이|라)?란)$")
_REMEMBERED = 500  # characters
_lock = threading.Lock()


def has_hangul(text: str) -> bool:
    """Whether any Hangul letter stands in a text."""
    return bool(_HANGUL.search(text))


def language(text: str) -> Language:
    """The language of a text: Korean where at least a sixth of its letters are Hangul, since Korean prose is full of
    Latin names; else English.
    """
    letters = _LETTER.findall(unicodedata.normalize("NFC", text))
    hangul = sum(letter > "z" for letter in letters)
    return "ko" if hangul and hangul * 6 >= len(letters) else "en"


@cache
def kiwi() -> Kiwi:
    """The morphological analyser, loaded once (0.7 s). Hold `kiwi_lock` while calling it."""
    # It has an allocator of its own, which keeps what it was given back and takes by huge pages: 40 MiB, and 200 more
    # when the analyser rests, unless it is told otherwise before it is loaded.
    os.environ.setdefault("MIMALLOC_PURGE_DELAY", "0")
    os.environ.setdefault("MIMALLOC_ARENA_EAGER_COMMIT", "0")
    from kiwipiepy import Kiwi

    # The dictionary of multi-word entries costs two seconds at every start and joins words that must match apart.
    analyser = Kiwi(num_workers=1, load_multi_dict=False)
    for word in LOAN_WORDS:
        analyser.add_user_word(word, cast("Any", "NNG"), 5.0)
    analyser.tokenize("")  # else half of the loading is done by the first text
    release_memory()
    return analyser


def rest() -> None:
    """Let go of the analyser, some 250 MiB; it is loaded again when it is next needed."""
    with _lock:
        kiwi.cache_clear()
    release_memory()


def kiwi_lock() -> threading.Lock:
    """Guards `kiwi()`, which is not documented to be safe for threads."""
    return _lock


def tokens(text: str) -> Sequence[Token]:
    """The morphemes of a text, with their tags and places."""
    return _remembered(text) if len(text) <= _REMEMBERED else _analysed(text)


def _analysed(text: str) -> tuple[Token, ...]:
    with _lock:
        return tuple(cast("list[Token]", kiwi().tokenize(text)))


# A question is looked at for its slips, its terms and its names.
_remembered = lru_cache(maxsize=64)(_analysed)


def _korean(text: str) -> list[str]:
    """Morphemes in the order of the text, then its compounds: every two nouns in a row as one word."""
    found: list[str] = []
    compounds: list[str] = []
    before = prefix = ""  # the noun that stands before, and what changes the meaning of the one that follows: 불균형
    for token in tokens(text):
        noun, before = before, ""
        if token.tag == "XPN":
            prefix, before = token.form, noun
            continue
        changed, prefix = prefix, ""
        if token.tag in _KEPT_TAGS:
            before = changed + (_PARTICLE.sub("", token.form) if token.oov else token.form)
            if (noun, before) in TWO_WORDS:
                if compounds and found[-2:] == [compounds[-1].removesuffix(noun), noun]:
                    compounds[-1] += before
                found[-1] = before = noun + before
                continue
            found.append(before)
            compounds += [noun + before] if noun else []
        elif token.tag in _VERB_TAGS and token.form not in _LIGHT_VERBS:
            found.append(f"{token.form}다")
    return found + compounds


@lru_cache(maxsize=10_000)
def is_common_noun(word: str) -> bool:
    """Whether a Hangul word is made of common nouns, or other words that are no names, of the analyser's dictionary."""
    return not any(token.oov or token.tag == "NNP" or token.form in LOAN_WORDS for token in tokens(word))


def terms(text: str) -> list[str]:
    """The index terms of a text, repeated as often as they occur: Latin words, Korean morphemes, Korean compounds.

    Each of the three in the order of the text. A compound is two nouns in a row written as one word, whether the text
    parts them or not: 이상 탐지 and 이상탐지 give 이상, 탐지, 이상탐지.

    No term holds white space or a quotation mark. Compatibility forms (full-width letters, decomposed Hangul) are
    normalised (NFKC) first.
    """
    # Lone surrogates and control characters are no part of any word, and the analyser is not made for them.
    normal = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode()).replace("\0", " ")
    found = latin_terms(normal)
    if _HANGUL.search(normal):
        found += _korean(normal)
    return [term.replace('"', "") for term in found if term and not term.isspace()]
