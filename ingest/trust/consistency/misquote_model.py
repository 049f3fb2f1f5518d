"""Whether a figure that the abstract lacks is one of the abstract's figures, misstated: features and their weights."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from ....index.facts.agreement import agrees, count_different_things, is_unit_error, same_unit, same_value
from ....index.facts.quantities import Quantity
from .figure_context import Place, closeness, of_other_things

_SIDE = 24  # characters on either side of a figure
_TWIN = 9  # of which so many must be the same
_LOOSE = frozenset({"number", "count"})

# Logistic regression on changed figures (1) and on honest figures whose sentence was taken out of the abstract (0), of
# the eight odd days of May 2025; the best pair of a figure counts. See benchmarks/trust.py. Misstated above 0.
BIAS = -0.75
_WEIGHTS = {
    "near": 0.8,  # cosine of the two sentences, each language centred
    "gap": -0.3,  # how much nearer another sentence of the abstract is
    "unit": 0.2,  # both have the same unit, and it is no mere count
    "count": -0.6,  # both count things
    "bare": -0.3,  # one has no unit
    "thing": 1.4,  # both name the same thing
    "shared": 1.6,  # other figures (at most two) that the two sentences share
    "names": 0.85,  # names (at most two) that they share
    "close": 1.0,  # the two look like one number misread
    "twin": 2.0,  # the summary gives the abstract's figure between the same words elsewhere
    "slip": 0.7,  # the same number with another unit
    "bound": 0.8,  # the same bound word
}


def candidates(claim: Place, elsewhere: Sequence[Place], stated: Sequence[Place]) -> list[tuple[Place, float]]:
    """The abstract's figures that a claim may misstate, each with its score without the sentences' nearness.

    Args:
        claim: a figure of the summary that agrees with none of the abstract's.
        elsewhere: the summary's other figures.
        stated: the abstract's figures.
    """
    beside = [place.figure for place in elsewhere if place.sentence is claim.sentence]
    twins = [place.figure for place in elsewhere if _twins(claim, place)]
    found: list[tuple[Place, float]] = []
    for place in stated:
        if not _comparable(claim.figure, place.figure):
            continue
        twin = any(agrees(figure, place.figure) for figure in twins)
        if not twin and any(agrees(figure, place.figure) for figure in beside):
            continue  # the same sentence gives that figure as it is: this one is another
        if not twin and of_other_things(claim, place, elsewhere):
            continue
        found.append(
            (place, BIAS + sum(_WEIGHTS[name] * value for name, value in _features(claim, place, beside, twin)))
        )
    return found


def slip_of(claim: Place, stated: Place) -> bool:
    """Whether the number is right and its unit is not."""
    return is_unit_error(claim.figure, stated.figure)


def with_nearness(score: float, cosine: float, best: float) -> float:
    """A candidate's whole score; `best` is the nearest sentence's cosine. Above 0: the figure is misstated."""
    return score + _WEIGHTS["near"] * cosine + _WEIGHTS["gap"] * (best - cosine)


def _comparable(claim: Quantity, stated: Quantity) -> bool:
    if is_unit_error(claim, stated):
        return True
    if not same_unit(claim, stated) or same_value(claim, stated):
        return False
    return not (claim.unit in _LOOSE and count_different_things(claim, stated))


def _features(claim: Place, place: Place, beside: Sequence[Quantity], twin: bool) -> list[tuple[str, float]]:
    mine, theirs = claim.figure, place.figure
    slip = is_unit_error(mine, theirs)
    shared = sum(any(agrees(figure, other) for other in place.sentence.figures) for figure in beside)
    return [
        ("unit", mine.unit == theirs.unit and mine.unit not in _LOOSE),
        ("count", mine.unit == theirs.unit == "count"),
        ("bare", "number" in (mine.unit, theirs.unit)),
        ("thing", bool(mine.concepts & theirs.concepts)),
        ("shared", min(2, shared)),
        ("names", min(2, len(claim.sentence.names & place.sentence.names))),
        ("close", 0.0 if slip else closeness(mine, theirs)),
        ("twin", twin),
        ("slip", slip),
        ("bound", bool(mine.bound) and mine.bound == theirs.bound),
    ]


def _twins(claim: Place, other: Place) -> bool:
    """Whether two figures stand between the same words of a summary: it says the same thing twice."""
    left, right = _sides(claim)
    other_left, other_right = _sides(other)
    return _alike(left, other_left) + _alike(right, other_right) >= _TWIN


def _sides(place: Place) -> tuple[str, str]:
    """What stands before a figure, read backwards, and what stands behind it."""
    text, start, end = place.sentence.text, place.figure.start, place.figure.end
    return text[max(0, start - _SIDE) : start][::-1], text[end : end + _SIDE]


def _alike(one: str, other: str) -> int:
    """How many characters two texts share from their beginning, bullets and emphasis aside."""
    pairs = zip(one.replace("*", ""), other.replace("*", ""), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
