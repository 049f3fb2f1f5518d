"""An answer without a language model: the sentences that answer, in the shape asked for, each with its citation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ....index.domain.hits import Citation, Hit
from ....index.retrieval.searcher import SearchResult
from ...results import Answer, Interpretation
from ..quotations import is_read
from ..rendering.layout import Group
from ..rendering.messages import WARNINGS, is_own_words, lead, notice, trust_note
from .abstract_pairing import Translate
from .composer import MAX_NAMED, MAX_PAPERS, Composer, Draft
from .selection import Score
from .unstated_attributes import unstated

__all__ = ["MAX_NAMED", "MAX_PAPERS", "WARNINGS", "answer", "is_own_words", "trimmed"]

_NEAR_PAPER = 0.6  # a further paper is quoted when its score is at least this share of the best one's


def answer(result: SearchResult, score: Score, translate: Translate | None = None) -> Answer:
    """Answer from what a search found.

    Args:
        result: hits with their evidence.
        score: how well each of some sentences answers the question.
        translate: what terms mean in the other language; None quotes no abstract beside a summary.
    """
    reason, papers = _why_not(result), result.question.paper_ids
    if reason is None:
        speakers, unread = _speakers(result)
        silent = bool(speakers) and unstated(result.question.effective_text, speakers)
        draft = Composer(result, speakers, score, translate).compose() if speakers and not silent else None
        if draft and draft.groups:
            return _written(result, draft)
        if silent:
            reason, papers = "not_stated", tuple(hit.paper_id for hit in speakers)
        elif unread and not speakers:
            reason, papers = "only_untrusted", unread
        else:
            reason = ("outside_window" if result.where else "no_text") if result.known else "nothing_relevant"
    return _answer(result, notice(result.question.response_language, reason, papers), reason=reason)


def trimmed(given: Answer, evidence: int) -> Answer:
    """The same answer, each hit with its best `evidence` chunks and those that the answer cites."""
    cited = {citation.chunk_id for citation in given.citations}

    def shown(hit: Hit) -> Hit:
        pairs = enumerate(hit.evidence)
        return replace(hit, evidence=tuple(one for at, one in pairs if at < evidence or one.chunk_id in cited))

    return replace(given, hits=tuple(shown(hit) for hit in given.hits))


def _why_not(result: SearchResult) -> str | None:
    if result.empty:
        return "empty_index"
    if result.where and not result.hits:
        return "outside_window"
    if result.known:
        return None
    if result.question.paper_ids:
        return "unknown_paper"
    return None if result.relevant else "nothing_relevant"


def _speakers(result: SearchResult) -> tuple[list[Hit], tuple[str, ...]]:
    """The papers to quote, and the ids of those that only made-up summaries speak for.

    Quoted are the papers that the question names, whatever speaks for them; all of the days it asks for; else the best
    and those near it, unless nothing but a made-up summary speaks for them.
    """
    if result.known:
        return [hit for hit in result.hits if hit.paper_id in result.known][:MAX_NAMED], ()
    relevant = [hit for hit in result.hits if hit.paper_id in result.relevant]
    if result.question.intent == "digest":
        return relevant, ()
    near = [hit for hit in relevant if hit.score >= _NEAR_PAPER * relevant[0].score][:MAX_PAPERS]
    read = [hit for hit in near if is_read(hit.evidence)]
    return read, tuple(hit.paper_id for hit in near if hit not in read)


def _written(result: SearchResult, draft: Draft) -> Answer:
    lang = result.question.response_language
    trust = _trust(result, draft.groups)
    total, shown = result.total or 0, len(draft.groups)
    lines = [lead(lang, draft.lead, total=total, shown=shown), *draft.lines, *notices(result, trust)]
    citations = tuple(one.citation for group in draft.groups for one in group.quoted)
    return _answer(result, "\n".join(lines), citations, trust=trust)


def notices(result: SearchResult, trust: Sequence[str]) -> list[str]:
    """The last lines of an answer: papers that the question names and the index lacks, and what is in doubt."""
    missing = [key for key in result.question.paper_ids if key not in result.known]
    lines = ["", notice(result.question.response_language, "unknown_paper", missing)] if missing else []
    return [*lines, "", *trust] if trust else lines


def _trust(result: SearchResult, groups: Sequence[Group]) -> tuple[str, ...]:
    """What is to be known of the summaries quoted, a line each."""
    lang = result.question.response_language
    found: dict[str, dict[str, None]] = {"invented": {}, "contradicted": {}, "disagree": {}}
    for group in groups:
        for at, one in enumerate(group.quoted):
            if one.citation.trust not in {"invented", "contradicted"}:
                continue
            led = one.below and one.paired and group.quoted[at - 1].citation.trust is None
            found["disagree" if led else one.citation.trust or ""][group.hit.paper_id] = None
    return tuple(trust_note(lang, code, papers) for code, papers in found.items() if papers)


def _answer(
    result: SearchResult,
    text: str,
    citations: tuple[Citation, ...] = (),
    *,
    reason: str | None = None,
    trust: tuple[str, ...] = (),
) -> Answer:
    understood = Interpretation.of(result.question, result.where)
    asked, abstained = result.question.text, reason is not None
    return Answer(asked, understood, text, citations, abstained, reason, result.hits, result.generation, trust=trust)
