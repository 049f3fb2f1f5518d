"""Whether quotations support a sentence, and which: names, figures, sense, nearness of meaning, and entailment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ....index.analysis.analyzer import terms
from ....index.analysis.language import language
from ....index.domain.hits import Citation
from ....index.domain.vectors import Matrix
from ..quotations import Quotation
from .claims import Claim
from .facts import Facts, denies
from .passages import Passage

Vectors = Callable[[Sequence[str]], Matrix]

# A quotation says what a claim says where the cosine of their centred vectors, plus half the share of the claim's terms
# that it holds where both are in one language, reaches these. By this alone, 95 and 80 in 100 true pairs of
# benchmarks/support.py pass, and 5 and 9 in 100 false ones; with names, figures and sense 88 and 72, and 1 and 0.
WITHIN, ACROSS = 0.63, 0.33
_SHARED = 0.5
_BESIDE = 0.5  # a further quotation, which brings a name or a figure, needs this share of it
_NEARER = 0.15  # what is farther by this much than the nearest quotation is not where a claim comes from
_QUOTES = 3  # a claim


class Entailment(Protocol):
    """Says whether a text follows from another."""

    def entails(self, premise: str, hypothesis: str) -> bool:
        """Whether who believes the premise has to believe the hypothesis."""
        ...


@dataclass(frozen=True, slots=True)
class _Quote:
    passage: Passage
    quotation: Quotation
    text: str
    terms: frozenset[str]
    score: float = 0.0
    enough: float = WITHIN


class SupportChecker:
    """Checks claims against passages.

    Args:
        passages: what the model was shown.
        vectors: texts to centred unit vectors, float32 (n, d).
        entailment: a second opinion; None for none.
    """

    def __init__(self, passages: Sequence[Passage], vectors: Vectors, entailment: Entailment | None = None) -> None:
        self._vectors, self._entailment = vectors, entailment
        self._quotes = [
            _Quote(one, quotation, quotation.citation.quote, frozenset(terms(quotation.citation.quote)))
            for one in passages
            for quotation in one.quotations
        ]
        self._matrix = vectors([quote.text for quote in self._quotes])

    def supports(self, claim: Claim) -> tuple[Citation, ...]:
        """The quotations that support a claim, the nearest first; none where none do.

        Every name and figure of the claim stands in one of them (a name: or in the paper's title), the nearest says the
        like, and asserts where the claim asserts. A claim that names no passage is held against each.
        """
        scored = self._scored(claim.text)
        numbers = claim.numbers or tuple(dict.fromkeys(quote.passage.number for quote in scored))
        cited = [quote for quote in scored if quote.passage.number in numbers]
        best = max((quote.score - quote.enough for quote in cited), default=-1.0)
        if max((quote.score - quote.enough for quote in scored), default=-1.0) > best + _NEARER:
            return ()
        if claim.numbers:
            return self._chosen(claim.text, cited)
        for number in numbers:  # the nearest passage's first
            if found := self._chosen(claim.text, [quote for quote in cited if quote.passage.number == number]):
                return found
        return ()

    def _scored(self, text: str) -> list[_Quote]:
        """All quotations with how near they are: the nearest first, those of doubtful summaries last."""
        if not self._quotes:
            return []
        lang, mine = language(text), frozenset(terms(text))
        cosines = self._matrix @ self._vectors([text])[0]
        found: list[_Quote] = []
        for quote, cosine in zip(self._quotes, cosines, strict=True):
            within = quote.quotation.lang == lang
            shared = len(mine & quote.terms) / max(1, len(mine)) if within else 0.0
            score, enough = float(cosine) + _SHARED * shared, WITHIN if within else ACROSS
            found.append(_Quote(quote.passage, quote.quotation, quote.text, quote.terms, score, enough))
        return sorted(found, key=lambda quote: (_doubtful(quote), quote.enough - quote.score))

    def _chosen(self, text: str, quotes: Sequence[_Quote]) -> tuple[Citation, ...]:
        # What only a farther quotation asserts, and the nearest denies, is not said.
        best = max((quote.score - quote.enough for quote in quotes), default=0.0)
        near = [quote for quote in quotes if quote.score - quote.enough >= max(0.0, best - _NEARER)]
        first = next((quote for quote in near if _agrees(text, quote.text)), None)
        if first is None:
            return ()
        chosen, left = [first], _left(Facts.of(text), first)
        for quote in quotes:
            if not left or len(chosen) == _QUOTES:
                break
            rest = _left(left, quote)
            if quote not in chosen and rest != left and quote.score >= _BESIDE * quote.enough:
                chosen, left = [*chosen, quote], rest
        if left or not self._follows(text, chosen):
            return ()
        return tuple(quote.quotation.citation for quote in chosen)

    def _follows(self, text: str, chosen: Sequence[_Quote]) -> bool:
        if self._entailment is None:
            return True
        return self._entailment.entails(" ".join(quote.text for quote in chosen), text)


def _left(facts: Facts, quote: _Quote) -> Facts:
    return facts.without(quote.text, quote.passage.title)


def _agrees(claim: str, quote: str) -> bool:
    return denies(claim) == denies(quote)


def _doubtful(quote: _Quote) -> bool:
    return quote.quotation.citation.trust in {"invented", "contradicted"}
