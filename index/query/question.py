"""Question parsing: everything that is derived from the words of a question, without an index.

`parse_question` normalizes and corrects the text, and detects its language, the arXiv ids, window of days, section and
intent that it asks for, and the terms that carry its topic.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from ..analysis.analyzer import terms
from ..analysis.korean import korean_analyzer
from ..analysis.language import has_hangul, language
from ..domain.arxiv_ids import find_arxiv_ids
from ..domain.errors import InputError
from ..domain.papers import Language, RecordField, SectionName
from .answer_language import detect_answer_language
from .dates.parser import find_window
from .dates.window import Window, today_in_seoul
from .intent import Intent, detect_intent, requests_latest, requests_papers
from .sections import detect_section
from .spelling.corrector import IsKnown, correct_spelling, normalize_text

MAX_CHARACTERS = 2_000
"""The longest question."""

MAX_HITS = 100
"""The most hits of one search."""

Inference = Literal["spelling", "window", "section", "papers"]
"""What is inferred from the words of a question: its correction, window of days, section, and the papers it names."""

INFERENCES: tuple[Inference, ...] = get_args(Inference)

# Stop words of questions: index terms of the words that ask for papers. Every second question has them.
_STOP_TERMS = frozenset(
    """논문 연구 내용 설명 요약 정리 소개 추천 질문 답 것 뭐 무엇 알리다 찾다
    paper studi work research find show tell me""".split()
)
# Further ones of questions that name days.
_WINDOW_STOP_TERMS = _STOP_TERMS | frozenset(
    """다이제스트 나오다 올라오다 올리다 실리다 새롭다 새 신규 최신 소식 목록 리스트 전체 날짜 보다 보이다 이다 궁금
    거 게 중 가운데 편 digest new newest latest list come came appear arxiv happen everythi everyth hold held""".split()
)
# Further ones of questions for the latest papers.
_LATEST_STOP_TERMS = _WINDOW_STOP_TERMS | frozenset(
    "데일리 최근 허깅페이스 허깅 페이스 hug face daili recent articl today 오늘 중요 주요".split()
)
_WHITE_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Question:
    """A parsed question.

    Attributes:
        text: the question as typed, without outer white space.
        lang: the language of its text.
        terms: the index terms of its topic, without stop words and date expressions, spelling corrected.
        paper_ids: the arXiv ids that it names, in order.
        topic: the text to embed: `effective_text` without the words of `window`; empty if it asks for days only.
        window: the days that it asks for; its span refers to `effective_text`.
        section: the section of a paper that it asks for.
        corrected: the text with its spelling corrected; None if nothing was corrected.
        intent: the kind of answer that it asks for.
        mentioned: arXiv ids of papers whose names it holds in passing: they may be the subject, or may not.
        aspects: the terms of what it asks about the papers that it names; empty if it asks about all of them.
        answer_lang: the language in which it asks to be answered; None if it names none.
        is_digest_request: whether it asks for the papers of some days, or the latest, and nothing else.
        fields: the fields of the papers' records that it asks for, and for nothing else.
    """

    text: str
    lang: Language
    terms: tuple[str, ...]
    paper_ids: tuple[str, ...]
    topic: str = ""
    window: Window | None = None
    section: SectionName | None = None
    corrected: str | None = None
    intent: Intent = "list"
    mentioned: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    answer_lang: Language | None = None
    is_digest_request: bool = False
    fields: tuple[RecordField, ...] = ()

    @property
    def response_language(self) -> Language:
        """The language to answer in."""
        return self.answer_lang or self.lang

    @property
    def effective_text(self) -> str:
        """The corrected text, or the text as typed if nothing was corrected."""
        return self.text if self.corrected is None else self.corrected


def parse_question(
    text: object,
    as_of: date | None = None,
    known: IsKnown | None = None,
    ignore: Collection[Inference] = (),
) -> Question:
    """Parse a question.

    Args:
        text: the question.
        as_of: the day to which words such as "yesterday" refer; today in Seoul by default.
        known: the vocabulary of the index, which helps to distinguish misspellings from names.
        ignore: what is not inferred; the words of a window that is ignored are no topic either.

    Raises:
        InputError: the text is not a valid question (`validate_question`).
    """
    typed = validate_question(text)
    effective = typed if "spelling" in ignore else correct_spelling(normalize_text(typed), known).strip() or typed
    window = find_window(effective, as_of or today_in_seoul())
    paper_ids = () if "papers" in ignore else tuple(mention.paper_id for mention in find_arxiv_ids(effective))
    topic = _without_window(effective, window) if window else effective
    topic_terms = _topic_terms(topic, _WINDOW_STOP_TERMS if window else _STOP_TERMS, paper_ids)
    if "window" in ignore:
        window = None
    is_digest_request = not paper_ids and (
        not topic_terms
        if window
        else requests_latest(effective) and not _topic_terms(topic, _LATEST_STOP_TERMS, paper_ids)
    )
    is_whole = "section" in ignore or requests_papers(effective)
    section = None if is_whole else detect_section(topic_terms, others=0)
    return Question(
        text=typed,
        lang=_language(effective),
        terms=topic_terms,
        paper_ids=paper_ids,
        topic="" if window and not topic_terms and not paper_ids else topic,
        window=window,
        section=section,
        corrected=None if effective == typed else effective,
        intent=detect_intent(effective, section=section, named=len(paper_ids), is_digest_request=is_digest_request),
        aspects=topic_terms,
        answer_lang=detect_answer_language(effective),
        is_digest_request=is_digest_request,
    )


def _language(text: str) -> Language:
    """Return the language of a question. A Korean one may consist of English names but for its particles."""
    if has_hangul(text) and language(text) == "en":
        tags = (token.tag for token in korean_analyzer().tokens(text))
        return "ko" if any(tag.startswith(("J", "E")) for tag in tags) else "en"
    return language(text)


def validate_question(text: object, field: str = "question") -> str:
    """Return the text of a question without outer white space.

    Args:
        text: user input.
        field: name of the argument or JSON field, for the error.

    Raises:
        InputError: it is not a string, is empty, has more than `MAX_CHARACTERS`, or contains an unpaired surrogate.
    """
    if not isinstance(text, str):
        raise InputError(field, f"must be a string, not {type(text).__name__}")
    stripped = text.strip()
    if not any(letter.isprintable() and not letter.isspace() for letter in stripped):
        raise InputError(field, "is empty; ask something")
    if len(stripped) > MAX_CHARACTERS:
        raise InputError(field, f"has {len(stripped):,} characters (at most {MAX_CHARACTERS:,} are allowed)")
    if any("\ud800" <= letter <= "\udfff" for letter in stripped):
        raise InputError(field, "contains an unpaired surrogate, which is not a character")
    return stripped


def is_valid_question(text: str) -> bool:
    """Return whether `validate_question` accepts a text."""
    try:
        validate_question(text)
    except InputError:
        return False
    return True


def validate_count(k: object) -> int:
    """Return the number of hits that is asked for.

    Raises:
        InputError: it is not an integer from 1 to `MAX_HITS`.
    """
    if isinstance(k, bool) or not isinstance(k, int):
        raise InputError("k", f"must be an integer, not {type(k).__name__}")
    if not 1 <= k <= MAX_HITS:
        raise InputError("k", f"is {k} (expected 1 to {MAX_HITS})")
    return k


def _topic_terms(topic: str, stop_terms: frozenset[str], paper_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return the distinct terms of a topic without arXiv ids, stop terms and compounds with a stop term (한계요약)."""
    distinct = dict.fromkeys(terms(topic))

    def is_stop_term(term: str) -> bool:
        if term in stop_terms or term in paper_ids:
            return True
        halves = ((term[:at], term[at:]) for at in range(1, len(term)))
        return any(
            (head in stop_terms or tail in stop_terms) and head in distinct and tail in distinct
            for head, tail in halves
        )

    return tuple(term for term in distinct if not is_stop_term(term))


def _without_window(text: str, window: Window) -> str:
    """Return a text without the words of a window."""
    start, end = window.span
    return _WHITE_SPACE.sub(" ", f"{text[:start]} {text[end:]}").strip(" ,")
