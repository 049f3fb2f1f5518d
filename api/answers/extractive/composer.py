"""Composers: choose the quotations of an extractive answer, one function per intent."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ....index.domain.hits import Citation, Evidence, Hit
from ....index.domain.papers import Language
from ....index.query.question import Question
from ....index.retrieval.request import SearchResult
from ..quotations import Quotation, extract_quotations, trustworthy_evidence
from ..rendering.layout import PaperQuotations, layout_by_aspect, layout_by_paper
from .abstract_pairing import AbstractPairing, Translate
from .aspects import ASPECTS, aspect_quotations, representative_quotation, section_quotations
from .figures import quotations_with_figures, requested_units
from .selection import SentenceScorer, select_by_mmr, select_distinct, shortlist

_MAX_CHUNKS = 4  # per paper, to take sentences from
_FIRST_PAPER, _OTHER_PAPERS = 3, 2  # sentences to quote
_SCORED_FIRST, _SCORED_OTHER = 4, 2  # sentences to score
_SECTION_SENTENCES = 4
_METHOD_SENTENCES = 2

MatchAbstract = Literal["all", "first", "none"]
"""Which of a paper's quotations are matched with sentences of its abstract."""


@dataclass(frozen=True, slots=True)
class CompositionContext:
    """What a composer works from.

    Attributes:
        result: the search result.
        hits: the papers to quote, best first; at least one.
        score: scores sentences as answers to the question.
        translate: translations of terms; None matches no sentences with abstracts.
    """

    result: SearchResult
    hits: tuple[Hit, ...]
    score: SentenceScorer
    translate: Translate | None = None

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


@dataclass(frozen=True, slots=True)
class AnswerDraft:
    """An extractive answer without its notices.

    Attributes:
        lead: name of the lead line.
        papers: what is quoted, by paper; empty if there is nothing to quote.
        lines: the text below the lead line.
    """

    lead: str
    papers: tuple[PaperQuotations, ...]
    lines: tuple[str, ...]


Composer = Callable[[CompositionContext], AnswerDraft]


def compose_list(context: CompositionContext, lead: str = "list") -> AnswerDraft:
    """Quote the most relevant sentences of every paper."""
    candidates = [candidate_quotations(hit.paper_id, hit.evidence, context.lang) for hit in context.hits]
    return draft_by_paper(context, lead, select_relevant(context, candidates))


def compose_explanation(context: CompositionContext) -> AnswerDraft:
    """Quote motivation, method and results of the named papers, or of the best one.

    A question about an attribute of a named paper gets the most relevant sentences instead.
    """
    named = context.result.known
    if context.question.aspects and named:
        return compose_list(context, "explain")
    explained = context if named else replace(context, hits=context.hits[:1])
    quotations = [_overview(context, hit) for hit in explained.hits]
    if not any(quotations):
        return compose_list(context, "explain")
    return draft_by_paper(explained, "explain", quotations, match_abstract="all")


def compose_section(context: CompositionContext) -> AnswerDraft:
    """Quote the requested section of every paper, or the most relevant sentences if no paper has it."""
    section = context.question.section or "other"
    candidates = [section_quotations(hit, section, context.lang, _MAX_CHUNKS) for hit in context.hits]
    if not any(candidates):
        return compose_list(context, "no_section")
    limits = [_SECTION_SENTENCES] * len(candidates)
    if any(len(quotations) > _SECTION_SENTENCES for quotations in candidates):
        limits[1:] = [_OTHER_PAPERS] * (len(candidates) - 1)
        weights = context.result.weights
        candidates = [shortlist(quotations, weights, _SECTION_SENTENCES) for quotations in candidates]
    selected = [select_distinct(quotations, limit) for quotations, limit in zip(candidates, limits, strict=True)]
    return draft_by_paper(context, "section", selected, match_abstract="all")


def compose_figure(context: CompositionContext) -> AnswerDraft:
    """Quote sentences with a figure in the requested unit, or the most relevant sentences if there are none."""
    units = requested_units(context.question.effective_text)
    candidates: list[list[Quotation]] = []
    for hit in context.hits:
        evidence = trustworthy_evidence(hit.evidence)
        with_digits = tuple(chunk for chunk in evidence if any(map(str.isdigit, chunk.text)))
        quotations = candidate_quotations(hit.paper_id, with_digits or evidence, context.lang)
        candidates.append(quotations_with_figures(quotations, units))
    if not any(candidates):
        return compose_list(context, "no_figure")
    return draft_by_paper(context, "figure", select_relevant(context, candidates), match_abstract="all")


def compose_comparison(context: CompositionContext) -> AnswerDraft:
    """Quote the named papers aspect by aspect, or on the requested section only."""
    if len(context.hits) < 2:
        return replace(compose_explanation(context), lead="compare_one")
    if len(context.result.known) < 2:
        return compose_list(context, "compare")
    section = context.question.section
    aspects = (section,) if section else ASPECTS
    pairings = {hit.paper_id: context.pairing(hit) for hit in context.hits}
    by_aspect: dict[str, list[PaperQuotations]] = {}
    cited: set[Citation] = set()
    # The motivation comes last: an abstract that begins "We present" has none, and its first sentence is the method's.
    for aspect in sorted(aspects, key="motivation".__eq__):
        papers: list[PaperQuotations] = []
        for hit in context.hits:
            selected = _compared_quotations(hit, aspect, context, cited)
            pairing = pairings[hit.paper_id]
            placed = tuple(placed for quotation in selected for placed in pairing.place(quotation, match=False))
            papers.append(PaperQuotations(hit, placed))
        cited |= {quotation.citation for paper in papers for quotation in paper.quotations}
        by_aspect[aspect] = [paper for paper in papers if paper.quotations]
    parts = [(aspect, by_aspect[aspect]) for aspect in aspects if by_aspect[aspect]]
    if not parts:
        return compose_list(context, "compare")
    compared = tuple(
        PaperQuotations(
            hit,
            tuple(placed for _, papers in parts for paper in papers if paper.hit is hit for placed in paper.quotations),
        )
        for hit in context.hits
    )
    return AnswerDraft("compare", compared, tuple(layout_by_aspect(compared, parts, context.lang)))


def compose_digest(context: CompositionContext) -> AnswerDraft:
    """Quote one sentence of every paper in the requested period, newest first."""
    representatives = [representative_quotation(hit, context.lang, 1) for hit in context.hits]
    selected = [[quotation] if quotation else [] for quotation in representatives]
    total, shown = context.result.total, sum(map(len, selected))
    lead = "digest" if total is None else "window" if total == shown else "window_part"
    return draft_by_paper(context, lead, selected, match_abstract="none")


def candidate_quotations(paper_id: str, evidence: tuple[Evidence, ...], lang: Language) -> list[Quotation]:
    """Return the sentences of a paper's best chunks that have any to quote, in the language of the answer if possible.

    Args:
        paper_id: the paper's id.
        evidence: its chunks, best first.
        lang: language of the answer.
    """
    trustworthy = trustworthy_evidence(evidence)
    native = tuple(chunk for chunk in trustworthy if chunk.lang == lang)
    for chunks in (native, trustworthy):
        for start in range(0, len(chunks), _MAX_CHUNKS):
            if quotations := extract_quotations(paper_id, chunks[start : start + _MAX_CHUNKS]):
                return quotations
    return []


def select_relevant(context: CompositionContext, candidates: Sequence[Sequence[Quotation]]) -> list[list[Quotation]]:
    """Return the most relevant sentences of each paper. All sentences are scored in one batch.

    Args:
        context: the question and its search result.
        candidates: the sentences of each paper.
    """
    shortlists = [
        shortlist(quotations, context.result.weights, _SCORED_OTHER if rank else _SCORED_FIRST)
        for rank, quotations in enumerate(candidates)
    ]
    scores = iter(context.score([quotation.citation.quote for quotations in shortlists for quotation in quotations]))
    return [
        select_by_mmr(quotations, [next(scores) for _ in quotations], _OTHER_PAPERS if rank else _FIRST_PAPER)
        for rank, quotations in enumerate(shortlists)
    ]


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
    return AnswerDraft(lead, tuple(papers), tuple(layout_by_paper(papers, context.lang)))


def _overview(context: CompositionContext, hit: Hit) -> list[Quotation]:
    """Return one sentence each on a paper's motivation and results, and up to two on its method."""
    overview: list[Quotation] = []
    for aspect in ASPECTS:
        quotations = aspect_quotations(hit, aspect, context.lang, _MAX_CHUNKS)
        count = _METHOD_SENTENCES if aspect == "method" else 1
        unused = [quotation for quotation in quotations if quotation not in overview]
        overview += select_distinct(shortlist(unused, context.result.weights, count), count)
    return overview


def _compared_quotations(
    hit: Hit, aspect: str, context: CompositionContext, cited: Container[Citation]
) -> list[Quotation]:
    """Return a paper's sentences on one aspect of a comparison, without those that are cited already."""
    is_section = aspect == context.question.section
    quotations = (section_quotations if is_section else aspect_quotations)(hit, aspect, context.lang, _MAX_CHUNKS)
    unused = [quotation for quotation in quotations if quotation.citation not in cited]
    return select_distinct(unused, _SECTION_SENTENCES if is_section else 1)
