"""Calendar arithmetic on ranges of days. Weeks run from Monday to Sunday (ISO 8601)."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta
from typing import Literal, NamedTuple

EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
"""No range reaches beyond these days."""

Unit = Literal["day", "week", "month", "year"]

_MONTHS = 12


class DateRange(NamedTuple):
    """A range of days, first and last included."""

    first: date
    last: date


def date_range(first: date, last: date) -> DateRange | None:
    """Return the range between two days; None if it is empty or reaches beyond `EARLIEST` or `LATEST`."""
    return DateRange(first, last) if EARLIEST <= first <= last <= LATEST else None


def day(year: int, month: int, number: int) -> DateRange | None:
    """Return one day; None if the calendar does not have it."""
    if not EARLIEST.year <= year <= LATEST.year or not 1 <= month <= _MONTHS:
        return None
    if not 1 <= number <= calendar.monthrange(year, month)[1]:
        return None
    return DateRange(date(year, month, number), date(year, month, number))


def months(year: int, first: int, last: int) -> DateRange | None:
    """Return whole months of one year; None if the calendar does not have them."""
    if not EARLIEST.year <= year <= LATEST.year or not 1 <= first <= last <= _MONTHS:
        return None
    return DateRange(date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1]))


def year(number: int) -> DateRange | None:
    """Return a whole year."""
    return months(number, 1, _MONTHS)


def week(some_day: date, offset: int = 0) -> DateRange | None:
    """Return the week (Monday to Sunday) `offset` weeks after the one that contains a day."""
    monday = shift_days(some_day, 7 * offset - some_day.weekday())
    return date_range(monday, shift_days(monday, 6))


def weekend(some_day: date, offset: int = 0) -> DateRange | None:
    """Return Saturday and Sunday of the week `offset` weeks after the one that contains a day."""
    whole = week(some_day, offset)
    return date_range(shift_days(whole.first, 5), whole.last) if whole else None


def weekday(some_day: date, number: int, offset: int = 0) -> DateRange | None:
    """Return a weekday, 0 for Monday, of the week `offset` weeks after the one that contains a day."""
    whole = week(some_day, offset)
    return containing(shift_days(whole.first, number), "day") if whole else None


def latest_weekday(today: date, number: int, *, before_today: bool) -> DateRange | None:
    """Return the latest such weekday (0 for Monday) up to today, or before today."""
    return containing(shift_days(today, -((today.weekday() - number - before_today) % 7) - before_today), "day")


def week_of_month(year: int, month: int, number: int) -> DateRange | None:
    """Return the `number`-th week of a month, 1 for the first, -1 for the last; None if the month has none such.

    A week belongs to the month of its Thursday, which holds most of its days (KS X ISO 8601), so to one month only.
    """
    whole = months(year, month, month)
    if whole is None:
        return None
    thursday = shift_days(whole.first, (3 - whole.first.weekday()) % 7)
    count = (whole.last - thursday).days // 7 + 1
    index = number - 1 if number > 0 else count + number
    return week(thursday, index) if 0 <= index < count else None


def week_of_year(year: int, number: int) -> DateRange | None:
    """Return a week of a year by its number (ISO 8601); None if the year has none such.

    The first week of a year is that of its first Thursday; only some years have a 53rd.
    """
    try:
        monday = date.fromisocalendar(year, number, 1)
    except ValueError:
        return None
    return date_range(monday, shift_days(monday, 6))


def third(whole: DateRange | None, part: int) -> DateRange | None:
    """Return the beginning (0), middle (1) or end (2) of a month or a year.

    A month is divided after its tenth and twentieth day, a year into its first quarter, two quarters, and the last.
    """
    if whole is None:
        return None
    if whole.last - whole.first > timedelta(days=31):
        return months(whole.first.year, *((1, 3), (4, 9), (10, 12))[part])
    first = whole.first.replace(day=(1, 11, 21)[part])
    return DateRange(first, whole.last if part == 2 else first + timedelta(days=9))


def shift_days(some_day: date, days: int) -> date:
    """Return the day some days later (earlier if negative), clipped to `EARLIEST` and `LATEST`."""
    return date.fromordinal(min(max(some_day.toordinal() + days, EARLIEST.toordinal()), LATEST.toordinal()))


def shift_months(some_day: date, months: int) -> date:
    """Return the same day some months later (earlier if negative), clipped to `EARLIEST` and `LATEST`.

    In a shorter month it is the month's last day.
    """
    year, month = divmod(some_day.year * _MONTHS + some_day.month - 1 + months, _MONTHS)
    if year < EARLIEST.year:
        return EARLIEST
    if year > LATEST.year:
        return LATEST
    return date(year, month + 1, min(some_day.day, calendar.monthrange(year, month + 1)[1]))


def latest(of_year: Callable[[int], DateRange | None], today: date) -> DateRange | None:
    """Return the latest range that does not begin after today, of those that `of_year` returns for each year.

    Nine years are tried, since 29 February may be eight years apart, and the next one, whose first week may have begun.
    """
    ranges = (of_year(year) for year in range(today.year + 1, today.year - 9, -1))
    return next((dates for dates in ranges if dates and dates.first <= today), None)


def containing(some_day: date, unit: Unit) -> DateRange | None:
    """Return the day, week, month or year that contains a day."""
    if unit == "week":
        return week(some_day)
    if unit == "day":
        return date_range(some_day, some_day)
    first, last = (1, _MONTHS) if unit == "year" else (some_day.month, some_day.month)
    return months(some_day.year, first, last)


def last_units(today: date, count: int, unit: Unit) -> DateRange | None:
    """Return the last `count` units, today being the last day; None for no units."""
    return date_range(shift_days(_back(today, count, unit), 1), today) if count else None


def units_ago(today: date, count: int, unit: Unit) -> DateRange | None:
    """Return the day, week, month or year `count` units before today's."""
    return containing(_back(today, count, unit), unit)


def _back(today: date, count: int, unit: Unit) -> date:
    """Return the same day some units earlier."""
    if unit in {"month", "year"}:
        return shift_months(today, -count * (_MONTHS if unit == "year" else 1))
    return shift_days(today, -count * (7 if unit == "week" else 1))
