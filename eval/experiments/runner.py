"""Runs a dataset against an index through `Library.search` and `Library.ask`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from ...api.library import Library
from ...index.domain.errors import ConfigError, InputError
from ...index.domain.filters import parse_date
from ...index.domain.hits import Hit
from ...index.query.question import parse_question
from ...ingest.report import JobProgress
from ..datasets.model import Dataset, DatasetQuery
from ..metrics.answers import assess_answer
from ..metrics.base import Measure
from ..metrics.registry import measure_outcomes, select_measures
from ..metrics.retrieval import DEFAULT_MEASURES
from ..runs.model import TEXTS_PER_QUERY, QueryOutcome, Run, RunHit, hardest_queries
from ..runs.provenance import code_version
from .summary import summarize

_EXPLAINED_RANKED, _EXPLAINED_RELEVANT = 3, 3  # papers per explained query
_TEXT_CHARS = 300


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Parameters of a run.

    Attributes:
        k: depth of the rankings.
        measures: names of retrieval measures, or measures that are not in the registry; answer measures are always
            included.
        answers: whether every query is answered as well.
        seed: seed of all resampling.
        explained: number of hardest queries that are explained.
    """

    k: int = 100
    measures: Sequence[str | Measure] = DEFAULT_MEASURES
    answers: bool = False
    seed: int = 0
    explained: int = 20


def run_dataset(
    library: Library,
    dataset: Dataset,
    name: str,
    config: RunConfig | None = None,
    observe: Callable[[JobProgress], object] = lambda _: None,
) -> Run:
    """Search, and answer if configured, every query of a dataset.

    Args:
        library: the index.
        dataset: queries and judgments.
        name: name of the run in reports.
        config: parameters of the run.
        observe: called before every query; an exception that it raises ends the run.

    Raises:
        ConfigError: the index is empty, or lacks a chunk that a query excludes.
        InputError: a query or a measure is invalid.
    """
    config = config or RunConfig()
    measures = select_measures(config.measures, config.k)
    status = library.status()
    if not status.papers:
        raise ConfigError(f"{status.data}: the index is empty; run `nonmun ingest PATH...` first")
    _check_questions(dataset)
    _check_excluded_chunks(library, dataset)
    library.search(dataset.queries[0].text)  # loads the model before anything is timed
    outcomes: list[QueryOutcome] = []
    for number, query in enumerate(dataset.queries):
        observe(JobProgress("eval", number, len(dataset.queries), query.text[:24]))
        outcomes.append(_run_query(library, dataset, query, config))
    outcomes = measure_outcomes(outcomes, measures)
    outcomes = _explain_hardest(library, dataset, outcomes, config)
    provenance = {
        "index": {
            name: getattr(status, name) for name in ("generation", "rev", "model_id", "papers", "entries", "chunks")
        },
        "configuration": {
            "embedding": library.settings.embedding,
            "search": library.settings.search.model_dump(mode="json"),
        },
        "unknown_papers": sorted(dataset.judged_papers() - {paper.paper_id for paper in library.papers()}),
    }
    return Run(name, run_record(dataset, outcomes, config) | provenance, tuple(outcomes))


def run_record(dataset: Dataset, outcomes: Sequence[QueryOutcome], config: RunConfig) -> dict[str, Any]:
    """Return the part of a run's record that is common to all systems: dataset, parameters, code and results."""
    return {
        "dataset": {
            "name": dataset.name,
            "corpus": dataset.corpus,
            "licence": dataset.licence,
            "hash": dataset.hash,
            "queries": len(dataset.queries),
            "unanswerable": sum(not query.answerable for query in dataset.queries),
        },
        "depth": config.k,
        "seed": config.seed,
        "code": code_version(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "unjudged_queries": dataset.unjudged_queries(),
        **summarize(outcomes, config.seed),
    }


def _check_excluded_chunks(library: Library, dataset: Dataset) -> None:
    """Check that the index has all chunks that queries exclude; otherwise a query could find its own source.

    Raises:
        ConfigError: a chunk is missing.
    """
    excluded = {chunk_id for query in dataset.queries for chunk_id in query.without}
    missing = sorted(excluded - library.chunk_ids(excluded)) if excluded else []
    if missing:
        raise ConfigError(
            f"{len(missing)} of the chunks that queries exclude are not in the index ({', '.join(missing[:3])}): "
            "the dataset was made from another index; make it again with `nonmun eval make`"
        )


def _check_questions(dataset: Dataset) -> None:
    for query in dataset.queries:
        try:
            parse_question(query.text)
        except InputError as error:
            raise InputError(f"query {query.query_id}", str(error)) from error


def _run_query(library: Library, dataset: Dataset, query: DatasetQuery, config: RunConfig) -> QueryOutcome:
    as_of = _as_of(query)
    results = library.search(query.text, config.k, without=query.without, as_of=as_of)
    timings, assessed = dict(results.timings), None
    if config.answers:
        answer = library.ask(query.text, without=query.without, as_of=as_of)
        assessed = assess_answer(answer)
        timings["answer"] = answer.timings["answer"]
    return QueryOutcome(
        query.query_id,
        query.text,
        query.lang,
        query.answerable,
        query.fields,
        grades=dataset.qrels.get(query.query_id, {}),
        ranking=tuple(_run_hit(hit, with_text=at < TEXTS_PER_QUERY) for at, hit in enumerate(results.hits)),
        timings=timings,
        answer=assessed,
    )


def _as_of(query: DatasetQuery) -> date | None:
    return parse_date("as_of", query.fields.get("as_of"))


def _run_hit(hit: Hit, *, with_text: bool) -> RunHit:
    if not with_text:
        return RunHit(hit.paper_id, hit.score)
    best = hit.evidence[0]
    return RunHit(hit.paper_id, hit.score, hit.title, best.text[:_TEXT_CHARS], best.trust)


def _explain_hardest(
    library: Library, dataset: Dataset, outcomes: Sequence[QueryOutcome], config: RunConfig
) -> list[QueryOutcome]:
    queries = {query.query_id: query for query in dataset.queries}
    hardest = {outcome.query_id for outcome in hardest_queries(outcomes, config.explained)}

    def explain(outcome: QueryOutcome) -> tuple[Mapping[str, Any], ...]:
        query = queries[outcome.query_id]
        ranked = [paper.paper_id for paper in outcome.ranking[:_EXPLAINED_RANKED]]
        relevant = sorted(dataset.relevant_papers(outcome.query_id))[:_EXPLAINED_RELEVANT]
        papers = dict.fromkeys([*ranked, *relevant])
        explanations = library.explain(outcome.text, papers, without=query.without, as_of=_as_of(query))
        return tuple(asdict(explanation) for explanation in explanations)

    return [
        replace(outcome, explanations=explain(outcome)) if outcome.query_id in hardest else outcome
        for outcome in outcomes
    ]
