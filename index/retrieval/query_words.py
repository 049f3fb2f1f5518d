"""The words of a question as texts of either language may state them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..analysis.compounds import is_compound
from ..analysis.weighted_terms import WeightedTerms
from ..query.sections import content_words

_COMPOUND_WEIGHT = 0.15  # of a compound whose parts are words of the question as well


@dataclass(frozen=True, slots=True, eq=False)
class QueryWords:
    """The words of a question, each with the index terms that state it.

    Attributes:
        names: the words.
        information: float32 (words,), the information of each in the index.
        alternatives: by index term, the words that it states, as positions, with probabilities: the word itself, what
            it sounds like, and translations.
        unseen: information of a word that no text of the index holds, the most that one word can carry.
    """

    names: tuple[str, ...]
    information: NDArray[np.float32]
    alternatives: Mapping[str, tuple[tuple[int, float], ...]]
    unseen: float = 0.0

    @classmethod
    def of(
        cls,
        own: Sequence[WeightedTerms],
        translations: Sequence[WeightedTerms],
        information: Mapping[str, float],
        unseen: float = 0.0,
    ) -> QueryWords:
        """Join the words of a question with their translations.

        Args:
            own: the words, each with the index terms that it may match.
            translations: translations of words, or of pairs of adjacent words.
            information: information by word.
            unseen: information of a word that no text holds.
        """
        names = tuple(group.name for group in own)
        known = set(names)
        position = {name: at for at, name in enumerate(names)}
        alternatives: dict[str, dict[int, float]] = {}
        for group in (*own, *translations):
            for word in [group.name] if group.name in position else group.name.split():
                if (at := position.get(word)) is not None:
                    for term, probability in group.terms.items():
                        stated = alternatives.setdefault(term, {})
                        stated[at] = max(stated.get(at, 0.0), min(1.0, probability))
        weights = [
            information.get(name, 0.0) * (_COMPOUND_WEIGHT if is_compound(name, known) else 1.0) for name in names
        ]
        return cls(
            names,
            np.array(weights, np.float32),
            {term: tuple(stated.items()) for term, stated in alternatives.items()},
            unseen,
        )

    def content(self, terms: Collection[str]) -> list[int]:
        """Return the positions of those of some words that say what is asked (`content_words`)."""
        content = set(content_words(self.names)).intersection(terms)
        return [at for at, name in enumerate(self.names) if name in content]

    @property
    def translated(self) -> frozenset[int]:
        """Positions of the words that another term may state: a translation, or a name that sounds alike."""
        return frozenset(at for term, words in self.alternatives.items() for at, _ in words if term != self.names[at])

    def held(self, texts: Sequence[Collection[str]]) -> NDArray[np.float32]:
        """Return how surely each text states each word, float32 (texts, words).

        Args:
            texts: index terms of each text.
        """
        held = np.zeros((len(texts), len(self.names)), np.float32)
        for row, text in zip(held, texts, strict=True):
            for term in self.alternatives.keys() & text:
                for at, probability in self.alternatives[term]:
                    row[at] = max(row[at], probability)
        return held

    def support(self, held: NDArray[np.float32]) -> float:
        """Return the information of the words that a text holds, over the square root of that of all words.

        Two rare words of three support an answer more than one of one.
        """
        total = float(self.information.sum())
        return float(held @ self.information) / math.sqrt(total) if total > 0 else 0.0
