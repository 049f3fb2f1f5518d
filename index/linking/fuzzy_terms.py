"""Fuzzy matching of question words to index terms: by sound across scripts, and by edit distance."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ..analysis.korean import is_common_noun
from ..analysis.language import has_hangul
from ..analysis.latin import latin_terms
from .edit_distance import EditDistanceIndex
from .mentions import candidate_forms, candidate_rows, joined_candidates
from .phonetic_index import PhoneticIndex
from .phonetics import hangul_phonemes, latin_phonemes, phonetic_distances
from .transliteration import Transliteration, looks_foreign, transliterations

_LATIN = re.compile(r"[a-z]{2,40}")
_HANGUL = re.compile(r"[가-힣]{2,20}")
_RUN = re.compile(r"[가-힣]+|[a-z]+|[0-9.]+")
# Phonetic distance per phoneme up to which words match; lower for Hangul words that look native.
_MAX_DISTANCE, _MAX_NATIVE_DISTANCE = 0.08, 0.05
_MAX_TOTAL_DISTANCE = 0.45
_TIE_MARGIN = 0.08  # distance beyond that of the best match up to which others are kept
_MAX_MATCHES = 3
_SHARPNESS = 6.0  # weight exp(-6 * distance): a match that is .1 farther is about half as likely


@dataclass(frozen=True, slots=True)
class TermMatch:
    """An index term that a question word may match.

    Attributes:
        term: the index term.
        weight: probability; those of one word's matches sum to 1.
        kind: "sound" for a phonetic match across scripts, "spelling" for one by edit distance.
    """

    term: str
    weight: float
    kind: Literal["sound", "spelling"]


def may_be_loanword(word: str) -> bool:
    """Return whether a Hangul word may be a name or loan word: it looks foreign, or consists of no common nouns."""
    return looks_foreign(word) or not is_common_noun(word)


class FuzzyTerms:
    """The terms of an index, searchable by sound and by spelling.

    Each table is built by the first word that needs it.

    Args:
        frequencies: document frequency by term, each at least 1.
    """

    def __init__(self, frequencies: dict[str, int]) -> None:
        self._frequencies, self._gone = frequencies, 0

    @property
    def frequencies(self) -> dict[str, int]:
        """Document frequency by term."""
        return self._frequencies

    @classmethod
    def from_counts(cls, counts: Iterable[tuple[str, int]]) -> FuzzyTerms:
        """Return the terms with their document frequencies added up; terms that no chunk contains are dropped."""
        totals: Counter[str] = Counter()
        for term, frequency in counts:
            totals[term] += frequency
        return cls({term: frequency for term, frequency in totals.items() if frequency > 0})

    def updated(self, frequencies: dict[str, int]) -> FuzzyTerms:
        """Return the terms of the index as it is now; the tables that were built get what is new.

        Args:
            frequencies: document frequency by term, each at least 1.
        """
        updated = FuzzyTerms(frequencies)
        added = [term for term in frequencies if term not in self._frequencies]
        # Terms that are gone stay in the tables, where matches leave them out, until they are as many as the others.
        updated._gone = self._gone + len(self._frequencies) + len(added) - len(frequencies)
        if updated._gone > len(frequencies):
            return FuzzyTerms(frequencies)
        tables = self.__dict__
        if "_latin" in tables:
            latin = _latin_terms(added)
            updated._latin = self._latin.extended(latin, latin_phonemes(latin))
        if "_hangul" in tables:
            hangul = _foreign_terms(added)
            updated._hangul = self._hangul.extended(hangul, [hangul_phonemes(term) for term in hangul])
        if "_spellings" in tables:
            updated._spellings = self._spellings.extended(_ascii_terms(added))
        return updated

    def match(self, word: str) -> tuple[TermMatch, ...]:
        """Return the index terms that a word may match, at most three, most likely first.

        Words with Hangul are compared with Latin terms by sound. Latin words are compared with Hangul terms by sound
        and, where the index lacks them, with Latin terms by edit distance.
        """
        normalized = unicodedata.normalize("NFKC", word).lower().strip()
        if has_hangul(normalized):
            return self._ranked(self._sounding_like(re.sub(r"[-_\s.]", "", normalized)), "sound")
        if not normalized.isascii() or not any(map(str.isalpha, normalized)):
            return ()
        by_sound = self._ranked(self._hangul_spellings(normalized), "sound")
        return by_sound or self._ranked(self._corrections(word), "spelling")

    def match_text(self, text: str) -> dict[str, tuple[TermMatch, ...]]:
        """Return the matches of the words of a question, by word as written; words without a match are left out.

        Words separated by a space are joined and looked up where none of them matches alone.
        """
        rows = candidate_rows(text)
        found = {word: self.match(word) for word in candidate_forms(rows)}
        for joined, parts in joined_candidates(rows).items():
            if looks_foreign(joined) and not any(found.get(part) for part in parts):
                found[joined] = self.match(joined)
        return {word: matches for word, matches in found.items() if matches}

    def _ranked(self, distances: dict[str, float], kind: Literal["sound", "spelling"]) -> tuple[TermMatch, ...]:
        if not distances:
            return ()
        limit = min(distances.values()) + _TIE_MARGIN
        near = sorted(
            (distance, -self._frequencies[term], term) for term, distance in distances.items() if distance <= limit
        )
        scores = {term: np.exp(-_SHARPNESS * distance) * np.sqrt(-frequency) for distance, frequency, term in near}
        best = sorted(scores, key=lambda term: (-scores[term], term))[:_MAX_MATCHES]
        total = sum(scores[term] for term in best)
        return tuple(TermMatch(term, round(float(scores[term] / total), 4), kind) for term in best)

    def _sounding_like(self, word: str) -> dict[str, float]:
        """Return the phonetic distances of Latin terms to a word with Hangul."""
        letters = "" if word[0].isdigit() else "".join(run for run in _RUN.findall(word) if not run[0].isdigit())
        if not has_hangul(letters) or len(letters) < 2 or not may_be_loanword(letters):
            return {}
        max_distance = _MAX_DISTANCE if looks_foreign(letters) else _MAX_NATIVE_DISTANCE
        found: dict[str, float] = {}
        for wider in (False, True):  # nearly always all consonants agree
            for reading in transliterations(letters):
                for term, distance in self._distances(reading, max_distance, wider).items():
                    found[term] = min(distance, found.get(term, np.inf))
            if found:
                break
        return found

    def _distances(self, reading: Transliteration, max_distance: float, wider: bool) -> dict[str, float]:
        limit = min(max_distance * max(len(reading.phonemes), 1), _MAX_TOTAL_DISTANCE)
        terms, phonemes = self._candidates(reading, wider)
        if not terms:
            return {}
        distances = phonetic_distances(reading.phonemes, phonemes) if reading.phonemes else np.zeros(len(terms))
        return {
            term: float(distance) + reading.cost
            for term, distance in zip(terms, distances, strict=True)
            if distance <= limit and term in self._frequencies and reading.accepts(term)
        }

    def _candidates(self, reading: Transliteration, wider: bool) -> tuple[list[str], list[str]]:
        """Return the terms that a reading may denote, and the phonemes of what its letters leave of each."""
        latin = self._latin
        if not reading.letters:
            positions = latin.candidates(reading.phonemes, wider)
            return [latin.terms[at] for at in positions], [latin.phonemes[at] for at in positions]
        if not reading.phonemes:
            return ([reading.letters], [""]) if reading.letters in self._frequencies else ([], [])
        size = len(reading.letters)
        if reading.letters_first:
            terms = [term for term in latin.with_prefix(reading.letters) if len(term) > size]
            return terms, latin_phonemes([term[size:] for term in terms])
        terms = [term for term in latin.with_suffix(reading.letters) if len(term) > size]
        return terms, latin_phonemes([term[:-size] for term in terms])

    def _hangul_spellings(self, word: str) -> dict[str, float]:
        """Return the phonetic distances of Hangul terms to a Latin word."""
        letters = re.sub(r"[^a-z]", "", word)
        if len(letters) < 3 or any(map(str.isdigit, word)):
            return {}
        (phonemes,) = latin_phonemes([letters])
        found: dict[str, float] = {}
        for at in self._hangul.candidates(phonemes, wider=True):
            term, hangul = self._hangul.terms[at], self._hangul.phonemes[at]
            distance = float(phonetic_distances(hangul, [phonemes])[0])
            if term in self._frequencies and distance <= min(_MAX_DISTANCE * len(hangul), _MAX_TOTAL_DISTANCE):
                found[term] = distance
        return found

    def _corrections(self, word: str) -> dict[str, float]:
        """Return the edit distances of Latin terms to a word whose terms the index lacks."""
        parts = latin_terms(word)
        if not parts or parts[0] in self._frequencies or (parts[1:] and self._frequencies.keys() >= set(parts[1:])):
            return {}
        return {
            term: float(distance)
            for term, distance in self._spellings.nearest(parts[0], self._frequencies.__contains__).items()
        }

    @cached_property
    def _latin(self) -> PhoneticIndex:
        terms = _latin_terms(self._frequencies)
        return PhoneticIndex(terms, latin_phonemes(terms))

    @cached_property
    def _hangul(self) -> PhoneticIndex:
        terms = _foreign_terms(self._frequencies)
        return PhoneticIndex(terms, [hangul_phonemes(term) for term in terms])

    @cached_property
    def _spellings(self) -> EditDistanceIndex:
        return EditDistanceIndex(_ascii_terms(self._frequencies))


def _latin_terms(terms: Iterable[str]) -> list[str]:
    return [term for term in terms if _LATIN.fullmatch(term)]


def _foreign_terms(terms: Iterable[str]) -> list[str]:
    return [term for term in terms if _HANGUL.fullmatch(term) and looks_foreign(term)]


def _ascii_terms(terms: Iterable[str]) -> list[str]:
    return [term for term in terms if len(term) > 2 and term.isascii()]
