"""Follow-up resolution: what a question asks for, given the turns before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from ...index.domain.errors import InputError
from ...index.domain.filters import NO_FILTER, Filter, parse_filter
from ...index.domain.papers import Language
from ...index.query.dates.window import today_in_seoul
from ...index.query.question import validate_question
from ..results import Answer
from .turns import MAX_TURNS, Turn

if TYPE_CHECKING:
    from .follow_ups import FollowUp


@dataclass(frozen=True, slots=True)
class ResolvedQuestion:
    """A question with everything that it takes from earlier turns.

    Attributes:
        question: the question as asked, surrounding white space removed.
        search_text: the text to search with: the question itself, or the earlier question that it repeats.
        papers: ids of the papers that it refers to without naming them.
        where: dates and papers that it is limited to.
        answer_lang: the language to answer in; None leaves that to the text.
    """

    question: str
    search_text: str
    papers: tuple[str, ...] = ()
    where: Filter = NO_FILTER
    answer_lang: Language | None = None

    def relabel(self, answer: Answer) -> Answer:
        """Return the answer under the question as asked, with the earlier question that it repeats."""
        if self.question == self.search_text:
            return answer
        interpretation = replace(answer.interpretation, repeats=self.search_text)
        return replace(answer, question=self.question, interpretation=interpretation)


def resolve_follow_up(question: object, history: Sequence[Turn], as_of: date | None = None) -> ResolvedQuestion:
    """Resolve a question against earlier turns.

    Papers and dates carry over only if the question refers to them; any other question is independent of them.

    Args:
        question: the question.
        history: the turns, oldest first. Only the latest `MAX_TURNS` count.
        as_of: reference date of relative dates; None is today in Seoul.

    Raises:
        InputError: the question is outside its limits, or a turn holds an invalid question, date or paper id.
    """
    text = validate_question(question)
    today = as_of or today_in_seoul()
    previous: ResolvedQuestion | None = None
    papers: tuple[str, ...] = ()
    dates = NO_FILTER
    first = max(0, len(history) - MAX_TURNS)
    for position, turn in enumerate(history[first:], start=first):
        earlier_text, answered_from = _parse_turn(turn, position)
        previous = _resolve(earlier_text, previous, papers, dates, today)
        papers, dates = answered_from.papers or papers, replace(answered_from, papers=())
    return _resolve(text, previous, papers, dates, today)


def _parse_turn(turn: Turn, position: int) -> tuple[str, Filter]:
    """Return the question of a turn, and the papers and dates of its answer.

    Raises:
        InputError: one of them is invalid; the error names the turn and the field.
    """
    try:
        text = validate_question(turn.question)
        return text, parse_filter(since=turn.since, until=turn.until, by=turn.by, papers=turn.papers)
    except InputError as error:
        message = str(error).removeprefix(f"{error.field}: ")
        raise InputError(f"history.{position}.{error.field}", message) from error


def _resolve(
    question: str, previous: ResolvedQuestion | None, papers: tuple[str, ...], dates: Filter, today: date
) -> ResolvedQuestion:
    """Resolve a question against the previous one, and the papers and dates of its answer."""
    standalone = ResolvedQuestion(question, question)
    if previous is None:
        return standalone
    from .follow_ups import detect_follow_up  # compiling its patterns would slow down the first question of a process

    follow_up = detect_follow_up(question, today)
    if follow_up is None:
        return standalone
    if follow_up.repeats:
        return _repeat(question, previous, follow_up)
    if follow_up.keeps_dates:
        return replace(standalone, where=dates)
    if not papers:
        return standalone
    if follow_up.papers == "among":
        return replace(standalone, where=Filter(papers=papers))
    if follow_up.position is not None:
        # The third of two papers refers to none of them.
        in_range = follow_up.position < len(papers)
        return replace(standalone, papers=(papers[follow_up.position],) if in_range else ())
    return replace(standalone, papers=papers[: follow_up.count] if follow_up.papers == "all" else papers[:1])


def _repeat(question: str, previous: ResolvedQuestion, follow_up: FollowUp) -> ResolvedQuestion:
    """Return the previous question in another language or for other dates."""
    window = follow_up.window
    if window is None:
        return replace(previous, question=question, answer_lang=follow_up.lang)
    where = replace(previous.where, since=window.start, until=window.end, by=window.by)
    return replace(previous, question=question, where=where)
