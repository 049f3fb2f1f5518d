"""What a question says of itself: its terms, its language, the papers that it names."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import InputError
from .identifiers import find_arxiv_ids
from .korean import language, terms
from .papers import Language

MAX_CHARACTERS = 2_000
MAX_HITS = 100

# Words by which people ask for papers, not about anything: they stand in every second question and decide nothing.
_FRAME = frozenset(
    """논문 연구 내용 설명 요약 정리 소개 추천 질문 답 것 뭐 무엇 알리다 찾다
    paper studi work research find show tell""".split()
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, read.

    Attributes:
        text: as asked, outer white space removed.
        lang: the language to answer in.
        terms: index terms that carry meaning.
        paper_ids: papers named by arXiv id, in order.
    """

    text: str
    lang: Language
    terms: tuple[str, ...]
    paper_ids: tuple[str, ...]


def read_question(text: object) -> Question:
    """Read a question.

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
    paper_ids = tuple(found.paper_id for found in find_arxiv_ids(stripped))
    words = [term for term in terms(stripped) if term not in _FRAME and term not in paper_ids]
    return Question(stripped, language(stripped), tuple(dict.fromkeys(words)), paper_ids)


def check_count(k: object) -> int:
    """The number of hits asked for.

    Raises:
        InputError: it is no whole number from 1 to `MAX_HITS`.
    """
    if isinstance(k, bool) or not isinstance(k, int):
        raise InputError("k", f"must be a whole number, not {type(k).__name__}")
    if not 1 <= k <= MAX_HITS:
        raise InputError("k", f"is {k}; it must lie between 1 and {MAX_HITS}")
    return k
