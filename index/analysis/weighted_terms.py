"""Groups of weighted terms, the query of the lexical channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WeightedTerms:
    """Terms that stand for one and the same: their occurrences count together.

    Attributes:
        name: what they stand for.
        terms: probability by term.
        weight: what the group counts.
        trust: how far to believe, from 0 to 1, that they stand for it.
    """

    name: str
    terms: Mapping[str, float]
    weight: float = 1.0
    trust: float = 1.0
