"""The vocabulary of an index: which of its terms a question's words may match."""

from __future__ import annotations

from collections.abc import Sequence

from ..analysis.analyzer import terms as index_terms
from ..analysis.compounds import is_compound
from ..analysis.language import has_hangul
from ..analysis.term_statistics import TermStatistics
from ..analysis.weighted_terms import WeightedTerms
from .fuzzy_terms import FuzzyTerms, TermMatch, may_be_loanword
from .mentions import mention_candidates

_CACHED_WORDS = 1_000


class Vocabulary:
    """Looks up question words among the terms of an index. Safe to share between threads.

    The tables for fuzzy matching are built by the first question that needs them.

    Args:
        statistics: the terms of the index.
    """

    def __init__(self, statistics: TermStatistics) -> None:
        self._statistics = statistics
        self._fuzzy_terms: FuzzyTerms | None = None
        self._earlier: FuzzyTerms | None = None
        self._matches: dict[str, tuple[TermMatch, ...]] = {}

    def updated(self, statistics: TermStatistics) -> Vocabulary:
        """Return the vocabulary of the index as it is now; the tables that were built are extended when needed."""
        updated = Vocabulary(statistics)
        updated._earlier = self._fuzzy_terms or self._earlier
        return updated

    def contains(self, term: str) -> bool:
        """Return whether any chunk contains a term."""
        return self._statistics.document_frequency(term) > 0

    def expand(self, terms: Sequence[str], text: str, *, fuzzy: bool = True) -> list[WeightedTerms]:
        """Return the words of a question with the index terms that each may match.

        A word that the index contains matches itself. One that it lacks matches names that sound like it in the
        other script (어댑트클립 for AdaptCLIP) or differ by a spelling error.

        Args:
            terms: index terms of the question.
            text: the question, in which names are looked for.
            fuzzy: whether to match by sound and spelling.
        """
        groups = {term: {term: 1.0} for term in terms}
        for word in mention_candidates(text) if fuzzy else ():
            parts = index_terms(word)
            unknown = [term for term in parts if not (self.contains(term) or is_compound(term, set(parts)))]
            if unknown and (matches := self._match(word)):
                for term in groups.keys() & set(unknown):  # a part of a name that the index spells differently
                    del groups[term]
                groups[word] = {match.term: match.weight for match in matches}
        return [WeightedTerms(word, probabilities) for word, probabilities in groups.items()]

    def phonetic_matches(self, word: str) -> dict[str, float]:
        """Return the Latin terms that a Korean loan word sounds like, with probabilities: 렌더링, 언러닝.

        Words that do not look borrowed match nothing and need no tables.
        """
        if not has_hangul(word) or not may_be_loanword(word):
            return {}
        return {match.term: match.weight for match in self._match(word)}

    def _match(self, word: str) -> tuple[TermMatch, ...]:
        """Return the cached matches of a word: one question looks it up for its papers and for its terms."""
        matches = self._matches.get(word)
        if matches is None:
            if self._fuzzy_terms is None:
                terms = FuzzyTerms.from_counts(self._statistics.items())
                self._fuzzy_terms = terms if self._earlier is None else self._earlier.updated(terms.frequencies)
                self._earlier = None
            if len(self._matches) >= _CACHED_WORDS:
                self._matches.clear()
            matches = self._matches[word] = self._fuzzy_terms.match(word)
        return matches
