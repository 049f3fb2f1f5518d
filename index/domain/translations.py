"""Translations of terms, with the evidence for them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Translation:
    """A translation of a term, with its evidence.

    Attributes:
        term: term in the other language.
        weight: share among the translations of the same term; these sum to 1.
        together: number of papers and inline glosses that contain both terms.
        llr: log-likelihood ratio of their association (Dunning 1993).
        given: whether the bundled glossary lists it.
    """

    term: str
    weight: float
    together: int
    llr: float
    given: bool = False
