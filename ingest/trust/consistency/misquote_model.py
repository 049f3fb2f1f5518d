"""Misquotes: whether a figure that the abstract lacks is one of its figures misquoted. Features and their weights."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from ....index.facts.agreement import agrees, count_different_things, is_unit_error, same_unit, same_value
from ....index.facts.quantities import Quantity
from .figure_context import FigureMention, are_unrelated, misreading_score

_CONTEXT = 24  # characters on either side of a figure
_MIN_SHARED_CONTEXT = 9  # of them that two mentions of one statement share
_COUNT_UNITS = frozenset({"number", "count"})

# Logistic regression on changed figures (1) and on honest figures whose sentence was taken out of the abstract (0), of
# the eight odd days of May 2025; the best pair of a figure counts. See benchmarks/trust.py. Misquoted above 0.
BIAS = -0.75
_WEIGHTS = {
    "similarity": 0.8,  # cosine of the two sentences, centered by language
    "similarity_gap": -0.3,  # by which another sentence of the abstract is more similar
    "same_unit": 0.2,  # both have the same unit, other than a count
    "both_counts": -0.6,
    "no_unit": -0.3,  # at least one has no unit
    "same_concept": 1.4,  # both count or measure the same thing
    "shared_figures": 1.6,  # other figures (at most two) in both sentences
    "shared_names": 0.85,  # names (at most two) in both sentences
    "misreading": 1.0,  # the two look like one number misread
    "repeated_statement": 2.0,  # the summary has the abstract's figure between the same words elsewhere
    "unit_error": 0.7,  # the same number with another unit
    "same_bound": 0.8,
}


def misquote_candidates(
    claim: FigureMention, other_claims: Sequence[FigureMention], stated: Sequence[FigureMention]
) -> list[tuple[FigureMention, float]]:
    """Return the abstract's figures that a claim may misquote, each with its score without sentence similarity.

    Args:
        claim: a figure of the summary that agrees with none of the abstract's.
        other_claims: the other figures of the summary.
        stated: the figures of the abstract.
    """
    same_sentence = [mention.figure for mention in other_claims if mention.sentence is claim.sentence]
    restated = [mention.figure for mention in other_claims if _is_same_statement(claim, mention)]
    candidates: list[tuple[FigureMention, float]] = []
    for mention in stated:
        if not _is_comparable(claim.figure, mention.figure):
            continue
        is_restated = any(agrees(figure, mention.figure) for figure in restated)
        if not is_restated and any(agrees(figure, mention.figure) for figure in same_sentence):
            continue  # the same sentence quotes that figure correctly, so the claim is another one
        if not is_restated and are_unrelated(claim, mention, other_claims):
            continue
        features = _features(claim, mention, same_sentence, is_restated)
        candidates.append((mention, BIAS + sum(_WEIGHTS[name] * value for name, value in features)))
    return candidates


def is_unit_misquote(claim: FigureMention, stated: FigureMention) -> bool:
    """Return whether the number is correct and its unit is not."""
    return is_unit_error(claim.figure, stated.figure)


def add_similarity(score: float, cosine: float, max_cosine: float) -> float:
    """Return the complete score of a candidate; above 0, the figure is misquoted.

    Args:
        score: the score of `misquote_candidates`.
        cosine: cosine of the claim's sentence and the candidate's.
        max_cosine: highest cosine of the claim's sentence and any of the abstract.
    """
    return score + _WEIGHTS["similarity"] * cosine + _WEIGHTS["similarity_gap"] * (max_cosine - cosine)


def _is_comparable(claim: Quantity, stated: Quantity) -> bool:
    if is_unit_error(claim, stated):
        return True
    if not same_unit(claim, stated) or same_value(claim, stated):
        return False
    return not (claim.unit in _COUNT_UNITS and count_different_things(claim, stated))


def _features(
    claim: FigureMention, mention: FigureMention, same_sentence: Sequence[Quantity], is_restated: bool
) -> list[tuple[str, float]]:
    claimed, stated = claim.figure, mention.figure
    unit_error = is_unit_error(claimed, stated)
    shared = sum(any(agrees(figure, other) for other in mention.sentence.figures) for figure in same_sentence)
    return [
        ("same_unit", claimed.unit == stated.unit and claimed.unit not in _COUNT_UNITS),
        ("both_counts", claimed.unit == stated.unit == "count"),
        ("no_unit", "number" in (claimed.unit, stated.unit)),
        ("same_concept", bool(claimed.concepts & stated.concepts)),
        ("shared_figures", min(2, shared)),
        ("shared_names", min(2, len(claim.sentence.names & mention.sentence.names))),
        ("misreading", 0.0 if unit_error else misreading_score(claimed, stated)),
        ("repeated_statement", is_restated),
        ("unit_error", unit_error),
        ("same_bound", bool(claimed.bound) and claimed.bound == stated.bound),
    ]


def _is_same_statement(claim: FigureMention, other: FigureMention) -> bool:
    """Return whether two figures of a summary have the same words around them: it makes one statement twice."""
    before, after = _context(claim)
    other_before, other_after = _context(other)
    return _shared_prefix(before, other_before) + _shared_prefix(after, other_after) >= _MIN_SHARED_CONTEXT


def _context(mention: FigureMention) -> tuple[str, str]:
    """Return the text before a figure, reversed, and the text after it."""
    text, start, end = mention.sentence.text, mention.figure.start, mention.figure.end
    return text[max(0, start - _CONTEXT) : start][::-1], text[end : end + _CONTEXT]


def _shared_prefix(first: str, second: str) -> int:
    """Return the length of the common prefix of two texts without bullets and emphasis."""
    pairs = zip(first.replace("*", ""), second.replace("*", ""), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
