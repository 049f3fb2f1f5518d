"""The lexicon channel: chunks in the other language that hold what the question's words translate to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..analysis.analyzer import has_hangul
from ..analysis.weighted_terms import WeightedTerms
from ..query.question import Question
from .lexicon import Lexicon, Translation, with_bigrams

# Two words in a row say more precisely what they say together, but the single words have mostly said it already.
_TWO_WORDS = 0.15

Heard = Callable[[str], Mapping[str, float]]
"""Latin terms that a Hangul word sounds like, with how likely each is meant."""


def groups(lexicon: Lexicon, question: Question, heard: Heard | None = None) -> list[WeightedTerms]:
    """What a question's terms translate to, a group a term; terms without a translation are left out.

    Args:
        lexicon: what translates them.
        question: the question.
        heard: asked for what the lexicon does not know; None leaves that out.
    """
    korean = [term for term in question.terms if has_hangul(term)]
    latin = [term for term in question.terms if not has_hangul(term)]
    if question.lang != "ko":
        return [_group(lexicon, term, lexicon.to_korean[term]) for term in latin if term in lexicon.to_korean]
    found: dict[str, WeightedTerms] = {}
    for term in dict.fromkeys(with_bigrams(korean)):  # single ones first
        if translations := lexicon.to_english.get(term):
            spoken = " " in term and all(word in found for word in term.split())
            found[term] = _group(lexicon, term, translations, _TWO_WORDS if spoken else 1.0)
        elif heard and " " not in term and (meant := heard(term)):
            found[term] = WeightedTerms(term, meant)
    return [*found.values(), *(WeightedTerms(term, {term: 1.0}) for term in latin)] if found else []


def _group(lexicon: Lexicon, term: str, translations: Sequence[Translation], weight: float = 1.0) -> WeightedTerms:
    trust = lexicon.trust(translations)
    return WeightedTerms(term, {one.term: one.weight for one in translations}, weight, trust)
