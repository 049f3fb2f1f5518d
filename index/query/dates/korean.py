"""Date expressions in Korean. A new expression is a row of `_RULES`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...analysis.lazy_patterns import PatternTable
from .rules import (
    RANGE_SIGNS,
    DateLanguage,
    Reader,
    UnitOrHour,
    any_of,
    read_date,
    read_dates,
    read_day_of_month,
    read_half,
    read_last_units,
    read_month,
    read_near_day,
    read_part_of_month,
    read_part_of_year,
    read_quarter,
    read_units_ago,
    read_week,
    read_week_of_month,
    read_week_of_year,
    read_weekday,
    read_year,
)


def _ends_with(words: Iterable[str]) -> str:
    """Return a lookbehind for the last letter of any of some words."""
    return f"(?<=[{''.join(sorted({word[-1] for word in words}))}])"


_NEAR_YEARS = {"재작년": -2, "작년": -1, "지난해": -1, "지난 해": -1, "올해": 0, "올 해": 0, "금년": 0, "내년": 1}
_NEAR_MONTHS = {"지지난": -2, "저저번": -2, "지난": -1, "저번": -1, "이번": 0, "이": 0, "다음": 1}
_NEAR_WEEKS = {"지지난": -2, "저저번": -2, "지난": -1, "저번": -1, "이번": 0, "다음": 1}
_WEEKDAYS = "월화수목금토일"
# "오늘" and "금일" are days only in a question for papers: "오늘의 언어 모델".
_TODAY = {"오늘": 0, "금일": 0}
_NEAR_DAYS = {
    "어제": -1, "어저께": -1, "그제": -2, "그저께": -2, "엊그제": -2, "엊그저께": -2, "그끄제": -3, "그끄저께": -3,
}  # fmt: skip
_ORDINALS = {"첫": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "넷": 4, "네": 4, "다섯": 5, "여섯": 6}
_COUNTS = {"한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10}
_DAYS = {"하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "이레": 7, "열흘": 10, "보름": 15}
_WEEKS = {"일": 1, "이": 2, "삼": 3}
_UNITS: dict[str, UnitOrHour] = {
    "시간": "hour", "일": "day", "주일": "week", "주": "week", "달": "month", "개월": "month", "년": "year",
    "해": "year",
}  # fmt: skip
_PARTS = {"초": 0, "초순": 0, "상순": 0, "초반": 0, "중순": 1, "중반": 1, "말": 2, "하순": 2, "후반": 2}

_PAPERS = "논문|연구|다이제스트|프리프린트|페이퍼|소식"
_START = r"(?<![가-힣A-Za-z0-9_])"
_START_OF_NUMBER = r"(?<![0-9A-Za-z_.\-/])"
# What may follow without a space; "오늘날" and "2025년형" are words of their own.
_END = (
    r"(?=(?:에서는|에서|에는|에도|에만|에|엔|의|은|는|이|가|을|를|과|와|도|만|로|부터|까지|이후|이전|쯤|경|간|동안|자|"
    rf"하고|이랑|랑|나온|올라온|{_PAPERS}){{0,3}}(?![가-힣A-Za-z0-9_]))"
)
_REQUEST = (
    rf"{_PAPERS}|나온|나왔|나와|올라|실린|실렸|소개|발표|공개|출판|게재|제출|등재|새로|새 |arxiv|아카이브|"
    r"papers?|digest"
)
# Lookaheads: the question asks for papers; it does so at once; a range is opened.
_REQUEST_AHEAD = rf"(?=.{{0,60}}(?:{_REQUEST}))"
_REQUEST_NEXT = rf"(?=(?:자|의|에|에는|치)?\s*(?:{_REQUEST}))"
_BOUND_NEXT = r"(?=\s?(?:이후|이래|부터|까지|이전))"
# The recent past of other things: readings, prices, logs.
_NOT_OF_DATA = r"(?!\s?(?:간|동안)?의?\s?(?:\S+\s)?(?:데이터|기록|로그|날씨|주가|기온|사용량|수요|관측|이력|가격|학습))"

_YEAR_DIGITS = r"(?P<year>(?:19|20)\d\d)"
_NEAR_YEAR = rf"(?P<near_year>{any_of(_NEAR_YEARS)})"
_YEAR = rf"(?:{_YEAR_DIGITS}\s?년|['’]?(?P<short_year>\d\d)\s?년|{_NEAR_YEAR})"
_LONG_YEAR = rf"(?:{_YEAR_DIGITS}\s?년|{_NEAR_YEAR})"
_MONTH = (
    rf"(?:(?:{_START_OF_NUMBER}{_YEAR}\s?의?\s?)?{_START_OF_NUMBER}(?P<month>\d{{1,2}})⟦(?<=\d)\s?월⟧|"
    rf"{_START}(?P<near_month>{any_of(_NEAR_MONTHS)})⟦{_ends_with(_NEAR_MONTHS)}\s?달⟧)"
)
_NEAR_WEEK = rf"(?P<near_week>{any_of(_NEAR_WEEKS)})"
# Without a year, a number that no week of a month has: "20주차". The third week may be that of any month.
_LATE_WEEK = r"(?P<week>[6-9]|[1-4]\d|5[0-3])"
# What else is counted in weeks: courses, pregnancies, therapies.
_NOT_OF_COURSE = r"(?!\s?(?:의|에)?\s?(?:강의|강좌|수업|과제|실습|학습|훈련|태아|임신|산모|신생아|환자|치료))"
_NOT_AFTER_COURSE = "".join(
    f"(?<!{word} )" for word in ("강의", "수업", "학습", "훈련", "임신", "재태", "생후", "치료")
)
_WEEKDAY = rf"(?P<weekday>[{_WEEKDAYS}])⟦요일⟧"
_NTH = rf"(?:(?P<nth>{any_of(_ORDINALS)})\s?번?째|(?P<nth_2>첫|마지막)|(?P<nth_3>[1-6])\s?(?:번?째)?)"
_PART = rf"(?P<part>{any_of(_PARTS)})"
_LENGTH = (
    rf"(?:(?P<days>{any_of(_DAYS)})|(?P<weeks>{any_of(_WEEKS)})주일?|"
    rf"(?P<count>\d{{1,3}}|{any_of(_COUNTS)})\s?(?P<unit>{any_of(_UNITS)}))"
)
_LENGTH_END = _ends_with((*_DAYS, *_UNITS))

_RULES: tuple[tuple[str, Reader], ...] = (
    (
        rf"{_MONTH}\s?(?P<day>\d{{1,2}})\s?일?\s?(?:{RANGE_SIGNS}|부터|에서)\s?(?P<last>\d{{1,2}})\s?일{_END}",
        read_dates,
    ),
    (
        rf"{_MONTH}\s?(?P<day>\d{{1,2}})\s?일(?:\s?\([{_WEEKDAYS}](?:요일)?\)|\s[{_WEEKDAYS}]요일)?{_END}",
        read_date,
    ),
    (rf"{_MONTH}\s?의?\s?{_NTH}\s?주(?:차|간)?{_END}", read_week_of_month),
    (
        rf"{_START}{_START_OF_NUMBER}{_YEAR}\s?의?\s?(?:제\s?)?(?P<week>\d{{1,2}})⟦(?<=\d)\s?(?:주차|번째\s?주)⟧{_END}",
        read_week_of_year,
    ),
    (
        rf"{_START}{_START_OF_NUMBER}{_NOT_AFTER_COURSE}{_LATE_WEEK}⟦(?<=\d)\s?주차⟧{_END}(?:{_REQUEST_NEXT}|{_BOUND_NEXT})",
        read_week_of_year,
    ),
    (rf"^{_LATE_WEEK}⟦(?<=\d)\s?주차⟧{_END}{_NOT_OF_COURSE}(?:{_REQUEST_AHEAD}|(?=\W*$))", read_week_of_year),
    (rf"{_MONTH}\s?{_PART}{_END}", read_part_of_month),
    (rf"{_MONTH}(?<!월(?=의)){_END}", read_month),
    (rf"{_MONTH}(?=의\s?(?:{_PAPERS}))", read_month),
    (rf"(?:{_START}{_LONG_YEAR}\s?)?{_START}(?P<half>[상하])⟦반기⟧{_END}", read_half),
    (rf"(?:{_START}{_LONG_YEAR}\s?)?{_START}(?P<quarter>[1-4])\s?(?:사)?⟦분기⟧{_END}", read_quarter),
    (rf"{_START}{_LONG_YEAR}⟦{_ends_with(('년', *_NEAR_YEARS))}\s?{_PART}⟧{_END}", read_part_of_year),
    (rf"{_START}⟦{_NEAR_YEAR}⟧{_END}", read_year),
    (
        rf"(?<![A-Za-z]\s){_START}{_YEAR_DIGITS}⟦(?<=\d)\s?년⟧{_END}(?:{_REQUEST_AHEAD}|{_BOUND_NEXT})",
        read_year,
    ),
    (rf"⟦^{_YEAR_DIGITS}⟧(?=\s(?:{_PAPERS}))", read_year),
    (rf"{_START}{_NEAR_WEEK}⟦{_ends_with(_NEAR_WEEKS)}\s?주⟧(?P<weekend>말)?{_END}", read_week),
    (rf"{_START}(?:{_NEAR_WEEK}\s?주|(?P<past>지난)|(?P<near_week_2>이번))\s?{_WEEKDAY}{_END}", read_weekday),
    (rf"(?<!매주 )(?<!매 ){_START}{_WEEKDAY}{_END}(?:{_REQUEST_NEXT}|{_BOUND_NEXT})", read_weekday),
    (
        rf"{_START}⟦(?P<near_day>{any_of(_TODAY)})⟧(?!의(?!\s?(?:{_PAPERS}))){_END}{_REQUEST_AHEAD}",
        read_near_day,
    ),
    (rf"{_START}⟦(?P<near_day>{any_of(_NEAR_DAYS)})⟧{_END}", read_near_day),
    (
        rf"{_START}⟦(?:최근|지난|요|근)\s?{_LENGTH}⟧(?:간|동안|\s동안|\s?사이|\s?이내|\s?내)?{_NOT_OF_DATA}{_END}",
        read_last_units,
    ),
    (
        rf"{_START}{_LENGTH}\s?(?:간|동안|사이|이내에|새)\s?"
        r"(?=에?\s?⟦(?:나온|올라온|실린|소개된|발표된|공개된)⟧)",
        read_last_units,
    ),
    (rf"{_START}{_LENGTH}⟦{_LENGTH_END}\s?전⟧{_END}{_REQUEST_NEXT}", read_units_ago),
    (rf"{_START}(?P<day>\d{{1,2}})⟦(?<=\d)일⟧{_END}{_REQUEST_NEXT}", read_day_of_month),
)

KOREAN = DateLanguage(
    rules=PatternTable(_RULES),
    numbers={
        "near_year": _NEAR_YEARS,
        "near_month": _NEAR_MONTHS,
        "near_week": _NEAR_WEEKS,
        "near_day": _TODAY | _NEAR_DAYS,
        "weekday": {name: number for number, name in enumerate(_WEEKDAYS)},
        "nth": _ORDINALS | {"마지막": -1},
        "part": _PARTS,
        "half": {"상": 1, "하": 2},
        "days": _DAYS,
        "weeks": _WEEKS,
        "count": _COUNTS,
    },
    units=_UNITS,
    join=re.compile(rf"(?:\s?(?:부터|에서)|의)?\s?(?:{RANGE_SIGNS}|,|와|과|랑|이랑|하고|및|또는)?\s?"),
    tail=re.compile(
        r"(?:\s?(?:자|날|간|동안|사이|내))?"
        r"(?:\s?(?:(?P<since>이후로?|이래로?|부터)|(?P<until>까지|이전|전까지)|(?P<before>전(?=에|의|\s|$))))?"
        r"(?:에서는|에는|에도|에서|에|의|엔|은|는|로)?"
        r"(?:\s?(?P<arxiv>arxiv|아카이브)(?:에서|에))?"
        r"(?:\s?(?:(?P<published>출판|발표|공개|게재|제출|등재|출간)|나온|나왔던|올라온|실린|소개된|다룬|추가된)"
        r"(?:된|되었던|됐던|한)?(?![가-힣]))?",
        re.IGNORECASE,
    ),
)
