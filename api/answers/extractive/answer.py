"""Extractive answers: compose quotations by intent, or abstain, without a language model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ....index.domain.hits import Citation, Confidence, Hit
from ....index.query.intent import asks_for_similar_papers, requests_papers
from ....index.retrieval.request import SearchResult
from ...results import Answer, Interpretation, split_into_segments
from ..quotations import record_quotations
from ..rendering.layout import Line, PaperQuotations, closing_lines
from ..rendering.messages import lead, notice, trust_notes
from .abstract_pairing import Translate
from .composer import AnswerDraft, CompositionContext
from .intents import answer_form
from .paper_selection import select_papers
from .premises import Premises, check_premises


def compose_extractive_answer(
    search_result: SearchResult,
    translate: Translate | None = None,
    search_wider: Callable[[], SearchResult] | None = None,
) -> Answer:
    """Answer a question with quotations from its search result, or abstain.

    Args:
        search_result: hits with their evidence and sentences.
        translate: translations of terms; None matches no sentences of summaries with abstracts.
        search_wider: searches for more papers; called where a list takes all of those found.
    """
    if reason := _reason_to_abstain(search_result):
        return abstain(search_result, reason, search_result.question.paper_ids)
    form, question = answer_form(search_result.question.intent), search_result.question
    is_list = question.intent in ("list", "explain") and not search_result.known
    selection = select_papers(search_result, everything=form.quotes_all_papers, is_list=is_list)
    hits = selection.hits
    if not hits and selection.untrusted:
        return abstain(search_result, "only_untrusted", selection.untrusted)
    if question.intent == "record" and not any(map(record_quotations, hits)):
        words = check_premises(search_result, hits).unsupported or question.aspects
        return abstain(search_result, "not_stated", [hit.paper_id for hit in hits], words)
    premises: Premises | None = None
    asked = hits if search_result.known else hits[:1]
    asks_for_papers = requests_papers(question.effective_text) or asks_for_similar_papers(question.effective_text)
    if asked and form.checks_premises and (search_result.known or not asks_for_papers):
        premises = check_premises(search_result, asked)
        if premises.carries:
            return abstain(search_result, "not_stated", [hit.paper_id for hit in asked], premises.unsupported)
    if hits:
        draft = form.compose(CompositionContext(search_result, hits, translate, selection.weak))
        if draft.papers:
            more = 0
            if search_wider and question.intent == "list" and len(hits) == len(search_result.hits):
                wider = select_papers(search_wider(), everything=False, is_list=True)
                more = max(len(wider.hits) - len(hits), 0)
            return _answer(search_result, draft, _lacking(search_result, hits, premises, draft), more)
    if not search_result.known:
        return abstain(search_result, "nothing_relevant")
    reason = "outside_window" if search_result.where else "no_text"
    return abstain(search_result, reason, search_result.question.paper_ids)


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
    return None if result.assessment.relevant else "nothing_relevant"


def _lacking(
    result: SearchResult, hits: Sequence[Hit], premises: Premises | None, draft: AnswerDraft
) -> tuple[str, ...] | None:
    """Return the words of a question that the papers lack, where they only come near; None where they answer.

    Args:
        result: the search result.
        hits: the papers that are quoted.
        premises: those of the question, if they were checked.
        draft: what is quoted.
    """
    if draft.lacking is not None:
        return tuple(dict.fromkeys((*(premises.words if premises else ()), *draft.lacking)))
    if premises and premises.is_doubtful:
        return premises.unsupported
    is_stated = result.known or result.assessment.confidence == "high"
    return None if is_stated else check_premises(result, hits).unsupported


def _answer(result: SearchResult, draft: AnswerDraft, lacking: tuple[str, ...] | None, more: int) -> Answer:
    """Return the answer that a draft makes.

    Args:
        result: the search result.
        draft: what it quotes.
        lacking: words that the papers lack, where they only come near; None where they answer.
        more: number of papers beyond the hits that come as close.
    """
    question = result.question
    lang = question.response_language
    notes = trust_notes(lang, _trust_issues(draft.papers))
    unknown = [paper_id for paper_id in question.paper_ids if paper_id not in result.known]
    first_line = lead(lang, draft.lead, total=result.total or 0, shown=len(draft.papers))
    first_lines = [first_line]
    if lacking is not None:
        near = first_line if draft.lacking is not None else lead(lang, "low")
        first_lines = [near, *([notice(lang, "unsupported", words=lacking)] if lacking else ())]
    lines = [*map(Line, first_lines), *draft.lines, *map(Line, closing_lines(lang, unknown, notes, more))]
    citations = tuple(quotation.citation for paper in draft.papers for quotation in paper.quotations)
    confidence: Confidence = "high" if lacking is None else "low"
    answer = _result(result, lines, citations=citations, trust=notes, confidence=confidence, unsupported=lacking or ())
    return replace(answer, more=more)


def abstain(result: SearchResult, reason: str, papers: Sequence[str] = (), unsupported: tuple[str, ...] = ()) -> Answer:
    """Return an answer that only says why there is none.

    Args:
        result: the search result.
        reason: a code of `Answer.reason`.
        papers: ids of the papers that the reason is about.
        unsupported: words of the question that they lack.
    """
    text = notice(result.question.response_language, reason, papers, unsupported)
    return _result(result, [Line(text)], reason=reason, unsupported=unsupported)


def _result(
    result: SearchResult,
    lines: Sequence[Line],
    *,
    citations: tuple[Citation, ...] = (),
    reason: str | None = None,
    trust: tuple[str, ...] = (),
    confidence: Confidence = "none",
    unsupported: tuple[str, ...] = (),
) -> Answer:
    return Answer(
        result.question.text,
        Interpretation.of(result.question, result.where),
        "\n".join(line.text for line in lines),
        citations,
        reason is not None,
        reason,
        result.hits,
        result.generation,
        trust=trust,
        confidence=confidence,
        unsupported=unsupported,
        segments=split_into_segments(
            ((f"{line.text}\n", [line.citation] if line.citation else ()) for line in lines), citations
        ),
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
