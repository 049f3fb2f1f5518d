"""The nouns of a dataset: queries, and the papers that answer them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...index.domain.papers import Language

Qrels = Mapping[str, Mapping[str, int]]
"""Relevance judgments: grade by query id, then paper id; 0 is not relevant."""

_DAYS = frozenset({"date", "as_of"})  # too many for slices, so they are cut to their month


def slice_of(lang: str, fields: Mapping[str, str], name: str) -> str:
    """What a query belongs to under a field, days by their month; empty where it does not say."""
    value = lang if name == "lang" else fields.get(name, "")
    return value[:7] if name in _DAYS else value


def relevant_of(grades: Mapping[str, int]) -> frozenset[str]:
    """The papers whose grade says that they answer."""
    return frozenset(paper_id for paper_id, grade in grades.items() if grade > 0)


@dataclass(frozen=True, slots=True)
class Query:
    """A question whose answer is known.

    Attributes:
        query_id: names it in judgments and runs.
        text: as asked.
        lang: the language it is asked in.
        answerable: whether any paper of the corpus answers it.
        fields: whatever else is said of it: `kind`, `as_of`, `date` ...; queries are sliced by any of them.
        without: ids of chunks that are left out of its search, since they hold its own words.
    """

    query_id: str
    text: str
    lang: Language
    answerable: bool = True
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    without: tuple[str, ...] = ()

    def slice(self, name: str) -> str:
        """What it belongs to under a field, days by their month; empty where it does not say."""
        return slice_of(self.lang, self.fields, name)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Queries with their judgments.

    Attributes:
        name: what reports call it.
        corpus: in words, what has to be indexed for it.
        licence: of queries and judgments.
        queries: in order.
        qrels: grades by query id, then paper id.
    """

    name: str
    queries: tuple[Query, ...]
    qrels: Qrels
    corpus: str = ""
    licence: str = ""

    @property
    def hash(self) -> str:
        """SHA-256 over queries and judgments: two runs are compared only where it is the same."""
        queries = [
            [one.query_id, one.text, one.lang, one.answerable, sorted(one.fields.items()), one.without]
            for one in self.queries
        ]
        qrels = sorted((query, sorted(grades.items())) for query, grades in self.qrels.items())
        return hashlib.sha256(json.dumps([queries, qrels], ensure_ascii=False).encode()).hexdigest()

    def unjudged(self) -> list[str]:
        """Queries that should have an answer, without a judgment that names one: nothing can be measured of them."""
        return [one.query_id for one in self.queries if one.answerable and not self.relevant(one.query_id)]

    def papers(self) -> set[str]:
        """Every paper that is judged for one of the queries."""
        return {paper_id for query in self.queries for paper_id in self.qrels.get(query.query_id, {})}

    def relevant(self, query_id: str) -> frozenset[str]:
        """The papers that answer a query."""
        return relevant_of(self.qrels.get(query_id, {}))
