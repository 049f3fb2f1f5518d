"""Support: find the quotations that support a claim, by names, figures, polarity, similarity and entailment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ....index.analysis.analyzer import terms
from ....index.analysis.language import language
from ....index.domain.hits import Citation
from ....index.domain.vectors import Matrix
from ..quotations import Quotation
from .claims import CitedClaim
from .facts import Facts, is_negated
from .passages import Passage

EmbedTexts = Callable[[Sequence[str]], Matrix]
"""Maps n texts to centered unit vectors, float32 (n, d)."""

# A quotation is similar enough to a claim if the cosine of their centered vectors, plus half the share of the claim's
# terms in it if both are in one language, reaches these. Of the true pairs of benchmarks/support.py, 95 % (same
# language) and 80 % (other language) pass by similarity alone, of the false pairs 5 % and 9 %; with names, figures and
# polarity, 88 % and 72 % against 1 % and 0 %.
SAME_LANGUAGE, OTHER_LANGUAGE = 0.63, 0.33
_TERM_WEIGHT = 0.5
_ADDITIONAL = 0.5  # share of the threshold for a further quotation, which adds a name or a figure
_MARGIN = 0.15  # a quotation that is less similar than the best one by more than this is not a claim's source
_MAX_QUOTATIONS = 3  # per claim


class EntailmentModel(Protocol):
    """Decides whether a text follows from another."""

    def entails(self, premise: str, hypothesis: str) -> bool:
        """Return whether the premise entails the hypothesis."""
        ...


@dataclass(frozen=True, slots=True)
class ScoredQuotation:
    """A quotation with its similarity to a claim.

    Attributes:
        passage: the passage that contains it.
        quotation: the sentence.
        similarity: cosine plus weighted share of common terms.
        threshold: similarity that suffices for its language.
    """

    passage: Passage
    quotation: Quotation
    similarity: float
    threshold: float

    @property
    def text(self) -> str:
        """The quoted sentence."""
        return self.quotation.citation.quote

    @property
    def margin(self) -> float:
        """Similarity above the threshold."""
        return self.similarity - self.threshold

    @property
    def is_untrusted(self) -> bool:
        """Whether it comes from a summary that was invented or that contradicts its abstract."""
        return self.quotation.citation.trust in {"invented", "contradicted"}


@dataclass(frozen=True)
class SupportChecker:
    """Checks claims against the passages of a prompt. `SupportChecker.of` embeds their sentences.

    Attributes:
        quotations: the sentences of all passages, each with its passage.
        terms: the index terms of each sentence.
        vectors: the sentences' centered unit vectors, float32 (n, d).
        embed: embeds claims likewise.
        entailment: a model with a veto; None for none.
    """

    quotations: tuple[tuple[Passage, Quotation], ...]
    terms: tuple[frozenset[str], ...]
    vectors: Matrix
    embed: EmbedTexts
    entailment: EntailmentModel | None = None

    @classmethod
    def of(
        cls, passages: Sequence[Passage], embed: EmbedTexts, entailment: EntailmentModel | None = None
    ) -> SupportChecker:
        """Return a checker for the passages that a model received.

        Args:
            passages: the passages.
            embed: embeds sentences and claims.
            entailment: a model with a veto; None for none.
        """
        quotations = tuple((passage, quotation) for passage in passages for quotation in passage.quotations)
        texts = [quotation.citation.quote for _, quotation in quotations]
        return cls(quotations, tuple(frozenset(terms(text)) for text in texts), embed(texts), embed, entailment)

    def supporting_citations(self, claim: CitedClaim) -> tuple[Citation, ...]:
        """Return the quotations that support a claim, most similar first; empty if it is unsupported.

        Every name and figure of the claim is in one of them (a name may be in the paper's title instead), and the most
        similar one agrees with the claim in polarity. A claim that cites no passage is checked against each.
        """
        scored = self.score(claim.text)
        passages = claim.passages or tuple(dict.fromkeys(quotation.passage.number for quotation in scored))
        candidates = [candidate for candidate in scored if candidate.passage.number in passages]
        if _best_margin(scored) > _best_margin(candidates) + _MARGIN:
            return ()
        if claim.passages:
            return self._support(claim.text, candidates)
        for number in passages:  # the passage of the most similar quotation comes first
            in_passage = [candidate for candidate in candidates if candidate.passage.number == number]
            if citations := self._support(claim.text, in_passage):
                return citations
        return ()

    def score(self, claim: str) -> list[ScoredQuotation]:
        """Return all quotations with their similarity to a claim: highest margin first, untrusted ones last."""
        if not self.quotations:
            return []
        lang, claim_terms = language(claim), frozenset(terms(claim))
        cosines = self.vectors @ self.embed([claim])[0]
        scored: list[ScoredQuotation] = []
        for (passage, quotation), own_terms, cosine in zip(self.quotations, self.terms, cosines, strict=True):
            same = quotation.lang == lang
            shared = len(claim_terms & own_terms) / max(1, len(claim_terms)) if same else 0.0
            threshold = SAME_LANGUAGE if same else OTHER_LANGUAGE
            scored.append(ScoredQuotation(passage, quotation, float(cosine) + _TERM_WEIGHT * shared, threshold))
        return sorted(scored, key=lambda quotation: (quotation.is_untrusted, -quotation.margin))

    def _support(self, claim: str, candidates: Sequence[ScoredQuotation]) -> tuple[Citation, ...]:
        """Return the fewest quotations that state all facts of a claim, or nothing."""
        # A statement of a less similar quotation does not count if the most similar one negates it.
        minimum = max(0.0, _best_margin(candidates) - _MARGIN)
        negated = is_negated(claim)
        source = next(
            (
                candidate
                for candidate in candidates
                if candidate.margin >= minimum and is_negated(candidate.text) == negated
            ),
            None,
        )
        if source is None:
            return ()
        selected, missing = [source], _missing_facts(Facts.of(claim), source)
        for candidate in candidates:
            if not missing or len(selected) == _MAX_QUOTATIONS:
                break
            remaining = _missing_facts(missing, candidate)
            is_similar = candidate.similarity >= _ADDITIONAL * candidate.threshold
            if candidate not in selected and remaining != missing and is_similar:
                selected.append(candidate)
                missing = remaining
        if missing or not self._is_entailed(claim, selected):
            return ()
        return tuple(scored.quotation.citation for scored in selected)

    def _is_entailed(self, claim: str, selected: Sequence[ScoredQuotation]) -> bool:
        return self.entailment is None or self.entailment.entails(
            " ".join(quotation.text for quotation in selected), claim
        )


def _best_margin(quotations: Sequence[ScoredQuotation]) -> float:
    return max((quotation.margin for quotation in quotations), default=-1.0)


def _missing_facts(facts: Facts, quotation: ScoredQuotation) -> Facts:
    return facts.missing_from(quotation.text, quotation.passage.title)
