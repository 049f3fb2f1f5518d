"""Scoring of a TREC run that another system wrote."""

from __future__ import annotations

from pathlib import Path

from ...index.domain.errors import FileError
from ..datasets.formats import read_trec_run
from ..datasets.model import Dataset
from ..metrics.registry import measure_outcomes, select_measures
from ..runs.model import QueryOutcome, Run, RunHit
from .runner import RunConfig, run_record


def score_run(dataset: Dataset, path: Path, name: str, config: RunConfig | None = None) -> Run:
    """Score a TREC run against a dataset's judgments.

    Args:
        dataset: queries and judgments.
        path: the TREC run.
        name: name of the run in reports.
        config: measures, seed, and the depth that rankings are cut to.

    Raises:
        FileError: the file is not a TREC run, or has none of the dataset's queries.
        InputError: a measure is unknown.
    """
    config = config or RunConfig()
    measures = select_measures(config.measures, config.k)
    rankings = read_trec_run(path)
    unknown = sorted(rankings.keys() - {query.query_id for query in dataset.queries})
    if len(unknown) == len(rankings):
        raise FileError(f"{path}: has none of the queries of {dataset.name}; is it a run of another dataset?")
    outcomes = [
        QueryOutcome(
            query.query_id,
            query.text,
            query.lang,
            query.answerable,
            query.fields,
            grades=dataset.qrels.get(query.query_id, {}),
            ranking=tuple(RunHit(paper_id, score) for paper_id, score in rankings.get(query.query_id, [])[: config.k]),
        )
        for query in dataset.queries
    ]
    outcomes = measure_outcomes(outcomes, measures)
    unanswered = [query.query_id for query in dataset.queries if query.query_id not in rankings]
    warnings = {"unknown_queries": unknown, "unanswered_queries": unanswered}
    return Run(name, run_record(dataset, outcomes, config) | warnings, tuple(outcomes))
