"""Answer measures: citations against judgments, quotations against chunks, abstentions against answerability."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...api.answers.markdown import strip_markdown
from ...api.answers.rendering.layout import LABEL, TITLE
from ...api.answers.rendering.messages import SOURCE_NOTES, is_boilerplate
from ...api.results import Answer
from ..runs.model import AssessedAnswer, QueryOutcome
from .base import Direction

_MARKER = re.compile(r"\[([^\[\]\s]+)\]")
_NON_WORD = re.compile(r"[\s\W]+")


def assess_answer(answer: Answer) -> AssessedAnswer:
    """Check the citations and claims of an answer against the chunks that it came with."""
    texts = {(hit.paper_id, evidence.chunk_id): evidence.text for hit in answer.hits for evidence in hit.evidence}
    verified = [
        citation
        for citation in answer.citations
        if citation.quote.strip()
        and texts.get((citation.paper_id, citation.chunk_id), "")[citation.start : citation.end] == citation.quote
    ]
    quotes = {(citation.paper_id, strip_markdown(citation.quote)) for citation in verified}
    claims = [] if answer.abstained else _claims(answer)
    is_supported = _cites_quoted_papers if answer.writer == "generated" else _consists_of_quotes
    return AssessedAnswer(
        abstained=answer.abstained,
        reason=answer.reason,
        cited=tuple(dict.fromkeys(citation.paper_id for citation in answer.citations)),
        quotes=len(answer.citations),
        verified=len(verified),
        sentences=len(claims),
        unsupported=sum(not is_supported(line, quotes) for line in claims),
        confidence=round(answer.hits[0].score, 6) if answer.hits else 0.0,
    )


def _claims(answer: Answer) -> list[str]:
    """Return the lines of an answer that make a claim: all except its lead, its notices and the names of papers.

    A line of a language model that looks like a label is one of its sentences.
    """
    lines = (" ".join(line.split()) for line in answer.answer.splitlines())
    names = [TITLE] if answer.writer == "generated" else [TITLE, LABEL]
    return [
        line for line in lines if line and not any(name.fullmatch(line) for name in names) and not is_boilerplate(line)
    ]


def _consists_of_quotes(line: str, quotes: Iterable[tuple[str, str]]) -> bool:
    """Return whether a line consists of quotations of papers that it cites, besides the warnings of nonmun."""
    rest = line
    for paper_id, quote in sorted(quotes, key=lambda item: -len(item[1])):
        if f"[{paper_id}]" in line:
            rest = rest.replace(quote, "")
    has_quote = rest != line
    rest = _MARKER.sub("", rest)
    for warning in SOURCE_NOTES:
        rest = rest.replace(warning, "")
    return has_quote and not _NON_WORD.sub("", rest)


def _cites_quoted_papers(line: str, quotes: Iterable[tuple[str, str]]) -> bool:
    """Return whether a line of a language model cites papers, and only quoted ones; its words were verified before."""
    cited = set(_MARKER.findall(line))
    return bool(cited) and cited <= {paper_id for paper_id, _ in quotes}


@dataclass(frozen=True, slots=True)
class AnswerMeasure:
    """A measure of answers.

    Attributes:
        value: its value for a judged query and its answer; None if it is not defined for the query.
    """

    name: str
    korean: str
    description: str
    value: Callable[[QueryOutcome, AssessedAnswer], float | None]
    direction: Direction = 1
    primary: bool = False
    paired: bool = True

    def values(self, outcomes: Sequence[QueryOutcome]) -> Mapping[str, float]:
        """Return the value for each judged query with an answer that the measure is defined for, by query id."""
        values = (
            (outcome.query_id, self.value(outcome, outcome.answer))
            for outcome in outcomes
            if outcome.answer and outcome.is_judged
        )
        return {query_id: value for query_id, value in values if value is not None}


def _relevant_cited(outcome: QueryOutcome, answer: AssessedAnswer) -> int:
    return len(outcome.relevant & set(answer.cited))


def _correct(outcome: QueryOutcome, answer: AssessedAnswer) -> float:
    return float(answer.abstained != outcome.answerable and (answer.abstained or _relevant_cited(outcome, answer) > 0))


ANSWER_MEASURES = (
    AnswerMeasure(
        "correct",
        "옳은 응답",
        "Share of queries that were answered with a citation of a relevant paper, or abstained from if unanswerable.",
        _correct,
        primary=True,
    ),
    AnswerMeasure(
        "citation_precision",
        "인용 정밀도",
        "Share of the papers that an answer cites which are relevant.",
        lambda outcome, answer: _relevant_cited(outcome, answer) / len(answer.cited) if answer.cited else None,
        primary=True,
    ),
    AnswerMeasure(
        "citation_recall",
        "인용 재현율",
        "Share of the relevant papers that the answer cites; 0 for an abstention.",
        lambda outcome, answer: (
            _relevant_cited(outcome, answer) / len(outcome.relevant) if outcome.answerable else None
        ),
        primary=True,
    ),
    AnswerMeasure(
        "abstention_recall",
        "기권 재현율",
        "Share of the unanswerable queries that were abstained from.",
        lambda outcome, answer: None if outcome.answerable else float(answer.abstained),
        primary=True,
    ),
    AnswerMeasure(
        "abstention_precision",
        "기권 정밀도",
        "Share of the queries abstained from that are unanswerable.",
        lambda outcome, answer: float(not outcome.answerable) if answer.abstained else None,
        # For a query that both runs abstained from it is equal in both, whatever else either abstained from.
        paired=False,
    ),
    AnswerMeasure(
        "quotes_verified",
        "인용문 확인",
        "Share of quotations that are verbatim in the text that they cite.",
        lambda _, answer: answer.verified / answer.quotes if answer.quotes else None,
    ),
    AnswerMeasure(
        "unsupported",
        "근거 없는 문장",
        "Share of an answer's statements that contain more than verified quotations; in an answer that a language "
        "model wrote, those that cite no quoted paper.",
        lambda _, answer: answer.unsupported / answer.sentences if answer.sentences else None,
        direction=-1,
    ),
)
"""All answer measures; a new one is a new entry."""


def risk_coverage(outcomes: Iterable[QueryOutcome]) -> list[tuple[float, float]]:
    """Return the risk-coverage curve (El-Yaniv & Wiener 2010): points (coverage, risk), coverage rising.

    Queries are included by falling confidence, answered or not; risk is the share of the included queries whose best
    paper is not relevant. Queries of equal confidence are included together.
    """
    ranked = sorted(
        (
            (outcome.answer.confidence, outcome.first_relevant_rank != 1)
            for outcome in outcomes
            if outcome.answer and outcome.is_judged
        ),
        reverse=True,
    )
    points: list[tuple[float, float]] = []
    failures = 0
    for included, (confidence, failed) in enumerate(ranked, start=1):
        failures += failed
        if included == len(ranked) or ranked[included][0] != confidence:
            points.append((round(included / len(ranked), 6), round(failures / included, 6)))
    return points


def area_under_curve(points: Sequence[tuple[float, float]]) -> float:
    """Return the area under a risk-coverage curve: the mean risk over all coverages, 0 is best."""
    area, previous = 0.0, 0.0
    for coverage, risk in points:
        area += (coverage - previous) * risk
        previous = coverage
    return round(area, 6)
