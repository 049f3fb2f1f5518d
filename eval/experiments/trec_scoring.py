"""Measuring a TREC run that any other system wrote."""

from __future__ import annotations

from pathlib import Path

from ...index.domain.errors import FileError
from ..datasets.formats import read_run
from ..datasets.model import Dataset
from ..runs.model import Found, Outcome, Run
from .runner import Plan, measured, record


def score_run(dataset: Dataset, path: Path, name: str, plan: Plan | None = None) -> Run:
    """Measure a run file against a dataset's judgments.

    Args:
        dataset: queries and judgments.
        path: the TREC run.
        name: what reports call the run.
        plan: measures, seed, and the depth that rankings are cut to.

    Raises:
        FileError: the file is no run, or none of its queries are the dataset's.
        InputError: a measure is unknown.
    """
    plan = plan or Plan()
    rankings = read_run(path)
    unknown = sorted(rankings.keys() - {query.query_id for query in dataset.queries})
    if len(unknown) == len(rankings):
        raise FileError(f"{path}: answers none of the queries of {dataset.name}; is it the run of another dataset?")
    outcomes = [
        Outcome(
            query.query_id, query.text, query.lang, query.answerable, query.fields,
            dataset.qrels.get(query.query_id, {}),
            tuple(Found(paper_id, value) for paper_id, value in rankings.get(query.query_id, [])[: plan.k]),
        )
        for query in dataset.queries
    ]  # fmt: skip
    outcomes = measured(outcomes, plan)
    unanswered = [query.query_id for query in dataset.queries if query.query_id not in rankings]
    read = {"unknown_queries": unknown, "unanswered_queries": unanswered}
    return Run(name, record(dataset, outcomes, plan) | read, tuple(outcomes))
