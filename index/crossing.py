"""The lexicon channel: chunks in the other language that hold what the question's words translate to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .bilingual import Lexicon, with_bigrams
from .korean import has_hangul
from .postings import Postings, Shares, Synonyms, share
from .question import Question

# Two words in a row say more precisely what they say together, but the single words have said it already.
_BIGRAM_WEIGHT = 0.4


def crossing(
    parts: Sequence[Postings],
    translated: Sequence[Synonyms],
    question: Question,
    weights: Mapping[str, float],
    reliability: float,
) -> Shares:
    """What chunks in the other language hold of a question's translations.

    A share, as that of the lexical channel: 1 is what a chunk of average length scores that holds a translation of
    every word once, and the lexicon is beyond doubt. Words without a translation are words that no chunk holds.

    Args:
        parts: the terms of every chunk.
        translated: what the question's words translate to, as `groups` gives it.
        question: the question.
        weights: the information that each of its words carries.
        reliability: how far to trust the lexicon, from 0 to 1.
    """
    if not translated:
        return Shares()
    known = {word for group in translated for word in (*group.name.split(), group.name.replace(" ", ""))}
    covered = sum(weight for term, weight in weights.items() if term in known) / (sum(weights.values()) or 1.0)
    trusted = np.float32(covered * reliability)
    korean = question.lang == "ko"
    pairs = zip(parts, share(parts, translated), strict=True)
    return Shares(parts, [scores * trusted * (part.korean != korean) for part, scores in pairs])


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
