"""Coined names: words of a question that the texts of one paper keep using, and those of hardly any other.

A title does not always hold the name of the method, the model or the benchmark that its paper introduces.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable

from ..analysis.latin import latin_terms
from .paper_names import Mention

_WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]+(?:[-._+][A-Za-z0-9]+)*")
_COINED = re.compile(r"[A-Za-z0-9].*[A-Z0-9]")  # an inner capital or a digit
_MIN_CHUNKS = 2  # with a word that has no inner capital, such as an acronym
_CAMEL_CASE = re.compile(r".*[a-z][A-Z].*")
_MIN_SHARE = 0.8  # of the chunks with the word that belong to one paper
_MIN_LETTERS = 3


def find_coined_names(
    text: str,
    mentions: Iterable[Mention],
    chunk_papers: Callable[[str], Counter[str]],
    is_common: Callable[[str], bool],
) -> list[Mention]:
    """Return the words of a question that name a paper by its texts alone, in order.

    Args:
        text: the question.
        mentions: names that are known already; their words are left out.
        chunk_papers: returns the number of chunks with an index term, by paper id; empty if there are many.
        is_common: whether an index term is an ordinary term of the field.
    """
    taken = [range(mention.start, mention.end) for mention in mentions]
    found: list[Mention] = []
    for match in _WORD.finditer(text):
        word = match[0]
        if any(match.start() in span for span in taken) or not _COINED.match(word):
            continue
        if sum(map(str.isalpha, word)) < _MIN_LETTERS or not (terms := latin_terms(word)) or is_common(terms[0]):
            continue
        chunks = chunk_papers(terms[0])
        paper_id, count = max(chunks.items(), key=lambda item: item[1], default=("", 0))
        least = 1 if _CAMEL_CASE.fullmatch(word) else _MIN_CHUNKS
        if count >= least and count >= _MIN_SHARE * chunks.total():
            found.append(Mention(word, (paper_id,), match.start(), match.end(), is_coined=True))
    return found
