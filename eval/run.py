"""The nouns of a run: what was found for every query of a dataset, and what it was found with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .dataset import DAYS


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
        value = self.lang if name == "lang" else self.fields.get(name, "")
        return value[:7] if name in DAYS else value


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
