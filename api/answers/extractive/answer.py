"""Extractive answers: compose quotations by intent, or abstain, without a language model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ....index.domain.hits import Citation, Hit
from ....index.retrieval.request import SearchResult
from ...results import Answer, Interpretation
from ..quotations import has_trustworthy_evidence
from ..rendering.layout import PaperQuotations, closing_lines
from ..rendering.messages import lead, notice, trust_notes
from .abstract_pairing import Translate
from .composer import AnswerDraft, CompositionContext
from .intents import answer_form
from .selection import SentenceScorer
from .unstated_attributes import asks_unstated_attribute

MAX_NAMED_PAPERS = 5
"""Papers that an answer quotes if the question names them."""

_MAX_PAPERS = 3  # to quote of those that the question does not name
_RELATIVE_SCORE = 0.6  # a further paper needs at least this share of the best one's score


def compose_extractive_answer(
    search_result: SearchResult, sentence_scorer: SentenceScorer, translate: Translate | None = None
) -> Answer:
    """Answer a question with quotations from its search result, or abstain.

    Args:
        search_result: hits with their evidence.
        sentence_scorer: scores sentences as answers to the question.
        translate: translations of terms; None matches no sentences of summaries with abstracts.
    """
    if reason := _reason_to_abstain(search_result):
        return _abstention(search_result, reason, search_result.question.paper_ids)
    hits, untrusted = _select_papers(search_result)
    if not hits and untrusted:
        return _abstention(search_result, "only_untrusted", untrusted)
    if hits and asks_unstated_attribute(search_result.question.effective_text, hits):
        return _abstention(search_result, "not_stated", [hit.paper_id for hit in hits])
    if hits:
        compose = answer_form(search_result.question.intent).compose
        draft = compose(CompositionContext(search_result, tuple(hits), sentence_scorer, translate))
        if draft.papers:
            return _answer(search_result, draft)
    if not search_result.known:
        return _abstention(search_result, "nothing_relevant")
    reason = "outside_window" if search_result.where else "no_text"
    return _abstention(search_result, reason, search_result.question.paper_ids)


def trim_evidence(answer: Answer, max_chunks: int) -> Answer:
    """Return the answer with at most `max_chunks` chunks per hit, plus those that the answer cites."""
    cited = {citation.chunk_id for citation in answer.citations}

    def trim(hit: Hit) -> Hit:
        return replace(
            hit,
            evidence=tuple(
                chunk for rank, chunk in enumerate(hit.evidence) if rank < max_chunks or chunk.chunk_id in cited
            ),
        )

    return replace(answer, hits=tuple(map(trim, answer.hits)))


def _reason_to_abstain(result: SearchResult) -> str | None:
    """Return why no hit can answer, as a code of `Answer.reason`."""
    if result.empty:
        return "empty_index"
    if result.where and not result.hits:
        return "outside_window"
    if result.known:
        return None
    if result.question.paper_ids:
        return "unknown_paper"
    return None if result.relevant else "nothing_relevant"


def _select_papers(result: SearchResult) -> tuple[list[Hit], list[str]]:
    """Return the papers to quote, and the ids of those that are left out because their evidence is untrustworthy.

    Papers that the question names are quoted whatever their evidence. Otherwise these are all relevant papers, if the
    intent says so, or the best one and those near it.
    """
    if result.known:
        return [hit for hit in result.hits if hit.paper_id in result.known][:MAX_NAMED_PAPERS], []
    relevant = [hit for hit in result.hits if hit.paper_id in result.relevant]
    if answer_form(result.question.intent).quotes_all_papers:
        return relevant, []
    near_best = [hit for hit in relevant if hit.score >= _RELATIVE_SCORE * relevant[0].score][:_MAX_PAPERS]
    trusted = [hit for hit in near_best if has_trustworthy_evidence(hit.evidence)]
    return trusted, [hit.paper_id for hit in near_best if hit not in trusted]


def _answer(result: SearchResult, draft: AnswerDraft) -> Answer:
    question = result.question
    lang = question.response_language
    notes = trust_notes(lang, _trust_issues(draft.papers))
    unknown = [paper_id for paper_id in question.paper_ids if paper_id not in result.known]
    first_line = lead(lang, draft.lead, total=result.total or 0, shown=len(draft.papers))
    text = "\n".join([first_line, *draft.lines, *closing_lines(lang, unknown, notes)])
    citations = tuple(quotation.citation for paper in draft.papers for quotation in paper.quotations)
    return _result(result, text, citations=citations, trust=notes)


def _abstention(result: SearchResult, reason: str, papers: Sequence[str] = ()) -> Answer:
    return _result(result, notice(result.question.response_language, reason, papers), reason=reason)


def _result(
    result: SearchResult,
    text: str,
    *,
    citations: tuple[Citation, ...] = (),
    reason: str | None = None,
    trust: tuple[str, ...] = (),
) -> Answer:
    return Answer(
        result.question.text,
        Interpretation.of(result.question, result.where),
        text,
        citations,
        reason is not None,
        reason,
        result.hits,
        result.generation,
        trust=trust,
    )


def _trust_issues(papers: Sequence[PaperQuotations]) -> Iterator[tuple[str | None, str]]:
    """Yield the trust label and paper id of each quotation; "disagree" if an abstract's sentence is quoted above it."""
    for paper in papers:
        for index, quotation in enumerate(paper.quotations):
            trust = quotation.citation.trust
            is_corrected = (
                trust in {"invented", "contradicted"}
                and quotation.is_indented
                and quotation.is_paired
                and paper.quotations[index - 1].citation.trust is None
            )
            yield ("disagree" if is_corrected else trust), paper.hit.paper_id
