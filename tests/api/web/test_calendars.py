"""Calendars of the days with digests, and ISO weeks."""

from __future__ import annotations

from datetime import date

import pytest

from nonmun import DigestDay, InputError
from nonmun.api.web.calendars import calendar_months, neighbors, parse_week, week_of
from nonmun.api.web.texts import Texts


def digest(day: str, papers: int = 3) -> DigestDay:
    return DigestDay(day, papers, 1, {"supported": papers})


def test_months_hold_every_day_once_under_its_weekday() -> None:
    months = calendar_months([digest("2025-01-01"), digest("2024-12-31", 7)], Texts("ko"))
    assert [month.name for month in months] == ["2025년 1월", "2024년 12월"]
    for month, length in zip(months, (31, 31), strict=True):
        assert [day.number for week in month.weeks for day in week.days if day.number] == list(range(1, length + 1))
        assert all(len(week.days) == 7 for week in month.weeks)
    first = months[0].weeks[0]
    assert [day.number for day in first.days] == [0, 0, 1, 2, 3, 4, 5]  # a Wednesday
    assert first.name == "2025-W01"
    assert first.days[2].digest == digest("2025-01-01")
    assert months[1].weeks[-1].name == "2025-W01"  # the same week, in the year that most of it is in
    assert [week.has_digests for week in months[1].weeks] == [False] * 5 + [True]


def test_names_of_months_in_english() -> None:
    assert [month.name for month in calendar_months([digest("2024-02-29")], Texts("en"))] == ["February 2024"]
    assert calendar_months([], Texts("en")) == []


@pytest.mark.parametrize(
    ("week", "first", "last"),
    [
        ("2025-W20", "2025-05-12", "2025-05-18"),
        ("2025-W01", "2024-12-30", "2025-01-05"),
        ("2020-W53", "2020-12-28", "2021-01-03"),
    ],
)
def test_weeks_are_those_of_the_standard(week: str, first: str, last: str) -> None:
    days = parse_week(week)
    assert days == (date.fromisoformat(first), date.fromisoformat(last))
    assert {week_of(day) for day in days} == {week}


@pytest.mark.parametrize(
    "text",
    ["", "2025-20", "2025-w20", "2025-W5", "2025-W00", "2025-W53", "0000-W01", "9999-W52", "２０２５-W20", "x" * 99],
)
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"week.*2025-W20"):
        parse_week(text)


def test_neighbors_are_the_next_weeks_with_digests() -> None:
    days = [digest(day) for day in ("2025-01-05", "2025-01-01", "2025-05-12", "2024-11-01")]
    assert neighbors("2025-W01", days) == ("2024-W44", "2025-W20")
    assert neighbors("2024-W44", days) == (None, "2025-W01")
    assert neighbors("2025-W20", days) == ("2025-W01", None)
