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
from ...index.query.intent import asks_for_similar_papers
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
        joined: number of papers that it is about, those that it names included ("둘 중"); 0 for its own or these.
        context: ids of the papers of all turns, latest first; empty where the question cannot lean on them.
        is_similar: whether it asks for papers like those that it names or refers to.
        where: dates and papers that it is limited to.
        answer_lang: the language to answer in; None leaves that to the text.
    """

    question: str
    search_text: str
    papers: tuple[str, ...] = ()
    joined: int = 0
    context: tuple[str, ...] = ()
    is_similar: bool = False
    where: Filter = NO_FILTER
    answer_lang: Language | None = None

    def relabel(self, answer: Answer) -> Answer:
        """Return the answer under the question as asked, with the earlier question that it repeats."""
        if self.question == self.search_text:
            return answer
        interpretation = replace(answer.interpretation, repeats=self.search_text)
        return replace(answer, question=self.question, interpretation=interpretation)


def resolve_follow_up(
    question: object, history: Sequence[Turn], as_of: date | None = None, given: str | None = None
) -> ResolvedQuestion:
    """Resolve a question against earlier turns.

    Papers and dates carry over only if the question refers to them; any other question is independent of them.

    Args:
        question: the question.
        history: the turns, oldest first. Only the latest `MAX_TURNS` count.
        as_of: reference date of relative dates; None is today in Seoul.
        given: id of the only paper that the questions are limited to: what refers to a paper refers to it.

    Raises:
        InputError: the question is outside its limits, or a turn holds an invalid question, date or paper id.
    """
    text = validate_question(question)
    today = as_of or today_in_seoul()
    previous: ResolvedQuestion | None = None
    earlier: list[tuple[str, ...]] = []  # the papers of each turn, latest first
    dates = NO_FILTER
    first = max(0, len(history) - MAX_TURNS)
    for position, turn in enumerate(history[first:], start=first):
        earlier_text, answered_from = _parse_turn(turn, position)
        previous = _resolve(earlier_text, previous, earlier, dates, today, given)
        if answered_from.papers:
            earlier.insert(0, answered_from.papers)
        dates = replace(answered_from, papers=())
    return _resolve(text, previous, earlier, dates, today, given)


def lacks_paper(question: str, history: Sequence[Turn], given: str | None = None) -> bool:
    """Return whether a question refers to the paper of an earlier turn, and there is none.

    Args:
        question: the question.
        history: the turns, oldest first.
        given: id of the only paper that the question is limited to.
    """
    if (
        given
        or any(turn.papers for turn in history[-MAX_TURNS:])
        or (not history and asks_for_similar_papers(question))
    ):
        return False
    from .follow_ups import detect_follow_up

    # The reference date decides which days are meant, and not whether a paper is.
    follow_up = detect_follow_up(question, today_in_seoul())
    return follow_up is not None and follow_up.papers in ("one", "all")


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
    question: str,
    previous: ResolvedQuestion | None,
    earlier: Sequence[tuple[str, ...]],
    dates: Filter,
    today: date,
    given: str | None,
) -> ResolvedQuestion:
    """Resolve a question against the previous one, the papers of all turns, and the dates of the latest answer."""
    earlier = [(given,), *earlier] if given else earlier
    context = tuple(dict.fromkeys(paper_id for papers in earlier for paper_id in papers))
    similar = asks_for_similar_papers(question)
    standalone = ResolvedQuestion(question, question, context=context, is_similar=similar)
    if previous is None and not earlier:
        return standalone
    from .follow_ups import detect_follow_up  # compiling its patterns would slow down the first question of a process

    follow_up = detect_follow_up(question, today)
    if follow_up is None:
        return standalone
    if follow_up.repeats:
        if previous is None:
            return standalone
        return replace(_repeat(question, previous, follow_up), context=(), is_similar=False)
    if follow_up.keeps_dates:
        return replace(standalone, where=dates)
    if not earlier or similar:
        return standalone
    if follow_up.papers == "among":
        return replace(standalone, where=Filter(papers=earlier[0]), context=())
    joined = (follow_up.count or 2) if follow_up.papers == "all" else 0
    papers = _referred_to(follow_up, earlier, context)
    may_stand_alone = follow_up.papers == "one" and follow_up.position is None and not given
    return replace(standalone, papers=papers, joined=joined, context=context if may_stand_alone else ())


def _referred_to(follow_up: FollowUp, earlier: Sequence[tuple[str, ...]], context: tuple[str, ...]) -> tuple[str, ...]:
    """Return the earlier papers that a follow-up refers to."""
    if follow_up.position is not None:
        # An ordinal counts the papers of the latest list that is long enough; the third of two papers is none of them.
        wanted = max(2, follow_up.position + 1)
        papers = next((papers for papers in earlier if len(papers) >= wanted), earlier[0])
        return (papers[follow_up.position],) if follow_up.position < len(papers) else ()
    if follow_up.papers == "all":
        wanted = follow_up.count or 2
        papers = next((papers for papers in earlier if len(papers) >= wanted), context)
        return papers[: follow_up.count]
    return earlier[0][:1]


def _repeat(question: str, previous: ResolvedQuestion, follow_up: FollowUp) -> ResolvedQuestion:
    """Return the previous question in another language or for other dates."""
    window = follow_up.window
    if window is None:
        return replace(previous, question=question, answer_lang=follow_up.lang)
    where = replace(previous.where, since=window.start, until=window.end, by=window.by)
    return replace(previous, question=question, where=where)
