"""Pooling: the unjudged top papers of several runs for each query, in an order independent of runs and ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...index.domain.arxiv_ids import parse_arxiv_id
from ...index.domain.errors import ConfigError
from ...index.domain.papers import paper_url
from ..datasets.model import Dataset, DatasetQuery
from ..datasets.sampling import stable_shuffle
from ..runs.model import QueryOutcome, Run, RunHit


@dataclass(frozen=True, slots=True)
class PooledPaper:
    """A query and a paper that a run found for it.

    Attributes:
        title: title of the paper; empty if the runs keep none.
        url: page of the paper; empty if its id is not an arXiv id.
        texts: distinct texts of the paper that the runs found, in an order independent of the runs.
    """

    query: DatasetQuery
    paper_id: str
    title: str
    url: str
    texts: tuple[str, ...]


def pool_papers(dataset: Dataset, runs: Sequence[Run], depth: int = 10, seed: int = 0) -> tuple[PooledPaper, ...]:
    """Return the unjudged papers among the top ranks of any run, for every answerable query.

    Args:
        dataset: queries and existing judgments.
        runs: runs of the dataset; judgments may have been added since.
        depth: number of papers per ranking.
        seed: determines the order of a query's papers.

    Raises:
        ConfigError: a run is of another dataset.
    """
    queries = {query.query_id: query for query in dataset.queries}
    for run in runs:
        _check_run(run, queries)
    outcomes = [{outcome.query_id: outcome for outcome in run.outcomes} for run in runs]
    pool: list[PooledPaper] = []
    for query in dataset.queries:
        if query.answerable:
            of_query = [by_id[query.query_id] for by_id in outcomes if query.query_id in by_id]
            pool += _pool_query(query, of_query, dataset.qrels.get(query.query_id, {}), depth, seed)
    return tuple(pool)


def _check_run(run: Run, queries: Mapping[str, DatasetQuery]) -> None:
    for outcome in run.outcomes:
        query = queries.get(outcome.query_id)
        if query is None or query.text != outcome.text:
            raise ConfigError(
                f"run {run.name} is of another dataset: the text of its query {outcome.query_id} differs; "
                "run this dataset with `nonmun eval run`"
            )


def _pool_query(
    query: DatasetQuery, outcomes: Sequence[QueryOutcome], grades: Mapping[str, int], depth: int, seed: int
) -> list[PooledPaper]:
    papers: dict[str, list[RunHit]] = {}
    for outcome in outcomes:
        for paper in outcome.ranking[:depth]:
            papers.setdefault(paper.paper_id, []).append(paper)
    pooled = ((paper_id, _pooled_paper(query, paper_id, found, seed)) for paper_id, found in papers.items())
    return [paper for paper in stable_shuffle(seed, query.query_id, pooled) if paper.paper_id not in grades]


def _pooled_paper(query: DatasetQuery, paper_id: str, papers: Sequence[RunHit], seed: int) -> PooledPaper:
    title = next((paper.title for paper in papers if paper.title), "")
    texts = dict.fromkeys(paper.text for paper in papers if paper.text)
    url = paper_url(paper_id) if parse_arxiv_id(paper_id) else ""
    return PooledPaper(query, paper_id, title, url, tuple(stable_shuffle(seed, paper_id, ((t, t) for t in texts))))
