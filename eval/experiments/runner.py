"""Running a dataset: every query through the same `Library.search` as everybody's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ...api.library import Library
from ...index.domain.errors import ConfigError, InputError
from ...index.domain.filters import parse_date
from ...index.domain.hits import Hit
from ...index.query.question import parse_question
from ...ingest.report import Step
from ..datasets.model import Dataset, Query
from ..metrics.answers import answer_measures, reply_of
from ..metrics.retrieval import DEFAULT, evaluate, known_measures
from ..runs.model import SHOWN, Found, Outcome, Run, hardest
from ..runs.provenance import code_version
from .summary import summarise

_EXPLAINED_FOUND, _EXPLAINED_RELEVANT = 3, 3
_TEXT = 300  # characters


@dataclass(frozen=True, slots=True)
class Plan:
    """How to run.

    Attributes:
        k: depth of the rankings.
        measures: names of what is measured.
        answers: whether every query is answered as well.
        seed: of all resampling.
        worst: how many of the worst queries are explained.
    """

    k: int = 100
    measures: Sequence[str] = DEFAULT
    answers: bool = False
    seed: int = 0
    worst: int = 20


def run_dataset(
    library: Library,
    dataset: Dataset,
    name: str,
    plan: Plan | None = None,
    observe: Callable[[Step], object] = lambda _: None,
) -> Run:
    """Search, and where the plan says so answer, every query of a dataset.

    Args:
        library: what is measured.
        dataset: queries and judgments.
        name: what reports call the run.
        plan: how to run.
        observe: told every query before it is asked; what it raises stops the run.

    Raises:
        ConfigError: the index is empty, or lacks a chunk that a query leaves out.
        InputError: a query or a measure is outside its limits.
    """
    plan = plan or Plan()
    known_measures(plan.measures, plan.k)  # before the long work
    status = library.status()
    if not status.papers:
        raise ConfigError(f"{status.data}: the index is empty; run `nonmun ingest PATH...` first")
    _check_questions(dataset)
    check_withheld(library, dataset)
    library.search(dataset.queries[0].text)  # the model is opened before anything is timed
    total = len(dataset.queries)
    outcomes: list[Outcome] = []
    for at, query in enumerate(dataset.queries):
        observe(Step("eval", at, total, query.text[:24]))
        outcomes.append(_outcome(library, dataset, query, plan))
    outcomes = measured(outcomes, plan)
    outcomes = _explained(library, dataset, outcomes, plan)
    unknown = sorted(dataset.papers() - {one.paper_id for one in library.papers()})
    index = {name: getattr(status, name) for name in ("generation", "rev", "model_id", "papers", "entries", "chunks")}
    made_with = {
        "index": index,
        "configuration": {
            "embedding": library.settings.embedding, "search": library.settings.search.model_dump(mode="json")
        },
        "unknown_papers": unknown,
    }  # fmt: skip
    return Run(name, record(dataset, outcomes, plan) | made_with, tuple(outcomes))


def record(dataset: Dataset, outcomes: Sequence[Outcome], plan: Plan) -> dict[str, Any]:
    """What is said of every run, whatever system made it."""
    about = {
        "name": dataset.name,
        "corpus": dataset.corpus,
        "licence": dataset.licence,
        "hash": dataset.hash,
        "queries": len(dataset.queries),
        "unanswerable": sum(not query.answerable for query in dataset.queries),
    }
    return {
        "dataset": about,
        "depth": plan.k,
        "seed": plan.seed,
        "code": code_version(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "unjudged_queries": dataset.unjudged(),
        **summarise(outcomes, plan.seed),
    }


def measured(outcomes: Sequence[Outcome], plan: Plan) -> list[Outcome]:
    """Outcomes with what is measured of each."""
    rankings = {one.query_id: [found.paper_id for found in one.found] for one in outcomes}
    qrels = {one.query_id: dict(one.relevant) for one in outcomes if one.answerable}
    retrieval = evaluate(rankings, qrels, known_measures(plan.measures, plan.k))
    replies = answer_measures(outcomes)
    return [replace(one, measures=retrieval.get(one.query_id, {}) | replies.get(one.query_id, {})) for one in outcomes]


def check_withheld(library: Library, dataset: Dataset) -> None:
    """Refuse queries whose own words cannot be left out of the search: they would find themselves.

    Raises:
        ConfigError: the index lacks a chunk that a query leaves out.
    """
    wanted = {chunk_id for query in dataset.queries for chunk_id in query.without}
    missing = sorted(wanted - library.chunk_ids(wanted)) if wanted else []
    if missing:
        raise ConfigError(
            f"{len(missing)} of the chunks that queries leave out are not in the index ({', '.join(missing[:3])}): "
            "the dataset was made from another index; make it anew with `nonmun eval make`"
        )


def _check_questions(dataset: Dataset) -> None:
    for query in dataset.queries:
        try:
            parse_question(query.text)
        except InputError as error:
            raise InputError(f"query {query.query_id}", str(error)) from error


def _outcome(library: Library, dataset: Dataset, query: Query, plan: Plan) -> Outcome:
    as_of = parse_date("as_of", query.fields.get("as_of"))
    results = library.search(query.text, plan.k, without=query.without, as_of=as_of)
    timings, reply = dict(results.timings), None
    if plan.answers:
        answer = library.ask(query.text, without=query.without, as_of=as_of)
        reply = reply_of(answer)
        timings["answer"] = answer.timings["answer"]
    return Outcome(
        query.query_id, query.text, query.lang, query.answerable, query.fields,
        dataset.qrels.get(query.query_id, {}),
        tuple(_found(hit, shown=at < SHOWN) for at, hit in enumerate(results.hits)),
        timings,
        reply=reply,
    )  # fmt: skip


def _found(hit: Hit, *, shown: bool) -> Found:
    if not shown:
        return Found(hit.paper_id, hit.score)
    best = hit.evidence[0]
    return Found(hit.paper_id, hit.score, hit.title, best.text[:_TEXT], best.trust)


def _explained(library: Library, dataset: Dataset, outcomes: list[Outcome], plan: Plan) -> list[Outcome]:
    queries = {query.query_id: query for query in dataset.queries}
    chosen = {one.query_id for one in hardest(outcomes, plan.worst)}

    def why(outcome: Outcome) -> tuple[Mapping[str, Any], ...]:
        relevant = sorted(dataset.relevant(outcome.query_id))[:_EXPLAINED_RELEVANT]
        shown = dict.fromkeys([*(one.paper_id for one in outcome.found[:_EXPLAINED_FOUND]), *relevant])
        query = queries[outcome.query_id]
        as_of = parse_date("as_of", query.fields.get("as_of"))
        found = library.explain(outcome.text, shown, without=query.without, as_of=as_of)
        return tuple(asdict(one) for one in found)

    return [replace(one, why=why(one)) if one.query_id in chosen else one for one in outcomes]
