"""The sentences of one paper as an answer chooses among them: scored, quotable, and without repetitions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...index.analysis.analyzer import terms
from ...index.domain.hits import Evidence, Hit
from ...index.domain.papers import Language
from ...index.domain.vectors import Scores
from ...index.query.sections import section_terms
from ...index.retrieval.channels import TRUST_PENALTY
from ...index.retrieval.request import SearchResult
from ...index.retrieval.scored_sentences import ScoredSentences
from .markdown import strip_markdown
from .quotations import Quotation, cite, is_anaphoric, quotable_spans

_RELEVANCE = 0.3  # next to specificity
_SECTION, _WHOLE_SECTION = 0.1, 0.8  # bonus of a section asked for, and where the question asks for nothing else
_FEW_WORDS = 3  # aspects of a question that asks for a section as such
_NATIVE = 0.3  # for the language of the answer
_MARGIN = 0.5  # below the best sentence, from which on a further one says too little
_ANAPHORA = 0.05
_LINK = 0.1  # where code and models are to be found answers little else
_UNASKED_SECTION = 0.1  # for `UNASKED_SECTIONS` if the question asks for none of them
UNASKED_SECTIONS = ("limitations", "future_work")
"""Sections on what a paper does not do: they answer only those who ask for them."""
DEFINING_SECTIONS = ("contributions", "abstract", "other")
"""Sections that say what a paper is."""
_SAME_VECTOR, _SAME_BIGRAMS = 0.85, 0.5  # cosine and Dice coefficient above which two sentences say the same


class PaperSentences:
    """Chooses sentences of one paper.

    Args:
        hit: the paper with all its chunks.
        scored: its sentences with their scores.
        lang: the language to prefer.
        asked: the sections that the question asks for, with what their sentences gain (`asked_sections`).
    """

    def __init__(
        self, hit: Hit, scored: ScoredSentences, lang: Language, asked: Mapping[str, float] | None = None
    ) -> None:
        self.hit, self.scored = hit, scored
        self._lang, self._asked = lang, asked or {}
        self._bigrams: dict[int, frozenset[str]] = {}
        self._anaphoric: dict[int, bool] = {}

    def __len__(self) -> int:
        return len(self.scored.spans)

    @cached_property
    def sections(self) -> NDArray[np.str_]:
        """The section of each sentence, (n,)."""
        return np.array([self._chunk(at).section for at in range(len(self))])

    @cached_property
    def answer_scores(self) -> Scores:
        """How well each sentence answers, float32 (n,): what it says on the question that the paper's others do not."""
        gains = sum((gain * self.in_sections((name,)) for name, gain in self._asked.items()), np.zeros(1))
        return np.asarray(self.scored.specificity + _RELEVANCE * self.scored.relevance + gains, np.float32)

    @cached_property
    def preference(self) -> Scores:
        """Bonuses and penalties of the sentences that do not depend on the question's words, float32 (n,)."""
        return self._preference_of(range(len(self)))

    def _preference_of(self, places: Sequence[int]) -> Scores:
        """Return the preference of some sentences, float32 (len(places),)."""
        chunks, texts = [self._chunk(at) for at in places], [self._text(at) for at in places]
        native = np.array([chunk.lang == self._lang for chunk in chunks], np.float32)
        distrust = np.array([TRUST_PENALTY.get(chunk.trust or "supported", 0.0) for chunk in chunks], np.float32)
        names = [name for name in UNASKED_SECTIONS if name not in self._asked]
        unasked = np.array([chunk.section in names for chunk in chunks], np.float32)
        links = np.array(["://" in text for text in texts], np.float32)
        anaphora = np.array([self._is_anaphoric(at) for at in places], np.float32)
        penalties = distrust + _UNASKED_SECTION * unasked + _LINK * links + _ANAPHORA * anaphora
        return np.asarray(_NATIVE * native - penalties, np.float32)

    def _is_anaphoric(self, at: int) -> bool:
        if at not in self._anaphoric:
            self._anaphoric[at] = is_anaphoric(self._text(at))
        return self._anaphoric[at]

    @cached_property
    def _spans_by_chunk(self) -> Mapping[int, tuple[tuple[int, int], ...]]:
        by_chunk: dict[int, list[tuple[int, int]]] = {}
        for place, start, end in self.scored.spans:
            by_chunk.setdefault(place, []).append((start, end))
        return {place: tuple(spans) for place, spans in by_chunk.items()}

    @cached_property
    def _is_invented_quotable(self) -> bool:
        """Whether sentences of a summary that was written from the title are quoted: where there is nothing else."""
        invented = {place: self.hit.evidence[place].trust == "invented" for place in self._spans_by_chunk}
        return not any(invented.values()) or not any(
            self._quotable_spans_of(place) for place, is_invented in invented.items() if not is_invented
        )

    def _quotable_spans_of(self, place: int) -> frozenset[tuple[int, int]]:
        return quotable_spans(self.hit.evidence[place], self._spans_by_chunk[place])

    def is_quotable(self, at: int) -> bool:
        """Return whether a sentence may be quoted; its chunk is examined when it is first asked for."""
        place, start, end = self.scored.spans[at]
        if self.hit.evidence[place].trust == "invented" and not self._is_invented_quotable:
            return False
        return (start, end) in self._quotable_spans_of(place)

    def quotation(self, at: int) -> Quotation:
        """Return a sentence with its citation."""
        place, start, end = self.scored.spans[at]
        chunk = self.hit.evidence[place]
        citation = cite(self.hit.paper_id, chunk, start, end)
        return Quotation(citation, chunk.lang, chunk.section)

    def best(
        self,
        scores: Scores,
        count: int,
        *,
        among: NDArray[np.bool_] | None = None,
        chosen: Collection[int] = (),
        margin: float = _MARGIN,
    ) -> list[int]:
        """Return the best quotable sentences that repeat neither each other nor what is chosen already, best first.

        Args:
            scores: float (n,), to which `preference` is added.
            count: the most sentences.
            among: bool (n,), the sentences to choose from.
            chosen: sentences that the answer quotes already.
            margin: below the best sentence, from which on a further one says too little.
        """
        places = np.arange(len(self)) if among is None else np.flatnonzero(among)
        preference = self.preference if among is None else self._preference_of(places.tolist())
        total = scores[places] + preference
        found: list[int] = []
        best = 0.0  # of the first one found
        for order in np.argsort(-total, kind="stable").tolist():
            at = int(places[order])
            if len(found) == count or (found and total[order] < best - margin):
                break
            if at in chosen or not self.is_quotable(at):
                continue
            if not any(self._repeat(at, other) for other in (*chosen, *found)):
                best = best if found else total[order]
                found.append(at)
        return found

    def defining(self) -> list[int]:
        """Return the sentence that says what the paper is; none if nothing can be quoted."""
        scores = self.scored.centrality
        return self.best(scores, 1, among=self.in_sections(DEFINING_SECTIONS)) or self.best(scores, 1)

    def _repeat(self, first: int, second: int) -> bool:
        one, other = self.scored.vectors[first], self.scored.vectors[second]
        # Sentences without vectors of their own share that of their chunk, which says nothing.
        if float(one @ other) > _SAME_VECTOR and not np.array_equal(one, other):
            return True
        is_same = self._text(first) == self._text(second)
        return is_same or _dice(self._bigrams_of(first), self._bigrams_of(second)) > _SAME_BIGRAMS

    def _bigrams_of(self, at: int) -> frozenset[str]:
        if at not in self._bigrams:
            text = strip_markdown(self._text(at))
            self._bigrams[at] = frozenset(text[start : start + 2] for start in range(len(text) - 1))
        return self._bigrams[at]

    def _text(self, at: int) -> str:
        place, start, end = self.scored.spans[at]
        return self.hit.evidence[place].text[start:end]

    def _chunk(self, at: int) -> Evidence:
        return self.hit.evidence[self.scored.spans[at][0]]

    def in_sections(self, names: Iterable[str]) -> NDArray[np.bool_]:
        """Return which sentences are in some sections, bool (n,)."""
        return np.isin(self.sections, list(names))

    def texts(self) -> Sequence[str]:
        """Return the sentences."""
        return [self._text(at) for at in range(len(self))]


def asked_sections(result: SearchResult, hits: Iterable[Hit]) -> dict[str, float]:
    """Return what the sentences of the sections that a question asks for gain.

    A word of a section's name asks for it; a question that asks for nothing else asks for the whole section.

    Args:
        result: the search result.
        hits: the papers to quote; the words of their titles ask for no section.
    """
    question = result.question
    of_titles = {term for hit in hits for term in terms(hit.title)}
    asked = [result.words.names[at] for at in result.words.content(set(question.terms) - of_titles)]
    named = {name: sum(word in gloss for word in asked) for name, gloss in section_terms().items()}
    best = max(named.values())
    gain = _WHOLE_SECTION if len(asked) <= best else _SECTION
    gains: dict[str, float] = {name: gain for name, count in named.items() if 0 < count == best}
    if question.section:
        gains[question.section] = _WHOLE_SECTION if len(question.aspects) <= _FEW_WORDS else _SECTION
    return gains


def _dice(first: frozenset[str], second: frozenset[str]) -> float:
    total = len(first) + len(second)
    return 2 * len(first & second) / total if total else 0.0
