"""Candidate queries of a paper: its sentences or its title, reduced to the more informative half."""

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
from ..sampling import stable_shuffle
from .corpus import Corpus
from .name_masking import NameDetector, remove_names
from .sentences import query_sentences, strip_markup

Kind = Literal["summary", "abstract", "title"]
KINDS: tuple[Kind, ...] = get_args(Kind)

MIN_CHARS = 8
"""Length of a title, and of a query after its names are removed."""

_MIN_TERMS = 5  # a candidate with fewer terms is scored as if it had this many


@dataclass(frozen=True, slots=True)
class CandidateQuery:
    """A text that can be used as a query, with its source.

    Attributes:
        text: the text, without markup.
        nameless: the text without rare Latin names.
        day: ISO date of the digest or the paper; empty if unknown.
        section: section of a summary; empty for a title or an abstract.
    """

    paper_id: str
    text: str
    nameless: str
    kind: Kind
    lang: Language
    day: str
    section: str = ""


class CandidateSampler:
    """Samples candidate queries from the papers of a corpus.

    Args:
        library: the index that the corpus was read from; supplies document frequencies.
        corpus: the corpus.
        names: detector of rare names, fitted to the corpus.
    """

    def __init__(self, library: Library, corpus: Corpus, names: NameDetector) -> None:
        self._library, self._corpus, self._names = library, corpus, names
        self._total = sum(map(len, corpus.chunks.values()))

    @classmethod
    def build(cls, library: Library, corpus: Corpus) -> CandidateSampler:
        """Fit the name detector to a corpus and return a sampler for it."""
        return cls(library, corpus, NameDetector.fit(_paper_texts(corpus)))

    def sample(self, paper_id: str, kind: Kind, seed: int) -> list[CandidateQuery]:
        """Return the half of a paper's candidates with the most informative terms, in an order set by the seed.

        Names are ignored in the ranking, so that datasets with and without names use the same sentences.
        """
        candidates = [
            replace(candidate, nameless=remove_names(candidate.text, self._names.names(candidate.text, candidate.lang)))
            for candidate in self._all_candidates(paper_id, kind)
        ]
        scores = {candidate: self._information(candidate) for candidate in candidates}
        ranked = sorted(candidates, key=lambda candidate: (-scores[candidate], candidate.text))
        best = ranked[: len(candidates) // 2 + 1]
        return stable_shuffle(seed, kind, ((candidate.text, candidate) for candidate in best))

    def _all_candidates(self, paper_id: str, kind: Kind) -> list[CandidateQuery]:
        """Return all candidates of a paper, each text once, without their nameless forms."""
        paper, day = self._corpus.papers[paper_id], self._corpus.date_of(paper_id)
        if kind == "title":
            title = strip_markup(paper.title)
            candidates = (
                [CandidateQuery(paper_id, title, "", kind, language(title), day)] if len(title) >= MIN_CHARS else []
            )
        elif kind == "abstract":
            candidates = [
                CandidateQuery(paper_id, text, "", kind, "en", day) for text in query_sentences(paper.abstract, "en")
            ]
        else:
            candidates = [
                CandidateQuery(paper_id, text, "", kind, "ko", entry.digest_date, section.name)
                for entry in self._corpus.entries.get(paper_id, ())
                for section in entry.sections
                for text in query_sentences(entry.text(section), "ko")
            ]
        # Of equal texts the oldest is kept.
        return list({candidate.text: candidate for candidate in reversed(candidates)}.values())

    def _information(self, candidate: CandidateQuery) -> float:
        """Return the mean inverse document frequency of a candidate's terms, ln(N / n) over chunks."""
        candidate_terms = set(terms(candidate.nameless))
        counts = [self._document_frequency.get(term, 0) for term in candidate_terms]
        return sum(math.log(self._total / n) for n in counts if n) / max(len(candidate_terms), _MIN_TERMS)

    @cached_property
    def _document_frequency(self) -> dict[str, int]:
        """Document frequencies of all index terms, which the catalog counts in one scan."""
        return self._library.document_frequency()


def _paper_texts(corpus: Corpus) -> Iterator[str]:
    """Yield the title and all chunks of each paper as one text."""
    for paper_id, paper in corpus.papers.items():
        chunks = corpus.chunks.get(paper_id, ())
        yield "\n".join([paper.title, *(f"{chunk.context}\n{chunk.text}" for chunk in chunks)])
