"""The bundled glossary: Korean terms of the field with their usual English translations.

It covers indexes without papers in both languages, and words that no such paper contains.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ..analysis.analyzer import terms
from ..analysis.compounds import with_bigrams
from ..analysis.language import has_hangul
from ..domain.translations import Translation
from .alignment import ParallelText
from .lexicon import Lexicon, TranslationTable

_FILE = Path(__file__).with_name("glossary.tsv")
# Weight of the glossary where the index has learned translations of the same term in its papers' own words.
_GLOSSARY_SHARE = 0.6


class GlossaryEntry(NamedTuple):
    """A line of the glossary.

    Attributes:
        korean: a Korean term, or two separated by a space.
        translations: the index terms of each English translation, most likely first.
    """

    korean: str
    translations: tuple[tuple[str, ...], ...]


def parse_glossary(lines: Iterable[str]) -> Iterator[GlossaryEntry]:
    """Yield the entries of a glossary: Korean, a tab, English translations separated by commas, most likely first.

    Skipped are lines without a tab, comments (#), entries of more than two Korean terms, and entries of which a Korean
    word gives no index term: what is left of 볼록 최적화 (convex optimization) would mean any optimization.
    """
    for line in lines:
        korean, tab, english = line.strip().partition("\t")
        if not tab or line.startswith("#"):
            continue
        index_terms = terms(korean)
        words = with_bigrams(index_terms)
        single = [word for word in words if " " not in word]
        is_complete = len(single) >= len(korean.split()) or "".join(single) == korean.replace(" ", "")
        if len(words) in {1, 3} and is_complete and all(map(has_hangul, index_terms)):
            translations = (tuple(dict.fromkeys(terms(phrase))) for phrase in english.split(", "))
            yield GlossaryEntry(words[-1], tuple(filter(None, translations)))


@cache
def bundled_glossary() -> tuple[GlossaryEntry, ...]:
    """Return the entries of the glossary in the package."""
    return tuple(parse_glossary(_FILE.read_text("utf-8").splitlines()))


@cache
def glossary_terms() -> frozenset[str]:
    """Return the English index terms of the bundled glossary: ordinary terms of the field.

    Only its English column is analyzed: the Korean analyzer would take seconds for the other one.
    """
    lines = (line.partition("\t") for line in _FILE.read_text("utf-8").splitlines() if not line.startswith("#"))
    return frozenset(term for _, _, english in lines for phrase in english.split(", ") for term in terms(phrase))


def as_parallel_texts(entries: Iterable[GlossaryEntry]) -> list[ParallelText]:
    """Return entries as training data: an English term that one of them explains, no other Korean term explains."""
    return [
        ParallelText(
            frozenset([entry.korean, *entry.korean.split()]),
            frozenset(term for translation in entry.translations for term in translation),
        )
        for entry in entries
    ]


def add_glossary(lexicon: Lexicon, entries: Iterable[GlossaryEntry], information: Callable[[str], float]) -> Lexicon:
    """Return a lexicon merged with a glossary.

    Args:
        lexicon: lexicon learned from an index.
        entries: the glossary.
        information: inverse document frequency of an English term; 0 where the index does not contain it. Translations
            with such a term are left out; the terms of the others share their translation's weight by information.
    """
    to_english: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    to_korean: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for korean, translations in entries:
        weighted = [(words, idf) for words in translations if all(idf := [information(word) for word in words])]
        for words, idf in weighted:
            for word, weight in zip(words, idf, strict=True):
                to_english[korean][word] += weight / sum(idf) / len(weighted)
            if len(words) == 1:
                to_korean[words[0]][korean.replace(" ", "")] = 1 / len(weighted)
    return Lexicon(lexicon.pairs, _merged(lexicon.to_english, to_english), _merged(lexicon.to_korean, to_korean))


def _merged(learned: TranslationTable, glossary: Mapping[str, Mapping[str, float]]) -> TranslationTable:
    return learned | {term: _translations(learned.get(term, ()), weights) for term, weights in glossary.items()}


def _translations(learned: Sequence[Translation], glossary: Mapping[str, float]) -> tuple[Translation, ...]:
    """Return the translations of one term: the glossary's share .6 of the weight, or 1 where nothing was learned."""
    known = {translation.term: translation for translation in learned}
    share, total = _GLOSSARY_SHARE if known else 1.0, sum(glossary.values())
    weights = {term: (1 - share) * translation.weight for term, translation in known.items()}
    for term, weight in glossary.items():
        weights[term] = weights.get(term, 0.0) + share * weight / total
    merged = [
        Translation(
            term,
            round(weight, 4),
            known[term].together if term in known else 0,
            known[term].llr if term in known else 0.0,
            term in glossary,
        )
        for term, weight in weights.items()
    ]
    return tuple(sorted(merged, key=lambda translation: (-translation.weight, translation.term)))
