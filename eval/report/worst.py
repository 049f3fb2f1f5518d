"""The queries that a run does worst: what should have been found, what was found instead, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...index.domain.arxiv_ids import parse_arxiv_id
from ...index.domain.papers import paper_url
from ..runs.model import Outcome, Reply, Run, hardest
from .sides import Side
from .why import Why, explanations

_SHOWN = 5  # papers found instead
_WORDS = 300  # characters of each


@dataclass(frozen=True, slots=True)
class Named:
    """A paper: its title where any run says it, and where to read it."""

    paper_id: str
    title: str
    link: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A paper that should have been found.

    Attributes:
        place: where it was found, from 1; None where it was not.
        known: whether it is in the index.
        why: None where the run does not explain it.
    """

    paper: Named
    grade: int
    place: int | None
    known: bool
    why: Why | None


@dataclass(frozen=True, slots=True)
class Got:
    """A paper that was found.

    Attributes:
        grade: None where it is not judged.
        why: None where the run does not explain it, or where it is one of those that should have been found.
    """

    paper: Named
    score: float
    text: str
    trust: str | None
    grade: int | None
    why: Why | None


@dataclass(frozen=True, slots=True)
class Case:
    """A query that went badly.

    Attributes:
        value: of the run's first measure.
        explained: whether the run explains any of it.
    """

    query_id: str
    text: str
    lang: str
    slices: tuple[tuple[str, str], ...]
    measure: str
    value: float
    wanted: tuple[Wanted, ...]
    got: tuple[Got, ...]
    explained: bool
    reply: Reply | None


def titles(runs: Sequence[Run]) -> dict[str, str]:
    """Titles that any ranking says, by paper id."""
    found = (one for run in runs for outcome in run.outcomes for one in outcome.found)
    return {one.paper_id: one.title for one in found if one.title}


def worst(side: Side, most: int, known: Mapping[str, str]) -> tuple[Case, ...]:
    """The worst queries of a run, worst first: those that papers answer and that are not found perfectly.

    Args:
        side: the run.
        most: how many.
        known: titles by paper id.
    """
    unknown = frozenset(str(one) for one in side.record.get("unknown_papers") or ())
    return tuple(_case(one, known, unknown) for one in hardest(side.run.outcomes, most))


def _case(outcome: Outcome, known: Mapping[str, str], unknown: frozenset[str]) -> Case:
    places = {one.paper_id: at for at, one in reversed(list(enumerate(outcome.found, start=1)))}
    graded = sorted((-grade, paper_id) for paper_id, grade in outcome.relevant.items() if grade > 0)
    relevant = {paper_id: -grade for grade, paper_id in graded}
    why = explanations(outcome)
    others = {paper_id: one for paper_id, one in why.items() if paper_id not in relevant}
    measure, value = next(iter(outcome.measures.items()))
    wanted = tuple(
        Wanted(named(one, known), grade, places.get(one), one not in unknown, why.get(one))
        for one, grade in relevant.items()
    )
    got = tuple(
        Got(
            named(one.paper_id, known),
            one.score,
            _words(one.text),
            one.trust,
            outcome.relevant.get(one.paper_id),
            others.get(one.paper_id),
        )
        for one in outcome.found[:_SHOWN]
    )
    fields = (("lang", outcome.lang), *outcome.fields.items())
    return Case(
        outcome.query_id, outcome.text, outcome.lang, fields, measure, value, wanted, got, bool(why), outcome.reply
    )


def _words(text: str) -> str:
    return text if len(text) < _WORDS else text[:_WORDS].rstrip() + " …"


def named(paper_id: str, known: Mapping[str, str]) -> Named:
    """A paper by its id; with a link where the id is arXiv's."""
    parsed = parse_arxiv_id(paper_id)
    return Named(paper_id, known.get(paper_id, ""), paper_url(parsed.paper_id) if parsed else "")
