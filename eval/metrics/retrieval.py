"""Retrieval measures, computed by ir-measures: one value per query."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...index.domain.errors import InputError
from ..datasets.model import Qrels
from ..runs.model import QueryOutcome
from .base import Direction

_NAME = re.compile(r"([a-z]+)(?:@([1-9]\d{0,3}))?")


@dataclass(frozen=True, slots=True)
class RetrievalMeasure:
    """A measure of rankings, such as `ndcg@10`.

    Attributes:
        ir_name: name in ir-measures, such as `nDCG@10`.
        cutoff: number of papers that it looks at; None for all.
    """

    name: str
    ir_name: str
    cutoff: int | None
    korean: str
    description: str
    primary: bool
    direction: Direction = 1
    paired: bool = True

    def values(self, outcomes: Sequence[QueryOutcome]) -> Mapping[str, float]:
        """Return the value for each answerable query with a relevant paper, by query id."""
        return {query_id: values[self.name] for query_id, values in evaluate_outcomes(outcomes, [self]).items()}


@dataclass(frozen=True, slots=True)
class MeasureFamily:
    """A measure of ir-measures at any cutoff. A paper is relevant from grade 1.

    Attributes:
        name: canonical name without cutoff.
        ir_name: name in ir-measures.
        korean: Korean name.
        description: definition; {papers} is replaced by the papers within the cutoff, {ranks} by their ranks.
        aliases: other names.
        needs_cutoff: whether it is undefined without a cutoff.
        defaults: cutoffs that are measured unless others are named; None is no cutoff.
        primary: cutoffs that a comparison tests unless others are named.
    """

    name: str
    ir_name: str
    korean: str
    description: str
    aliases: tuple[str, ...] = ()
    needs_cutoff: bool = False
    defaults: tuple[int | None, ...] = ()
    primary: tuple[int | None, ...] = ()

    def at(self, cutoff: int | None) -> RetrievalMeasure:
        """Return the measure at a cutoff."""
        suffix = f"@{cutoff}" if cutoff else ""
        papers, ranks = (f"the first {cutoff} papers", f"the first {cutoff}") if cutoff else ("all papers", "all ranks")
        description = self.description.format(papers=papers, ranks=ranks)
        return RetrievalMeasure(
            self.name + suffix, self.ir_name + suffix, cutoff, self.korean, description, cutoff in self.primary
        )


FAMILIES = (
    MeasureFamily(
        "ndcg",
        "nDCG",
        "순위 품질",
        "Quality of the order of {papers}: every relevant paper adds its grade, discounted by the logarithm of its "
        "rank; 1 is the best possible order (Järvelin & Kekäläinen 2002).",
        defaults=(10,),
        primary=(10,),
    ),
    MeasureFamily(
        "r",
        "R",
        "재현율",
        "Share of a query's relevant papers that are among {ranks}.",
        aliases=("recall",),
        needs_cutoff=True,
        defaults=(1, 5, 10, 50, 100),
        primary=(10, 50),
    ),
    MeasureFamily("p", "P", "정밀도", "Share of {papers} that are relevant.", needs_cutoff=True),
    MeasureFamily(
        "mrr",
        "RR",
        "첫 정답 순위의 역수",
        "1 / rank of the first relevant paper; 0 if there is none among {ranks}.",
        aliases=("rr",),
        defaults=(10,),
        primary=(10,),
    ),
    MeasureFamily(
        "map",
        "AP",
        "평균 정밀도",
        "Precision at the rank of each relevant paper among {ranks}, averaged over all relevant papers.",
        aliases=("ap",),
        defaults=(None,),
    ),
    MeasureFamily(
        "success",
        "Success",
        "적중률",
        "Share of queries with at least one relevant paper among {ranks}.",
        needs_cutoff=True,
        defaults=(1, 5, 10),
    ),
    MeasureFamily(
        "judged",
        "Judged",
        "판정 비율",
        "Share of {papers} that are judged; where it is low, other measures underestimate a run, because unjudged "
        "papers count as not relevant.",
        needs_cutoff=True,
        defaults=(10,),
    ),
)
"""All retrieval measures; a new one is a new entry."""

DEFAULT_MEASURES = tuple(family.at(cutoff).name for family in FAMILIES for cutoff in family.defaults)
"""Names of the retrieval measures that are computed unless others are named."""


def retrieval_measure(name: str) -> RetrievalMeasure:
    """Return a retrieval measure by any of its spellings: `nDCG@10` is `ndcg@10`, `recall@5` is `r@5`.

    Raises:
        InputError: the measure is unknown, or lacks a cutoff that it needs.
    """
    match = _NAME.fullmatch(name.strip().lower())
    by_name = {name: family for family in FAMILIES for name in (family.name, *family.aliases)}
    family = by_name.get(match[1]) if match else None
    if match is None or family is None:
        known = ", ".join(family.name for family in FAMILIES)
        raise InputError("measure", f"{name[:40]!r} is unknown (expected one of {known}, with a cutoff as in ndcg@10)")
    if family.needs_cutoff and not match[2]:
        raise InputError("measure", f"{name!r} needs a cutoff, such as {family.name}@10")
    return family.at(int(match[2]) if match[2] else None)


def measures_within(names: Iterable[str], depth: int) -> tuple[RetrievalMeasure, ...]:
    """Return the measures of some names, each once, without those whose cutoff exceeds the depth of the rankings.

    Raises:
        InputError: a name is unknown, or no measure is left.
    """
    measures = list(dict.fromkeys(retrieval_measure(name) for name in names))
    usable = tuple(measure for measure in measures if (measure.cutoff or 0) <= depth)
    if not usable:
        requested = ", ".join(measure.name for measure in measures)
        raise InputError("measure", f"no measure is defined for rankings of {depth} papers ({requested}); raise k")
    return usable


def evaluate_rankings(
    rankings: Mapping[str, Sequence[str]], qrels: Qrels, measures: Sequence[RetrievalMeasure]
) -> dict[str, dict[str, float]]:
    """Compute measures of rankings in one pass over them.

    Args:
        rankings: paper ids by query id, best first; a missing query counts as an empty ranking.
        qrels: judgments; queries without a relevant paper are left out.
        measures: the measures.

    Returns:
        Value by query id, then name of the measure.
    """
    import ir_measures

    judged = {
        query_id: dict(grades) for query_id, grades in qrels.items() if any(grade > 0 for grade in grades.values())
    }
    # Scores are made from ranks: evaluation tools sort by score and break ties by id.
    scores = {
        query_id: {paper_id: float(-rank) for rank, paper_id in enumerate(ranking)}
        for query_id in judged
        if (ranking := rankings.get(query_id))
    }
    names: dict[Any, str] = {ir_measures.parse_measure(measure.ir_name): measure.name for measure in measures}
    values = {query_id: dict.fromkeys(names.values(), 0.0) for query_id in judged}
    for metric in ir_measures.iter_calc(list(names), judged, scores):
        values[metric.query_id][names[metric.measure]] = float(metric.value)
    return values


def evaluate_outcomes(
    outcomes: Sequence[QueryOutcome], measures: Sequence[RetrievalMeasure]
) -> dict[str, dict[str, float]]:
    """Compute measures of the answerable queries of a run in one pass; value by query id, then name."""
    rankings = {outcome.query_id: [paper.paper_id for paper in outcome.ranking] for outcome in outcomes}
    qrels = {outcome.query_id: outcome.grades for outcome in outcomes if outcome.answerable}
    return evaluate_rankings(rankings, qrels, measures)
