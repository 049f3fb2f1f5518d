"""The run model: the ranking, the answer and the measures of every query of a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..datasets.model import relevant_papers, slice_value

TEXTS_PER_QUERY = 10
"""Number of papers per query whose title and text a run keeps; of lower ranks it keeps ids only."""

_NOT_RANKED = 10**6  # sorts after any rank


@dataclass(frozen=True, slots=True)
class RunHit:
    """A paper of a ranking.

    Attributes:
        score: score of the search. Position orders a ranking, not score: papers named in a query come first.
        title, text: for display; empty at lower ranks and in runs of other systems.
        trust: trust label of the summary that the text is from; None for an abstract.
    """

    paper_id: str
    score: float
    title: str = ""
    text: str = ""
    trust: str | None = None


@dataclass(frozen=True, slots=True)
class AssessedAnswer:
    """The answer to a query, checked against the chunks that it cites.

    Attributes:
        abstained: whether no answer was given.
        reason: code of the reason for abstaining; None if it answered.
        cited: ids of the cited papers, each once, in order of citation.
        quotes: number of citations.
        verified: number of citations whose quotation is verbatim in its chunk.
        sentences: number of lines that make a claim.
        unsupported: number of those that no verified citation supports.
        confidence: score of the best paper; orders queries in the risk-coverage curve.
    """

    abstained: bool
    reason: str | None
    cited: tuple[str, ...]
    quotes: int
    verified: int
    sentences: int
    unsupported: int
    confidence: float


@dataclass(frozen=True, slots=True)
class QueryOutcome:
    """The results of one query.

    Attributes:
        query_id, text, lang, answerable, fields: as in the dataset.
        grades: grades of the judged papers.
        ranking: the papers found, best first.
        timings: milliseconds by stage; empty in runs of other systems.
        measures: value by measure, for the measures that are defined for the query.
        answer: its answer, if the run includes answers.
        explanations: score explanations of ranked and relevant papers, for some of the hardest queries.
    """

    query_id: str
    text: str
    lang: str
    answerable: bool
    fields: Mapping[str, str]
    grades: Mapping[str, int]
    ranking: tuple[RunHit, ...]
    timings: Mapping[str, float] = field(default_factory=dict[str, float])
    measures: Mapping[str, float] = field(default_factory=dict[str, float])
    answer: AssessedAnswer | None = None
    explanations: tuple[Mapping[str, Any], ...] = ()

    def slice(self, name: str) -> str:
        """Return its slice under a field (dates: their month), or an empty string where the field is not set."""
        return slice_value(self.lang, self.fields, name)

    @property
    def relevant(self) -> frozenset[str]:
        """Ids of the papers that are judged to answer it."""
        return relevant_papers(self.grades)

    @property
    def is_judged(self) -> bool:
        """Whether its relevant papers are known; an unanswerable query has none."""
        return not self.answerable or bool(self.relevant)

    @property
    def first_relevant_rank(self) -> int | None:
        """Rank of the first relevant paper, from 1; None if none was found."""
        relevant = self.relevant
        return next((rank for rank, paper in enumerate(self.ranking, start=1) if paper.paper_id in relevant), None)

    @property
    def search_ms(self) -> float | None:
        """Milliseconds of its search, all stages except the answer; None if it was not timed."""
        return sum(value for stage, value in self.timings.items() if stage != "answer") if self.timings else None


@dataclass(frozen=True, slots=True)
class Run:
    """The results of one system on one dataset.

    Attributes:
        name: name in reports.
        record: provenance and results: dataset, index, model, configuration, code, seed, measures with intervals,
            latencies, warnings.
        outcomes: results by query, in the dataset's order.
    """

    name: str
    record: Mapping[str, Any]
    outcomes: tuple[QueryOutcome, ...]

    @property
    def dataset_hash(self) -> str:
        """Hash of the dataset."""
        return str(self.record["dataset"]["hash"])


def difficulty_key(outcome: QueryOutcome) -> tuple[float, int, str]:
    """Return a sort key that orders queries from the hardest: lowest first measure, then lowest first relevant rank."""
    first_measure = next(iter(outcome.measures.values()), 1.0)
    return first_measure, -(outcome.first_relevant_rank or _NOT_RANKED), outcome.query_id


def hardest_queries(outcomes: Iterable[QueryOutcome], limit: int) -> list[QueryOutcome]:
    """Return the answerable queries whose first measure is below 1, hardest first."""
    imperfect = (
        outcome for outcome in outcomes if outcome.answerable and outcome.measures and difficulty_key(outcome)[0] < 1
    )
    return sorted(imperfect, key=difficulty_key)[:limit]
