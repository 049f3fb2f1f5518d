"""Abstract pairing: quote a summary's sentence with the abstract's sentence that supports or contradicts it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ....index.analysis.analyzer import terms
from ....index.domain.hits import Citation, Evidence, Hit
from ....index.domain.translations import Translation
from ....index.retrieval.contradictions import Contradiction
from ..quotations import Quotation, extract_quotations
from ..rendering.layout import PlacedQuotation

Translate = Callable[[Iterable[str]], dict[str, tuple[Translation, ...]]]
"""Translates terms, as a `Lexicon` does."""

_MIN_SHARE = 0.4  # of a sentence's terms that its match shares
_MIN_TERMS = 3.5  # that both share
# Abstracts hardly ever cover these sections; a match would be a coincidence.
_UNMATCHED_SECTIONS = frozenset({"abstract", "limitations", "future_work", "experiments"})
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass
class AbstractPairing:
    """Pairs the sentences of one paper's summaries with those of its abstract, each of which is used once.

    Args:
        hit: the paper with its evidence.
        translate: translations of terms; None matches no sentences.
        contradictions: spans of summaries that contradict the abstract.
    """

    hit: Hit
    translate: Translate | None
    contradictions: Sequence[Contradiction]
    _used: set[Citation] = field(default_factory=set[Citation], init=False)

    def place(self, quotation: Quotation, *, match: bool = True) -> list[PlacedQuotation]:
        """Return a sentence with its abstract sentence: below it if they agree, above it if they disagree.

        Returns nothing for an abstract's sentence that has been quoted as a pair before.

        Args:
            quotation: the sentence to quote.
            match: whether to look for an abstract sentence that says the same.
        """
        citation = quotation.citation
        if citation in self._used:
            return []
        if contradicted := self._contradicted_by(quotation):
            self._used.add(contradicted)
            return [
                PlacedQuotation(contradicted, is_paired=True),
                PlacedQuotation(citation, is_indented=True, is_paired=True),
            ]
        if match and (matched := self._matched_by(quotation)):
            self._used.add(matched)
            return [PlacedQuotation(citation), PlacedQuotation(matched, is_indented=True, is_paired=True)]
        return [PlacedQuotation(citation)]

    def counterparts(self, quotations: Iterable[Quotation]) -> set[Citation]:
        """Return the abstract's sentences that say the same as some sentences of summaries, or that contradict them."""
        found = ((self._contradicted_by(quotation), self._matched_by(quotation)) for quotation in quotations)
        return {citation for pair in found for citation in pair if citation}

    def _matched_by(self, quotation: Quotation) -> Citation | None:
        """Return the abstract's sentence that says the same as a summary's sentence.

        Of 57 matches for sentences of 30 papers, 50 were also the nearest, or nearly so, by their vectors.
        """
        if self.translate is None or quotation.section in _UNMATCHED_SECTIONS or not self._abstract:
            return None
        translations = self.translate(_terms_and_figures(quotation.citation.quote))
        name_terms = set(terms(self.hit.title))  # a paper's name is in every other sentence of its own texts
        # By term, the weights of what the abstract can have instead; Korean terms without translation cannot match.
        alternatives = {
            term: {translation.term: translation.weight for translation in found} | {term: 1.0}
            for term, found in translations.items()
            if (found or term.isascii()) and term not in name_terms
        }
        overlap, best = max(
            (
                (_overlap(alternatives, abstract_terms), candidate.citation)
                for candidate, abstract_terms in self._abstract
                if candidate.citation not in self._used
            ),
            key=lambda scored: scored[0],
            default=(0.0, None),
        )
        return best if overlap >= max(_MIN_TERMS, _MIN_SHARE * len(alternatives)) else None

    def _contradicted_by(self, quotation: Quotation) -> Citation | None:
        """Return the abstract's sentence that contradicts a summary's sentence."""
        citation = quotation.citation
        for contradiction in self.contradictions:
            overlaps = contradiction.start < citation.end and citation.start < contradiction.end
            if contradiction.chunk_id != citation.chunk_id or not overlaps:
                continue
            against = " ".join(contradiction.against.split())
            for candidate, _ in self._abstract:
                sentence = " ".join(candidate.citation.quote.split())
                if against in sentence or (len(sentence) > len(against) // 2 and sentence in against):
                    return candidate.citation
        return None

    @cached_property
    def _abstract(self) -> list[tuple[Quotation, set[str]]]:
        """The abstract's sentences with their terms and figures."""
        sentences = extract_quotations(self.hit.paper_id, _abstract_chunks(self.hit.evidence))
        return [(sentence, _terms_and_figures(sentence.citation.quote)) for sentence in sentences]


def _abstract_chunks(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the chunks of the abstract in reading order."""
    chunks = [chunk for chunk in evidence if chunk.section == "abstract"]
    return sorted(chunks, key=lambda chunk: int(chunk.chunk_id.rpartition(":")[2]))


def _terms_and_figures(text: str) -> set[str]:
    return {*terms(text), *_FIGURE.findall(text)}


def _overlap(alternatives: dict[str, dict[str, float]], abstract_terms: set[str]) -> float:
    """Return how many terms of a sentence an abstract's sentence shares, translations counted by their weight."""
    return sum(
        min(1.0, sum(weight for term, weight in weights.items() if term in abstract_terms))
        for weights in alternatives.values()
    )
