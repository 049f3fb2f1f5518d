"""The window of days that a question asks for, and the day it is in Seoul."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Literal

# Korea has kept UTC+9 without summer time since 1988; a fixed offset needs no time zone data on the machine.
SEOUL = timezone(timedelta(hours=9), "Asia/Seoul")


@dataclass(frozen=True, slots=True)
class Window:
    """The days that a question asks for, both ends included.

    Attributes:
        start, end: first and last day, within `calendar.EARLIEST` and `calendar.LATEST`.
        text: the words of the question that name them.
        span: the code points of those words in the analyzed question: `text == question[span[0]:span[1]]`.
        by: whose date counts: the digest's, or that of the paper's publication.
    """

    start: date
    end: date
    text: str
    span: tuple[int, int]
    by: Literal["digest", "published"] = "digest"


def today_in_seoul(clock: Callable[[tzinfo], datetime] = datetime.now) -> date:
    """Return the current day in Seoul.

    Args:
        clock: returns the time in a time zone.
    """
    return clock(SEOUL).date()
