"""Figures in their sentences, and whether two of them speak of different things."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ....index.facts.agreement import Sentence, agrees, is_unit_error
from ....index.facts.entities import find_entities
from ....index.facts.quantities import Quantity

_FAR = 20.0  # times: so far apart, and not the same digits, nobody misreads one for the other
_LEFT, _RIGHT = 40, 24  # characters before and behind a figure in which its name stands
_CLAUSE = re.compile(r"[,;:()、，]|\band\b|및")
_DIFFERENCE = re.compile(r"높(?!이)|낮|향상|개선|증가|감소|상승|앞서|차이|더 ")
_DIFFERENCE_BEHIND = 14  # characters
_COMPARES = re.compile(
    r"improv|gain|higher|lower|increas|reduc|decreas|outperform|exceed|surpass|better|boost|over|more|faster|fewer"
    r"|less|drop|points|speedup|relative|by ",
    re.IGNORECASE,
)
_AROUND = 60, 40  # characters before and behind


@dataclass(frozen=True, slots=True)
class Place:
    """A figure in its sentence."""

    figure: Quantity
    sentence: Sentence

    @property
    def words(self) -> str:
        """The figure as written."""
        return self.sentence.text[self.figure.start : self.figure.end]


def of_other_things(claim: Place, stated: Place, elsewhere: Sequence[Place]) -> bool:
    """Whether a summary's figure is plainly not about what the abstract's figure is about.

    Summaries repeat a paper's body, of which the abstract holds little: most of their figures have the unit of some
    figure there and speak of something else.

    Args:
        claim: the summary's figure.
        stated: the abstract's.
        elsewhere: the summary's other figures.
    """
    if is_unit_error(claim.figure, stated.figure):
        return False
    return (
        _named_otherwise(claim, stated)
        or _far_apart(claim.figure, stated.figure)
        or (_is_difference(claim) and not _compares(stated))
        or _given_elsewhere(claim, stated, elsewhere)
    )


def _named_otherwise(claim: Place, stated: Place) -> bool:
    """Both stand beside names, but no common one: an IS of 9.46 is no FID of 3.17. Look-alikes are let through."""
    if closeness(claim.figure, stated.figure) >= 1:
        return False
    mine, theirs = _names_beside(claim), _names_beside(stated)
    return bool(mine and theirs and not mine & theirs)


def _names_beside(place: Place) -> frozenset[str]:
    """Names in the clause of a figure."""
    text, figure = place.sentence.text, place.figure
    left = _CLAUSE.split(text[max(0, figure.start - _LEFT) : figure.start])[-1]
    right = _CLAUSE.split(text[figure.end : figure.end + _RIGHT])[0]
    return frozenset(name.key for name in (*find_entities(left), *find_entities(right)))


def _far_apart(claim: Quantity, stated: Quantity) -> bool:
    small, large = sorted((claim.value, stated.value))
    return large > _FAR * small and not closeness(claim, stated)


def _is_difference(claim: Place) -> bool:
    """Whether a summary's figure says how much higher or lower something is."""
    end = claim.figure.end
    return bool(_DIFFERENCE.search(claim.sentence.text[end : end + _DIFFERENCE_BEHIND]))


def _compares(stated: Place) -> bool:
    """Whether the abstract's figure may be a difference, too."""
    before, behind = _AROUND
    figure = stated.figure
    return bool(_COMPARES.search(stated.sentence.text[max(0, figure.start - before) : figure.end + behind]))


def _given_elsewhere(claim: Place, stated: Place, elsewhere: Sequence[Place]) -> bool:
    """The summary gives the abstract's figure rightly, and this one with another bound: 27 of more than 30."""
    if claim.figure.bound == stated.figure.bound:
        return False
    return any(agrees(place.figure, stated.figure) for place in elsewhere)


def closeness(claim: Quantity, stated: Quantity) -> float:
    """How much two different numbers look like one misread.

    1.5 for the same digits at another scale where both are large (1.6억 for 1.6 billion: myriads read as thousands),
    1 for other changes of scale, digits in another order or one digit of several changed, .5 where they differ by less
    than a tenth, else 0.
    """
    mine, theirs = _digits(claim.value), _digits(stated.value)
    if mine == theirs and min(claim.value, stated.value) >= 1e6:
        return 1.5
    if mine == theirs and len(mine) > 1:
        return 1.0
    if len(mine) > 1 and len(mine) == len(theirs):
        changed = sum(one != other for one, other in zip(mine, theirs, strict=True))
        if changed == 1 or sorted(mine) == sorted(theirs):
            return 1.0
    return 0.5 if abs(claim.value - stated.value) < 0.1 * stated.value else 0.0


def _digits(value: float) -> str:
    return f"{value:.12g}".replace(".", "").strip("0") if value < 1e12 else f"{value:.0f}".strip("0")
