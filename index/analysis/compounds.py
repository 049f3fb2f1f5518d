"""Noun bigrams and compounds: 이상 탐지 and 이상탐지."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise


def with_bigrams(terms: Sequence[str]) -> list[str]:
    """Return terms followed by every two neighbors joined by a space: 이상, 탐지, 이상 탐지.

    Args:
        terms: terms in the order of `analyzer.terms`, which puts compounds (이상탐지) last; these are left out.
    """
    known, end = set(terms), len(terms)
    while end and is_compound(terms[end - 1], known):
        end -= 1
    return [*terms[:end], *(f"{left} {right}" for left, right in pairwise(terms[:end]))]


def is_compound(term: str, terms: Collection[str]) -> bool:
    """Return whether a term is the concatenation of two of some terms."""
    return any(term[:at] in terms and term[at:] in terms for at in range(1, len(term)))
