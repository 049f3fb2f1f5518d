"""What a question is about, once the index is known: the papers that it names, and so the intent of its answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..analysis.analyzer import has_hangul, terms
from ..query.intent import Intent, detect_intent, requests_explanation
from ..query.question import Question
from .paper_names import Mention

_WORD = re.compile(r"[A-Za-z0-9가-힣]")
# What follows a name that is the subject: "X의 한계", "X 논문", "X가 뭐야", "X를 요약해 줘", "X와 Y".
_SUBJECT = re.compile(
    r"\s?(?:의|은|는|이|가|란|이란|도|와|과|랑|이랑|하고|,|\svs|에서)(?![가-힣])"
    r"|\s?(?:을|를)?\s?(?:좀\s?)?(?:요약|설명|정리|비교|소개|알려)|\s?(?:논문|모델|연구|방법|기법|데이터|벤치마크|한계|결과|차이)"
)
# An English question that has a name for its subject: "How does X handle long texts?", "Why is X faster?"
_ASKED = re.compile(
    r"(?:(?:how|why|where|when|what|who|which)\s)?(?:\w+\s)?(?:does|do|did|is|are|was|were|can|could|has)\s(?:the\s)?X\b",
    re.IGNORECASE,
)


def about(question: Question, mentions: Sequence[Mention], meant: Sequence[str] = ()) -> Question:
    """The question with the papers that it is about.

    A name alone asks for no paper: "LoRA를 개선한 논문" asks for others. It counts where the question asks to explain,
    to compare, for a section or a figure.

    Args:
        question: as read.
        mentions: names of papers in it.
        meant: papers that it means without naming them; they count where it names none.
    """
    subjects = [one for one in mentions if _is_subject(question.effective_text, one)]
    rest = _without(question.terms, subjects)
    masked = _masked(question.effective_text, subjects)
    if (
        not question.paper_ids
        and not has_hangul(question.effective_text)
        and rest
        and _only_mentions(question, masked, len(subjects))
    ):
        subjects, rest, masked = [], question.terms, question.effective_text
    named = tuple(dict.fromkeys(paper for one in subjects for paper in one.paper_ids))
    papers = tuple(dict.fromkeys((*question.paper_ids, *named))) or tuple(meant)
    count = len({*question.paper_ids, *(one.words.lower() for one in subjects)}) or len(meant)
    intent = _intent(question, masked, count)
    if intent in {"list", "digest"} and not question.paper_ids and not meant:
        return replace(question, intent=intent)
    return replace(
        question, intent=intent, paper_ids=papers, aspects=() if requests_explanation(question.effective_text) else rest
    )


def _intent(question: Question, masked: str, named: int) -> Intent:
    return detect_intent(masked, section=question.section, named=named, is_digest_request=question.is_digest_request)


def _only_mentions(question: Question, masked: str, named: int) -> bool:
    """Whether an English question says more than a name, and does not ask what it names: "two BERT encoders"."""
    return (
        _intent(question, masked, named) == "explain" and not requests_explanation(masked) and not _ASKED.match(masked)
    )


def _without(found: Sequence[str], mentions: Sequence[Mention]) -> tuple[str, ...]:
    """Terms without those of names."""
    known = {term for one in mentions for term in (*terms(one.words), one.words)}
    return tuple(term for term in found if term not in known)


def _masked(text: str, mentions: Sequence[Mention]) -> str:
    """The text with a letter for each name: "AI Agents vs. Agentic AI" is a title, and compares nothing."""
    for one in reversed(mentions):
        text = f"{text[: one.start]}X{text[one.end :]}"
    return text


def _is_subject(text: str, mention: Mention) -> bool:
    """Whether a name is what the question is about; in Korean its particle says so."""
    if not has_hangul(text) or not _WORD.search(text[mention.end :]):
        return True
    return bool(_SUBJECT.match(text, mention.end))
