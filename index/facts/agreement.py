"""Comparison of two figures, one of a summary and one of its abstract: the same, another, or of another thing."""

from __future__ import annotations

from dataclasses import dataclass

from .entities import entity_keys
from .quantities import Quantity, find_quantities

_EASILY_CONFUSED = frozenset({"percent", "points", "times"})
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its facts.

    Attributes:
        start, end: its span in the text that contains it.
        text: the sentence.
        figures: its quantities, with spans in `text`.
        names: the keys of the names in it.
    """

    start: int
    end: int
    text: str
    figures: tuple[Quantity, ...]
    names: frozenset[str]

    @classmethod
    def parse(cls, text: str, start: int, end: int) -> Sentence:
        """Return the sentence at `text[start:end]` with its facts."""
        sentence = text[start:end]
        return cls(start, end, sentence, tuple(find_quantities(sentence)), entity_keys(sentence))


def same_value(claim: Quantity, stated: Quantity) -> bool:
    """Return whether two figures are one number: equal, or the claim is the stated one rounded to fewer places.

    "at least 320,000" also agrees with 325,876. "약 30" does not agree with 28.83: rounding keeps the last place.
    """
    difference = stated.value - claim.value
    if abs(difference) <= _TOLERANCE * max(stated.value, claim.value):
        return True
    if claim.step <= stated.step or abs(difference) > 0.06 * stated.value:
        return False
    if claim.bound == "at least":
        return 0 < difference < claim.step
    if claim.bound == "at most":
        return 0 < -difference < claim.step
    return abs(difference) <= claim.step / 2 * (1 + _TOLERANCE)


def same_unit(first: Quantity, second: Quantity) -> bool:
    """Return whether two figures have one unit, or one has none and both or neither are whole numbers."""
    if first.unit == second.unit:
        return True
    if first.value.is_integer() != second.value.is_integer():
        return False
    return "number" in (first.unit, second.unit)


def count_different_things(first: Quantity, second: Quantity) -> bool:
    """Return whether it is known of both figures what they count, and it is not the same."""
    return bool(first.concepts) and bool(second.concepts) and not first.concepts & second.concepts


def is_unit_error(claim: Quantity, stated: Quantity) -> bool:
    """Return whether a claim gives the stated number a wrong unit: percent for points, times for percent."""
    units = {claim.unit, stated.unit}
    is_same_number = abs(claim.value - stated.value) <= _TOLERANCE * stated.value
    return len(units) == 2 and units <= _EASILY_CONFUSED and is_same_number


def agrees(claim: Quantity, stated: Quantity) -> bool:
    """Return whether a claimed figure is the stated one."""
    return same_value(claim, stated) and same_unit(claim, stated)
