"""When two figures, one of a summary and one of its abstract, are the same, another, or of another thing."""

from __future__ import annotations

from dataclasses import dataclass

from .entities import keys
from .quantities import Quantity, quantities

_SCORES = frozenset({"percent", "points"})
_NEUTRAL = frozenset({"number", "count"})
_MIXED = frozenset({"percent", "points", "times"})
_EXACT = 1e-9


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
    if one.value.is_integer() != other.value.is_integer() and one.unit != other.unit:
        return False
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
