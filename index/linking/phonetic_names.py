"""Phonetic matching of coined names of several parts: 메가사이언스 for MegaScience, 복싱짐 for BoxingGym."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from copy import copy

from .mentions import candidate_forms, candidate_rows, joined_candidates
from .phonetic_index import PhoneticIndex
from .phonetics import latin_phonemes, phonetic_distances
from .transliteration import looks_foreign, transliterations

_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
# Phonetic distance per phoneme up to which a name matches, by syllables: a long word rarely resembles one by chance.
_MAX_DISTANCE: dict[int, float] = {3: 0.03, 4: 0.06}
_MAX_DISTANCE_LONGER, _MAX_TOTAL_DISTANCE = 0.11, 1.0
_MIN_MARGIN = 0.1  # distance to the second-best name
# Names of consonants in English spelling: parts without a vowel are read letter by letter, as the GPT of MonetGPT.
_CONSONANT_NAMES = dict(
    zip(
        "bcdfghjklmnpqrstvwxz",
        "bee see dee ef jee aich jay kay el em en pee kyu ahr es tee vee dublyu ex zee".split(),
        strict=True,
    )
)
_DOUBLE_LIQUID = re.compile("[lrR][lrR]")  # General-Reasoner: Korean has one sound there, ㄹㄹ


class PhoneticNames:
    """Names of several parts by the phonemes of these parts in a row: MegaScience, AdaptCLIP, Truth Neurons.

    Args:
        names: names as written; those of one part and those with digits are ignored.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = set(names)
        self._index = PhoneticIndex(*_pronounced(self._names))

    def updated(self, names: Iterable[str]) -> PhoneticNames:
        """Return the names as they are now."""
        updated = copy(self)
        updated._names = set(names)
        # Names that are gone stay in the index, where matches leave them out, until they are as many as the others.
        known = set(self._index.terms)
        if len(known - updated._names) > len(updated._names):
            return PhoneticNames(updated._names)
        updated._index = self._index.extended(*_pronounced(updated._names - self._names - known))
        return updated

    def match_text(self, text: str, is_word: Callable[[str], bool]) -> dict[str, str]:
        """Return the names that words of a question sound like, by word; ambiguous words are left out.

        Words separated by a space are joined and looked up where none of them matches alone and not all are ordinary.

        Args:
            text: the question.
            is_word: whether a Hangul word is an ordinary one, which means itself.
        """
        rows = candidate_rows(text)
        found = {word: name for word in candidate_forms(rows) if not is_word(word) and (name := self._match(word))}
        for joined, parts in joined_candidates(rows).items():
            unknown = not any(part in found for part in parts) and not all(map(is_word, parts))
            if unknown and not is_word(joined) and (name := self._match(joined)):
                found[joined] = name
        return found

    def _match(self, word: str) -> str | None:
        if len(word) < min(_MAX_DISTANCE) or not all("가" <= letter <= "힣" for letter in word):
            return None
        costs: dict[str, float] = {}
        for reading in transliterations(word):
            if reading.letters or not reading.phonemes:
                continue
            per_phoneme = _MAX_DISTANCE.get(len(word), _MAX_DISTANCE_LONGER)
            limit = min(per_phoneme * len(reading.phonemes), _MAX_TOTAL_DISTANCE)
            positions = self._index.candidates(reading.phonemes, wider=looks_foreign(word))
            candidates = [self._index.phonemes[at] for at in positions]
            distances = phonetic_distances(reading.phonemes, candidates) if candidates else ()
            for at, distance in zip(positions, distances, strict=True):
                name = self._index.terms[at]
                if distance + reading.cost <= limit and name in self._names:
                    costs[name] = min(float(distance) + reading.cost, costs.get(name, limit))
        best = sorted((cost, name) for name, cost in costs.items())
        if not best or (len(best) > 1 and best[1][0] < best[0][0] + _MIN_MARGIN):
            return None
        return best[0][1]


def _pronounced(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the names of several parts, and the phonemes of each."""
    parts = {name: [_pronounceable(part) for part in _PART.findall(name)] for name in sorted(names)}
    spoken = [name for name, spelled in parts.items() if len(spelled) > 1 and not any(map(str.isdigit, name))]
    phonemes = iter(latin_phonemes([part for name in spoken for part in parts[name]]))
    return spoken, [_joined(next(phonemes) for _ in parts[name]) for name in spoken]


def _pronounceable(part: str) -> str:
    """Return a part in small letters, spelled out where it has no vowel."""
    letters = part.lower()
    if _CONSONANT_NAMES.keys() >= set(letters):
        return "".join(_CONSONANT_NAMES[letter] for letter in letters)
    return letters


def _joined(phonemes: Iterable[str]) -> str:
    return _DOUBLE_LIQUID.sub("l", "".join(phonemes))
