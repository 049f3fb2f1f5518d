"""The window of dates that a question asks about, the rules that find one, and the day that it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Literal, NamedTuple

from ...analysis.lazy_patterns import LazyPattern
from .calendar import Days

# Korea has kept UTC+9 without summer time since 1988; a fixed offset needs no time zone data on the machine.
SEOUL = timezone(timedelta(hours=9), "Asia/Seoul")


@dataclass(frozen=True, slots=True)
class Window:
    """The days that a question asks about, both ends in it.

    Attributes:
        start, end: first and last day; never outside `days.EARLIEST` to `days.LATEST`.
        text: the words that say it.
        span: where they stand: `text == read[span[0]:span[1]]`, in code points of the text that was read.
        by: the date that is meant: of the digest, or the day on which the paper was published.
    """

    start: date
    end: date
    text: str
    span: tuple[int, int]
    by: Literal["digest", "published"] = "digest"


def today_in_seoul(clock: Callable[[tzinfo], datetime] = datetime.now) -> date:
    """The day that it is in Seoul.

    Args:
        clock: tells the time in a time zone.
    """
    return clock(SEOUL).date()


class Rule(NamedTuple):
    """How one kind of words says days.

    Attributes:
        words: the words; the group `at`, where there is one, holds those that say it, the rest stands around them.
        read: what they say on a given day; None where no calendar has it.
    """

    words: LazyPattern
    read: Callable[[re.Match[str], date], Days | None]
