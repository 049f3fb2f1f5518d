"""Training data of the lexicon: papers in both languages, and glosses in parentheses, taken from an index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ..analysis.analyzer import has_hangul, terms
from .inline_glosses import glosses
from .lexicon import Pair, with_bigrams

# Links to code and pages stand in every other abstract, and translate nothing.
_ADDRESSES = frozenset(
    "http https www com org io github github.com github.io huggingfac code avail publicli websit".split()
)
_MOST_GLOSSES = 5_000  # the newest; more cost seconds at every publish


def pairs(paired_terms: Iterable[tuple[str, bool, str]]) -> list[Pair]:
    """Return the papers with text in both languages, in the order of their first chunk.

    Args:
        paired_terms: for each chunk its paper's id, whether it is of an abstract, and its space-separated terms.
    """
    korean: defaultdict[str, set[str]] = defaultdict(set)
    english: defaultdict[str, set[str]] = defaultdict(set)
    for paper_id, is_abstract, text in paired_terms:
        words = text.split()
        if is_abstract:
            english[paper_id].update(word for word in words if not has_hangul(word) and word not in _ADDRESSES)
        else:
            korean[paper_id].update(with_bigrams([word for word in words if has_hangul(word)]))
    return [Pair(frozenset(words), frozenset(english[key])) for key, words in korean.items() if words and english[key]]


def glossed(korean_texts: Iterable[str]) -> list[Pair]:
    """Return the terms that Korean texts explain in English in parentheses, oldest first.

    Args:
        korean_texts: texts, newest first; no more are read than are needed.
    """
    found: list[Pair] = []
    for text in korean_texts:
        for korean, english in glosses(text):
            korean_terms = [word for word in terms(korean) if has_hangul(word)]
            english_terms = [word for word in terms(english) if not has_hangul(word)]
            if korean_terms and english_terms:
                found.append(Pair(frozenset(with_bigrams(korean_terms)), frozenset(english_terms)))
        if len(found) >= _MOST_GLOSSES:
            break
    return found[::-1]
