"""Query translation: the terms of a question in the other language, and how much of it stays untranslated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..analysis.compounds import is_compound, with_bigrams
from ..analysis.language import has_hangul
from ..analysis.weighted_terms import WeightedTerms
from ..domain.papers import Language
from ..domain.translations import Translation
from .lexicon import Lexicon

# Weight of a bigram relative to its two words: its translation is more precise, but mostly repeats theirs.
_BIGRAM_WEIGHT = 0.15

PhoneticMatcher = Callable[[str], Mapping[str, float]]
"""Returns the Latin index terms that sound like a Hangul word, with probabilities; empty where there are none."""


def translate_terms(
    lexicon: Lexicon, terms: Sequence[str], lang: Language, phonetic_matches: PhoneticMatcher | None = None
) -> list[WeightedTerms]:
    """Return the translations of a question's terms, one group per term; terms without a translation are left out.

    Latin terms of a Korean question represent themselves where any Korean term has a translation.

    Args:
        lexicon: the translations.
        terms: index terms of the question, in order.
        lang: language of the question.
        phonetic_matches: consulted for Korean terms that the lexicon lacks; None skips them.
    """
    korean = [term for term in terms if has_hangul(term)]
    latin = [term for term in terms if not has_hangul(term)]
    if lang != "ko":
        return [_group(lexicon, term, lexicon.to_korean[term]) for term in latin if term in lexicon.to_korean]
    groups: dict[str, WeightedTerms] = {}
    for term in dict.fromkeys(with_bigrams(korean)):  # single terms come before bigrams
        if translations := lexicon.to_english.get(term):
            is_covered = " " in term and all(word in groups for word in term.split())
            groups[term] = _group(lexicon, term, translations, _BIGRAM_WEIGHT if is_covered else 1.0)
        elif phonetic_matches and " " not in term and (matches := phonetic_matches(term)):
            groups[term] = WeightedTerms(term, matches)
    return [*groups.values(), *(WeightedTerms(term, {term: 1.0}) for term in latin)] if groups else []


def untranslated_information(
    translated: Sequence[WeightedTerms], terms: Sequence[str], information: Mapping[str, float]
) -> float:
    """Return the information of the terms without a translation.

    Args:
        translated: the result of `translate_terms`.
        terms: index terms of the question.
        information: information by term. Compounds count a little only: their nouns are terms as well.
    """
    covered = {word for group in translated for word in (*group.name.split(), group.name.replace(" ", ""))}
    known = set(terms)
    return sum(
        weight * (_BIGRAM_WEIGHT if is_compound(term, known) else 1.0)
        for term, weight in information.items()
        if term not in covered
    )


def _group(lexicon: Lexicon, term: str, translations: Sequence[Translation], weight: float = 1.0) -> WeightedTerms:
    probabilities = {translation.term: translation.weight for translation in translations}
    return WeightedTerms(term, probabilities, weight, lexicon.trust(translations))
