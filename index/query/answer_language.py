"""The language that a question wants its answer in, where it says so: "영어로 알려줘", "in Korean, please"."""

from __future__ import annotations

import re

from ..domain.papers import Language

_LANGUAGES: dict[str, Language] = {
    "영어": "en", "영문": "en", "english": "en", "한국어": "ko", "한글": "ko", "우리말": "ko", "korean": "ko",
}  # fmt: skip
_SAY = (
    r"(?:답|대답|답변|말|알려|설명|요약|정리|번역|써|보여|바꿔|비교|소개|인용|얘기|이야기|부탁|해줘|해\s?줘|해\s?주|줘)"
)
_ASKS = re.compile(
    rf"(?:^|\s)(?P<ko>영어|영문|한국어|한글|우리말)으?로(?:는|도|만)?\s?(?:다시\s?|좀\s?)?(?:{_SAY}|[?.!]*$)"
    r"|\b(?:answer|reply|respond|say|tell|explain|summari[sz]e|repeat|show|give|write|quote)\b.*?"
    r"\b(?:in|into|to)\s(?P<told>english|korean)\b\W*(?:please|now|again)?\W*$"
    r"|[,.?]\s(?:but\s|and\s)?in\s(?P<en>english|korean)\b\W*(?:please|now|again)?\W*$",
    re.IGNORECASE,
)


def detect_answer_language(text: str) -> Language | None:
    """The language that a question asks to be answered in; None where it leaves that open.

    "한국어를 영어로 번역하는 모델" (a model that translates to English) asks for nothing of the kind.
    """
    found = _ASKS.search(text)
    if found is None or re.search(r"영어로\s?번역(?:하는|한|된)", text):
        return None
    return _LANGUAGES[(found["ko"] or found["told"] or found["en"]).lower()]
