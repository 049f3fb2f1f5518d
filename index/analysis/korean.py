"""Korean morphological analysis with Kiwi: morphemes, index terms, sentence boundaries and spacing."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, NamedTuple, cast

from ..util.memory import release_memory
from .loanwords import LOAN_WORDS, TWO_WORDS

if TYPE_CHECKING:
    from kiwipiepy import Kiwi, Sentence, Token

# Nouns, roots, Chinese characters, verbs and adjectives. Particles, endings and determiners carry no content.
_NOUN_TAGS = frozenset({"NNG", "NNP", "XR", "SH", "W_HASHTAG"})
_VERB_TAGS = frozenset({"VV", "VA", "VV-I", "VV-R", "VA-I", "VA-R"})
_LIGHT_VERBS = frozenset(
    "하 되 있 없 이 같 보 주 싶 않 알 말 받 가 오 들 대하 위하 통하 관하 따르 그러 이러 어떻 어떠".split()
)
# Particles that Kiwi leaves attached to nouns outside its dictionary.
_PARTICLE = re.compile(r"(?<=..)(?:에서(?:는|도|만)?|에게(?:는|서)?|으로(?:는|도|만|써)?|으|의|(?:이|라)?란)$")
_CACHED_LENGTH = 500  # characters: questions, not documents


class Morpheme(NamedTuple):
    """A morpheme of a text.

    Kiwi's own tokens point into its dictionaries without keeping them: after a release, reading some of their
    attributes ends the process.

    Attributes:
        form: as it is written, or as it would be by itself.
        tag: its part of speech (Sejong tag set).
        start, end: its place in the text, in code points.
        oov: whether it is in no dictionary.
    """

    form: str
    tag: str
    start: int
    end: int
    oov: bool


class KoreanAnalyzer:
    """Kiwi, loaded on first use (0.7 s, about 250 MiB). Safe to share between threads."""

    def __init__(self) -> None:
        self._kiwi: Kiwi | None = None
        self._lock = threading.Lock()  # Kiwi is not documented to be thread-safe
        # One question is analyzed for its spelling, its terms and its names.
        self._cached_tokens = lru_cache(maxsize=64)(self._tokenize)

    def tokens(self, text: str) -> Sequence[Morpheme]:
        """Return the morphemes of a text with their tags and offsets; those of short texts are cached."""
        return self._cached_tokens(text) if len(text) <= _CACHED_LENGTH else self._tokenize(text)

    def best_analysis(self, text: str) -> tuple[Sequence[Morpheme], float]:
        """Return the most likely morphemes of a text and their log-likelihood."""
        with self._lock:
            tokens, likelihood = self._load().analyze(text)[0]
            return _morphemes(tokens), likelihood

    def split_sentences(self, text: str) -> list[tuple[int, int]]:
        """Return the spans of the sentences of a text, in order."""
        with self._lock:
            sentences = cast("list[Sentence]", self._load().split_into_sents(text))
        return [(sentence.start, sentence.end) for sentence in sentences]

    def respace(self, text: str) -> str:
        """Return a text with its white space removed and set anew between words."""
        with self._lock:
            return cast("str", self._load().space(text, reset_whitespace=True))

    def release(self) -> None:
        """Free the model's memory; it is loaded again on next use."""
        with self._lock:
            self._kiwi = None
        release_memory()

    def _tokenize(self, text: str) -> tuple[Morpheme, ...]:
        with self._lock:
            return _morphemes(cast("list[Token]", self._load().tokenize(text)))

    def _load(self) -> Kiwi:
        if self._kiwi is None:
            # Kiwi's allocator (mimalloc) keeps freed pages and reserves huge ones: 40 MiB, and 200 more after a
            # release. It reads these settings when it is loaded.
            os.environ.setdefault("MIMALLOC_PURGE_DELAY", "0")
            os.environ.setdefault("MIMALLOC_ARENA_EAGER_COMMIT", "0")
            from kiwipiepy import Kiwi

            # The multi-word dictionary costs two seconds at every start and joins words that must match separately.
            kiwi = Kiwi(num_workers=1, load_multi_dict=False)
            with NamedTemporaryFile("w", suffix=".dict", encoding="utf-8") as file:  # adding one by one takes 0.13 s
                file.write("".join(f"{word}\tNNG\t5.0\n" for word in LOAN_WORDS))
                file.flush()
                kiwi.load_user_dictionary(file.name)
            kiwi.tokenize("")  # half of the loading is deferred to the first text
            release_memory()
            self._kiwi = kiwi
        return self._kiwi


def _morphemes(tokens: Iterable[Token]) -> tuple[Morpheme, ...]:
    return tuple(Morpheme(token.form, token.tag, token.start, token.end, token.oov) for token in tokens)


@cache
def korean_analyzer() -> KoreanAnalyzer:
    """Return the analyzer of this process.

    Ingestion, parsing and quoting share it: a second one would cost another 0.7 s and 250 MiB.
    """
    return KoreanAnalyzer()


def korean_terms(text: str) -> list[str]:
    """Return the index terms of a Korean text: content morphemes in order, then compounds of two adjacent nouns."""
    terms: list[str] = []
    compounds: list[str] = []
    noun = prefix = ""  # the noun just read, and a prefix that changes the meaning of the next one: 불균형
    for token in korean_analyzer().tokens(text):
        previous, noun = noun, ""
        if token.tag == "XPN":
            prefix, noun = token.form, previous
            continue
        noun_prefix, prefix = prefix, ""
        if token.tag in _NOUN_TAGS:
            noun = noun_prefix + (_PARTICLE.sub("", token.form) if token.oov else token.form)
            if (previous, noun) in TWO_WORDS:
                if compounds and terms[-2:] == [compounds[-1].removesuffix(previous), previous]:
                    compounds[-1] += noun
                terms[-1] = noun = previous + noun
                continue
            terms.append(noun)
            compounds += [previous + noun] if previous else []
        elif token.tag in _VERB_TAGS and token.form not in _LIGHT_VERBS:
            terms.append(f"{token.form}다")
    return terms + compounds


@lru_cache(maxsize=10_000)
def is_common_noun(word: str) -> bool:
    """Return whether Kiwi's dictionary reads a Hangul word without proper nouns, loan words and unknown words."""
    return not any(
        token.oov or token.tag == "NNP" or token.form in LOAN_WORDS for token in korean_analyzer().tokens(word)
    )
