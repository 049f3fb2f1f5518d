"""Latin words and identifiers to index terms: names whole and in parts, words stemmed, spellings made alike."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache

_LETTERS = "A-Za-zÀ-ɏΑ-Ωα-ω"
_WORD = re.compile(rf"[{_LETTERS}0-9]+(?:[-._+#'][{_LETTERS}0-9]+)*[+#]*")
_ALIKE = str.maketrans({"’": "'", "‐": "-", "‑": "-", "–": "-"})
_POSSESSIVE = re.compile(r"'s$|'")
_SPLIT = re.compile(r"[-_+#]|(?<!\d)\.|\.(?!\d)")
_RUNS = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+")
# MathVista, MVTec, OpenAI: a capital after a small letter, and the last capital of several before a small letter.
_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_VERSION = re.compile(r"(?<=[A-Z])[vV]$")
_NUMBERED = re.compile(r"[A-Za-z]\d+(?:\.\d+)*|\d+(?:\.\d+)*[A-Za-z]")  # R1, 8B, 4o
_NUMBER_NEXT = re.compile(r" (\d+(?:\.\d+)*[a-z]?)(?![A-Za-z0-9%]|\.\d)")
_HYPHENS = re.compile(r"[-_](?!\d)|(?<!\d)[-_]")
_LONGEST = 80  # letters; what is longer is no word that anyone asks for
_STOP_WORDS = frozenset(
    """a about above after again all also although am an and any are as at be because been before being between both
    but by can could did do does doing done each for from further had has have having he her here how however i if in
    into is it its itself may might more most must nor not of off on once only or other our out over own per same she
    should so some such than that the their them then there these they this those through thus to too under until
    upon us using very via was we were what when where whether which while who whom why will with within without would
    you your e.g i.e etc""".split()
)
_PLURALS = {"gpus": "gpu", "cpus": "cpu", "tpus": "tpu"}  # which look like Latin to the stemmer
_REMEMBERED = 10_000  # words: nineteen in twenty of ten thousand abstracts; all of them would take 25 MiB
_lock = threading.Lock()


def latin_terms(text: str) -> list[str]:
    """The index terms of the Latin words of a text.

    A name is given whole, without its hyphens, and in its parts, so that GPT-4.1, GPT4.1 and GPT 4.1 meet.
    """
    text = text.translate(_ALIKE)
    found: list[str] = []
    for match in _WORD.finditer(text):
        found += _of_word(match[0])
        number = _NUMBER_NEXT.match(text, match.end())
        if number and match[0][0].isupper():
            found.append(_whole(match[0]) + number[1])
    return found


@lru_cache(maxsize=_REMEMBERED)
def stem(word: str) -> str:
    """The stem of an English word in lower case; words with anything but letters are left as they are."""
    if not word.isalpha():
        return word
    if word in _PLURALS:
        return _PLURALS[word]
    if word.endswith("s") and len(word) > 2 and not set(word) & set("aeiouy") and word[-2] != "s":
        return word[:-1]  # LLMs, VLMs: without a vowel, the stemmer takes them for no plural
    import snowballstemmer

    with _lock:
        return snowballstemmer.stemmer("english").stemWord(word)


@lru_cache(maxsize=_REMEMBERED)
def _of_word(written: str) -> tuple[str, ...]:
    word = _POSSESSIVE.sub("", written)[:_LONGEST]
    if not word.isascii():
        word = "".join(letter for letter in unicodedata.normalize("NFKD", word) if not unicodedata.combining(letter))
    whole = _whole(word)
    parts = [part.lower() for chunk in _SPLIT.split(word) for part in _parts(chunk)]
    parts = [stem(part) for part in parts if part not in _STOP_WORDS]
    if word.lower() in _STOP_WORDS:
        return ()
    return tuple(dict.fromkeys([whole, *parts]))


def _whole(word: str) -> str:
    singular = word[:-1] if len(word) > 2 and word[:-1].isupper() and word.endswith("s") else word
    lowered = singular.lower()
    return lowered if lowered in _STOP_WORDS else stem(_HYPHENS.sub("", lowered))


def _parts(chunk: str) -> list[str]:
    """Parts of what holds no hyphen: letters and numbers, and the humps of camel case where they are words.

    Numbers keep the one letter beside them: R1, 8B, 4o; those between letters (Text2SQL) say nothing alone.
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
            parts += _humps(run)
        elif at == len(runs) - 2 and len(runs[-1]) == 1 < len(runs[at - 1]):
            parts.append(run + runs.pop())
            break
        elif at in {0, len(runs) - 1} or "." in run:
            parts.append(run)
    return [part for part in parts if len(part) > 1 or part.isdigit()]


def _humps(run: str) -> list[str]:
    """MathVista: Math, Vista. LLaMA, LoRA and CoT are no two words, and LLMs are several of one."""
    if len(run) > 2 and run[:-1].isupper() and run.endswith("s"):
        return [run[:-1]]
    humps = _HUMPS.split(run)
    if len(humps) == 1:
        return humps
    if max(map(len, humps)) < 3 or any(len(hump) < 2 for hump in humps[1:]):
        return [run]
    return humps
