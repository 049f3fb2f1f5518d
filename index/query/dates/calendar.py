"""Spans of days: the calendar that questions are read with. Weeks run from Monday to Sunday (ISO 8601)."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta
from typing import Literal, NamedTuple

EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
"""No window reaches beyond these days."""

Unit = Literal["day", "week", "month", "year"]

_MONTHS = 12


class Days(NamedTuple):
    """A span of days, both ends in it."""

    first: date
    last: date


def days(first: date, last: date) -> Days | None:
    """The span between two days; None where it is empty or lies outside what a window may hold."""
    return Days(first, last) if EARLIEST <= first <= last <= LATEST else None


def day(year: int, month: int, number: int) -> Days | None:
    """One day; None where no calendar has it."""
    if not EARLIEST.year <= year <= LATEST.year or not 1 <= month <= _MONTHS:
        return None
    if not 1 <= number <= calendar.monthrange(year, month)[1]:
        return None
    return Days(date(year, month, number), date(year, month, number))


def months(year: int, first: int, last: int) -> Days | None:
    """Whole months of one year."""
    if not EARLIEST.year <= year <= LATEST.year or not 1 <= first <= last <= _MONTHS:
        return None
    return Days(date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1]))


def week(some_day: date, ahead: int = 0) -> Days | None:
    """The week from Monday to Sunday (ISO 8601) that holds a day, or one some weeks `ahead`."""
    monday = shifted(some_day, 7 * ahead - some_day.weekday())
    return days(monday, shifted(monday, 6))


def week_of_month(year: int, month: int, number: int) -> Days | None:
    """The `number`-th week of a month, 1 first, -1 last.

    A week runs from Monday to Sunday and belongs to the month that holds its Thursday, so most of its days; thus counts
    KS X ISO 8601. Every week belongs to one month only.
    """
    whole = months(year, month, month)
    if whole is None:
        return None
    thursday = shifted(whole.first, (3 - whole.first.weekday()) % 7)
    count = (whole.last - thursday).days // 7 + 1
    place = number - 1 if number > 0 else count + number
    return week(thursday, place) if 0 <= place < count else None


def third(of: Days | None, part: int) -> Days | None:
    """The beginning (0), middle (1) or end (2) of a month, ten days each, the last to its end; of a year, its first
    quarter, its middle half, its last quarter.
    """
    if of is None:
        return None
    if of.last - of.first > timedelta(days=31):
        return months(of.first.year, *((1, 3), (4, 9), (10, 12))[part])
    start = of.first.replace(day=(1, 11, 21)[part])
    return Days(start, of.last if part == 2 else start + timedelta(days=9))


def shifted(some_day: date, by: int) -> date:
    """A day some days on or back, no further than windows reach."""
    return date.fromordinal(min(max(some_day.toordinal() + by, EARLIEST.toordinal()), LATEST.toordinal()))


def shifted_months(some_day: date, by: int) -> date:
    """The same day some months on or back, or the month's last day where it is shorter."""
    year, month = divmod(some_day.year * _MONTHS + some_day.month - 1 + by, _MONTHS)
    if year < EARLIEST.year:
        return EARLIEST
    if year > LATEST.year:
        return LATEST
    return date(year, month + 1, min(some_day.day, calendar.monthrange(year, month + 1)[1]))


def latest(made: Callable[[int], Days | None], today: date) -> Days | None:
    """The latest of the spans that each year has which does not begin after today; 29 February is not in every year."""
    found = (made(year) for year in range(today.year, today.year - 9, -1))
    return next((span for span in found if span and span.first <= today), None)


def back(today: date, count: int, unit: Unit) -> date:
    """The same day some units ago."""
    if unit in {"month", "year"}:
        return shifted_months(today, -count * (_MONTHS if unit == "year" else 1))
    return shifted(today, -count * (7 if unit == "week" else 1))


def recent(today: date, count: int, unit: Unit) -> Days | None:
    """The last units, today being the last day of them; None for none."""
    return days(shifted(back(today, count, unit), 1), today) if count else None


def ago(today: date, count: int, unit: Unit) -> Days | None:
    """The day, week, month or year that lies so far back."""
    return around(back(today, count, unit), unit)


def around(some_day: date, unit: Unit) -> Days | None:
    """The day, week, month or year that holds a day."""
    if unit == "week":
        return week(some_day)
    if unit == "day":
        return days(some_day, some_day)
    first, last = (1, _MONTHS) if unit == "year" else (some_day.month, some_day.month)
    return months(some_day.year, first, last)


def weekend(some_day: date, ahead: int = 0) -> Days | None:
    """Saturday and Sunday of a day's week, or of one some weeks `ahead`."""
    found = week(some_day, ahead)
    return days(shifted(found.first, 5), found.last) if found else None


def weekday(today: date, place: int, ahead: int) -> Days | None:
    """A weekday, 0 for Monday, of today's week or of one some weeks `ahead`."""
    found = week(today, ahead)
    return around(shifted(found.first, place), "day") if found else None


def latest_weekday(today: date, place: int, *, gone: bool) -> Days | None:
    """The latest such weekday: today or before, or before today where it must be `gone`."""
    return around(shifted(today, -((today.weekday() - place - gone) % 7) - gone), "day")
