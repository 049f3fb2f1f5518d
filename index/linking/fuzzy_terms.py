"""What a question's word may mean among an index's own names: spelled in the other script, or with a slip."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from ..analysis.analyzer import has_hangul, is_common_noun
from ..analysis.latin import latin_terms
from . import phonetics as sounds
from .edit_distance import EditDistanceIndex
from .mentions import joined_names, names_of, rows
from .transliteration import Reading, is_foreign, readings

_LATIN = re.compile(r"[a-z]{2,40}")
_HANGUL = re.compile(r"[가-힣]{2,20}")
_PART = re.compile(r"[가-힣]+|[a-z]+|[0-9.]+")
_CLOSE, _CLOSEST = 0.08, 0.05  # the distance a phoneme that is close enough; and that of words that look Korean
_FARTHEST = 0.45
_TIED = 0.08  # how much farther than the best one an alternative may be
_MOST = 3
_SHARPNESS = 6.0  # exp(-6 x .1): an alternative that is .1 farther is about half as likely


@dataclass(frozen=True, slots=True)
class Alternative:
    """A term of the index that a word may mean.

    Attributes:
        term: as the index holds it.
        weight: how likely it is meant; the weights of one word's alternatives sum to one.
        why: it sounds like the word, or is spelled like it.
    """

    term: str
    weight: float
    why: Literal["sound", "spelling"]


def may_be_borrowed(word: str) -> bool:
    """Whether a Hangul word may be a name or a loan word: it looks foreign, or is made of no common nouns."""
    return is_foreign(word) or not is_common_noun(word)


class Names:
    """The terms of an index as names: found by their sound across scripts, and by their spelling.

    Nothing is prepared before the first question that needs it.

    Args:
        frequencies: in how many chunks each term stands.
    """

    def __init__(self, frequencies: dict[str, int]) -> None:
        self._frequencies = frequencies

    @classmethod
    def of(cls, terms: Iterable[tuple[str, int]]) -> Names:
        """Names from the terms of an index and in how many chunks each of them stands."""
        held: Counter[str] = Counter()
        for term, frequency in terms:  # a term may come once from each part of the index
            held[term] += frequency
        return cls({term: frequency for term, frequency in held.items() if frequency > 0})

    def meant(self, word: str) -> tuple[Alternative, ...]:
        """What a word may mean, the likeliest first; empty where nothing is like it.

        Hangul words, and those of both scripts, are compared with Latin terms by sound; Latin words with Hangul terms
        by sound, and, where the index does not hold them, with Latin terms by spelling.
        """
        spelled = unicodedata.normalize("NFKC", word).lower().strip()
        if has_hangul(spelled):
            return self._ranked(self._sounding_like(re.sub(r"[-_\s.]", "", spelled)), "sound")
        if not spelled.isascii() or not any(map(str.isalpha, spelled)):
            return ()
        heard = self._ranked(self._written_in_hangul(spelled), "sound")
        return heard or self._ranked(self._misspelled(word), "spelling")

    def asked(self, text: str) -> dict[str, tuple[Alternative, ...]]:
        """What the words of a question may mean, by word as it stands there; those that nothing is like are left out.

        Words that a space parts are looked up together only where nothing is like any of them alone.
        """
        words = rows(text)
        found = {word: self.meant(word) for word in names_of(words)}
        for joined, parts in joined_names(words).items():
            if is_foreign(joined) and not any(found.get(part) for part in parts):
                found[joined] = self.meant(joined)
        return {word: meant for word, meant in found.items() if meant}

    def _ranked(self, costs: dict[str, float], why: Literal["sound", "spelling"]) -> tuple[Alternative, ...]:
        if not costs:
            return ()
        limit = min(costs.values()) + _TIED
        held = self._frequencies
        near = sorted((cost, -held[term], term) for term, cost in costs.items() if cost <= limit)
        likely = {term: np.exp(-_SHARPNESS * cost) * np.sqrt(-frequency) for cost, frequency, term in near}
        best = sorted(likely, key=lambda term: (-likely[term], term))[:_MOST]
        total = sum(likely[term] for term in best)
        return tuple(Alternative(term, round(float(likely[term] / total), 4), why) for term in best)

    def _sounding_like(self, word: str) -> dict[str, float]:
        """Latin terms by how far from a word with Hangul in it they sound."""
        bare = "" if word[0].isdigit() else "".join(part for part in _PART.findall(word) if not part[0].isdigit())
        if not has_hangul(bare) or len(bare) < 2:
            return {}
        if not may_be_borrowed(bare):
            return {}
        foreign = is_foreign(bare)
        found: dict[str, float] = {}
        for wider in (False, True):  # nearly always the consonants are the same
            for reading in readings(bare):
                for term, cost in self._read(reading, _CLOSE if foreign else _CLOSEST, wider).items():
                    found[term] = min(cost, found.get(term, np.inf))
            if found:
                break
        return found

    def _read(self, reading: Reading, close: float, wider: bool) -> dict[str, float]:
        limit = min(close * max(len(reading.sounds), 1), _FARTHEST)
        terms, rests = self._candidates(reading, wider)
        if not terms:
            return {}
        costs = sounds.distances(reading.sounds, rests) if reading.sounds else np.zeros(len(terms))
        return {
            term: float(cost) + reading.price
            for term, cost in zip(terms, costs, strict=True)
            if cost <= limit and reading.explains(term)
        }

    def _candidates(self, reading: Reading, wider: bool) -> tuple[list[str], list[str]]:
        """Terms that a reading may sound like, and the phonemes of what of them is not spelled out."""
        latin = self._latin
        if not reading.literal:
            places = latin.near(reading.sounds, wider)
            return [latin.terms[at] for at in places], [latin.sounds[at] for at in places]
        if not reading.sounds:
            held = reading.literal in self._frequencies
            return ([reading.literal], [""]) if held else ([], [])
        terms = [term for term in latin.holding(reading.literal, reading.first) if len(term) > len(reading.literal)]
        size = len(reading.literal)
        rests = [term[size:] if reading.first else term[:-size] for term in terms]
        return terms, sounds.spelled_sounds(rests)

    def _written_in_hangul(self, word: str) -> dict[str, float]:
        """Hangul terms by how far from a Latin word they sound."""
        letters = re.sub(r"[^a-z]", "", word)
        if len(letters) < 3 or any(map(str.isdigit, word)):
            return {}
        (spelled,) = sounds.spelled_sounds([letters])
        found: dict[str, float] = {}
        for at in self._hangul.near(spelled, wider=True):
            term, heard = self._hangul.terms[at], self._hangul.sounds[at]
            cost = float(sounds.distances(heard, [spelled])[0])
            if cost <= min(_CLOSE * len(heard), _FARTHEST):
                found[term] = cost
        return found

    def _misspelled(self, word: str) -> dict[str, float]:
        asked = latin_terms(word)
        if not asked or asked[0] in self._frequencies or (asked[1:] and self._frequencies.keys() >= set(asked[1:])):
            return {}
        return {term: float(slips) for term, slips in self._slips.near(asked[0]).items()}

    @cached_property
    def _latin(self) -> PhoneticIndex:
        terms = [term for term in self._frequencies if _LATIN.fullmatch(term)]
        return PhoneticIndex(terms, sounds.spelled_sounds(terms))

    @cached_property
    def _hangul(self) -> PhoneticIndex:
        terms = [term for term in self._frequencies if _HANGUL.fullmatch(term) and is_foreign(term)]
        return PhoneticIndex(terms, [sounds.hangul_sounds(term) for term in terms])

    @cached_property
    def _slips(self) -> EditDistanceIndex:
        return EditDistanceIndex([term for term in self._frequencies if len(term) > 2 and term.isascii()])


class PhoneticIndex:
    """Terms by the skeletons of their sounds.

    Attributes:
        terms: the terms.
        sounds: the phonemes of each.
    """

    def __init__(self, terms: Sequence[str], spelled: Sequence[str]) -> None:
        self.terms, self.sounds = terms, spelled
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        usual = sounds.skeletons(spelled)
        for at, skeleton in enumerate(usual):
            self._places[skeleton].append(at)
        for at, skeleton in enumerate(sounds.skeletons(sounds.other_readings(spelled))):
            if skeleton != usual[at]:
                self._places[skeleton].append(at)

    def near(self, heard: str, wider: bool) -> list[int]:
        """Places of terms whose consonants are those of some phonemes, or, if `wider`, all but one of three or more."""
        (skeleton,) = sounds.skeletons([heard])
        found = set(self._places.get(skeleton, ()))
        if wider and len(skeleton) > 1:
            for one in sounds.neighbours(skeleton):
                found.update(self._places.get(one, ()))
        return sorted(found)

    def holding(self, letters: str, first: bool) -> list[str]:
        """Terms that begin, or end, with some letters."""
        ordered, reverse = self._forwards if first else self._backwards, not first
        wanted = letters[::-1] if reverse else letters
        start, end = np.searchsorted(ordered, [wanted, wanted + "~"])
        return [str(term)[::-1] if reverse else str(term) for term in ordered[start:end]]

    @cached_property
    def _forwards(self) -> Any:
        return np.array(sorted(self.terms))

    @cached_property
    def _backwards(self) -> Any:
        return np.array(sorted(term[::-1] for term in self.terms))
