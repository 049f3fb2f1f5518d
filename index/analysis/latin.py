"""Index terms of Latin words and identifiers: names whole and in parts, words stemmed, spelling variants unified."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache

_LETTERS = "A-Za-zÀ-ɏΑ-Ωα-ω"
_WORD = re.compile(rf"[{_LETTERS}0-9]+(?:[-._+#'][{_LETTERS}0-9]+)*[+#]*")
_PUNCTUATION = str.maketrans({"’": "'", "‐": "-", "‑": "-", "–": "-"})
_POSSESSIVE = re.compile(r"'s$|'")
_SPLIT = re.compile(r"[-_+#]|(?<!\d)\.|\.(?!\d)")
_RUNS = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+")
# MathVista, MVTec, OpenAI: split before a capital that follows a lower-case letter, and before the last of several.
_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_VERSION = re.compile(r"(?<=[A-Z])[vV]$")
_NUMBERED = re.compile(r"[A-Za-z]\d+(?:\.\d+)*|\d+(?:\.\d+)*[A-Za-z]")  # R1, 8B, 4o
_NUMBER_NEXT = re.compile(r" (\d+(?:\.\d+)*[a-z]?)(?![A-Za-z0-9%]|\.\d)")
_HYPHENS = re.compile(r"[-_](?!\d)|(?<!\d)[-_]")
_MAX_LENGTH = 80  # characters of a word; the rest is cut off
_STOP_WORDS = frozenset(
    """a about above after again all also although am an and any are as at be because been before being between both
    but by can could did do does doing done each for from further had has have having he her here how however i if in
    into is it its itself may might more most must nor not of off on once only or other our out over own per same she
    should so some such than that the their them then there these they this those through thus to too under until
    upon us using very via was we were what when where whether which while who whom why will with within without would
    you your e.g i.e etc""".split()
)
_PLURALS = {"gpus": "gpu", "cpus": "cpu", "tpus": "tpu"}  # the stemmer takes -us for a Latin singular
_CACHED_WORDS = 10_000  # they cover 95 % of the words of 10,000 abstracts; caching all would take 25 MiB
_stemmer_lock = threading.Lock()  # a Snowball stemmer keeps state while it works


def latin_terms(text: str) -> list[str]:
    """Return the index terms of the Latin words of a text.

    A name gives itself without hyphens and its parts, so that GPT-4.1, GPT4.1 and GPT 4.1 share a term.
    """
    text = text.translate(_PUNCTUATION)
    terms: list[str] = []
    for match in _WORD.finditer(text):
        terms += _word_terms(match[0])
        number = _NUMBER_NEXT.match(text, match.end())
        if number and match[0][0].isupper():
            terms.append(_whole(match[0]) + number[1])
    return terms


def is_function_word(word: str) -> bool:
    """Return whether an English word, in any case, is one that gives no index term."""
    return word.lower() in _STOP_WORDS


@lru_cache(maxsize=_CACHED_WORDS)
def stem(word: str) -> str:
    """Return the stem of an English word in lower case; words with digits or signs are returned unchanged."""
    if not word.isalpha():
        return word
    if word in _PLURALS:
        return _PLURALS[word]
    if word.endswith("s") and len(word) > 2 and not set(word) & set("aeiouy") and word[-2] != "s":
        return word[:-1]  # LLMs, VLMs: the stemmer recognizes no plural without a vowel
    import snowballstemmer

    with _stemmer_lock:
        return snowballstemmer.stemmer("english").stemWord(word)


@lru_cache(maxsize=_CACHED_WORDS)
def _word_terms(written: str) -> tuple[str, ...]:
    word = _POSSESSIVE.sub("", written)[:_MAX_LENGTH]
    if not word.isascii():
        word = "".join(letter for letter in unicodedata.normalize("NFKD", word) if not unicodedata.combining(letter))
    whole = _whole(word)
    parts = [part.lower() for chunk in _SPLIT.split(word) for part in _parts(chunk)]
    parts = [stem(part) for part in parts if part not in _STOP_WORDS]
    if word.lower() in _STOP_WORDS:
        return ()
    return tuple(dict.fromkeys([whole, *parts]))


def _whole(word: str) -> str:
    """Return the term of a whole name: lower case, singular, without hyphens."""
    singular = word[:-1] if len(word) > 2 and word[:-1].isupper() and word.endswith("s") else word
    lowered = singular.lower()
    return lowered if lowered in _STOP_WORDS else stem(_HYPHENS.sub("", lowered))


def _parts(chunk: str) -> list[str]:
    """Split a word without hyphens into runs of letters, camel-case words and numbers.

    A number keeps a single adjacent letter (R1, 8B, 4o). A number between letters (Text2SQL) is no part.
    """
    if _NUMBERED.fullmatch(chunk):
        return [chunk]
    runs = _RUNS.findall(chunk)
    if len(runs) > 1 and _VERSION.search(runs[-2]):  # YOLOv8
        runs[-2:] = [runs[-2][:-1], runs[-2][-1] + runs[-1]]
    parts: list[str] = []
    for at, run in enumerate(runs):
        if _NUMBERED.fullmatch(run):
            parts.append(run)
        elif not run[0].isdigit():
            parts += _camel_case_words(run)
        elif at == len(runs) - 2 and len(runs[-1]) == 1 < len(runs[at - 1]):
            parts.append(run + runs.pop())
            break
        elif at in {0, len(runs) - 1} or "." in run:
            parts.append(run)
    return [part for part in parts if len(part) > 1 or part.isdigit()]


def _camel_case_words(run: str) -> list[str]:
    """Split MathVista into Math and Vista; keep LLaMA, LoRA and CoT whole; return LLM for LLMs."""
    if len(run) > 2 and run[:-1].isupper() and run.endswith("s"):
        return [run[:-1]]
    words = _CAMEL_CASE.split(run)
    if len(words) == 1:
        return words
    if max(map(len, words)) < 3 or any(len(word) < 2 for word in words[1:]):
        return [run]
    return words
