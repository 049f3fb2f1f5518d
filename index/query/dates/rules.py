"""Date rules: the entries of a language's table, and the readers that its rows refer to.

A row is a regular expression (`index.analysis.lazy_patterns`) and the reader that turns its match into days. Readers
do not depend on the language: they take numbers from named groups, whose words the table translates
(`DateLanguage.numbers`). A name can occur once in an expression, so `nth_2` is another `nth`. The group `at`, if there
is one, is the date expression itself; the rest of the match is its context.

| group | number |
|---|---|
| `year`, `short_year`, `near_year` | of four digits, of two digits, years after this one |
| `month`, `near_month` | 1 to 12, months after this one |
| `near_week`, `weekday` | weeks after this one, 0 for Monday |
| `day`, `near_day` | of the month, days after today |
| `last` | the last day of the month, or the last year, of a range |
| `nth` | of a month's weeks; -1 for the last |
| `week` | of a year's weeks (ISO 8601) |
| `part`, `half`, `quarter` | 0 to 2 for beginning, middle and end; 1 or 2; 1 to 4 |
| `days`, `weeks`, `count` and `unit` | a length of time |
| `weekend`, `past` | present or not |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ...analysis.lazy_patterns import PatternTable
from .calendar import (
    DateRange,
    Unit,
    containing,
    date_range,
    day,
    last_units,
    latest,
    latest_weekday,
    months,
    shift_days,
    shift_months,
    third,
    units_ago,
    week,
    week_of_month,
    week_of_year,
    weekday,
    weekend,
    year,
)

RANGE_SIGNS = "~|〜|–|—|-"
"""Alternatives of an expression: the signs between the first and the last day of a range."""

UnitOrHour = Unit | Literal["hour"]

_ANOTHER = re.compile(r"_\d$")


@dataclass(frozen=True, slots=True)
class DateExpression:
    """A match of a date rule on a given day.

    Attributes:
        groups: the matched words by group.
        today: the day to which words such as "yesterday" refer.
        language: the language whose rule matched.
    """

    groups: Mapping[str, str]
    today: date
    language: DateLanguage

    @classmethod
    def of(cls, match: re.Match[str], today: date, language: DateLanguage) -> DateExpression:
        """Return the expression that a rule matched."""
        groups = {_ANOTHER.sub("", name): words for name, words in match.groupdict().items() if words is not None}
        return cls(groups, today, language)

    def number(self, group: str) -> int | None:
        """Return the number that a group's words denote; None if the group did not match."""
        if group not in self.groups:
            return None
        words = " ".join(self.groups[group].lower().split())
        number = self.language.numbers.get(group, {}).get(words)
        return int(words) if number is None else number

    def required(self, group: str) -> int:
        """Return the number of a group that every match of the rule has."""
        number = self.number(group)
        assert number is not None, f"the rule has no group {group!r}"
        return number

    @property
    def has_year(self) -> bool:
        """Whether it names its year, so that it is the same on every day."""
        return not self.groups.keys().isdisjoint({"year", "short_year"})


Reader = Callable[[DateExpression], DateRange | None]
"""Returns the days of a date expression; None if the calendar does not have them."""


@dataclass(frozen=True, slots=True)
class DateLanguage:
    """The date expressions of a language, and the words around them that belong to them.

    The groups `since`, `after`, `until` and `before` of `lead` and `tail` open a range at one end; `published` and
    `arxiv` mean that the question asks for the date of publication, not for the digest's.

    Attributes:
        rules: date expressions with their readers; of several that match at one place the longest counts.
        numbers: the numbers of words by group; digits need none.
        units: units of time by their words.
        join: the text between two expressions that are the ends of one range.
        lead: the text before an expression; ends with `$`, matches the empty text.
        tail: the text after an expression; matches the empty text.
    """

    rules: PatternTable[Reader]
    numbers: Mapping[str, Mapping[str, int]]
    units: Mapping[str, UnitOrHour]
    join: re.Pattern[str]
    lead: re.Pattern[str] = re.compile("$")
    tail: re.Pattern[str] = re.compile("")


def any_of(words: Iterable[str]) -> str:
    """Return the alternatives of an expression, the longest first; a blank matches any white space."""
    return "|".join(sorted(words, key=len, reverse=True)).replace(" ", r"\s")


def read_date(expression: DateExpression) -> DateRange | None:
    """Read a day of a month; without a year the latest such day up to today."""
    return _of_month(expression, lambda year, month: day(year, month, expression.required("day")))


def read_date_or_month(expression: DateExpression) -> DateRange | None:
    """Read a day of a month, or the month if no day is given."""
    return (read_date if "day" in expression.groups else read_month)(expression)


def read_dates(expression: DateExpression) -> DateRange | None:
    """Read a range of days within one month."""

    def dates(year: int, month: int) -> DateRange | None:
        first, last = (day(year, month, expression.required(group)) for group in ("day", "last"))
        return date_range(first.first, last.last) if first and last else None

    return _of_month(expression, dates)


def read_day_of_month(expression: DateExpression) -> DateRange | None:
    """Read a day without a month: of the latest month that has it up to today."""
    for back in range(3):
        first = shift_months(expression.today.replace(day=1), -back)
        dates = day(first.year, first.month, expression.required("day"))
        if dates and dates.first <= expression.today:
            return dates
    return None


def read_near_day(expression: DateExpression) -> DateRange | None:
    """Read a day that is named by its distance from today."""
    return containing(shift_days(expression.today, expression.required("near_day")), "day")


def read_weekday(expression: DateExpression) -> DateRange | None:
    """Read a weekday: of the given week, else the latest up to today, or before today if it is called a past one."""
    number, offset = expression.required("weekday"), expression.number("near_week")
    if offset is not None:
        return weekday(expression.today, number, offset)
    return latest_weekday(expression.today, number, before_today="past" in expression.groups)


def read_week(expression: DateExpression) -> DateRange | None:
    """Read a week or a weekend that is named by its distance from this week."""
    reader = weekend if "weekend" in expression.groups else week
    return reader(expression.today, expression.required("near_week"))


def read_week_of_date(expression: DateExpression) -> DateRange | None:
    """Read the week that contains a day of a month."""
    dates = read_date(expression)
    return week(dates.first) if dates else None


def read_week_of_month(expression: DateExpression) -> DateRange | None:
    """Read a week that is counted within its month."""
    return _of_month(expression, lambda year, month: week_of_month(year, month, expression.required("nth")))


def read_week_of_year(expression: DateExpression) -> DateRange | None:
    """Read a week that is counted within its year."""
    return _of_year(expression, lambda year: week_of_year(year, expression.required("week")))


def read_month(expression: DateExpression) -> DateRange | None:
    """Read a whole month."""
    return _of_month(expression, lambda year, month: months(year, month, month))


def read_part_of_month(expression: DateExpression) -> DateRange | None:
    """Read the beginning, middle or end of a month."""
    return _of_month(expression, lambda year, month: third(months(year, month, month), expression.required("part")))


def read_quarter(expression: DateExpression) -> DateRange | None:
    """Read a quarter of a year."""
    first = 3 * expression.required("quarter") - 2
    return _of_year(expression, lambda year: months(year, first, first + 2))


def read_half(expression: DateExpression) -> DateRange | None:
    """Read half a year."""
    first = 6 * expression.required("half") - 5
    return _of_year(expression, lambda year: months(year, first, first + 5))


def read_year(expression: DateExpression) -> DateRange | None:
    """Read a whole year."""
    return _of_year(expression, year)


def read_part_of_year(expression: DateExpression) -> DateRange | None:
    """Read the beginning, middle or end of a year."""
    return _of_year(expression, lambda number: third(year(number), expression.required("part")))


def read_years(expression: DateExpression) -> DateRange | None:
    """Read a range of years."""
    first, last = (year(expression.required(group)) for group in ("year", "last"))
    return date_range(first.first, last.last) if first and last else None


def read_last_units(expression: DateExpression) -> DateRange | None:
    """Read the last so many days, weeks, months or years; hours count as the days that they touch."""
    count, unit = _length(expression)
    return last_units(expression.today, *(((count + 23) // 24 + 1, "day") if unit == "hour" else (count, unit)))


def read_units_ago(expression: DateExpression) -> DateRange | None:
    """Read the day, week, month or year so long ago; hours ago are no day."""
    count, unit = _length(expression)
    return None if unit == "hour" else units_ago(expression.today, count, unit)


def _length(expression: DateExpression) -> tuple[int, UnitOrHour]:
    """Return how many of which unit."""
    if (days := expression.number("days")) is not None:
        return days, "day"
    if (weeks := expression.number("weeks")) is not None:
        return weeks, "week"
    return expression.required("count"), expression.language.units[expression.groups["unit"].lower()]


def _of_year(expression: DateExpression, dates: Callable[[int], DateRange | None]) -> DateRange | None:
    """Return a range of the named year; without one, the latest that does not begin after today."""
    if (offset := expression.number("near_year")) is not None:
        return dates(expression.today.year + offset)
    if (short := expression.number("short_year")) is not None:
        return dates(2000 + short)
    number = expression.number("year")
    return latest(dates, expression.today) if number is None else dates(number)


def _of_month(expression: DateExpression, dates: Callable[[int, int], DateRange | None]) -> DateRange | None:
    """Return a range of the named month, which is given by its number or by its distance from this month."""
    if (offset := expression.number("near_month")) is not None:
        first = shift_months(expression.today.replace(day=1), offset)
        return dates(first.year, first.month)
    return _of_year(expression, lambda year: dates(year, expression.required("month")))
