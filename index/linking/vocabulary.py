"""A question's words in the index's own terms: each with the names that it may mean there."""

from __future__ import annotations

from ..analysis.analyzer import has_hangul, terms
from ..analysis.term_statistics import TermStatistics
from ..analysis.weighted_terms import WeightedTerms
from ..lexicon.lexicon import is_compound
from ..query.question import Question
from .fuzzy_terms import Alternative, Names, may_be_borrowed
from .mentions import surface_names

_REMEMBERED = 1_000  # words


class Vocabulary:
    """The terms of an index, and which of them a question's words may mean.

    Args:
        statistics: document frequencies of the index.
    """

    def __init__(self, statistics: TermStatistics) -> None:
        self._statistics = statistics
        self._names: Names | None = None
        self._looked_up: dict[str, tuple[Alternative, ...]] = {}

    def holds(self, term: str) -> bool:
        """Whether any chunk holds a term."""
        return self._statistics.document_frequency(term) > 0

    def words(self, question: Question, *, names: bool = True) -> list[WeightedTerms]:
        """The words of a question, each with the terms that it may stand for.

        A word that the index holds stands for itself; one that it does not hold, for names that sound like it in the
        other script (어댑트클립 for AdaptCLIP) or are spelled like it, unless `names` is false.
        """
        groups = {term: {term: 1.0} for term in question.terms}
        for word in surface_names(question.topic) if names else ():
            own = terms(word)
            strange = [term for term in own if not (self.holds(term) or is_compound(term, set(own)))]
            if strange and (meant := self._meant(word)):
                for term in groups.keys() & set(strange):  # a piece of a name that the index spells in another way
                    del groups[term]
                groups[word] = {one.term: one.weight for one in meant}
        return [WeightedTerms(name, found) for name, found in groups.items()]

    def heard(self, word: str) -> dict[str, float]:
        """The Latin terms that a borrowed Hangul word sounds like, with how likely each is meant: 렌더링, 언러닝."""
        if not has_hangul(word) or not may_be_borrowed(word):  # most are none: nothing has to be prepared for them
            return {}
        return {one.term: one.weight for one in self._meant(word)}

    def _meant(self, word: str) -> tuple[Alternative, ...]:
        """What a word may mean, remembered: a question's words are looked up for its papers, then for its terms."""
        found = self._looked_up.get(word)
        if found is None:
            if len(self._looked_up) >= _REMEMBERED:
                self._looked_up.clear()
            found = self._looked_up[word] = self._known_names().meant(word)
        return found

    def _known_names(self) -> Names:
        if self._names is None:
            self._names = Names.of(self._statistics.items())
        return self._names
