"""English words, and dates in figures, that say days, and what they say."""

from __future__ import annotations

import re
from collections.abc import Callable
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

_START = r"(?<![\w\-/.])"
_END = r"(?![\w%]|[\-/.:]\w)"
_MONTHS = tuple("jan feb mar apr may jun jul aug sep oct nov dec".split())
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_LAST = r"(?P<last>\d{1,2})(?:st|nd|rd|th)?"
_TO = r"\s?(?:-|–|—|~|to|through|thru|until|till|and)\s?(?:the\s)?"
_WEEKDAYS = tuple("monday tuesday wednesday thursday friday saturday sunday".split())
_WEEKDAY = rf"(?P<weekday>{'|'.join(_WEEKDAYS)})"
_PAPERS = (
    r"(?:new\s|latest\s)?(?:arxiv\s)?(?:papers?|digests?|preprints?|publications?|articles?|releases|news|batch|issue)"
)
# "yesterday's papers", but not "yesterday's climate".
_OWNS = rf"['’]s(?=\s(?:\w+\s){{0,2}}{_PAPERS}\b)"
_ASKS = (
    r"papers?|digests?|preprints?|publications?|articles?|published|released|submitted|posted|announced|appeared|"
    r"came out|come out|new|news|논문|다이제스트"
)
_ASKING = rf"(?=.{{0,80}}\b(?:{_ASKS})\b)"
_BEFORE = (
    r"(?:on|in|from|of|since|until|till|before|after|by|during|throughout|for|starting|between|around)\s(?:the\s)?"
)
_NEAR = {"last": -1, "past": -1, "previous": -1, "this": 0, "current": 0, "next": 1}
_NEAR_WORD = rf"(?P<near>{'|'.join(_NEAR)})"
_ORDINALS = tuple("first second third fourth fifth sixth".split())
_NTH = rf"(?:(?P<nth>{'|'.join(_ORDINALS)}|last)|(?P<nth_number>[1-6])(?:st|nd|rd|th))"
_NUMBERS = tuple("one two three four five six seven eight nine ten eleven twelve".split())
_COUNT = rf"(?P<count>\d{{1,3}}|a|an|couple(?:\sof)?|{'|'.join(_NUMBERS)})"
_UNIT = r"(?P<unit>hour|day|week|month|year)s?"
_UNITS: dict[str, Unit] = {"day": "day", "week": "week", "month": "month", "year": "year"}
_PARTS = {"early": 0, "beginning": 0, "start": 0, "mid": 1, "middle": 1, "late": 2, "end": 2}
_PART = r"(?:(?P<part>early|mid|late)[\s\-]?(?:in\s)?|(?:the\s)?(?P<part_of>beginning|start|middle|end)\sof\s)"
_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}
# Not "the last three days of training", nor "from the past 24 hours of weather".
_NOT_MEASURED = r"(?!\s(?:of|worth)\s(?!(?:the\s)?(?:papers|digests|research|publications|preprints)))(?!')"
# Years are also counts: "after 2000 steps". What follows must not be what is counted.
_YEAR_END = r"(?=\s*(?:$|[.?!,;:)]|(?:on|about|that|which|for|with|using|in|by|who|regarding|of)\b))"


def _month(match: re.Match[str]) -> int:
    return _MONTHS.index(match["month"][:3].lower()) + 1


def _in_year(match: re.Match[str], today: date, made: Callable[[int], Days | None]) -> Days | None:
    """What `made` makes of the year that is named, or of the latest year that fits.

    Without a year, "may" and "march" are verbs in small letters, and OCT is no month.
    """
    year = match.groupdict().get("year")
    if year:
        return made(int(year))
    word = match["month"]
    return None if word in {"may", "march", "mar"} or (word.isupper() and len(word) > 1) else latest(made, today)


def _whole_month(match: re.Match[str], today: date) -> Days | None:
    return _in_year(match, today, lambda year: months(year, _month(match), _month(match)))


def _date(match: re.Match[str], today: date) -> Days | None:
    return _in_year(match, today, lambda year: day(year, _month(match), int(match["day"])))


def _dates(match: re.Match[str], today: date) -> Days | None:
    def made(year: int) -> Days | None:
        first, last = (day(year, _month(match), int(match[name])) for name in ("day", "last"))
        return days(first.first, last.last) if first and last else None

    return _in_year(match, today, made)


def _week_of_month(match: re.Match[str], today: date) -> Days | None:
    word = (match["nth"] or "").lower()
    number = -1 if word == "last" else _ORDINALS.index(word) + 1 if word else int(match["nth_number"])
    if near := match.groupdict().get("near"):
        then = shifted_months(today.replace(day=1), _NEAR[near.lower()])
        return week_of_month(then.year, then.month, number)
    return _in_year(match, today, lambda year: week_of_month(year, _month(match), number))


def _week_of_day(match: re.Match[str], today: date) -> Days | None:
    found = _date(match, today)
    return week(found.first) if found else None


def _part(match: re.Match[str]) -> int:
    return _PARTS[(match["part"] or match["part_of"]).lower()]


def _part_of_month(match: re.Match[str], today: date) -> Days | None:
    return _in_year(match, today, lambda year: third(months(year, _month(match), _month(match)), _part(match)))


def _part_of_year(match: re.Match[str], _: date) -> Days | None:
    return third(months(int(match["year"]), 1, 12), _part(match))


def _part_of_near(match: re.Match[str], today: date) -> Days | None:
    return third(_near(match, today), _part(match))


def _whole_year(match: re.Match[str], _: date) -> Days | None:
    return months(int(match["year"]), 1, 12)


def _years(match: re.Match[str], _: date) -> Days | None:
    first, last = months(int(match["year"]), 1, 12), months(int(match["last"]), 1, 12)
    return days(first.first, last.last) if first and last else None


def _half(match: re.Match[str], _: date) -> Days | None:
    first = 1 if match["half"].lower() in {"first", "1"} else 7
    return months(int(match["year"]), first, first + 5)


def _quarter(match: re.Match[str], _: date) -> Days | None:
    first = 3 * int(match["quarter"]) - 2
    return months(int(match["year"]), first, first + 2)


def _near(match: re.Match[str], today: date) -> Days | None:
    by, unit = _NEAR[match["near"].lower()], match["near_unit"].lower()
    if unit.startswith("week"):
        return (weekend if unit == "weekend" else week)(today, by)
    return around(shifted_months(today.replace(day=1), by * (12 if unit == "year" else 1)), _UNITS[unit])


def _before_last(match: re.Match[str], today: date) -> Days | None:
    return ago(today, 2, "week" if match["unit"].lower() == "week" else "month")


def _named_day(match: re.Match[str], today: date) -> Days | None:
    before = match.groupdict().get("before")
    return around(shifted(today, -2 if before else _DAYS[match["named_day"].lower()]), "day")


def _weekday(match: re.Match[str], today: date) -> Days | None:
    """The weekday of this, the next or the last week; "last Friday" is the latest before today."""
    place, named = _WEEKDAYS.index(match["weekday"].lower()), match.groupdict()
    near, of_week = (named.get("near") or "").lower(), named.get("of_week")
    if of_week or near in {"this", "current", "next"}:
        return weekday(today, place, _NEAR[(of_week or near).lower()])
    return latest_weekday(today, place, gone=bool(near))


def _length(match: re.Match[str]) -> tuple[int, Unit]:
    """How many of which unit; hours count as the days that they touch."""
    word, unit = match["count"].lower(), match["unit"].lower()
    if word.startswith("couple"):
        count = 2
    else:
        count = 1 if word in {"a", "an"} else _NUMBERS.index(word) + 1 if word in _NUMBERS else int(word)
    return ((count + 23) // 24 + 1, "day") if unit == "hour" else (count, _UNITS[unit])


def _recent(match: re.Match[str], today: date) -> Days | None:
    return recent(today, *_length(match))


def _ago(match: re.Match[str], today: date) -> Days | None:
    return None if match["unit"].lower() == "hour" else ago(today, *_length(match))


def _figures(match: re.Match[str], _: date) -> Days | None:
    year, month = int(match["year"]), int(match["number"])
    return day(year, month, int(match["day"])) if match["day"] else months(year, month, month)


def _figures_without_year(match: re.Match[str], today: date) -> Days | None:
    return latest(lambda year: day(year, int(match["number"]), int(match["day"])), today)


_FIGURE_END = r"(?![0-9A-Za-z_%]|[\-/.:]\d)"
_COUNTED = r"(?!\s(?:bits?|experts?|layers?|heads?|agents?|models?|tokens?|steps?|shots?|samples?|percent)\b)"
_PATTERNS: tuple[tuple[str, Read], ...] = (
    # ISO 8601 and the forms that Korea writes: 2025-05-16, 2025.05.16, 2025. 5. 16., 2025/05, 2025-05.
    (
        rf"(?<![\w.\-/])⟦{_YEAR}(?P<mark>[\-./])⟧\s?(?P<number>0[1-9]|1[0-2]|[1-9](?=(?P=mark)))"
        rf"(?:(?P=mark)\s?(?P<day>\d{{1,2}}))?\.?{_FIGURE_END}",
        _figures,
    ),
    (
        r"(?<![\w.\-/])(?P<number>1[0-2]|0?[1-9])⟦/(?P<day>\d{1,2})⟧(?=(?:자|일자)?\s?(?:논문|다이제스트|digest|papers))",
        _figures_without_year,
    ),
    (rf"{_START}⟦{_MONTH}⟧\s?{_DAY}{_TO}{_LAST}(?:,?\s{_YEAR})?{_END}", _dates),
    (rf"{_START}{_DAY}{_TO}{_LAST}\s(?:of\s)?⟦{_MONTH}⟧(?:,?\s{_YEAR})?{_END}", _dates),
    (rf"{_START}⟦{_MONTH}⟧\s(?:the\s)?{_DAY}(?:,?\s{_YEAR})?{_END}{_COUNTED}", _date),
    (rf"{_START}{_DAY}\s(?:of\s)?⟦{_MONTH}⟧(?:,?\s{_YEAR})?{_END}", _date),
    (rf"{_START}{_NTH}\sweek\s(?:of|in)\s⟦{_MONTH}⟧(?:,?\s{_YEAR})?{_END}", _week_of_month),
    (rf"{_START}{_NTH}\sweek\sof\s{_NEAR_WORD}⟦\smonth⟧{_END}", _week_of_month),
    (rf"{_START}week\sof\s⟦{_MONTH}⟧\s{_DAY}(?:,?\s{_YEAR})?{_END}", _week_of_day),
    (rf"{_START}{_PART}⟦{_MONTH}⟧(?:,?\s{_YEAR})?{_END}", _part_of_month),
    (rf"{_START}{_PART}⟦{_YEAR}⟧{_END}", _part_of_year),
    (rf"{_START}{_PART}⟦{_NEAR_WORD}\s(?P<near_unit>month|year)⟧{_END}", _part_of_near),
    (rf"{_START}⟦{_MONTH}⟧,?\s{_YEAR}{_END}", _whole_month),
    (rf"{_START}(?:{_BEFORE}|last\s|this\s|next\s|past\s)(?P<at>⟦{_MONTH}⟧){_END}(?!\s\d)", _whole_month),
    (rf"{_START}⟦{_MONTH}⟧(?:['’]s)?(?=\s{_PAPERS}\b)", _whole_month),
    (rf"{_START}(?:the\s)?(?P<half>first|second)\s⟦half\sof⟧\s{_YEAR}{_END}", _half),
    (rf"{_START}⟦H(?P<half>[12])\s⟧{_YEAR}{_END}", _half),
    (rf"{_START}⟦Q(?P<quarter>[1-4])\s⟧(?:of\s)?{_YEAR}{_END}", _quarter),
    (
        rf"{_START}⟦{_NEAR_WORD}\s(?P<near_unit>week|weekend|month|year)⟧(?:{_OWNS}|(?!['’])){_END}{_NOT_MEASURED}",
        _near,
    ),
    (rf"{_START}(?:the\s)?(?P<unit>week|month)\s⟦before\slast⟧{_END}", _before_last),
    (rf"{_START}(?:the\s)?(?P<before>day\sbefore\s)⟦yesterday⟧(?:{_OWNS}|(?!['’])){_END}", _named_day),
    (rf"{_START}⟦(?P<named_day>yesterday|tomorrow(?=['’]s\sdigest))⟧(?:{_OWNS}|(?!['’])){_END}", _named_day),
    (rf"{_START}⟦(?P<named_day>today)⟧{_OWNS}", _named_day),
    (
        r"(?:(?<=papers\s)|(?<=digest\s)|(?<=out\s)|(?<=published\s)|(?<=released\s)|(?<=new\s)|(?<=from\s)|(?<=c[ao]me\sin\s))"
        rf"⟦(?P<named_day>today)⟧(?!['’]){_END}",
        _named_day,
    ),
    (rf"{_START}{_NEAR_WORD}\s⟦{_WEEKDAY}⟧(?:{_OWNS}|(?!['’])){_END}", _weekday),
    (rf"{_START}⟦{_WEEKDAY}⟧\s(?:of\s)?(?P<of_week>last|this|next)\sweek(?:{_OWNS}|(?!['’])){_END}", _weekday),
    (rf"{_START}(?P<of_week>last|this|next)\sweek['’]s\s⟦{_WEEKDAY}⟧(?:{_OWNS}|(?!['’])){_END}", _weekday),
    (rf"{_START}{_BEFORE}(?P<at>⟦{_WEEKDAY}⟧(?:{_OWNS}|(?!['’]))){_END}", _weekday),
    (rf"{_START}⟦{_WEEKDAY}⟧(?:['’]s)?(?=\s{_PAPERS}\b)", _weekday),
    (rf"{_START}(?:last|past|previous)\s{_COUNT}⟦\s{_UNIT}⟧{_END}{_NOT_MEASURED}", _recent),
    (rf"{_START}{_COUNT}\s{_UNIT}⟦\sago⟧{_END}", _ago),
    (rf"(?:^(?={_ASKING})|\b(?:{_ASKS}|work|research)\s){_BEFORE}(?P<at>⟦{_YEAR}⟧){_YEAR_END}", _whole_year),
    (
        rf"(?:^(?={_ASKING})|\b(?:{_ASKS}|work|research)\s){_BEFORE}(?P<at>⟦{_YEAR}⟧{_TO}(?P<last>(?:19|20)\d\d)){_YEAR_END}",
        _years,
    ),
    (rf"{_START}(?:since|before|after|until)\s(?P<at>⟦{_YEAR}⟧){_YEAR_END}", _whole_year),
    (rf"⟦^{_YEAR}⟧(?:['’]s)?(?=\s{_PAPERS}\b)", _whole_year),
)

RULES = tuple(Rule(LazyPattern(pattern), read) for pattern, read in _PATTERNS)
"""All rules of English and of figures; where two fit at one place the longer one counts."""
