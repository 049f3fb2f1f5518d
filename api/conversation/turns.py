"""Turns of a conversation, and what a question means after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from ...index.domain.errors import InputError
from ...index.domain.filters import NO_FILTER, DateField, Filter, parse_filter
from ...index.domain.papers import Language
from ...index.query.dates.window import today_in_seoul
from ...index.query.question import validate_question
from ..results import Answer

if TYPE_CHECKING:
    from .follow_ups import Leaning

MAX_TURNS = 20
"""The latest turns that are looked at."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was asked, with what its answer spoke of. A client sends back what it got.

    Attributes:
        question: as asked.
        papers: ids of the papers that the answer quotes, in its order.
        since, until: the days that it was limited to, as ISO dates; None where it leaves a side open.
        by: whether those are days of digests or of first versions.
    """

    question: str
    papers: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    by: DateField = "digest"

    @classmethod
    def of(cls, answer: Answer) -> Turn:
        """The turn that an answer ends."""
        understood = answer.interpretation
        papers = tuple(dict.fromkeys(citation.paper_id for citation in answer.citations)) or understood.papers
        return cls(answer.question, papers, understood.since, understood.until, understood.by)


@dataclass(frozen=True, slots=True)
class Meant:
    """What a question means after the turns before it.

    Attributes:
        asked: its own words, outer white space removed.
        text: the question to be searched with: these words, or those of the earlier question that it asks again.
        papers: the papers that it means without naming them.
        where: days and papers that it is limited to.
        lang: the language to answer in; None leaves that to the question.
    """

    asked: str
    text: str
    papers: tuple[str, ...] = ()
    where: Filter = NO_FILTER
    lang: Language | None = None

    def answered(self, answer: Answer) -> Answer:
        """The answer under the words that were asked, with the earlier question that they repeat."""
        if self.asked == self.text:
            return answer
        understood = replace(answer.interpretation, repeats=self.text)
        return replace(answer, question=self.asked, interpretation=understood)


def meant(question: object, history: Sequence[Turn], as_of: date | None = None) -> Meant:
    """What a question means after some turns, the oldest first.

    Papers and days carry over only where it leans on them.

    Raises:
        InputError: the question is outside its limits, or a turn holds a question, day or paper that is none.
    """
    asked = validate_question(question)
    today = as_of or today_in_seoul()
    before: Meant | None = None
    papers: tuple[str, ...] = ()
    days = NO_FILTER
    first = max(0, len(history) - MAX_TURNS)
    for at, turn in enumerate(history[first:], start=first):
        words, read = _read(turn, at)
        before = _step(words, before, papers, days, today)
        papers, days = read.papers or papers, replace(read, papers=())
    return _step(asked, before, papers, days, today)


def _read(turn: Turn, at: int) -> tuple[str, Filter]:
    """The question of a turn, and the papers and days of its answer.

    Raises:
        InputError: one of them is none; its field is that of the turn.
    """
    try:
        words = validate_question(turn.question)
        return words, parse_filter(since=turn.since, until=turn.until, by=turn.by, papers=turn.papers)
    except InputError as error:
        told = str(error).removeprefix(f"{error.field}: ")
        raise InputError(f"history.{at}.{error.field}", told) from error


def _step(question: str, before: Meant | None, papers: tuple[str, ...], days: Filter, today: date) -> Meant:
    """What a question means after what the one before it meant, and the papers and days of its answer."""
    if before is None:
        return Meant(question, question)
    from .follow_ups import leaning  # its expressions take longer to compile than a first question has to spare

    found = leaning(question, today)
    if found is None:
        return Meant(question, question)
    if found.repeats:
        return _again(question, before, found)
    if found.days:
        return Meant(question, question, where=days)
    if not papers:
        return Meant(question, question)
    if found.papers == "among":
        return Meant(question, question, where=Filter(papers=papers))
    if found.place is not None:
        # "세 번째" of two papers means none of them.
        at = found.place if found.place < len(papers) else None
        return Meant(question, question, papers=() if at is None else (papers[at],))
    return Meant(question, question, papers=papers[: found.count] if found.papers == "all" else papers[:1])


def _again(asked: str, before: Meant, found: Leaning) -> Meant:
    """The question before, in another language or of other days."""
    if found.window is None:
        return replace(before, asked=asked, lang=found.lang)
    window = found.window
    where = replace(before.where, since=window.start, until=window.end, by=window.by)
    return replace(before, asked=asked, where=where)
