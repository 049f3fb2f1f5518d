"""Spelling correction: index terms within a small edit distance of a word."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable

import numpy as np

_MIN_LETTERS, _MIN_LETTERS_FOR_TWO = 4, 8
_MAX_LENGTH = 40  # characters; longer terms are no names
_NUMBER = re.compile(r"\d+(?:\.\d+)*")


class EditDistanceIndex:
    """Terms that can be searched by edit distance.

    The distance is that of optimal string alignment (restricted Damerau-Levenshtein): insertions, deletions,
    substitutions and swaps of two neighbors.

    Args:
        terms: ASCII terms, not empty, without white space; those over 40 characters are ignored.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        self._by_first_letter = _by_first_letter(terms)

    def extended(self, terms: Iterable[str]) -> EditDistanceIndex:
        """Return an index that has some more terms; this one stays as it is."""
        extended = EditDistanceIndex(())
        extended._by_first_letter = dict(self._by_first_letter)
        for letter, added in _by_first_letter(terms).items():
            extended._by_first_letter[letter] = [*self._by_first_letter.get(letter, ()), *added]
        return extended

    def nearest(self, word: str, is_term: Callable[[str], bool] = lambda _: True) -> dict[str, int]:
        """Return the terms nearest to a misspelled word, with their distance, 1 or 2.

        Words of four letters may have one error, those of eight two. The first letter and the digits must agree: GPT-4
        is not GPT-5.

        Args:
            word: the word.
            is_term: whether a term counts.
        """
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        letters = sum(map(str.isalpha, word))
        if letters < _MIN_LETTERS or len(word) > _MAX_LENGTH or not word.isascii():
            return {}
        max_distance = 1 if letters < _MIN_LETTERS_FOR_TWO else 2
        terms = self._by_first_letter.get(word[0], [])
        distances = process.cdist([word], terms, scorer=OSA.distance, score_cutoff=max_distance, dtype=np.uint8)[0]
        numbers = _NUMBER.findall(word)
        for allowed in range(1, max_distance + 1):
            near = [terms[at] for at in np.flatnonzero(distances == allowed)]
            if found := [term for term in near if is_term(term) and _NUMBER.findall(term) == numbers]:
                return dict.fromkeys(found, allowed)
        return {}


def _by_first_letter(terms: Iterable[str]) -> dict[str, list[str]]:
    by_letter: defaultdict[str, list[str]] = defaultdict(list)
    for term in terms:
        if len(term) <= _MAX_LENGTH:
            by_letter[term[0]].append(term)
    return dict(by_letter)
