"""The measure registry: one entry per measure, from which defaults, comparison, gate and legend are derived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from nonmun import InputError, Library
from nonmun.eval.datasets.model import Dataset
from nonmun.eval.experiments.runner import RunConfig, run_dataset
from nonmun.eval.metrics.answers import ANSWER_MEASURES
from nonmun.eval.metrics.base import Direction, Measure
from nonmun.eval.metrics.registry import (
    MAIN_MEASURE,
    canonical_name,
    direction,
    find_measure,
    measure_outcomes,
    select_measures,
)
from nonmun.eval.metrics.retrieval import DEFAULT_MEASURES, FAMILIES, retrieval_measure
from nonmun.eval.report.legend import legend_entry
from nonmun.eval.runs.model import QueryOutcome, RunHit

KNOWN = [*DEFAULT_MEASURES, *(measure.name for measure in ANSWER_MEASURES)]


@dataclass(frozen=True)
class TopScore:
    """A measure of the tests' own: the score of the best paper."""

    name: str = "top_score"
    korean: str = ""
    description: str = "Score of the best paper."
    direction: Direction = 1
    primary: bool = False
    paired: bool = True

    def values(self, outcomes: Sequence[QueryOutcome]) -> Mapping[str, float]:
        return {outcome.query_id: outcome.ranking[0].score for outcome in outcomes if outcome.ranking}


def outcome(query_id: str, *scores: float, relevant: str = "p0") -> QueryOutcome:
    ranking = tuple(RunHit(f"p{at}", score) for at, score in enumerate(scores))
    return QueryOutcome(query_id, query_id, "en", True, {}, {relevant: 1}, ranking)


def test_default_measures_are_those_of_the_readme() -> None:
    assert DEFAULT_MEASURES == (
        "ndcg@10", "r@1", "r@5", "r@10", "r@50", "r@100", "mrr@10", "map", "success@1", "success@5", "success@10",
        "judged@10",
    )  # fmt: skip
    assert MAIN_MEASURE in DEFAULT_MEASURES


def test_primary_measures_and_directions_follow_from_the_entries() -> None:
    measures = [measure for name in KNOWN if (measure := find_measure(name))]
    assert [measure.name for measure in measures] == KNOWN
    assert {measure.name for measure in measures if measure.primary} == {
        "ndcg@10", "r@10", "r@50", "mrr@10", "correct", "citation_precision", "citation_recall", "abstention_recall"
    }  # fmt: skip
    assert [measure.name for measure in measures if not measure.paired] == ["abstention_precision"]
    assert [name for name in KNOWN if direction(name) < 0] == ["unsupported"]


@pytest.mark.parametrize("name", [*KNOWN, "p@3", "ndcg", "mrr", "map@5"])
def test_every_measure_has_a_legend_entry(name: str) -> None:
    entry = legend_entry(name)
    assert entry.name == name
    assert entry.korean
    assert entry.description.endswith(".")
    assert "{" not in entry.description
    assert entry.lower_is_better == (name == "unsupported")


def test_legend_names_the_cutoff() -> None:
    assert "among the first 7." in legend_entry("r@7").description
    assert legend_entry("p@3").description == "Share of the first 3 papers that are relevant."
    assert "all ranks" in legend_entry("mrr").description


def test_unknown_measures_have_defaults() -> None:
    assert find_measure("colour") is None
    assert direction("colour") == 1
    assert (legend_entry("colour").name, legend_entry("colour").description) == ("colour", "")
    with pytest.raises(InputError, match="'colour' is unknown"):
        canonical_name("colour")


def test_canonical_names() -> None:
    assert [canonical_name(name) for name in (" correct ", "nDCG@10", "recall@5")] == ["correct", "ndcg@10", "r@5"]
    assert len({name for family in FAMILIES for name in (family.name, *family.aliases)}) == sum(
        1 + len(family.aliases) for family in FAMILIES
    )


def test_a_retrieval_measure_alone_equals_the_batch() -> None:
    outcomes = [outcome("a", 3.0, 2.0, 1.0), outcome("b", 1.0, relevant="p9"), outcome("c", 2.0, 1.0, relevant="p1")]
    batch = measure_outcomes(outcomes, [retrieval_measure(name) for name in DEFAULT_MEASURES])
    for name in DEFAULT_MEASURES:
        assert retrieval_measure(name).values(outcomes) == {
            outcome.query_id: outcome.measures[name] for outcome in batch
        }


def test_a_measure_outside_the_registry() -> None:
    measures = select_measures(["r@1", "r@50", TopScore()], 10)
    assert [measure.name for measure in measures[:2]] == ["r@1", "top_score"]
    assert measures[2:] == ANSWER_MEASURES
    own: Measure = TopScore()
    assert select_measures([own], 10)[0] == own
    measured = measure_outcomes([outcome("a", 0.5), outcome("b")], measures)
    assert [dict(outcome.measures) for outcome in measured] == [{"r@1": 1.0, "top_score": 0.5}, {"r@1": 0.0}]


def test_a_run_with_a_measure_outside_the_registry(filled: Library, questions: Dataset) -> None:
    run = run_dataset(filled, questions, "own", RunConfig(k=5, measures=("r@5", TopScore()), explained=0))
    assert list(run.record["measures"]) == ["r@5", "top_score"]
    assert run.record["measures"]["top_score"]["n"] == len(questions.queries)
