"""What is to be judged: the best papers of several runs for each query, in an order that betrays no run and no rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...index.domain.arxiv_ids import parse_arxiv_id
from ...index.domain.errors import ConfigError
from ...index.domain.papers import paper_url
from ..datasets.model import Dataset, Query
from ..datasets.synthesis.corpus import shuffled
from ..runs.model import Found, Outcome, Run


@dataclass(frozen=True, slots=True)
class Pair:
    """A query and a paper that a run found for it.

    Attributes:
        title: of the paper; empty where the runs keep none.
        url: its page; empty where its id is none of arXiv's.
        texts: words of it that runs found, each once, in no telling order.
    """

    query: Query
    paper_id: str
    title: str
    url: str
    texts: tuple[str, ...]


def pool(dataset: Dataset, runs: Sequence[Run], depth: int = 10, seed: int = 0) -> tuple[Pair, ...]:
    """The pairs that nobody judged yet: the union of the runs' first papers for every query that has an answer.

    Args:
        dataset: queries, and what is judged already.
        runs: of that dataset; its judgments may have grown since.
        depth: how many papers of each ranking.
        seed: decides the order of a query's papers.

    Raises:
        ConfigError: a run asked something else.
    """
    queries = {query.query_id: query for query in dataset.queries}
    for run in runs:
        _check(run, queries)
    outcomes = [{one.query_id: one for one in run.outcomes} for run in runs]
    pairs: list[Pair] = []
    for query in dataset.queries:
        if query.answerable:
            asked = [found[query.query_id] for found in outcomes if query.query_id in found]
            pairs += _of_query(query, asked, dataset.qrels.get(query.query_id, {}), depth, seed)
    return tuple(pairs)


def _check(run: Run, queries: dict[str, Query]) -> None:
    for outcome in run.outcomes:
        query = queries.get(outcome.query_id)
        if query is None or query.text != outcome.text:
            raise ConfigError(
                f"run {run.name} is of another dataset, whose {outcome.query_id} asks something else; "
                "run this one with `nonmun eval run`"
            )


def _of_query(query: Query, asked: Sequence[Outcome], judged: Mapping[str, int], depth: int, seed: int) -> list[Pair]:
    found: dict[str, list[Found]] = {}
    for outcome in asked:
        for one in outcome.found[:depth]:
            found.setdefault(one.paper_id, []).append(one)
    pairs = ((paper_id, _pair(query, paper_id, ones, seed)) for paper_id, ones in found.items())
    return [pair for pair in shuffled(seed, query.query_id, pairs) if pair.paper_id not in judged]


def _pair(query: Query, paper_id: str, found: Sequence[Found], seed: int) -> Pair:
    title = next((one.title for one in found if one.title), "")
    texts = dict.fromkeys(one.text for one in found if one.text)
    url = paper_url(paper_id) if parse_arxiv_id(paper_id) else ""
    return Pair(query, paper_id, title, url, tuple(shuffled(seed, paper_id, ((text, text) for text in texts))))
