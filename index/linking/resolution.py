"""Paper resolution: which papers a question is about, and the intent that follows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..analysis.analyzer import terms
from ..analysis.language import has_hangul
from ..query.intent import Intent, detect_intent, requests_explanation, requests_papers
from ..query.question import Question
from ..query.record_fields import requested_fields
from ..query.sections import detect_section
from .paper_names import Mention

_WORD = re.compile(r"[A-Za-z0-9가-힣]")
_MAX_OTHER_WORDS = 3  # beside the name of a section in a question that asks for it
# What follows the name of the subject: "X의 한계", "X 논문", "X가 뭐야", "X를 요약해 줘", "X와 Y".
_AFTER_SUBJECT = re.compile(
    r"\s?(?:의|은|는|이|가|란|이란|도|와|과|랑|이랑|하고|,|\svs|에서)(?![가-힣])"
    r"|\s?(?:을|를)?\s?(?:좀\s?)?(?:요약|설명|정리|비교|소개|알려)|\s?(?:논문|모델|연구|방법|기법|데이터|벤치마크|한계|결과|차이)"
)
# What makes a name the means or the measure of other work: "X를 개선한", "X보다", "X와 비슷한".
_RELATION = re.compile(
    r"\s?(?:을|를|와|과|랑|이랑|하고|처럼|에|로|으로|에서)?\s?(?:더\s)?"
    r"(?:비슷|유사|닮|관련|인용|기반|개선|확장|발전|활용|이용|사용|적용|쓰는|쓴|보다|대신|같은|말고|외에|대비)"
)
_OBJECT = re.compile(r"\s?(?:을|를)(?![가-힣])")  # "X를 압축한 연구"
# An English question with a name as its subject: "How does X handle long texts?", "Why is X faster?"
_ASKS_ABOUT_SUBJECT = re.compile(
    r"(?:(?:how|why|where|when|what|who|which)\s)?(?:\w+\s)?(?:does|do|did|is|are|was|were|can|could|has)\s(?:the\s)?X\b",
    re.IGNORECASE,
)


def resolve_papers(
    question: Question,
    mentions: Sequence[Mention],
    context_papers: Sequence[str] = (),
    joined: int = 0,
    *,
    infer_section: bool = True,
) -> Question:
    """Return the question with the papers that it is about, its aspects and its intent.

    A name alone asks for no paper: "LoRA를 개선한 논문" asks for others. It counts where the question asks to explain,
    to compare, for a section or for a figure.

    Args:
        question: the parsed question.
        mentions: names of papers in it.
        context_papers: papers of the conversation that it refers to; used where it names none itself.
        joined: number of papers that it is about, if it refers to some and names others.
        infer_section: whether its words may ask for a section of these papers.
    """
    text = question.effective_text
    subjects = [mention for mention in mentions if _is_subject(text, mention)]
    rest = _without_names(question.terms, subjects)
    masked = _masked(text, subjects)
    if (
        not question.paper_ids
        and not has_hangul(text)
        and rest
        # "UMoE limitations" asks for nothing but a section of it
        and not (detect_section(rest, others=0) or requested_fields(rest))
        and len({mention.paper_ids for mention in subjects}) < 2
        and _mentions_in_passing(question, masked, len(subjects))
    ):
        subjects, rest, masked = [], question.terms, text
    named = tuple(dict.fromkeys(paper_id for mention in subjects for paper_id in mention.paper_ids))
    papers = tuple(dict.fromkeys((*question.paper_ids, *named)))
    count = len({*question.paper_ids, *(mention.name.lower() for mention in subjects)})
    if not papers or joined > len(papers):
        others = [paper_id for paper_id in context_papers if paper_id not in papers]
        others = others[: joined - len(papers)] if papers else others
        papers, count = (*others, *papers), count + len(others)
    if papers:
        section = detect_section(rest, others=_MAX_OTHER_WORDS) if infer_section else None
        question = replace(question, section=section, fields=requested_fields(rest))
    intent = _intent(question, masked, count)
    mentioned = tuple(dict.fromkeys(paper_id for mention in mentions for paper_id in mention.paper_ids))
    question = replace(question, mentioned=tuple(paper_id for paper_id in mentioned if paper_id not in papers))
    if intent in {"list", "digest"} and not question.paper_ids and not context_papers:
        return replace(question, intent=intent, mentioned=mentioned)
    return replace(question, intent=intent, paper_ids=papers, aspects=() if requests_explanation(text) else rest)


def _intent(question: Question, masked: str, named: int) -> Intent:
    return detect_intent(
        masked,
        section=question.section,
        named=named,
        is_digest_request=question.is_digest_request,
        is_record_request=bool(question.fields),
    )


def _mentions_in_passing(question: Question, masked: str, named: int) -> bool:
    """Return whether an English question has a name in it but another subject: "two BERT encoders"."""
    return (
        _intent(question, masked, named) == "explain"
        and not requests_explanation(masked)
        and not _ASKS_ABOUT_SUBJECT.match(masked)
    )


def _without_names(question_terms: Sequence[str], mentions: Sequence[Mention]) -> tuple[str, ...]:
    """Return terms without those of names."""
    names = {term for mention in mentions for term in (*terms(mention.name), mention.name)}
    return tuple(term for term in question_terms if term not in names)


def _masked(text: str, mentions: Sequence[Mention]) -> str:
    """Return the text with X for each name: the title "AI Agents vs. Agentic AI" asks for no comparison."""
    for mention in reversed(mentions):
        text = f"{text[: mention.start]}X{text[mention.end :]}"
    return text


def _is_subject(text: str, mention: Mention) -> bool:
    """Return whether a name is the subject of the question; in Korean what follows it decides."""
    if not has_hangul(text) or not _WORD.search(text[mention.end :]):
        return True
    if mention.is_coined or mention.name[0].isupper():
        is_object = requests_papers(text) and _OBJECT.match(text, mention.end)
        return not is_object and not _RELATION.match(text, mention.end)
    return bool(_AFTER_SUBJECT.match(text, mention.end))
