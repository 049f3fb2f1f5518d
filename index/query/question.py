"""What a question says of itself: its terms, its language, the papers, days and section that it asks about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from ..analysis.analyzer import terms
from ..analysis.language import language
from ..domain.arxiv_ids import find_arxiv_ids
from ..domain.errors import InputError
from ..domain.papers import Language, SectionName
from .answer_language import detect_answer_language
from .dates.parser import find_window
from .dates.window import Window, today_in_seoul
from .intent import Intent, asks_for_latest, detect_intent
from .sections import detect_section
from .spelling.corrector import Known, corrected, plain

MAX_CHARACTERS = 2_000
MAX_HITS = 100

# Words by which people ask for papers, not about anything: they stand in every second question and decide nothing.
_FRAME = frozenset(
    """논문 연구 내용 설명 요약 정리 소개 추천 질문 답 것 뭐 무엇 알리다 찾다
    paper studi work research find show tell me""".split()
)
# The same of questions about a day or a week.
_WINDOW_FRAME = frozenset(
    """다이제스트 나오다 올라오다 올리다 실리다 새롭다 새 신규 최신 소식 목록 리스트 전체 날짜 보다 보이다 이다 궁금
    거 게 중 가운데 편 digest new newest latest list come came appear arxiv happen everythi everyth hold held""".split()
)
_NEWS_FRAME = _WINDOW_FRAME | frozenset(
    "데일리 최근 허깅페이스 허깅 페이스 hug face daili recent articl today 오늘 중요 주요".split()
)
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, read.

    Attributes:
        text: as asked, outer white space removed.
        lang: the language that it is written in.
        terms: index terms that carry meaning, without words of dates and slips of typing.
        paper_ids: papers named by arXiv id, in order.
        topic: what is to be embedded: the question without the words of `window`, slips corrected; empty where it asks
            for nothing but a window.
        window: the days it asks about; its span refers to `read`.
        section: the section of a paper that it asks about.
        corrected: the text with slips of typing corrected, where that differs from `text`.
        intent: the shape of the answer that it asks for.
        aspects: those of its terms that say what it asks of the papers that it names; empty where it asks for all.
        answer_lang: the language that it wants its answer in, where it says so.
        is_topicless: whether it asks about days, or for what is new, and nothing else.
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
    aspects: tuple[str, ...] = ()
    answer_lang: Language | None = None
    is_topicless: bool = False

    @property
    def response_language(self) -> Language:
        """The language to answer in."""
        return self.answer_lang or self.lang

    @property
    def effective_text(self) -> str:
        """The text that was understood: corrected where it had slips, else as asked."""
        return self.text if self.corrected is None else self.corrected


def parse_question(text: object, as_of: date | None = None, known: Known | None = None) -> Question:
    """Read a question.

    Args:
        text: the question.
        as_of: the day that words such as "yesterday" are seen from; today in Seoul by default.
        known: whether a term is in the vocabulary of the index; it helps to tell slips of typing from names.

    Raises:
        InputError: it is no text, empty, over `MAX_CHARACTERS`, or holds characters that are no text.
    """
    asked = validate_question(text)
    read = corrected(plain(asked), known).strip() or asked
    window = find_window(read, as_of or today_in_seoul())
    paper_ids = tuple(found.paper_id for found in find_arxiv_ids(read))
    topic = _without(read, window) if window else read
    words = _meaning(topic, _FRAME | _WINDOW_FRAME if window else _FRAME, paper_ids)
    news = window is not None or (asks_for_latest(read) and not _meaning(topic, _FRAME | _NEWS_FRAME, paper_ids))
    topicless = news and not paper_ids and not (window and words)
    section = detect_section(read)
    return Question(
        asked,
        language(read),
        words,
        paper_ids,
        "" if window and not words and not paper_ids else topic,
        window,
        section,
        None if read == asked else read,
        detect_intent(read, section=section, named=len(paper_ids), topicless=topicless),
        words,
        detect_answer_language(read),
        topicless,
    )


def validate_question(text: object) -> str:
    """The text of a question, outer white space removed.

    Raises:
        InputError: it is no text, empty, over `MAX_CHARACTERS`, or holds characters that are no text.
    """
    if not isinstance(text, str):
        raise InputError("question", f"must be a text, not {type(text).__name__}")
    stripped = text.strip()
    if not stripped or not any(letter.isprintable() and not letter.isspace() for letter in stripped):
        raise InputError("question", "is empty; ask something")
    if len(stripped) > MAX_CHARACTERS:
        raise InputError("question", f"has {len(stripped):,} characters; at most {MAX_CHARACTERS:,} are read")
    if any("\ud800" <= letter <= "\udfff" for letter in stripped):
        raise InputError("question", "holds half of a surrogate pair, which is no character")
    return stripped


def is_question(text: str) -> bool:
    """Whether a text can be asked at all: `validate_question` takes it."""
    try:
        validate_question(text)
    except InputError:
        return False
    return True


def _meaning(topic: str, frame: frozenset[str], paper_ids: tuple[str, ...]) -> tuple[str, ...]:
    """The terms of a topic, each once, without words that only ask, and without their compounds (한계요약)."""
    found = dict.fromkeys(terms(topic))

    def asks(term: str) -> bool:
        if term in frame or term in paper_ids:
            return True
        halves = ((term[:at], term[at:]) for at in range(1, len(term)))
        return any((one in frame or other in frame) and one in found and other in found for one, other in halves)

    return tuple(term for term in found if not asks(term))


def _without(text: str, window: Window) -> str:
    """The text without the words of a window."""
    start, end = window.span
    return _BLANKS.sub(" ", f"{text[:start]} {text[end:]}").strip(" ,")


def validate_count(k: object) -> int:
    """The number of hits asked for.

    Raises:
        InputError: it is no whole number from 1 to `MAX_HITS`.
    """
    if isinstance(k, bool) or not isinstance(k, int):
        raise InputError("k", f"must be a whole number, not {type(k).__name__}")
    if not 1 <= k <= MAX_HITS:
        raise InputError("k", f"is {k}; it must lie between 1 and {MAX_HITS}")
    return k
