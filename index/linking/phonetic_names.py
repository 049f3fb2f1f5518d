"""Coined names as they sound in Hangul, part by part: 메가사이언스 for MegaScience, 복싱짐 for BoxingGym."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from .fuzzy_terms import PhoneticIndex
from .mentions import joined_names, names_of, rows
from .phonetics import distances, spelled_sounds
from .transliteration import is_foreign, readings

_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
# The distance a phoneme that is close enough, by syllables: a long word is hardly ever like a name by chance.
_CLOSE: dict[int, float] = {3: 0.03, 4: 0.06}
_CLOSE_LONGER, _FARTHEST = 0.11, 1.0
_CLEAR = 0.1  # how much farther the next name must be
# The names of consonants, in English spelling: parts without a vowel are read letter by letter, as the GPT of MonetGPT.
_CONSONANTS = dict(
    zip(
        "bcdfghjklmnpqrstvwxz",
        "bee see dee ef jee aich jay kay el em en pee kyu ahr es tee vee dublyu ex zee".split(),
        strict=True,
    )
)
_TWICE = re.compile("[lrR][lrR]")  # General-Reasoner: one sound, as ㄹㄹ is


class Heard:
    """Names of several parts, by how these sound one after the other: MegaScience, AdaptCLIP, Truth Neurons.

    Args:
        names: as they are written; those of one part, and those with digits, are left out.
    """

    def __init__(self, names: Iterable[str]) -> None:
        parts = {name: [_spelled(part) for part in _PART.findall(name)] for name in names}
        self._names = [name for name, found in parts.items() if len(found) > 1 and not any(map(str.isdigit, name))]
        flat = [part for name in self._names for part in parts[name]]
        sounds = iter(spelled_sounds(flat))
        self._sounds = [_joined(next(sounds) for _ in parts[name]) for name in self._names]
        self._sounding = PhoneticIndex(self._names, self._sounds)

    def asked(self, text: str, is_word: Callable[[str], bool]) -> dict[str, str]:
        """The names that words of a question sound like, by word; of two that sound alike none.

        Words that a space parts are looked up together where none of them is found alone, and not all are ordinary.

        Args:
            text: the question.
            is_word: whether a Hangul word is an ordinary one, which means itself.
        """
        words = rows(text)
        found = {word: name for word in names_of(words) if not is_word(word) and (name := self._meant(word))}
        for joined, parts in joined_names(words).items():
            unknown = not any(part in found for part in parts) and not all(map(is_word, parts))
            if unknown and not is_word(joined) and (name := self._meant(joined)):
                found[joined] = name
        return found

    def _meant(self, word: str) -> str | None:
        if len(word) < min(_CLOSE) or not all("가" <= letter <= "힣" for letter in word):
            return None
        costs: dict[str, float] = {}
        for reading in readings(word):
            if reading.literal or not reading.sounds:
                continue
            limit = min(_CLOSE.get(len(word), _CLOSE_LONGER) * len(reading.sounds), _FARTHEST)
            places = self._sounding.near(reading.sounds, wider=is_foreign(word))
            found = distances(reading.sounds, [self._sounds[at] for at in places]) if places else ()
            for at, cost in zip(places, found, strict=True):
                if cost + reading.price <= limit:
                    name = self._names[at]
                    costs[name] = min(float(cost) + reading.price, costs.get(name, limit))
        best = sorted((cost, name) for name, cost in costs.items())
        if not best or (len(best) > 1 and best[1][0] < best[0][0] + _CLEAR):
            return None
        return best[0][1]


def _spelled(part: str) -> str:
    letters = part.lower()
    return "".join(_CONSONANTS[letter] for letter in letters) if _CONSONANTS.keys() >= set(letters) else letters


def _joined(sounds: Iterable[str]) -> str:
    return _TWICE.sub("l", "".join(sounds))
