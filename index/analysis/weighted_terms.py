"""Weighted terms: one query word as a group of index terms with probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WeightedTerms:
    """Index terms that represent one query word; their occurrences are counted together.

    Spelling alternatives and translations both take this form (probabilistic structured queries, Darwish & Oard 2003).

    Attributes:
        name: the query word.
        terms: probability by term, each from 0 to 1.
        weight: factor of the group in a score.
        trust: reliability of the mapping from word to terms, from 0 to 1.
    """

    name: str
    terms: Mapping[str, float]
    weight: float = 1.0
    trust: float = 1.0
