"""The abstract beside the summary: which of its sentences says the same, and which one says otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from ....index.analysis.analyzer import terms
from ....index.domain.hits import Citation, Hit
from ....index.lexicon.lexicon import Translation
from ....index.retrieval.contradictions import Contradiction
from ..quotations import Quotation, quotations
from ..rendering.layout import Quoted
from .aspects import in_order

Translate = Callable[[Iterable[str]], dict[str, tuple[Translation, ...]]]
"""Translations of terms, as a `Lexicon` gives them."""

_SAME = 0.4  # share of a sentence's terms that the other one holds, in its own language
_FEWEST = 3.5  # terms that both hold
# Of what an abstract hardly ever speaks, what it seems to say is something else.
_ELSEWHERE = frozenset({"abstract", "limitations", "future_work", "experiments"})
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


class Beside:
    """The sentences of one paper's abstract, each given out once.

    Args:
        hit: the paper with its evidence.
        translate: what terms mean in the other language.
        doubts: where summaries contradict abstracts.
    """

    def __init__(self, hit: Hit, translate: Translate | None, contradictions: Sequence[Contradiction]) -> None:
        self._hit, self._translate, self._doubts = hit, translate, contradictions
        self._read: list[tuple[Quotation, set[str]]] | None = None
        self._given: set[Citation] = set()

    def pair(self, quotation: Quotation, *, look: bool = True) -> list[Quoted]:
        """A sentence to quote with the abstract's beside it: behind it where they agree, first where they do not.

        Args:
            quotation: the sentence.
            look: whether an abstract's sentence that says the same is looked for.
        """
        cited = quotation.citation
        if cited in self._given:
            return []
        if against := self.otherwise(quotation):
            return [Quoted(against, paired=True), Quoted(cited, below=True, paired=True)]
        same = self.same(quotation) if look else None
        return [Quoted(cited), Quoted(same, below=True, paired=True)] if same else [Quoted(cited)]

    def same(self, quotation: Quotation) -> Citation | None:
        """The abstract's sentence that says what a summary's sentence says; None where none does.

        Of 57 found for sentences of 30 papers, 50 were also the nearest, or nearly so, by their vectors.
        """
        if self._translate is None or quotation.section in _ELSEWHERE or not self._abstract:
            return None
        asked = set(terms(quotation.citation.quote)) | set(_FIGURE.findall(quotation.citation.quote))
        meant = {term: {one.term: one.weight for one in found} for term, found in self._translate(asked).items()}
        own = set(terms(self._hit.title))  # a paper's name stands in every second sentence of its own
        known = {
            term: words | {term: 1.0} for term, words in meant.items() if (words or term.isascii()) and term not in own
        }
        scored = [(_shared(known, held), one) for one, held in self._abstract if one.citation not in self._given]
        best, found = max(scored, key=lambda pair: pair[0], default=(0.0, None))
        if found is None or best < max(_FEWEST, _SAME * len(known)):
            return None
        return self._give(found)

    def otherwise(self, quotation: Quotation) -> Citation | None:
        """The abstract's sentence that a summary's sentence contradicts; None where it contradicts none."""
        cited = quotation.citation
        for doubt in self._doubts:
            if doubt.chunk_id == cited.chunk_id and doubt.start < cited.end and cited.start < doubt.end:
                words = " ".join(doubt.against.split())
                for one, _ in self._abstract:
                    said = " ".join(one.citation.quote.split())
                    if words in said or (len(said) > len(words) // 2 and said in words):
                        return self._give(one)
        return None

    def _give(self, found: Quotation) -> Citation:
        self._given.add(found.citation)
        return found.citation

    @property
    def _abstract(self) -> list[tuple[Quotation, set[str]]]:
        if self._read is None:
            read = quotations(self._hit.paper_id, in_order(self._hit.evidence, "abstract"))
            texts = [(one, one.citation.quote) for one in read]
            self._read = [(one, {*terms(text), *_FIGURE.findall(text)}) for one, text in texts]
        return self._read


def _shared(known: dict[str, dict[str, float]], held: set[str]) -> float:
    """How many of a sentence's terms another one holds, translations by their likelihood."""
    return sum(min(1.0, sum(weight for term, weight in words.items() if term in held)) for words in known.values())
