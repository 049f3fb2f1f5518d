"""What a question is about, once the index is known: the papers that it names, and so the shape of its answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from .korean import has_hangul, terms
from .question import Question
from .shape import asked_shape, explains
from .titles import Mention

_WORD = re.compile(r"[A-Za-z0-9가-힣]")
# What follows a name that is the subject: "X의 한계", "X 논문", "X가 뭐야", "X 요약".
_SUBJECT = re.compile(
    r"\s?(?:의|은|는|이|가|을|를|에서|에|란|이란|도|와|과|랑|이랑|하고|,|\svs)?(?![가-힣])"
    r"|\s?(?:의|은|는|이|가|에서|논문|모델|연구|방법|기법|데이터|벤치마크)",
)


def about(question: Question, mentions: Sequence[Mention], meant: Sequence[str] = ()) -> Question:
    """The question with the papers that it is about.

    A name alone asks for no paper: "LoRA를 개선한 논문" asks for others. It counts where the question asks to explain, to
    compare, for a section or a figure.

    Args:
        question: as read.
        mentions: names of papers in it.
        meant: papers that it means without naming them; they count where it names none.
    """
    subjects = [one for one in mentions if _is_subject(question.read, one)]
    named = tuple(dict.fromkeys(paper for one in subjects for paper in one.paper_ids))
    papers = tuple(dict.fromkeys((*question.paper_ids, *named))) or tuple(meant)
    names = " ".join(one.words for one in subjects)
    count = len({*question.paper_ids, *(one.words.lower() for one in subjects)}) or len(meant)
    shape = asked_shape(_masked(question.read, subjects), section=question.section, named=count, topicless=question.is_topicless)
    if shape in {"list", "digest"} and not question.paper_ids and not meant:
        return replace(question, shape=shape)
    known = set(terms(names)) if names else set[str]()
    rest = tuple(term for term in question.terms if term not in known)
    if explains(question.read):
        rest = ()
    return replace(question, shape=shape, paper_ids=papers, aspects=rest)


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
