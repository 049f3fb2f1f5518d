"""Training data of the lexicon: papers in both languages, and the English that Korean texts give in parentheses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ..analysis.analyzer import terms
from ..analysis.compounds import with_bigrams
from ..analysis.language import has_hangul
from .alignment import ParallelText
from .inline_glosses import find_glosses

# Every other abstract links its code and pages; these terms translate nothing.
_ADDRESS_TERMS = frozenset(
    "http https www com org io github github.com github.io huggingfac code avail publicli websit".split()
)
_MAX_GLOSSES = 5_000  # more cost seconds at every publish


def parallel_papers(texts: Iterable[tuple[str, bool, str]]) -> list[ParallelText]:
    """Return the papers that have terms in both languages, in the order of their first Korean text.

    Args:
        texts: paper id, whether the text is the paper's abstract, and its index terms separated by spaces. Summaries
            that were refused or invented must be left out: they translate nothing.
    """
    korean: defaultdict[str, set[str]] = defaultdict(set)
    english: defaultdict[str, set[str]] = defaultdict(set)
    for paper_id, is_abstract, text in texts:
        words = text.split()
        if is_abstract:
            english[paper_id].update(word for word in words if not has_hangul(word) and word not in _ADDRESS_TERMS)
        else:
            korean[paper_id].update(with_bigrams([word for word in words if has_hangul(word)]))
    return [
        ParallelText(frozenset(words), frozenset(english[paper_id]))
        for paper_id, words in korean.items()
        if words and english[paper_id]
    ]


def parallel_glosses(korean_texts: Iterable[str]) -> list[ParallelText]:
    """Return the inline glosses of Korean texts, oldest first.

    Args:
        korean_texts: texts, newest first; reading stops after some 5,000 glosses. Summaries that were refused or
            invented must be left out.
    """
    glosses: list[ParallelText] = []
    for text in korean_texts:
        for korean, english in find_glosses(text):
            source = [term for term in terms(korean) if has_hangul(term)]
            target = [term for term in terms(english) if not has_hangul(term)]
            if source and target:
                glosses.append(ParallelText(frozenset(with_bigrams(source)), frozenset(target)))
        if len(glosses) >= _MAX_GLOSSES:
            break
    return glosses[::-1]
