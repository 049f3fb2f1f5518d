"""The bilingual lexicon: Korean and English terms that translate each other, with their evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Any

from ..analysis.compounds import is_compound, with_bigrams
from ..analysis.language import has_hangul
from ..domain.translations import Translation

# A lexicon learned from few papers contains more chance associations. The best weight of the lexicon channel against
# the dense one was .25 to .5 for 20 and 30 papers, .5 for 47, .5 to 1 for 80 and 160, 1 for 350; the reliability
# pairs / (pairs + 60) rises like that.
_HALF_RELIABLE = 60


TranslationTable = dict[str, tuple[Translation, ...]]
"""Translations by term, most likely first."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Translations learned from an index, merged with those of a glossary.

    Attributes:
        pairs: number of papers in both languages that it was learned from.
        to_english: translations of Korean terms and bigrams.
        to_korean: translations of English terms.
    """

    pairs: int
    to_english: TranslationTable
    to_korean: TranslationTable

    def __bool__(self) -> bool:
        return bool(self.to_english)

    @property
    def reliability(self) -> float:
        """Reliability of learned translations, from 0 to 1, given the number of papers."""
        return self.pairs / (self.pairs + _HALF_RELIABLE)

    def trust(self, translations: Iterable[Translation]) -> float:
        """Return the reliability of a term's translations: 1 where the glossary lists any of them."""
        return 1.0 if any(translation.given for translation in translations) else self.reliability

    def translate(self, terms: Iterable[str]) -> dict[str, tuple[Translation, ...]]:
        """Return the translations of terms and of every two adjacent Korean ones; empty for unknown terms.

        Compounds without a translation are left out: their two nouns are listed already.
        """
        table = self.to_english | self.to_korean
        query = list(terms)
        korean = with_bigrams([term for term in query if has_hangul(term)])
        translated = {term: table.get(term, ()) for term in dict.fromkeys([*query, *korean])}
        known = set(query)
        return {
            term: translations
            for term, translations in translated.items()
            if translations or not is_compound(term, known)
        }

    def as_json(self) -> dict[str, Any]:
        """Return the lexicon as JSON values, which `from_json` reads."""

        def rows(table: TranslationTable) -> dict[str, list[list[Any]]]:
            return {term: [list(astuple(row)) for row in translations] for term, translations in table.items()}

        return {"pairs": self.pairs, "to_english": rows(self.to_english), "to_korean": rows(self.to_korean)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Lexicon:
        """Return the lexicon that `as_json` wrote."""

        def table(rows: Mapping[str, Any]) -> TranslationTable:
            return {term: tuple(Translation(*row) for row in translations) for term, translations in rows.items()}

        return cls(record["pairs"], table(record["to_english"]), table(record["to_korean"]))
