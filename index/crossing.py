"""The lexicon channel: chunks in the other language that hold what the question's words translate to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from .bilingual import Lexicon, with_bigrams
from .korean import has_hangul
from .postings import Postings, Synonyms, share
from .question import Question

# Two words in a row say more precisely what they say together, but the single words have said it already.
_BIGRAM_WEIGHT = 0.5


class Crossing:
    """The lexicon channel of one question.

    Scores are shares, as those of the lexical channel: 1 is what a chunk of average length scores that holds a
    translation of every word once, and the lexicon is beyond doubt. Words without a translation are words that no chunk
    holds.

    Args:
        lexicon: what translates.
        parts: the terms of every chunk.
        question: the question.
        weights: the information that each of its terms carries.
    """

    def __init__(
        self, lexicon: Lexicon, parts: Sequence[Postings], question: Question, weights: Mapping[str, float]
    ) -> None:
        self.groups = groups(lexicon, question) if parts else []
        self._parts = parts if self.groups else ()
        known = {word for group in self.groups for word in group.name.split()}
        covered = sum(weight for term, weight in weights.items() if term in known) / (sum(weights.values()) or 1.0)
        trusted = np.float32(covered * lexicon.reliability)
        self._scores = [scores * trusted for scores in share(parts, self.groups)] if self.groups else []

    @classmethod
    def off(cls) -> Crossing:
        """A channel that names nothing."""
        nothing = cls.__new__(cls)
        nothing.groups, nothing._parts, nothing._scores = [], (), []
        return nothing

    def best(self, limit: int) -> list[int]:
        """Rows of the best chunks of each part."""
        rows: list[int] = []
        for part, scores in zip(self._parts, self._scores, strict=True):
            top = np.argpartition(-scores, min(limit, len(scores)) - 1)[:limit] if len(scores) else []
            rows += [int(part.rows[at]) for at in top if scores[at] > 0]
        return rows

    def among(self, rows: Iterable[int]) -> dict[int, float]:
        """Scores of some chunks, by row; those that hold no translation are left out."""
        wanted = np.array(sorted(rows), np.int64)
        found: dict[int, float] = {}
        for part, scores in zip(self._parts, self._scores, strict=True):
            places = np.searchsorted(part.rows, wanted)
            inside = places < len(part.rows)
            inside[inside] = part.rows[places[inside]] == wanted[inside]
            values = scores[places[inside]]
            found |= {int(row): float(value) for row, value in zip(wanted[inside], values, strict=True) if value > 0}
        return found


def groups(lexicon: Lexicon, question: Question) -> list[Synonyms]:
    """What a question's terms translate to, a group a term; terms without a translation are left out."""
    korean = [term for term in question.terms if has_hangul(term)]
    latin = [term for term in question.terms if not has_hangul(term)]
    found: list[Synonyms] = []
    if question.lang == "ko":
        for term in dict.fromkeys(with_bigrams(korean)):
            weight = _BIGRAM_WEIGHT if " " in term else 1.0
            if term in lexicon.to_english:
                found.append(Synonyms(term, {one.term: one.weight for one in lexicon.to_english[term]}, weight))
        return found + [Synonyms(term, {term: 1.0}) for term in latin] if found else []
    known = [term for term in latin if term in lexicon.to_korean]
    return [Synonyms(term, {one.term: one.weight for one in lexicon.to_korean[term]}) for term in known]
