"""Korean words that say days, and what they say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date

from ...analysis.lazy_patterns import LazyPattern
from .calendar import (
    Days,
    Unit,
    ago,
    around,
    day,
    days,
    latest,
    latest_weekday,
    months,
    recent,
    shifted,
    shifted_months,
    third,
    week,
    week_of_month,
    weekday,
    weekend,
)
from .window import Rule

Read = Callable[[re.Match[str], date], Days | None]

_NOUNS = "논문|연구|다이제스트|프리프린트|페이퍼|소식"
# What may follow without a space; "오늘날" and "2025년형" are words of their own.
_END = (
    r"(?=(?:에서는|에서|에는|에도|에만|에|엔|의|은|는|이|가|을|를|과|와|도|만|로|부터|까지|이후|이전|쯤|경|간|동안|자|"
    rf"하고|이랑|랑|나온|올라온|{_NOUNS}){{0,3}}(?![가-힣A-Za-z0-9_]))"
)
_START = r"(?<![가-힣A-Za-z0-9_])"
_NUMERAL = r"(?<![0-9A-Za-z_.\-/])"
_ASKS = (
    rf"{_NOUNS}|나온|나왔|나와|올라|실린|실렸|소개|발표|공개|출판|게재|제출|등재|새로|새 |arxiv|아카이브|papers?|digest"
)
# Words that mean a day only where the question asks for papers.
_ASKING = rf"(?=.{{0,60}}(?:{_ASKS}))"
_ASKING_AT_ONCE = rf"(?=(?:자|의|에|에는|치)?\s*(?:{_ASKS}))"
_OPEN = r"(?=\s?(?:이후|이래|부터|까지|이전))"


def _endings(words: Iterable[str]) -> str:
    """Return a class of the last letters of some words."""
    return f"[{''.join(sorted({word[-1] for word in words}))}]"


_YEARS = {"재작년": -2, "작년": -1, "지난해": -1, "지난 해": -1, "올해": 0, "올 해": 0, "금년": 0, "내년": 1}
_YEAR = rf"(?:(?P<year>(?:19|20)\d\d)\s?년|['’]?(?P<short>\d\d)\s?년|(?P<named>{'|'.join(_YEARS)}))"
_LONG_YEAR = rf"(?:(?P<year>(?:19|20)\d\d)\s?년|(?P<named>{'|'.join(_YEARS)}))"
_MONTHS = {"지지난": -2, "저저번": -2, "지난": -1, "저번": -1, "이번": 0, "이": 0, "다음": 1}
_MONTH = (
    rf"(?:(?:{_NUMERAL}{_YEAR}\s?의?\s?)?{_NUMERAL}(?P<month>\d{{1,2}})⟦(?<=\d)\s?월⟧|"
    rf"{_START}(?P<moon>{'|'.join(_MONTHS)})⟦(?<={_endings(_MONTHS)})\s?달⟧)"
)
_WEEKS = {"지지난": -2, "저저번": -2, "지난": -1, "저번": -1, "이번": 0, "다음": 1}
_WEEKDAYS = "월화수목금토일"
_ORDINALS = {"첫": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "넷": 4, "네": 4, "다섯": 5, "여섯": 6, "마지막": -1}
_NTH = r"(?:(?P<nth>첫|둘|두|셋|세|넷|네|다섯|여섯)\s?번?째|(?P<nth_bare>첫|마지막)|(?P<nth_number>[1-6])\s?(?:번?째)?)"
_DAYS = {
    "오늘": 0, "금일": 0, "어제": -1, "어저께": -1, "그제": -2, "그저께": -2, "엊그제": -2, "엊그저께": -2,
    "그끄제": -3, "그끄저께": -3,
}  # fmt: skip
_NUMBERS = {"한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10}
_COUNTED = {"하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "이레": 7, "열흘": 10, "보름": 15}
_UNITS: dict[str, Unit] = {
    "일": "day", "주일": "week", "주": "week", "달": "month", "개월": "month", "년": "year", "해": "year",
}  # fmt: skip
_COUNT = (
    rf"(?:(?P<counted>{'|'.join(_COUNTED)})|(?P<week_word>일|이|삼)주일?|"
    rf"(?P<count>\d{{1,3}}|{'|'.join(_NUMBERS)})\s?(?P<unit>시간|{'|'.join(_UNITS)}))"
)
_COUNT_END = rf"(?<={_endings(('시간', '주', *_UNITS, *_COUNTED))})"
_PARTS = {"초": 0, "초순": 0, "상순": 0, "초반": 0, "중순": 1, "중반": 1, "말": 2, "하순": 2, "후반": 2}
_PART = rf"(?P<part>{'|'.join(sorted(_PARTS, key=len, reverse=True))})"
# The recent past of other things: readings, prices, logs.
_MEASURED = r"(?!\s?(?:간|동안)?의?\s?(?:\S+\s)?(?:데이터|기록|로그|날씨|주가|기온|사용량|수요|관측|이력|가격|학습))"


def _year(match: re.Match[str], today: date) -> int | None:
    """The year that a phrase names, if it names one."""
    groups = match.groupdict()
    if named := groups.get("named"):
        return today.year + _YEARS[named]
    if short := groups.get("short"):
        return 2000 + int(short)
    return int(groups["year"]) if groups.get("year") else None


def _in_year(match: re.Match[str], today: date, made: Callable[[int], Days | None]) -> Days | None:
    """What `made` makes of the year that is named, or of the latest year that fits."""
    year = _year(match, today)
    return latest(made, today) if year is None else made(year)


def _of_month(match: re.Match[str], today: date, made: Callable[[int, int], Days | None]) -> Days | None:
    """What `made` makes of the month that is named, by number or as seen from today."""
    if moon := match["moon"]:
        then = shifted_months(today.replace(day=1), _MONTHS[moon])
        return made(then.year, then.month)
    return _in_year(match, today, lambda year: made(year, int(match["month"])))


def _whole_month(match: re.Match[str], today: date) -> Days | None:
    return _of_month(match, today, lambda year, month: months(year, month, month))


def _part_of_month(match: re.Match[str], today: date) -> Days | None:
    part = _PARTS[match["part"]]
    return _of_month(match, today, lambda year, month: third(months(year, month, month), part))


def _week_of_month(match: re.Match[str], today: date) -> Days | None:
    word = match["nth"] or match["nth_bare"]
    number = _ORDINALS[word] if word else int(match["nth_number"])
    return _of_month(match, today, lambda year, month: week_of_month(year, month, number))


def _date(match: re.Match[str], today: date) -> Days | None:
    number = int(match["day"])
    return _of_month(match, today, lambda year, month: day(year, month, number))


def _dates(match: re.Match[str], today: date) -> Days | None:
    def made(year: int, month: int) -> Days | None:
        first, last = day(year, month, int(match["day"])), day(year, month, int(match["last"]))
        return days(first.first, last.last) if first and last else None

    return _of_month(match, today, made)


def _whole_year(match: re.Match[str], today: date) -> Days | None:
    return _in_year(match, today, lambda year: months(year, 1, 12))


def _part_of_year(match: re.Match[str], today: date) -> Days | None:
    return _in_year(match, today, lambda year: third(months(year, 1, 12), _PARTS[match["part"]]))


def _half(match: re.Match[str], today: date) -> Days | None:
    first = 1 if match["half"] == "상" else 7
    return _in_year(match, today, lambda year: months(year, first, first + 5))


def _quarter(match: re.Match[str], today: date) -> Days | None:
    first = 3 * int(match["quarter"]) - 2
    return _in_year(match, today, lambda year: months(year, first, first + 2))


def _named_week(match: re.Match[str], today: date) -> Days | None:
    return (weekend if match["weekend"] else week)(today, _WEEKS[match["week"]])


def _weekday(match: re.Match[str], today: date) -> Days | None:
    """The weekday of the week that is named, of this one, or the latest: before today where it says so (지난)."""
    place, named = _WEEKDAYS.index(match["weekday"]), match.groupdict()
    if named.get("week") or match[0].startswith("이번"):
        return weekday(today, place, _WEEKS[named.get("week") or "이번"])
    return latest_weekday(today, place, gone=bool(named.get("before")))


def _named_day(match: re.Match[str], today: date) -> Days | None:
    return around(shifted(today, _DAYS[match["named_day"]]), "day")


def _length(match: re.Match[str]) -> tuple[int, Unit]:
    """How many of which unit; hours count as the days that they touch."""
    if counted := match["counted"]:
        return _COUNTED[counted], "day"
    if word := match["week_word"]:
        return "일이삼".index(word) + 1, "week"
    count = _NUMBERS.get(match["count"]) or int(match["count"])
    return ((count + 23) // 24 + 1, "day") if match["unit"] == "시간" else (count, _UNITS[match["unit"]])


def _recent(match: re.Match[str], today: date) -> Days | None:
    return recent(today, *_length(match))


def _ago(match: re.Match[str], today: date) -> Days | None:
    return None if match["unit"] == "시간" else ago(today, *_length(match))


def _day_of_month(match: re.Match[str], today: date) -> Days | None:
    """The latest month that has such a day, not after today."""
    for back in range(3):
        then = shifted_months(today.replace(day=1), -back)
        found = day(then.year, then.month, int(match["day"]))
        if found and found.first <= today:
            return found
    return None


_WEEKDAY_NAME = rf"(?P<weekday>[{_WEEKDAYS}])⟦요일⟧"
_PATTERNS: tuple[tuple[str, Read], ...] = (
    (
        rf"{_MONTH}\s?(?P<day>\d{{1,2}})\s?일?\s?(?:~|〜|-|–|부터|에서)\s?(?P<last>\d{{1,2}})\s?일{_END}",
        _dates,
    ),
    (rf"{_MONTH}\s?(?P<day>\d{{1,2}})\s?일(?:\s?\([{_WEEKDAYS}](?:요일)?\)|\s[{_WEEKDAYS}]요일)?{_END}", _date),
    (rf"{_MONTH}\s?의?\s?{_NTH}\s?주(?:차|간)?{_END}", _week_of_month),
    (rf"{_MONTH}\s?{_PART}{_END}", _part_of_month),
    (rf"{_MONTH}(?<!월(?=의)){_END}", _whole_month),
    (rf"{_MONTH}(?=의\s?(?:{_NOUNS}))", _whole_month),
    (rf"(?:{_START}{_LONG_YEAR}\s?)?{_START}(?P<half>[상하])⟦반기⟧{_END}", _half),
    (rf"(?:{_START}{_LONG_YEAR}\s?)?{_START}(?P<quarter>[1-4])\s?(?:사)?⟦분기⟧{_END}", _quarter),
    (rf"{_START}{_LONG_YEAR}⟦(?<={_endings(('년', *_YEARS))})\s?{_PART}⟧{_END}", _part_of_year),
    (rf"{_START}⟦(?P<named>{'|'.join(_YEARS)})⟧{_END}", _whole_year),
    (
        rf"(?<![A-Za-z]\s){_START}(?P<year>(?:19|20)\d\d)⟦(?<=\d)\s?년⟧{_END}(?:{_ASKING}|{_OPEN})",
        _whole_year,
    ),
    (rf"⟦^(?P<year>(?:19|20)\d\d)⟧(?=\s(?:{_NOUNS}))", _whole_year),
    (
        rf"{_START}(?P<week>{'|'.join(_WEEKS)})⟦(?<={_endings(_WEEKS)})\s?주⟧(?P<weekend>말)?{_END}",
        _named_week,
    ),
    (rf"{_START}(?:(?P<week>{'|'.join(_WEEKS)})\s?주|(?P<before>지난)|이번)\s?{_WEEKDAY_NAME}{_END}", _weekday),
    (rf"(?<!매주 )(?<!매 ){_START}{_WEEKDAY_NAME}{_END}(?:{_ASKING_AT_ONCE}|{_OPEN})", _weekday),
    (rf"{_START}⟦(?P<named_day>오늘|금일)⟧(?!의(?!\s?(?:{_NOUNS}))){_END}{_ASKING}", _named_day),
    (rf"{_START}⟦(?P<named_day>{'|'.join(sorted(_DAYS.keys() - {'오늘', '금일'}))})⟧{_END}", _named_day),
    (
        rf"{_START}⟦(?:최근|지난|요|근)\s?{_COUNT}⟧(?:간|동안|\s동안|\s?사이|\s?이내|\s?내)?{_MEASURED}{_END}",
        _recent,
    ),
    (
        rf"{_START}{_COUNT}\s?(?:간|동안|사이|이내에|새)\s?"
        r"(?=에?\s?⟦(?:나온|올라온|실린|소개된|발표된|공개된)⟧)",
        _recent,
    ),
    (rf"{_START}{_COUNT}⟦{_COUNT_END}\s?전⟧{_END}{_ASKING_AT_ONCE}", _ago),
    (rf"{_START}(?P<day>\d{{1,2}})⟦(?<=\d)일⟧{_END}{_ASKING_AT_ONCE}", _day_of_month),
)

RULES = tuple(Rule(LazyPattern(pattern), read) for pattern, read in _PATTERNS)
"""All rules of Korean; where two fit at one place the longer one counts."""
