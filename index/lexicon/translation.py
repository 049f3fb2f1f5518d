"""The lexicon channel: chunks in the other language that hold what the question's words translate to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..analysis.analyzer import has_hangul
from ..engine.bm25 import Postings, Shares, WeightedTerms, share
from ..query.question import Question
from .lexicon import Lexicon, Translation, is_compound, with_bigrams

# Two words in a row say more precisely what they say together, but the single words have mostly said it already.
_TWO_WORDS = 0.15

Heard = Callable[[str], Mapping[str, float]]
"""Latin terms that a Hangul word sounds like, with how likely each is meant."""


def crossing(
    parts: Sequence[Postings], translated: Sequence[WeightedTerms], question: Question, weights: Mapping[str, float]
) -> Shares:
    """What chunks in the other language hold of a question's translations.

    A share, as that of the lexical channel: 1 is what a chunk of average length scores that holds a translation of
    every word once, none of them in doubt. Words without a translation are words that no chunk holds.

    Args:
        parts: the terms of every chunk.
        translated: what the question's words translate to, as `groups` gives it.
        question: the question.
        weights: the information that each of its words carries.
    """
    if not translated:
        return Shares()
    known = {word for group in translated for word in (*group.name.split(), group.name.replace(" ", ""))}
    asked = set(question.terms)
    missing = sum(
        weight * (_TWO_WORDS if is_compound(term, asked) else 1.0)
        for term, weight in weights.items()
        if term not in known
    )
    korean = question.lang == "ko"
    pairs = zip(parts, share(parts, translated, missing), strict=True)
    return Shares(parts, [scores * (part.korean != korean) for part, scores in pairs])


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
