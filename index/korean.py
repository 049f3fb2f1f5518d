"""Text to index terms: Korean morphemes (Kiwi), stemmed Latin words, identifiers whole and in parts."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, cast

from .papers import Language

if TYPE_CHECKING:
    from kiwipiepy import Kiwi, Token

TERMS_VERSION = "1"
"""Changes whenever the same text may give other terms; the lexical index is then made anew."""

_HANGUL = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣ]")
_LETTER = re.compile(r"[A-Za-z가-힣]")
_WORD = re.compile(r"[A-Za-z0-9]+(?:[-._+#'/][A-Za-z0-9]+)*[+#]*")
_PARTS = re.compile(r"\d+(?:\.\d+)*|[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SPLIT = re.compile(r"[-_+#'/]|(?<!\d)\.|\.(?!\d)")
# Nouns, roots, Chinese characters and what verbs and adjectives mean. Particles, endings and determiners are left out.
_KEPT_TAGS = frozenset({"NNG", "NNP", "XR", "SH", "W_HASHTAG"})
_VERB_TAGS = frozenset({"VV", "VA", "VV-I", "VV-R", "VA-I", "VA-R"})
_LIGHT_VERBS = frozenset(
    "하 되 있 없 이 같 보 주 싶 않 알 말 받 가 오 들 대하 위하 통하 관하 따르 그러 이러 어떻 어떠".split()
)
_STOP_WORDS = frozenset(
    """a about above after again all also although am an and any are as at be because been before being between both
    but by can could did do does doing done each for from further had has have having he her here how however i if in
    into is it its itself may might more most must nor not of off on once only or other our out over own per same she
    should so some such than that the their them then there these they this those through thus to too under until
    upon us using very via was we were what when where whether which while who whom why will with within without would
    you your""".split()
)
# Loan words of the field, which the analyser would divide one way or another by what stands around them.
_LOAN_WORDS = (
    "데이터셋 파인튜닝 트랜스포머 벤치마크 프롬프트 토크나이저 임베딩 어텐션 멀티모달 디퓨전 파라미터 아키텍처 "
    "파이프라인 프레임워크 인코더 디코더 오픈소스 제로샷 퓨샷 베이스라인 체크포인트 언러닝 워터마킹 에이전트"
).split()
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
    from kiwipiepy import Kiwi

    # The dictionary of multi-word entries costs two seconds at every start and joins words that must match apart.
    analyser = Kiwi(num_workers=1, load_multi_dict=False)
    for word in _LOAN_WORDS:
        analyser.add_user_word(word, cast("Any", "NNG"), 5.0)
    return analyser


def kiwi_lock() -> threading.Lock:
    """Guards `kiwi()`, which is not documented to be safe for threads."""
    return _lock


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    import snowballstemmer

    with _lock:
        return snowballstemmer.stemmer("english").stemWord(word)


def _latin(word: str) -> list[str]:
    lowered = word.lower()
    pieces = [piece for part in _SPLIT.split(word) if part for piece in _PARTS.findall(part)]
    if len(pieces) <= 1:
        return [] if lowered in _STOP_WORDS else [_stem(lowered) if lowered.isalpha() else lowered]
    parts = [piece.lower() for piece in pieces if len(piece) > 1 or piece.isdigit()]
    whole = lowered.replace("/", "-").replace("'", "")
    return [whole, *(_stem(part) if part.isalpha() else part for part in parts if part not in _STOP_WORDS)]


def _korean(text: str) -> list[str]:
    with _lock:
        tokens = cast("list[Token]", kiwi().tokenize(text))
    terms: list[str] = []
    for token in tokens:
        if token.tag in _KEPT_TAGS:
            terms.append(token.form)
        elif token.tag in _VERB_TAGS and token.form not in _LIGHT_VERBS:
            terms.append(f"{token.form}다")
    return terms


def terms(text: str) -> list[str]:
    """The index terms of a text, in no particular order, repeated as often as they occur.

    No term holds white space or a quotation mark. Compatibility forms (full-width letters, decomposed Hangul) are
    normalised (NFKC) first.
    """
    # Lone surrogates and control characters are no part of any word, and the analyser is not made for them.
    normal = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode()).replace("\0", " ")
    found = [term for word in _WORD.findall(normal) for term in _latin(word)]
    if _HANGUL.search(normal):
        found += _korean(normal)
    return [term.replace('"', "") for term in found if term and not term.isspace()]
