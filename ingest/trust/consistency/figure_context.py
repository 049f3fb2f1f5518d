"""Figures in the context of their sentences: whether a summary's figure is unrelated to one of the abstract."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ....index.facts.agreement import Sentence, agrees, is_unit_error
from ....index.facts.entities import find_entities
from ....index.facts.quantities import Quantity

_MAX_RATIO = 20.0  # of two figures that may be one misread, unless their digits are the same
_CHARS_BEFORE_NAME, _CHARS_AFTER_NAME = 40, 24  # around a figure, in which its name is found
_CLAUSE = re.compile(r"[,;:()、，]|\band\b|및")
_DIFFERENCE = re.compile(r"높(?!이)|낮|향상|개선|증가|감소|상승|앞서|차이|더 ")
_DIFFERENCE_CHARS = 14  # after a figure
_COMPARES = re.compile(
    r"improv|gain|higher|lower|increas|reduc|decreas|outperform|exceed|surpass|better|boost|over|more|faster|fewer"
    r"|less|drop|points|speedup|relative|by ",
    re.IGNORECASE,
)
_COMPARISON_CHARS = 60, 40  # before and after a figure


@dataclass(frozen=True, slots=True)
class FigureMention:
    """A figure, and the sentence that it is in."""

    figure: Quantity
    sentence: Sentence

    @property
    def text(self) -> str:
        """Return the figure as written."""
        return self.sentence.text[self.figure.start : self.figure.end]


def are_unrelated(claim: FigureMention, stated: FigureMention, other_claims: Sequence[FigureMention]) -> bool:
    """Return whether a summary's figure is clearly about something else than the abstract's figure.

    Summaries repeat the body of a paper, of which the abstract contains little: most of their figures have the unit of
    a figure of the abstract, but are about something else.

    Args:
        claim: the summary's figure.
        stated: the abstract's figure.
        other_claims: the other figures of the summary.
    """
    if is_unit_error(claim.figure, stated.figure):
        return False
    return (
        _have_different_names(claim, stated)
        or _differ_in_magnitude(claim.figure, stated.figure)
        or (_is_difference(claim) and not _may_be_difference(stated))
        or _is_quoted_elsewhere(claim, stated, other_claims)
    )


def _have_different_names(claim: FigureMention, stated: FigureMention) -> bool:
    """Return whether both figures have names (an IS of 9.46, an FID of 3.17), none in common, and differ clearly."""
    if misreading_score(claim.figure, stated.figure) >= 1:
        return False
    claim_names, stated_names = _clause_names(claim), _clause_names(stated)
    return bool(claim_names and stated_names and not claim_names & stated_names)


def _clause_names(mention: FigureMention) -> frozenset[str]:
    """Return the keys of the names in the clause of a figure."""
    text, figure = mention.sentence.text, mention.figure
    before = _CLAUSE.split(text[max(0, figure.start - _CHARS_BEFORE_NAME) : figure.start])[-1]
    after = _CLAUSE.split(text[figure.end : figure.end + _CHARS_AFTER_NAME])[0]
    return frozenset(name.key for name in (*find_entities(before), *find_entities(after)))


def _differ_in_magnitude(claim: Quantity, stated: Quantity) -> bool:
    small, large = sorted((claim.value, stated.value))
    return large > _MAX_RATIO * small and not misreading_score(claim, stated)


def _is_difference(claim: FigureMention) -> bool:
    """Return whether a summary's figure is a difference: how much higher or lower something is."""
    end = claim.figure.end
    return bool(_DIFFERENCE.search(claim.sentence.text[end : end + _DIFFERENCE_CHARS]))


def _may_be_difference(stated: FigureMention) -> bool:
    """Return whether the abstract's figure may be a difference."""
    before, after = _COMPARISON_CHARS
    figure = stated.figure
    return bool(_COMPARES.search(stated.sentence.text[max(0, figure.start - before) : figure.end + after]))


def _is_quoted_elsewhere(claim: FigureMention, stated: FigureMention, other_claims: Sequence[FigureMention]) -> bool:
    """Return whether the summary also quotes the abstract's figure, and this one has another bound: 27 of over 30."""
    if claim.figure.bound == stated.figure.bound:
        return False
    return any(agrees(mention.figure, stated.figure) for mention in other_claims)


def misreading_score(claim: Quantity, stated: Quantity) -> float:
    """Return how likely one of two different numbers is a misreading of the other.

    Returns:
        1.5 for the same digits at another scale if both are large (1.6억 for 1.6 billion: myriads read as thousands); 1
        for other changes of scale, digits in another order, or one of several digits changed; 0.5 if they differ by
        less than a tenth; else 0.
    """
    claim_digits, stated_digits = _digits(claim.value), _digits(stated.value)
    if claim_digits == stated_digits and min(claim.value, stated.value) >= 1e6:
        return 1.5
    if claim_digits == stated_digits and len(claim_digits) > 1:
        return 1.0
    if len(claim_digits) > 1 and len(claim_digits) == len(stated_digits):
        changed = sum(first != second for first, second in zip(claim_digits, stated_digits, strict=True))
        if changed == 1 or sorted(claim_digits) == sorted(stated_digits):
            return 1.0
    return 0.5 if abs(claim.value - stated.value) < 0.1 * stated.value else 0.0


def _digits(value: float) -> str:
    return f"{value:.12g}".replace(".", "").strip("0") if value < 1e12 else f"{value:.0f}".strip("0")
