"""The words of a paper that may be asked: its sentences and its title, and the more informative half of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

from ....api.library import Library
from ....index.analysis.analyzer import terms
from ....index.analysis.language import language
from ....index.domain.papers import Language
from .corpus import Corpus, shuffled
from .name_masking import Rarity, without_names
from .sentences import asked_sentences, plain

Kind = Literal["summary", "abstract", "title"]
KINDS: tuple[Kind, ...] = get_args(Kind)

SHORTEST_LEFT = 8
"""Characters of a title, and of what is left without names."""

_FEWEST_TERMS = 5  # with fewer, a sentence counts as saying less


@dataclass(frozen=True, slots=True)
class Draft:
    """Words that may be asked, and where they stand.

    Attributes:
        text: the words, without decoration.
        nameless: the same without rare Latin names.
        day: ISO date of the digest or the paper; empty where none is known.
        section: of a summary; empty for a title and an abstract.
    """

    paper_id: str
    text: str
    nameless: str
    kind: Kind
    lang: Language
    day: str
    section: str = ""


class Drafts:
    """Draws drafts from the papers of an index."""

    def __init__(self, library: Library, corpus: Corpus) -> None:
        self._library, self._corpus = library, corpus
        self._total = sum(map(len, corpus.chunks.values()))
        self._rarity = Rarity(_said(corpus))

    def of(self, paper_id: str, kind: Kind, seed: int) -> list[Draft]:
        """A paper's drafts of a kind in an order that the seed decides: the half whose words tell papers apart best.

        Names count for nothing in that, so that sets with and without names ask the same sentences.
        """
        found = [
            replace(one, nameless=without_names(one.text, self._rarity.names(one.text, one.lang)))
            for one in self._whole(paper_id, kind)
        ]
        worth = {draft: self._information(draft) for draft in found}
        best = sorted(found, key=lambda draft: (-worth[draft], draft.text))[: len(found) // 2 + 1]
        return shuffled(seed, kind, ((draft.text, draft) for draft in best))

    def _whole(self, paper_id: str, kind: Kind) -> list[Draft]:
        """Every draft of a paper, names and all, each text once."""
        paper, day = self._corpus.papers[paper_id], self._corpus.day(paper_id)
        if kind == "title":
            title = plain(paper.title)
            found = [Draft(paper_id, title, "", kind, language(title), day)] if len(title) >= SHORTEST_LEFT else []
        elif kind == "abstract":
            found = [Draft(paper_id, text, "", kind, "en", day) for text in asked_sentences(paper.abstract, "en")]
        else:
            found = [
                Draft(paper_id, text, "", kind, "ko", entry.digest_date, section.name)
                for entry in self._corpus.entries.get(paper_id, ())
                for section in entry.sections
                for text in asked_sentences(entry.text(section), "ko")
            ]
        return list({draft.text: draft for draft in reversed(found)}.values())  # the oldest day stays

    def _information(self, draft: Draft) -> float:
        """Mean inverse document frequency of a draft's terms, ln(N / n) over chunks."""
        found = set(terms(draft.nameless))
        counts = [self._document_frequency.get(term, 0) for term in found]
        return sum(math.log(self._total / n) for n in counts if n) / max(len(found), _FEWEST_TERMS)

    @cached_property
    def _document_frequency(self) -> dict[str, int]:
        """Document frequencies of all index terms, which the catalog counts in one scan."""
        return self._library.document_frequency()


def _said(corpus: Corpus) -> Iterator[str]:
    """All that is said of each paper."""
    for paper_id, paper in corpus.papers.items():
        chunks = corpus.chunks.get(paper_id, ())
        yield "\n".join([paper.title, *(f"{chunk.context}\n{chunk.text}" for chunk in chunks)])
