"""Request objects: what a search or a question asks for, shared by Python, the command line and HTTP."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, cast

from ..index.domain.errors import InputError
from ..index.domain.filters import NO_FILTER, Filter, parse_date, parse_filter
from ..index.query.question import INFERENCES, MAX_HITS, Inference, validate_count, validate_question
from .conversation.turns import Turn


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search for papers.

    Attributes:
        question: the question, in Korean or English, at most 2,000 characters. Dates in it ("지난주", "since May 12")
            restrict the search.
        k: number of papers to return, 1 to 100.
        where: metadata filter. Its dates take precedence over those in the question.
        as_of: reference date, YYYY-MM-DD, of relative dates such as "last week"; None is today in Seoul.
        without: ids of chunks to exclude, as if they were not in the index.
        ignore: what is not inferred from the question: its `spelling` corrected, a `window` of days, a `section`, or
            the `papers` that it names.
    """

    question: str
    k: int = 10
    where: Filter = NO_FILTER
    as_of: date | None = None
    without: Collection[str] = ()
    ignore: tuple[Inference, ...] = field(default=(), kw_only=True)

    @classmethod
    def from_input(
        cls,
        question: object,
        k: object = 10,
        *,
        where: Filter | Mapping[str, Any] = NO_FILTER,
        as_of: object = None,
        without: Iterable[str] = (),
        ignore: Iterable[object] = (),
    ) -> SearchRequest:
        """Validate loosely typed input and build a request from it.

        Args:
            question: the question.
            k: number of papers.
            where: a filter, or its fields by name: dates as YYYY-MM-DD, papers in any spelling of their arXiv ids.
            as_of: a `date`, or text as YYYY-MM-DD.
            without: ids of chunks to exclude.
            ignore: what is not inferred.

        Raises:
            InputError: a value is invalid; the error names its field.
        """
        text, count = validate_question(question), validate_count(k)
        return cls(
            text,
            count,
            _parse_filter(where),
            parse_date("as_of", as_of),
            tuple(without),
            ignore=tuple(dict.fromkeys(_parse_inference(name) for name in ignore)),
        )


@dataclass(frozen=True, slots=True)
class ExplainRequest:
    """A request to explain why papers rank where they do for a question.

    Attributes:
        question: as in a search.
        papers: arXiv ids of the papers to explain, 1 to 100; those without any text are left out.
        where: metadata filter, as in a search.
        as_of: reference date, YYYY-MM-DD, of relative dates such as "last week"; None is today in Seoul.
    """

    question: str
    papers: tuple[str, ...]
    where: Filter = NO_FILTER
    as_of: date | None = None

    @classmethod
    def from_input(
        cls,
        question: object,
        papers: Iterable[str],
        *,
        where: Filter | Mapping[str, Any] = NO_FILTER,
        as_of: object = None,
    ) -> ExplainRequest:
        """Validate loosely typed input and build a request from it.

        Args:
            question: the question.
            papers: arXiv ids, in any notation.
            where: as in `SearchRequest.from_input`.
            as_of: as in `SearchRequest.from_input`.

        Raises:
            InputError: a value is invalid; the error names its field.
        """
        text, ids = validate_question(question), parse_filter(papers=papers).papers
        if not 1 <= len(ids) <= MAX_HITS:
            raise InputError("papers", f"has {len(ids)} ids (expected 1 to {MAX_HITS})")
        return cls(text, ids, _parse_filter(where), parse_date("as_of", as_of))


@dataclass(frozen=True, slots=True)
class AskRequest(SearchRequest):
    """A question to answer, with the conversation before it.

    Attributes:
        history: earlier turns, oldest first. Only a follow-up question takes anything from them.
        generate: whether a language model writes the answer; None uses one if one is configured.
        stream: whether the answer is delivered as events (hits, token, citation, done).
    """

    history: tuple[Turn, ...] = ()
    generate: bool | None = None
    stream: bool = False

    @classmethod
    def from_input(
        cls,
        question: object,
        k: object = 10,
        *,
        where: Filter | Mapping[str, Any] = NO_FILTER,
        as_of: object = None,
        without: Iterable[str] = (),
        ignore: Iterable[object] = (),
        history: Iterable[Turn | Mapping[str, Any]] = (),
        generate: bool | None = None,
        stream: bool = False,
    ) -> AskRequest:
        """Validate loosely typed input and build a request from it.

        Args:
            question: the question.
            k: number of papers.
            where: as in `SearchRequest.from_input`.
            as_of: as in `SearchRequest.from_input`.
            without: ids of chunks to exclude.
            ignore: what is not inferred.
            history: turns, or their fields by name.
            generate: whether a language model writes the answer.
            stream: whether the answer is delivered as events.

        Raises:
            InputError: a value is invalid; the error names its field.
        """
        search = SearchRequest.from_input(question, k, where=where, as_of=as_of, without=without, ignore=ignore)
        turns = tuple(_parse_turn(turn, f"history.{position}") for position, turn in enumerate(history))
        return cls(
            search.question,
            search.k,
            search.where,
            search.as_of,
            search.without,
            turns,
            ignore=search.ignore,
            generate=generate,
            stream=stream,
        )


def _parse_filter(given: Filter | Mapping[str, Any]) -> Filter:
    if isinstance(given, Filter):
        return given
    _check_names(given, Filter, "where")
    return parse_filter(**given)


def _parse_inference(given: object) -> Inference:
    if given not in INFERENCES:
        raise InputError("ignore", f"is {given!r} (expected any of {', '.join(INFERENCES)})")
    return given


def _parse_turn(given: Turn | Mapping[str, Any], field: str) -> Turn:
    """Return a turn; its values are checked when a follow-up question is resolved against it."""
    if isinstance(given, Turn):
        return given
    _check_names(given, Turn, field)
    if "question" not in given:
        raise InputError(f"{field}.question", "is missing")
    papers = given.get("papers", ())
    if not isinstance(papers, list | tuple):
        raise InputError(f"{field}.papers", f"must be a list of arXiv ids, not {type(papers).__name__}")
    if not all(isinstance(paper, str) for paper in cast("Iterable[object]", papers)):
        raise InputError(f"{field}.papers", "must be a list of arXiv ids as strings")
    values: dict[str, Any] = dict(given)
    values["papers"] = tuple(papers)
    return Turn(**values)


def _check_names(given: Mapping[str, Any], kind: type[Filter | Turn], field: str) -> None:
    known = [item.name for item in fields(kind)]
    for name in given:
        if name not in known:
            raise InputError(f"{field}.{name}", f"is not a known field (expected one of {', '.join(known)})")
