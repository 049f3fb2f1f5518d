"""Terms that differ from a word by a slip of the keyboard: a letter more, less, another one, or two swapped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

_SHORTEST, _LONG = 4, 8  # letters of words that may hold one slip, and two
_WIDTH = 40  # letters; longer terms are no names
_DIGITS = re.compile(r"\d+(?:\.\d+)*")


class EditDistanceIndex:
    """Terms, prepared to be compared with a misspelled one.

    Args:
        terms: what may be meant: ASCII, not empty, without white space.
    """

    def __init__(self, terms: Sequence[str]) -> None:
        self._terms = [term for term in terms if len(term) <= _WIDTH]
        self._codes = _codes(self._terms)
        self._lengths = np.fromiter(map(len, self._terms), np.int64, len(self._terms))
        self._letters = _letters(self._codes)

    def near(self, word: str) -> dict[str, int]:
        """Terms within one slip of a word of four letters, or two of one of eight, by how many; only the nearest.

        The first letter is never a slip, nor is a digit: GPT-4 is not GPT-5.
        """
        size = sum(map(str.isalpha, word))
        most = 0 if size < _SHORTEST or len(word) > _WIDTH or not word.isascii() else 1 if size < _LONG else 2
        numbers = _DIGITS.findall(word)
        for allowed in range(1, most + 1):
            places = self._alike(word, allowed)
            slips = edit_distances(word, self._codes[places], self._lengths[places]) if len(places) else ()
            near = [self._terms[at] for at, one in zip(places, slips, strict=True) if 0 < one <= allowed]
            found = [term for term in near if _DIGITS.findall(term) == numbers]
            if found:
                return dict.fromkeys(found, allowed)
        return {}

    def _alike(self, word: str, allowed: int) -> Any:
        """Places of terms that begin alike, are about as long and have about the same letters."""
        codes = _codes([word])
        alike = (self._codes[:, 0] == codes[0, 0]) & (np.abs(self._lengths - len(word)) <= allowed)
        places = np.flatnonzero(alike)
        return places[_ones(self._letters[places] ^ _letters(codes)[0]) <= 2 * allowed]


def edit_distances(word: str, codes: Any, lengths: Any) -> Any:
    """How many letters more, less, other, or swapped with the next make one word another: int64 (n,).

    The restricted distance of Damerau (1964) and Levenshtein, to many words at once.

    Args:
        word: the word.
        codes: uint8 (n, width), the letters of the others.
        lengths: int64 (n,), how many letters each of them has.
    """
    steps = np.arange(codes.shape[1] + 1)
    before = row = np.broadcast_to(steps, (len(codes), len(steps)))
    for at, letter in enumerate(word):
        further = row + 1
        same = codes == ord(letter)
        further[:, 1:] = np.minimum(further[:, 1:], row[:, :-1] + ~same)
        if at:
            swapped = same[:, :-1] & (codes[:, 1:] == ord(word[at - 1]))
            further[:, 2:] = np.where(swapped, np.minimum(further[:, 2:], before[:, :-2] + 1), further[:, 2:])
        before, row = row, np.minimum.accumulate(further - steps, axis=1) + steps
    return row[np.arange(len(codes)), lengths]


def _codes(words: Sequence[str]) -> Any:
    """Letters as numbers: uint8 (n, 40), 0 after the last."""
    joined = "".join(word[:_WIDTH].ljust(_WIDTH, "\0") for word in words)
    return np.frombuffer(joined.encode("ascii"), np.uint8).reshape(len(words), _WIDTH)


def _letters(codes: Any) -> Any:
    """Which letters stand in each word, as bits: uint32 (n,)."""
    bits = np.uint32(1) << (codes & 31).astype(np.uint32)
    return np.bitwise_or.reduce(np.where(codes > 0, bits, np.uint32(0)), axis=1)


def _ones(bits: Any) -> Any:
    """How many bits are set: (n,)."""
    bits = bits - ((bits >> 1) & 0x55555555)
    bits = (bits & 0x33333333) + ((bits >> 2) & 0x33333333)
    bits = (bits + (bits >> 4)) & 0x0F0F0F0F
    return ((bits * np.uint32(0x01010101)) & 0xFFFFFFFF) >> 24
