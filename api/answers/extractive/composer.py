"""Composers: choose the quotations of an extractive answer, one function per intent.

All of them choose among every sentence of a paper by its scores. Intent, section, language and figures are bonuses: a
question whose intent is misread still gets the sentence that answers it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ....index.domain.hits import Hit
from ....index.domain.papers import Language
from ....index.domain.vectors import Scores
from ....index.query.intent import requested_figures, requests_papers
from ....index.query.question import Question
from ....index.retrieval.request import SearchResult
from ..paper_sentences import DEFINING_SECTIONS, UNASKED_SECTIONS, PaperSentences, asked_sections
from ..quotations import Quotation, record_quotations
from ..rendering.layout import Line, PaperQuotations, layout_by_aspect, layout_by_paper
from ..rendering.messages import Aspect
from .abstract_pairing import AbstractPairing, Translate
from .figures import figure_scores, has_requested_figure

_FIRST_PAPER, _NAMED_PAPERS, _OTHER_PAPERS = 5, 4, 1  # sentences to quote
_OF_ASPECT = 0.1  # bonus of the sections of an aspect, over the abstract
_SPECIFIC = 0.3  # weight of specificity among sentences that define a paper, and the other way round
ASPECTS: tuple[Aspect, ...] = ("motivation", "method", "results")
_ASPECT_SECTIONS: dict[str, tuple[str, ...]] = {
    "motivation": ("motivation",),
    "method": ("contributions", "architecture"),
    "results": ("results",),
}
# Terms of questions for a comparison that name no aspect.
_COMPARISON_TERMS = frozenset(
    """비교 대조 차이 차이점 공통 공통점 다르다 다른 점 낫다 좋다 어느 쪽 둘 두 대비 정리 뭐 무엇
    compar comparison contrast differ differ differenc versu vs better common similar between which two both""".split()
)

MatchAbstract = Literal["all", "first", "none"]
"""Which of a paper's quotations are matched with sentences of its abstract."""


@dataclass(frozen=True)
class CompositionContext:
    """What a composer works from.

    Attributes:
        result: the search result, with the sentences of its papers.
        hits: the papers to quote, best first; at least one.
        translate: translations of terms; None matches no sentences with abstracts.
        weak: ids of the papers that only come near what is asked for; they come last.
    """

    result: SearchResult
    hits: tuple[Hit, ...]
    translate: Translate | None = None
    weak: frozenset[str] = frozenset()
    _sentences: dict[str, PaperSentences] = field(default_factory=dict[str, PaperSentences], compare=False)

    @property
    def question(self) -> Question:
        """The question to answer."""
        return self.result.question

    @property
    def lang(self) -> Language:
        """The language to answer in."""
        return self.result.question.response_language

    def pairing(self, hit: Hit) -> AbstractPairing:
        """Return a new pairing of a paper's summaries with its abstract."""
        return AbstractPairing(hit, self.translate, self.result.contradictions)

    @cached_property
    def asked_sections(self) -> Mapping[str, float]:
        """What the sentences of the sections that the question asks for gain."""
        return asked_sections(self.result, self.hits)

    def sentences(self, hit: Hit) -> PaperSentences | None:
        """Return the sentences of a paper; None if it has none."""
        if hit.paper_id not in self._sentences:
            scored = self.result.sentences.get(hit.paper_id)
            if scored is None:
                return None
            self._sentences[hit.paper_id] = PaperSentences(hit, scored, self.lang, self.asked_sections)
        return self._sentences[hit.paper_id]


@dataclass(frozen=True, slots=True)
class AnswerDraft:
    """An extractive answer without its notices.

    Attributes:
        lead: name of the lead line.
        papers: what is quoted, by paper; empty if there is nothing to quote.
        lines: the text below the lead line.
        lacking: words of the question that no quotation answers, though all of them come near; None if some do.
    """

    lead: str
    papers: tuple[PaperQuotations, ...]
    lines: tuple[Line, ...]
    lacking: tuple[str, ...] | None = None


Composer = Callable[[CompositionContext], AnswerDraft]
Score = Callable[[PaperSentences], Scores]
"""Scores the sentences of a paper, float32 (n,)."""


def compose_list(context: CompositionContext, lead: str = "list") -> AnswerDraft:
    """Quote what every paper says of the topic; more of the first paper where no list is asked for."""
    counts = [_OTHER_PAPERS] * len(context.hits)
    if not requests_papers(context.question.effective_text):
        counts[0] = _FIRST_PAPER
    return draft_by_paper(context, lead, select(context, answer_scores, counts))


def compose_answer(context: CompositionContext, lead: str, score: Score | None = None) -> AnswerDraft:
    """Quote the sentences that answer, most of them from the named papers or the best one."""
    named = len(context.result.known)
    counts = [
        (_NAMED_PAPERS if named > 1 else _FIRST_PAPER) if rank < max(named, 1) else _OTHER_PAPERS
        for rank in range(len(context.hits))
    ]
    selected = select(context, score or answer_scores, counts)
    return draft_by_paper(context, lead, selected, match_abstract="all")


def compose_explanation(context: CompositionContext) -> AnswerDraft:
    """Quote what defines the named papers, or the best one, and its method, results and motivation.

    A question about an attribute of a named paper gets the sentences that answer it instead.
    """
    named = context.result.known
    if context.question.aspects and named:
        return compose_answer(context, "explain")
    explained = len(named) or 1
    quotations = [
        _overview(context, hit) if rank < explained else _defining(context, hit)
        for rank, hit in enumerate(context.hits)
    ]
    return draft_by_paper(context, "explain", quotations, match_abstract="all")


def compose_section(context: CompositionContext) -> AnswerDraft:
    """Quote what answers, above all from the section asked for."""
    section = context.question.section or "other"
    draft = compose_answer(context, "section")
    covered = any(f":{section}:" in item.citation.chunk_id for paper in draft.papers for item in paper.quotations)
    return draft if covered else replace(draft, lead="no_section")


def compose_figure(context: CompositionContext) -> AnswerDraft:
    """Quote what answers, above all sentences with a figure in the unit asked for.

    Where no quotation of the best paper has one, the answer only comes near.
    """
    text = context.question.effective_text

    def score(sentences: PaperSentences) -> Scores:
        return sentences.answer_scores + figure_scores(text, sentences.texts())

    draft = compose_answer(context, "figure", score)
    quotes = [
        item.citation.quote for paper in draft.papers[: max(len(context.result.known), 1)] for item in paper.quotations
    ]
    if any(has_requested_figure(text, quote) for quote in quotes):
        return draft
    return replace(draft, lead="no_figure", lacking=requested_figures(text))


def compose_record(context: CompositionContext) -> AnswerDraft:
    """Quote the fields of the papers' records that are asked for."""
    known = [hit for hit in context.hits if hit.paper_id in context.result.known]
    selected = [record_quotations(hit) for hit in known]
    draft = draft_by_paper(replace(context, hits=tuple(known)), "record", selected, match_abstract="none")
    return draft if all(selected) else replace(draft, lacking=context.question.aspects)


def compose_comparison(context: CompositionContext) -> AnswerDraft:
    """Quote the named papers side by side: on what is compared, on a section, or aspect by aspect."""
    if len(context.hits) < 2:
        return replace(compose_explanation(context), lead="compare_one")
    if len(context.result.known) < 2:
        return compose_list(context, "compare")
    if context.question.section:
        return replace(compose_section(context), lead="compare")
    if set(context.question.aspects) - _COMPARISON_TERMS:
        return compose_answer(context, "compare")
    return _compare_by_aspect(context) or compose_list(context, "compare")


def compose_digest(context: CompositionContext) -> AnswerDraft:
    """Quote the sentence that defines each paper in the requested period, newest first."""
    selected = [_defining(context, hit) for hit in context.hits]
    total, shown = context.result.total, sum(map(len, selected))
    lead = "digest" if total is None else "window" if total == shown else "window_part"
    return draft_by_paper(context, lead, selected, match_abstract="none")


def answer_scores(sentences: PaperSentences) -> Scores:
    """Return how well the sentences of a paper answer (`PaperSentences.answer_scores`)."""
    return sentences.answer_scores


def defining_scores(sentences: PaperSentences) -> Scores:
    """Return how well the sentences of a paper say what it is about."""
    scored = sentences.scored
    return np.asarray(scored.centrality + _SPECIFIC * scored.specificity, np.float32)


def select(context: CompositionContext, score: Score, counts: Sequence[int]) -> list[list[Quotation]]:
    """Return the best sentences of each of the context's papers, at most so many of each."""
    selected: list[list[Quotation]] = []
    for hit, count in zip(context.hits, counts, strict=True):
        sentences = context.sentences(hit)
        best = sentences.best(score(sentences), count) if sentences else []
        selected.append([sentences.quotation(at) for at in best] if sentences else [])
    return selected


def draft_by_paper(
    context: CompositionContext,
    lead: str,
    selected: Sequence[Sequence[Quotation]],
    *,
    match_abstract: MatchAbstract = "first",
) -> AnswerDraft:
    """Draft an answer that quotes paper by paper.

    Args:
        context: the question and its search result.
        lead: name of the lead line.
        selected: the sentences to quote of each of the context's papers.
        match_abstract: which of them are matched with sentences of the paper's abstract.
    """
    papers: list[PaperQuotations] = []
    for hit, quotations in zip(context.hits, selected, strict=True):
        pairing = context.pairing(hit)
        placed = tuple(
            placed
            for index, quotation in enumerate(quotations)
            for placed in pairing.place(
                quotation, match=match_abstract == "all" or (match_abstract == "first" and index == 0)
            )
        )
        if placed:
            papers.append(PaperQuotations(hit, placed))
    return AnswerDraft(lead, tuple(papers), tuple(layout_by_paper(papers, context.lang, context.weak)))


def _defining(context: CompositionContext, hit: Hit) -> list[Quotation]:
    """Return the sentence that says what a paper is; none if it has nothing to quote."""
    sentences = context.sentences(hit)
    return [sentences.quotation(at) for at in sentences.defining()] if sentences else []


def _overview(context: CompositionContext, hit: Hit) -> list[Quotation]:
    """Return the defining sentence of a paper, then one each on its method, results and motivation."""
    sentences = context.sentences(hit)
    if sentences is None:
        return []
    scores = defining_scores(sentences)
    chosen = sentences.best(scores, 1, among=sentences.in_sections(DEFINING_SECTIONS))
    for aspect in ("method", "results", "motivation"):
        chosen += _on_aspect(sentences, scores, aspect, chosen)
    rest = ~sentences.in_sections(UNASKED_SECTIONS)
    chosen += sentences.best(scores, _FIRST_PAPER - len(chosen), among=rest, chosen=chosen)
    return [sentences.quotation(at) for at in chosen]


def _on_aspect(
    sentences: PaperSentences,
    scores: Scores,
    aspect: str,
    chosen: Collection[int],
    of_abstract: NDArray[np.bool_] | None = None,
) -> list[int]:
    """Return the best sentence on an aspect, from its sections or the abstract; none if there is none.

    Args:
        sentences: those of a paper.
        scores: their scores.
        aspect: the aspect.
        chosen: sentences that are quoted already.
        of_abstract: bool (n,), the abstract's sentences that are admitted; None admits all of them.
    """
    of_aspect = sentences.in_sections(_ASPECT_SECTIONS[aspect])
    gained = scores + np.float32(_OF_ASPECT) * of_aspect
    admitted = sentences.in_sections(("abstract",)) if of_abstract is None else of_abstract
    return sentences.best(gained, 1, among=of_aspect | admitted, chosen=chosen)


def _abstract_on_aspect(
    context: CompositionContext, hit: Hit, sentences: PaperSentences, aspect: str
) -> NDArray[np.bool_]:
    """Return which sentences of a paper's abstract speak of an aspect, bool (n,).

    They are those that say what the summaries say in the sections of the aspect. Nothing tells it of a paper without
    a summary to quote: all its sentences may.
    """
    of_abstract = sentences.in_sections(("abstract",))
    if not any(sentences.is_quotable(at) for at in np.flatnonzero(~of_abstract).tolist()):
        return of_abstract
    of_aspect = np.flatnonzero(sentences.in_sections(_ASPECT_SECTIONS[aspect])).tolist()
    paired = context.pairing(hit).counterparts(map(sentences.quotation, filter(sentences.is_quotable, of_aspect)))
    admitted = np.zeros(len(sentences), np.bool_)
    for at in np.flatnonzero(of_abstract).tolist():
        admitted[at] = sentences.quotation(at).citation in paired
    return admitted


def _compare_by_aspect(context: CompositionContext) -> AnswerDraft | None:
    """Return the papers' sentences aspect by aspect, without those papers that do not speak of an aspect.

    None if there is no aspect that two of them speak of, or a paper that speaks of none.
    """
    chosen: dict[str, list[int]] = {hit.paper_id: [] for hit in context.hits}
    parts: list[tuple[str, list[PaperQuotations]]] = []
    for aspect in ASPECTS:
        found: list[tuple[Hit, PaperSentences, int]] = []
        for hit in context.hits:
            if sentences := context.sentences(hit):
                scores = defining_scores(sentences)
                if aspect == "results":
                    scores += figure_scores("", sentences.texts())
                of_abstract = _abstract_on_aspect(context, hit, sentences, aspect)
                best = _on_aspect(sentences, scores, aspect, chosen[hit.paper_id], of_abstract)
                found += [(hit, sentences, at) for at in best]
        if not found:
            continue
        papers: list[PaperQuotations] = []
        for hit, sentences, at in found:
            chosen[hit.paper_id].append(at)
            placed = context.pairing(hit).place(sentences.quotation(at), match=False)
            papers.append(PaperQuotations(hit, tuple(placed)))
        parts.append((aspect, papers))
    if not all(chosen.values()) or not any(len(papers) > 1 for _, papers in parts):
        return None
    compared = tuple(
        PaperQuotations(
            hit,
            tuple(placed for _, papers in parts for paper in papers if paper.hit is hit for placed in paper.quotations),
        )
        for hit in context.hits
    )
    return AnswerDraft("compare", compared, tuple(layout_by_aspect(compared, parts, context.lang)))
