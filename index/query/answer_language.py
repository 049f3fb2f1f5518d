"""The language in which a question asks to be answered: "영어로 알려줘", "in Korean, please"."""

from __future__ import annotations

import re

from ..domain.papers import Language

_LANGUAGES: dict[str, Language] = {
    "영어": "en", "영문": "en", "english": "en", "한국어": "ko", "한글": "ko", "우리말": "ko", "korean": "ko",
}  # fmt: skip
_ANSWER = (
    r"(?:답|대답|답변|말|알려|설명|요약|정리|번역|써|보여|바꿔|비교|소개|인용|얘기|이야기|부탁|해줘|해\s?줘|해\s?주|줘)"
)
_REQUEST = re.compile(
    rf"(?:^|\s)(?P<korean>영어|영문|한국어|한글|우리말)으?로(?:는|도|만)?\s?(?:다시\s?|좀\s?)?(?:{_ANSWER}|[?.!]*$)"
    r"|\b(?:answer|reply|respond|say|tell|explain|summari[sz]e|repeat|show|give|write|quote)\b.*?"
    r"\b(?:in|into|to)\s(?P<after_verb>english|korean)\b\W*(?:please|now|again)?\W*$"
    r"|[,.?]\s(?:but\s|and\s)?in\s(?P<alone>english|korean)\b\W*(?:please|now|again)?\W*$"
    r"|^\s*in\s(?P<first>english|korean)\s*[:,]",
    re.IGNORECASE,
)
# "한국어를 영어로 번역하는 모델": a model that translates to English.
_TRANSLATION = re.compile(r"영어로\s?번역(?:하는|한|된)")


def detect_answer_language(text: str) -> Language | None:
    """Return the language in which a question asks to be answered; None if it names none."""
    request = _REQUEST.search(text)
    if request is None or _TRANSLATION.search(text):
        return None
    return _LANGUAGES[(request["korean"] or request["after_verb"] or request["alone"] or request["first"]).lower()]
