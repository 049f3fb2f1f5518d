"""The nouns of a run: what was found for every query of a dataset, and what it was found with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..datasets.model import relevant_of, slice_of

SHOWN = 10
"""Papers a query whose titles and words a run keeps; of those beyond it keeps ids."""

_NOWHERE = 10**6  # the place of what was not found


@dataclass(frozen=True, slots=True)
class Found:
    """A paper at its place in a ranking.

    Attributes:
        score: as the search gave it; rankings are ordered by place, since named papers come before better scores.
        title, text: shown to people; empty beyond the first few, and in runs of other systems.
        trust: label of the summary that the text stands in; None for an abstract.
    """

    paper_id: str
    score: float
    title: str = ""
    text: str = ""
    trust: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What answering a query gave.

    Attributes:
        abstained: whether nothing was said to answer.
        reason: why, as a code.
        cited: papers cited, in order, each once.
        quotes: how many citations.
        verified: how many of them stand letter for letter in their chunk.
        sentences: how many sentences claim something.
        unsupported: how many of those are not the words of a citation.
        confidence: how sure the best paper is; risk and coverage are drawn along it.
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
class Outcome:
    """One query of a run.

    Attributes:
        query_id, text, lang, answerable, fields: as in the dataset.
        relevant: grades of its judged papers.
        found: the ranking, best first.
        timings: milliseconds by stage; empty for runs of other systems.
        measures: value by measure; empty where nothing answers the query.
        reply: its answer, where answers were asked for.
        why: for some of the worst queries, explanations of what was found and what was not.
    """

    query_id: str
    text: str
    lang: str
    answerable: bool
    fields: Mapping[str, str]
    relevant: Mapping[str, int]
    found: tuple[Found, ...]
    timings: Mapping[str, float] = field(default_factory=dict[str, float])
    measures: Mapping[str, float] = field(default_factory=dict[str, float])
    reply: Reply | None = None
    why: tuple[Mapping[str, Any], ...] = ()

    def slice(self, name: str) -> str:
        """What it belongs to under a field, days by their month; empty where it does not say."""
        return slice_of(self.lang, self.fields, name)

    @property
    def answering(self) -> frozenset[str]:
        """The papers that are judged to answer it."""
        return relevant_of(self.relevant)

    @property
    def is_judged(self) -> bool:
        """Whether it is known what answers it, be it nothing."""
        return not self.answerable or bool(self.answering)

    @property
    def place(self) -> int | None:
        """Place of the first paper that answers it, from 1; None where none was found."""
        answering = self.answering
        return next((at for at, one in enumerate(self.found, start=1) if one.paper_id in answering), None)

    @property
    def search_ms(self) -> float | None:
        """Milliseconds of its search, all stages but the answer together; None where it was not timed."""
        return sum(value for stage, value in self.timings.items() if stage != "answer") if self.timings else None


@dataclass(frozen=True, slots=True)
class Run:
    """A run.

    Attributes:
        name: what reports call it.
        record: what it was made with and what came out: dataset, index, model, configuration, code, seed, measures
            with intervals, latencies, warnings.
        outcomes: one a query, in the dataset's order.
    """

    name: str
    record: Mapping[str, Any]
    outcomes: tuple[Outcome, ...]

    @property
    def dataset_hash(self) -> str:
        """Of the dataset that was run."""
        return str(self.record["dataset"]["hash"])


def hardness(outcome: Outcome) -> tuple[float, int, str]:
    """Sorts queries from the worst: the first measure, then the place of the first relevant paper (farther first)."""
    return next(iter(outcome.measures.values()), 1.0), -(outcome.place or _NOWHERE), outcome.query_id


def hardest(outcomes: Iterable[Outcome], most: int) -> list[Outcome]:
    """The worst queries, worst first: those that papers answer and that are not found perfectly."""
    missed = (one for one in outcomes if one.answerable and one.measures and hardness(one)[0] < 1)
    return sorted(missed, key=hardness)[:most]
