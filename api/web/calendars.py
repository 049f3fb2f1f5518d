"""The days with digests as calendars, and ISO weeks."""

from __future__ import annotations

import re
from calendar import Calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ...index.domain.errors import InputError
from ..results import DigestDay
from .texts import Texts

_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of a month.

    Attributes:
        number: day of the month; 0 for a day of another month.
        digest: the digests of the day; None if there are none.
    """

    number: int
    digest: DigestDay | None = None


@dataclass(frozen=True, slots=True)
class CalendarWeek:
    """A week of a month.

    Attributes:
        name: the ISO week ("2025-W20").
        days: its seven days, Monday first.
    """

    name: str
    days: tuple[CalendarDay, ...]

    @property
    def has_digests(self) -> bool:
        """Whether a day of the week that is in the month has digests."""
        return any(day.digest for day in self.days)


@dataclass(frozen=True, slots=True)
class CalendarMonth:
    """A month with digests.

    Attributes:
        key: "2025-05".
        name: its name, as shown.
        weeks: its weeks.
    """

    key: str
    name: str
    weeks: tuple[CalendarWeek, ...]


def calendar_months(days: Iterable[DigestDay], texts: Texts) -> list[CalendarMonth]:
    """Return the months with digests, newest first.

    Args:
        days: the days with digests.
        texts: the words of the page.
    """
    by_date = {date.fromisoformat(day.digest_date): day for day in days}
    names = texts("months").split()
    months: list[CalendarMonth] = []
    for year, month in sorted({(day.year, day.month) for day in by_date}, reverse=True):
        weeks = [
            CalendarWeek(
                week_of(week[0]),
                tuple(CalendarDay(day.day, by_date.get(day)) if day.month == month else CalendarDay(0) for day in week),
            )
            for week in Calendar().monthdatescalendar(year, month)
        ]
        name = texts("month", year=year, month=names[month - 1])
        months.append(CalendarMonth(f"{year:04}-{month:02}", name, tuple(weeks)))
    return months


def week_of(day: date) -> str:
    """Return the ISO week of a day, such as 2025-W20."""
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def parse_week(text: str) -> tuple[date, date]:
    """Return the first and the last day of an ISO week.

    Raises:
        InputError: it is no week.
    """
    try:
        match = _WEEK.fullmatch(text)
        monday = date.fromisocalendar(int(match[1]), int(match[2]), 1) if match else None
        if monday:
            return monday, monday + timedelta(days=6)
    except (ValueError, OverflowError):
        pass
    raise InputError("week", f"{text[:40]!r} is not an ISO week (expected one such as 2025-W20)")


def neighbors(week: str, days: Sequence[DigestDay]) -> tuple[str | None, str | None]:
    """Return the weeks with digests before and after a week; None at the ends.

    Args:
        week: the week.
        days: the days with digests.
    """
    weeks = sorted({week_of(date.fromisoformat(day.digest_date)) for day in days})
    return max((other for other in weeks if other < week), default=None), min(
        (other for other in weeks if other > week), default=None
    )
