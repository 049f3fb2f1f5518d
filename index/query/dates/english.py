"""Date expressions in English, and dates in digits. A new expression is a row of `_RULES`."""

from __future__ import annotations

import re

from ...analysis.lazy_patterns import PatternTable
from .calendar import DateRange
from .rules import (
    RANGE_SIGNS,
    DateExpression,
    DateLanguage,
    Reader,
    UnitOrHour,
    any_of,
    read_date,
    read_date_or_month,
    read_dates,
    read_half,
    read_last_units,
    read_month,
    read_near_day,
    read_part_of_month,
    read_part_of_year,
    read_quarter,
    read_units_ago,
    read_week,
    read_week_of_date,
    read_week_of_month,
    read_week_of_year,
    read_weekday,
    read_year,
    read_years,
)

_MONTH_NAMES = "january february march april may june july august september october november december".split()
_MONTHS = {name[:length]: number for number, name in enumerate(_MONTH_NAMES, 1) for length in (3, len(name))}
_MONTHS["sept"] = 9
_WEEKDAYS = {
    name: number for number, name in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())
}
_PAST = {"last": -1, "past": -1, "previous": -1}
_NEAR = _PAST | {"this": 0, "current": 0, "next": 1}
_NEAR_DAYS = {"today": 0, "yesterday": -1, "day before yesterday": -2, "tomorrow": 1}
_ORDINALS = {name: number for number, name in enumerate("first second third fourth fifth sixth".split(), 1)} | {
    "last": -1
}
_COUNTS = {
    name: number
    for number, name in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)
} | {"a": 1, "an": 1, "couple": 2, "couple of": 2}
_UNITS: dict[str, UnitOrHour] = {"hour": "hour", "day": "day", "week": "week", "month": "month", "year": "year"}
_PARTS = {"early": 0, "beginning": 0, "start": 0, "mid": 1, "middle": 1, "late": 2, "end": 2}

_START = r"(?<![\w\-/.])"
_END = r"(?![\w%]|[\-/.:]\w)"
_DIGITS_START = r"(?<![\w.\-/])"
_DIGITS_END = r"(?![0-9A-Za-z_%]|[\-/.:]\d)"
_PAPERS = (
    r"(?:new\s|latest\s)?(?:arxiv\s)?(?:papers?|digests?|preprints?|publications?|articles?|releases|news|batch|issue)"
)
# "yesterday's papers", but not "yesterday's climate".
_OWNS_PAPERS = rf"['’]s(?=\s(?:\w+\s){{0,2}}{_PAPERS}\b)"
_NO_OTHER_OWNER = rf"(?:{_OWNS_PAPERS}|(?!['’])){_END}"
_REQUEST = (
    r"papers?|digests?|preprints?|publications?|articles?|published|released|submitted|posted|announced|appeared|"
    r"came out|come out|new|news|논문|다이제스트"
)
_AFTER_REQUEST = rf"(?:^(?=(?=.{{0,80}}\b(?:{_REQUEST})\b))|\b(?:{_REQUEST}|work|research)\s)"
_PREPOSITION = (
    r"(?:on|in|from|of|since|until|till|before|after|by|during|throughout|for|starting|between|around)\s(?:the\s)?"
)
# Not "the last three days of training", nor "from the past 24 hours of weather".
_NOT_OF_DATA = r"(?!\s(?:of|worth)\s(?!(?:the\s)?(?:papers|digests|research|publications|preprints)))(?!')"
# Not "May 16 layers".
_NOT_COUNTED = r"(?!\s(?:bits?|experts?|layers?|heads?|agents?|models?|tokens?|steps?|shots?|samples?|percent)\b)"
# Years are also counts: "after 2000 steps". What follows must not be what is counted.
_YEAR_END = r"(?=\s*(?:$|[.?!,;:)]|(?:on|about|that|which|for|with|using|in|by|who|regarding|of)\b))"

_MONTH = rf"(?P<month>{any_of(_MONTHS)})\b\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_OF_YEAR = rf"(?:,?\s{_YEAR})?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_LAST = r"(?P<last>\d{1,2})(?:st|nd|rd|th)?"
_TO = rf"\s?(?:{RANGE_SIGNS}|to|through|thru|until|till|and)\s?(?:the\s)?"
_WEEKDAY = rf"(?P<weekday>{any_of(_WEEKDAYS)})"
_NTH = rf"(?:(?P<nth>{any_of(_ORDINALS)})|(?P<nth_2>[1-6])(?:st|nd|rd|th))"
_PART = r"(?:(?P<part>early|mid|late)[\s\-]?(?:in\s)?|(?:the\s)?(?P<part_2>beginning|start|middle|end)\sof\s)"
_LENGTH = rf"(?P<count>\d{{1,3}}|{any_of(_COUNTS)})"
_UNIT = rf"(?P<unit>{any_of(_UNITS)})s?"
_WEEK = r"(?P<week>\d{1,2})"
_NEAR_MONTH = rf"(?P<near_month>{any_of(_NEAR)})\smonth"
_NEAR_YEAR = rf"(?P<near_year>{any_of(_NEAR)})\syear"

_RULES: tuple[tuple[str, Reader], ...] = (
    # ISO 8601 and the forms that Korea writes: 2025-05-16, 2025.05.16, 2025. 5. 16., 2025/05, 2025-05.
    (
        rf"{_DIGITS_START}⟦{_YEAR}(?P<mark>[\-./])⟧\s?(?P<month>0[1-9]|1[0-2]|[1-9](?=(?P=mark)))"
        rf"(?:(?P=mark)\s?(?P<day>\d{{1,2}}))?\.?{_DIGITS_END}",
        read_date_or_month,
    ),
    (rf"{_DIGITS_START}⟦{_YEAR}-?W⟧{_WEEK}{_DIGITS_END}", read_week_of_year),
    (
        rf"{_DIGITS_START}(?P<month>1[0-2]|0?[1-9])⟦/(?P<day>\d{{1,2}})⟧"
        r"(?=(?:자|일자)?\s?(?:논문|다이제스트|digest|papers))",
        read_date,
    ),
    (rf"{_START}⟦{_MONTH}⟧\s?{_DAY}{_TO}{_LAST}{_OF_YEAR}{_END}", read_dates),
    (rf"{_START}{_DAY}{_TO}{_LAST}\s(?:of\s)?⟦{_MONTH}⟧{_OF_YEAR}{_END}", read_dates),
    (rf"{_START}⟦{_MONTH}⟧\s(?:the\s)?{_DAY}{_OF_YEAR}{_END}{_NOT_COUNTED}", read_date),
    (rf"{_START}{_DAY}\s(?:of\s)?⟦{_MONTH}⟧{_OF_YEAR}{_END}", read_date),
    (rf"{_START}{_NTH}\sweek\s(?:of|in)\s⟦{_MONTH}⟧{_OF_YEAR}{_END}", read_week_of_month),
    (rf"{_START}{_NTH}\sweek\sof\s⟦{_NEAR_MONTH}⟧{_END}", read_week_of_month),
    (rf"{_START}week\sof\s⟦{_MONTH}⟧\s{_DAY}{_OF_YEAR}{_END}", read_week_of_date),
    (rf"{_START}⟦week\s(?=\d)⟧{_WEEK}(?:,?\s|\s(?:of|in)\s){_YEAR}{_END}", read_week_of_year),
    (rf"{_START}{_WEEK}(?:st|nd|rd|th)⟦\sweek\s(?=of|in)⟧(?:of|in)\s{_YEAR}{_END}", read_week_of_year),
    (rf"{_START}⟦week\s(?=\d)⟧{_WEEK}(?:['’]s)?(?=\s{_PAPERS}\b)", read_week_of_year),
    (rf"{_AFTER_REQUEST}{_PREPOSITION}(?P<at>⟦week\s(?=\d)⟧{_WEEK}){_YEAR_END}", read_week_of_year),
    (rf"{_START}{_PART}⟦{_MONTH}⟧{_OF_YEAR}{_END}", read_part_of_month),
    (rf"{_START}{_PART}⟦{_YEAR}⟧{_END}", read_part_of_year),
    (rf"{_START}{_PART}⟦{_NEAR_MONTH}⟧{_END}", read_part_of_month),
    (rf"{_START}{_PART}⟦{_NEAR_YEAR}⟧{_END}", read_part_of_year),
    (rf"{_START}⟦{_MONTH}⟧,?\s{_YEAR}{_END}", read_month),
    (rf"{_START}(?:{_PREPOSITION}|last\s|this\s|next\s|past\s)(?P<at>⟦{_MONTH}⟧){_END}(?!\s\d)", read_month),
    (rf"{_START}⟦{_MONTH}⟧(?:['’]s)?(?=\s{_PAPERS}\b)", read_month),
    (rf"{_START}(?:the\s)?(?P<half>first|second)\s⟦half\sof⟧\s{_YEAR}{_END}", read_half),
    (rf"{_START}⟦H(?P<half>[12])\s⟧{_YEAR}{_END}", read_half),
    (rf"{_START}⟦Q(?P<quarter>[1-4])\s⟧(?:of\s)?{_YEAR}{_END}", read_quarter),
    (rf"{_START}⟦(?P<near_week>{any_of(_NEAR)})\sweek(?P<weekend>end)?⟧{_NO_OTHER_OWNER}{_NOT_OF_DATA}", read_week),
    (rf"{_START}⟦{_NEAR_MONTH}⟧{_NO_OTHER_OWNER}{_NOT_OF_DATA}", read_month),
    (rf"{_START}⟦{_NEAR_YEAR}⟧{_NO_OTHER_OWNER}{_NOT_OF_DATA}", read_year),
    (rf"{_START}(?:the\s)?⟦(?P<near_week>week\sbefore\slast)⟧{_END}", read_week),
    (rf"{_START}(?:the\s)?⟦(?P<near_month>month\sbefore\slast)⟧{_END}", read_month),
    (rf"{_START}(?:the\s)?⟦(?P<near_day>day\sbefore\syesterday)⟧{_NO_OTHER_OWNER}", read_near_day),
    (rf"{_START}⟦(?P<near_day>yesterday|tomorrow(?=['’]s\sdigest))⟧{_NO_OTHER_OWNER}", read_near_day),
    (rf"{_START}⟦(?P<near_day>today)⟧{_OWNS_PAPERS}", read_near_day),
    (
        r"(?:(?<=papers\s)|(?<=digest\s)|(?<=out\s)|(?<=published\s)|(?<=released\s)|(?<=new\s)|(?<=from\s)|"
        rf"(?<=c[ao]me\sin\s))⟦(?P<near_day>today)⟧(?!['’]){_END}",
        read_near_day,
    ),
    (
        rf"{_START}(?:(?P<past>{any_of(_PAST)})|(?P<near_week>{any_of(_NEAR.keys() - _PAST)}))\s"
        rf"⟦{_WEEKDAY}⟧{_NO_OTHER_OWNER}",
        read_weekday,
    ),
    (rf"{_START}⟦{_WEEKDAY}⟧\s(?:of\s)?(?P<near_week>last|this|next)\sweek{_NO_OTHER_OWNER}", read_weekday),
    (rf"{_START}(?P<near_week>last|this|next)\sweek['’]s\s⟦{_WEEKDAY}⟧{_NO_OTHER_OWNER}", read_weekday),
    (rf"{_START}{_PREPOSITION}(?P<at>⟦{_WEEKDAY}⟧(?:{_OWNS_PAPERS}|(?!['’]))){_END}", read_weekday),
    (rf"{_START}⟦{_WEEKDAY}⟧(?:['’]s)?(?=\s{_PAPERS}\b)", read_weekday),
    (rf"{_START}(?:last|past|previous)\s{_LENGTH}⟦\s{_UNIT}⟧{_END}{_NOT_OF_DATA}", read_last_units),
    (rf"{_START}{_LENGTH}\s{_UNIT}⟦\sago⟧{_END}", read_units_ago),
    (rf"{_AFTER_REQUEST}{_PREPOSITION}(?P<at>⟦{_YEAR}⟧){_YEAR_END}", read_year),
    (rf"{_AFTER_REQUEST}{_PREPOSITION}(?P<at>⟦{_YEAR}⟧{_TO}(?P<last>(?:19|20)\d\d)){_YEAR_END}", read_years),
    (rf"{_START}(?:since|before|after|until)\s(?P<at>⟦{_YEAR}⟧){_YEAR_END}", read_year),
    (rf"⟦^{_YEAR}⟧(?:['’]s)?(?=\s{_PAPERS}\b)", read_year),
)


def _unless_no_month(read: Reader) -> Reader:
    """Return a reader that rejects words that are no month without a year: the verbs may and march, the acronym OCT."""

    def read_month_name(expression: DateExpression) -> DateRange | None:
        name = expression.groups.get("month", "")
        if not expression.has_year and (name in {"may", "march", "mar"} or name.isupper()):
            return None
        return read(expression)

    return read_month_name


ENGLISH = DateLanguage(
    rules=PatternTable((pattern, _unless_no_month(read)) for pattern, read in _RULES),
    numbers={
        "month": _MONTHS,
        "near_year": _NEAR,
        "near_month": _NEAR | {"month before last": -2},
        "near_week": _NEAR | {"week before last": -2},
        "near_day": _NEAR_DAYS,
        "weekday": _WEEKDAYS,
        "nth": _ORDINALS,
        "part": _PARTS,
        "half": {"first": 1, "second": 2},
        "count": _COUNTS,
    },
    units=_UNITS,
    join=re.compile(rf"\s?(?:{RANGE_SIGNS}|,|to|until|till|through|thru|and|or)?\s?(?:the\s)?", re.IGNORECASE),
    lead=re.compile(
        r"(?:\b(?P<published>published|submitted|released|posted|uploaded|announced)\s"
        r"(?:(?:on|to|in)\s(?:the\s)?arxiv\s)?)?"
        r"(?:\b(?:(?P<since>since|starting(?:\sfrom|\son)?)|(?P<after>after)|(?P<until>until|till|up\sto|by|through)|"
        r"(?P<before>before|prior\sto)|on|in|from|between|during|over|within|throughout|for|of|at)\s)?(?:\bthe\s)?$",
        re.IGNORECASE,
    ),
    tail=re.compile(
        r"(?:\s(?:(?P<since>onwards?|and\slater|or\slater)|(?P<until>and\searlier|or\searlier))\b)?", re.IGNORECASE
    ),
)
