"""The hardest queries of a run: expected papers, retrieved papers and score explanations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...index.domain.arxiv_ids import parse_arxiv_id
from ...index.domain.papers import paper_url
from ..runs.model import AssessedAnswer, QueryOutcome, Run, hardest_queries
from .runs import ReportRun

_MAX_RETRIEVED = 5
_TEXT_CHARS = 300


@dataclass(frozen=True, slots=True)
class ChannelShare:
    """A channel's share of a score, and the paper's rank in that channel alone (None if it is not a candidate)."""

    name: str
    rank: int | None
    share: float


@dataclass(frozen=True, slots=True)
class ScoreExplanation:
    """The explanation of a paper's score.

    Attributes:
        rank: rank among all candidates of the search; None if no channel found the paper.
        matched: query terms in the paper with their shares of the query's information, largest first.
        translated: query terms of which the paper contains translations, with these translations.
        missed: query terms that match neither way.
    """

    rank: int | None
    score: float
    channels: tuple[ChannelShare, ...]
    matched: tuple[tuple[str, float], ...]
    translated: tuple[tuple[str, str], ...]
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaperLink:
    """A paper with its title, if any run has it, and its page, if its id is an arXiv id."""

    paper_id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class ExpectedPaper:
    """A relevant paper.

    Attributes:
        rank: its rank, from 1; None if it was not found.
        in_index: whether it is in the index.
        explanation: None if the run has none.
    """

    paper: PaperLink
    grade: int
    rank: int | None
    in_index: bool
    explanation: ScoreExplanation | None


@dataclass(frozen=True, slots=True)
class RetrievedPaper:
    """A paper at a top rank.

    Attributes:
        grade: None if it is not judged.
        explanation: None if the run has none, or if the paper is an expected one.
    """

    paper: PaperLink
    score: float
    text: str
    trust: str | None
    grade: int | None
    explanation: ScoreExplanation | None


@dataclass(frozen=True, slots=True)
class WorstQuery:
    """A hard query.

    Attributes:
        slices: fields of the query with their values.
        measure: first measure of the run.
        value: value of the measure.
        has_explanations: whether the run explains any score.
    """

    query_id: str
    text: str
    lang: str
    slices: tuple[tuple[str, str], ...]
    measure: str
    value: float
    expected: tuple[ExpectedPaper, ...]
    retrieved: tuple[RetrievedPaper, ...]
    has_explanations: bool
    answer: AssessedAnswer | None


def paper_titles(runs: Sequence[Run]) -> dict[str, str]:
    """Return the titles in any ranking, by paper id."""
    papers = (paper for run in runs for outcome in run.outcomes for paper in outcome.ranking)
    return {paper.paper_id: paper.title for paper in papers if paper.title}


def worst_queries(run: ReportRun, limit: int, titles: Mapping[str, str]) -> tuple[WorstQuery, ...]:
    """Return the hardest answerable queries of a run, hardest first.

    Args:
        run: the run.
        limit: maximum number of queries.
        titles: titles by paper id.
    """
    missing = frozenset(str(paper_id) for paper_id in run.record.get("unknown_papers") or ())
    return tuple(_worst_query(outcome, titles, missing) for outcome in hardest_queries(run.outcomes, limit))


def _worst_query(outcome: QueryOutcome, titles: Mapping[str, str], missing: frozenset[str]) -> WorstQuery:
    ranks = {paper.paper_id: rank for rank, paper in reversed(list(enumerate(outcome.ranking, start=1)))}
    relevant = {
        paper_id: grade
        for paper_id, grade in sorted(outcome.grades.items(), key=lambda item: (-item[1], item[0]))
        if grade > 0
    }
    explanations = _explanations(outcome)
    measure, value = next(iter(outcome.measures.items()))
    expected = tuple(
        ExpectedPaper(
            paper_link(paper_id, titles),
            grade,
            ranks.get(paper_id),
            paper_id not in missing,
            explanations.get(paper_id),
        )
        for paper_id, grade in relevant.items()
    )
    retrieved = tuple(
        RetrievedPaper(
            paper_link(paper.paper_id, titles),
            paper.score,
            _excerpt(paper.text),
            paper.trust,
            outcome.grades.get(paper.paper_id),
            explanations.get(paper.paper_id) if paper.paper_id not in relevant else None,
        )
        for paper in outcome.ranking[:_MAX_RETRIEVED]
    )
    return WorstQuery(
        outcome.query_id,
        outcome.text,
        outcome.lang,
        slices=(("lang", outcome.lang), *outcome.fields.items()),
        measure=measure,
        value=value,
        expected=expected,
        retrieved=retrieved,
        has_explanations=bool(explanations),
        answer=outcome.answer,
    )


def _excerpt(text: str) -> str:
    return text if len(text) < _TEXT_CHARS else text[:_TEXT_CHARS].rstrip() + " …"


def paper_link(paper_id: str, titles: Mapping[str, str]) -> PaperLink:
    """Return a paper with its title and, if its id is an arXiv id, its page."""
    parsed = parse_arxiv_id(paper_id)
    return PaperLink(paper_id, titles.get(paper_id, ""), paper_url(parsed.paper_id) if parsed else "")


def _explanations(outcome: QueryOutcome) -> dict[str, ScoreExplanation]:
    """Return the explanations of a query by paper id."""
    return {
        str(record["paper_id"]): _parse_explanation(record) for record in outcome.explanations if "paper_id" in record
    }


def _parse_explanation(record: Mapping[str, Any]) -> ScoreExplanation:
    matched: Mapping[str, float] = record.get("matched") or {}
    translated: Mapping[str, Sequence[Any]] = record.get("translated") or {}
    return ScoreExplanation(
        record.get("rank"),
        float(record.get("score") or 0.0),
        channels=tuple(
            ChannelShare(str(channel.get("channel")), channel.get("rank"), float(channel.get("share") or 0.0))
            for channel in record.get("channels") or ()
        ),
        matched=tuple(sorted(matched.items(), key=lambda item: (-item[1], item[0]))),
        translated=tuple((str(term), ", ".join(map(str, terms))) for term, terms in translated.items()),
        missed=tuple(str(term) for term in record.get("missed") or ()),
    )
