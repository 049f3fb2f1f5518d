"""Figures of a summary against those of the abstract: which it repeats, which it gets wrong, which it cannot check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from .names import keys
from .quantities import Quantity, quantities

Outcome = Literal["supported", "contradicted", "not_checkable"]

_SCORES = frozenset({"percent", "points"})
_NEUTRAL = frozenset({"number", "count"})
_MIXED = frozenset({"percent", "points", "times"})
_EXACT = 1e-9
_SIDE = 24  # characters on either side of a figure
_TWIN = 9  # of which so many must be the same


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with what can be checked in it.

    Attributes:
        start, end: its span in the text that it stands in.
        figures: its quantities, spans in that same text.
        names: spellings of the names in it.
    """

    start: int
    end: int
    text: str
    figures: tuple[Quantity, ...]
    names: frozenset[str]

    @classmethod
    def read(cls, text: str, start: int, end: int) -> Sentence:
        """The sentence at `text[start:end]`."""
        words = text[start:end]
        return cls(start, end, words, tuple(quantities(words)), keys(words))


def same_value(claim: Quantity, stated: Quantity) -> bool:
    """Whether two figures are one number: equal, or the claim is the stated one rounded to fewer places.

    "at least 320,000" also holds for 325,876, "약 30" for 28.83 does not: rounding keeps the last place given.
    """
    gap = stated.value - claim.value
    if abs(gap) <= _EXACT * max(stated.value, claim.value):
        return True
    if claim.step <= stated.step or abs(gap) > 0.06 * stated.value:
        return False
    if claim.bound == "at least":
        return 0 < gap < claim.step
    if claim.bound == "at most":
        return 0 < -gap < claim.step
    return abs(gap) <= claim.step / 2 * (1 + _EXACT)


def same_unit(one: Quantity, other: Quantity) -> bool:
    """Whether two figures can speak of one thing; a bare number fits scores and counts."""
    if one.unit == other.unit:
        return True
    units = {one.unit, other.unit}
    return bool(units & {"number"}) and bool(units & (_SCORES | _NEUTRAL | {"times", "rate"})) and units != {"number"}


def apart(one: Quantity, other: Quantity) -> bool:
    """Whether both figures name what they count, and it is not the same."""
    return bool(one.things) and bool(other.things) and not one.things & other.things


def slipped(claim: Quantity, stated: Quantity) -> bool:
    """Whether a claim gives the stated number another unit: percent for points, times for percent."""
    units = {claim.unit, stated.unit}
    return len(units) == 2 and units <= _MIXED and abs(claim.value - stated.value) <= _EXACT * stated.value


def agrees(claim: Quantity, stated: Quantity) -> bool:
    """Whether the abstract's figure is the claimed one."""
    return same_value(claim, stated) and same_unit(claim, stated)


def closeness(claim: Quantity, stated: Quantity) -> float:
    """How much two different numbers look like one misread: 1 for the same digits at another scale or in another
    order, or one digit of several changed; .5 where they differ by less than a tenth; else 0.
    """
    mine, theirs = _digits(claim.value), _digits(stated.value)
    if mine == theirs and (len(mine) > 1 or claim.step >= 1e3):
        return 1.0
    if len(mine) > 1 and len(mine) == len(theirs):
        changed = sum(one != other for one, other in zip(mine, theirs, strict=True))
        if changed == 1 or sorted(mine) == sorted(theirs):
            return 1.0
    return 0.5 if abs(claim.value - stated.value) < 0.1 * stated.value else 0.0


def _digits(value: float) -> str:
    return f"{value:.12g}".replace(".", "").strip("0") if value < 1e12 else f"{value:.0f}".strip("0")


def twins(text: str, claim: Quantity, other_text: str, other: Quantity) -> bool:
    """Whether two figures stand between the same words of a summary: it says the same thing twice."""
    left, right = text[max(0, claim.start - _SIDE) : claim.start], text[claim.end : claim.end + _SIDE]
    other_left = other_text[max(0, other.start - _SIDE) : other.start]
    other_right = other_text[other.end : other.end + _SIDE]
    return _alike(left[::-1], other_left[::-1]) + _alike(right, other_right) >= _TWIN


def _alike(one: str, other: str) -> int:
    """How many characters two texts share from their beginning, bullets and emphasis aside."""
    pairs = zip(one.replace("*", ""), other.replace("*", ""), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
