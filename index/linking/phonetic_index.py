"""Index of terms by their consonants: the candidates of a phonetic match."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np

from .phonetics import alternative_phonemes, consonant_skeletons, skeleton_neighbors


class PhoneticIndex:
    """Terms by consonant skeleton, by prefix and by suffix.

    Attributes:
        terms: the terms.
        phonemes: the phonemes of each.
    """

    def __init__(self, terms: Sequence[str], phonemes: Sequence[str]) -> None:
        self.terms, self.phonemes = terms, phonemes
        self._positions = _positions(phonemes)

    def extended(self, terms: Sequence[str], phonemes: Sequence[str]) -> PhoneticIndex:
        """Return an index that has some more terms; this one stays as it is, and shares what it holds."""
        extended = copy(self)
        extended.terms, extended.phonemes = [*self.terms, *terms], [*self.phonemes, *phonemes]
        extended._positions = dict(self._positions)
        for skeleton, positions in _positions(phonemes, len(self.terms)).items():
            extended._positions[skeleton] = [*self._positions.get(skeleton, ()), *positions]
        for name in ("_ordered", "_reversed"):
            extended.__dict__.pop(name, None)
        return extended

    def candidates(self, phonemes: str, wider: bool) -> list[int]:
        """Return the positions of terms with the same consonant skeleton.

        Args:
            phonemes: phonemes to look up.
            wider: whether to include skeletons that differ in one consonant, where there are two or more.
        """
        (skeleton,) = consonant_skeletons([phonemes])
        found = set(self._positions.get(skeleton, ()))
        if wider and len(skeleton) > 1:
            for neighbor in skeleton_neighbors(skeleton):
                found.update(self._positions.get(neighbor, ()))
        return sorted(found)

    def with_prefix(self, letters: str) -> list[str]:
        """Return the terms that start with some letters."""
        return _starting_with(self._ordered, letters)

    def with_suffix(self, letters: str) -> list[str]:
        """Return the terms that end with some letters."""
        return [term[::-1] for term in _starting_with(self._reversed, letters[::-1])]

    @cached_property
    def _ordered(self) -> Any:
        return np.array(sorted(self.terms))

    @cached_property
    def _reversed(self) -> Any:
        return np.array(sorted(term[::-1] for term in self.terms))


def _positions(phonemes: Sequence[str], first: int = 0) -> dict[str, list[int]]:
    """Return the positions of terms by their consonant skeletons, counted from `first`."""
    positions: defaultdict[str, list[int]] = defaultdict(list)
    usual = consonant_skeletons(phonemes)
    for at, skeleton in enumerate(usual):
        positions[skeleton].append(first + at)
    for at, skeleton in enumerate(consonant_skeletons(alternative_phonemes(phonemes))):
        if skeleton != usual[at]:
            positions[skeleton].append(first + at)
    return dict(positions)


def _starting_with(ordered: Any, letters: str) -> list[str]:
    start, end = np.searchsorted(ordered, [letters, letters + "~"])
    return [str(term) for term in ordered[start:end]]
