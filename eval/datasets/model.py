"""Evaluation datasets: queries with graded relevance judgments."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...index.domain.papers import Language

Qrels = Mapping[str, Mapping[str, int]]
"""Relevance judgments: grade by query id, then paper id; 0 is not relevant."""

_DATE_FIELDS = frozenset({"date", "as_of"})  # sliced by month: single days are too many slices


def slice_value(lang: str, fields: Mapping[str, str], name: str) -> str:
    """Return the slice of a query under a field (dates: their month), or an empty string where the field is not set."""
    value = lang if name == "lang" else fields.get(name, "")
    return value[:7] if name in _DATE_FIELDS else value


def relevant_papers(grades: Mapping[str, int]) -> frozenset[str]:
    """Return the ids of the papers with a grade above 0."""
    return frozenset(paper_id for paper_id, grade in grades.items() if grade > 0)


@dataclass(frozen=True, slots=True)
class DatasetQuery:
    """A query of a dataset.

    Attributes:
        query_id: id in judgments and runs.
        text: the question.
        lang: language of the question.
        answerable: whether any paper of the corpus answers it.
        fields: further fields: `kind`, `as_of`, `date` ...; results can be sliced by any of them.
        without: ids of chunks that are excluded from its search because they contain its own words.
    """

    query_id: str
    text: str
    lang: Language
    answerable: bool = True
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    without: tuple[str, ...] = ()

    def slice(self, name: str) -> str:
        """Return its slice under a field (dates: their month), or an empty string where the field is not set."""
        return slice_value(self.lang, self.fields, name)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Queries with their relevance judgments.

    Attributes:
        name: name in reports.
        queries: in file order.
        qrels: grades by query id, then paper id.
        corpus: description of what has to be indexed.
        licence: license of queries and judgments.
    """

    name: str
    queries: tuple[DatasetQuery, ...]
    qrels: Qrels
    corpus: str = ""
    licence: str = ""

    @property
    def hash(self) -> str:
        """SHA-256 over queries and judgments; only runs with equal hashes are compared."""
        queries = [
            [query.query_id, query.text, query.lang, query.answerable, sorted(query.fields.items()), query.without]
            for query in self.queries
        ]
        qrels = sorted((query_id, sorted(grades.items())) for query_id, grades in self.qrels.items())
        return hashlib.sha256(json.dumps([queries, qrels], ensure_ascii=False).encode()).hexdigest()

    def unjudged_queries(self) -> list[str]:
        """Return the ids of answerable queries without a relevant paper, which no measure is defined for."""
        return [
            query.query_id for query in self.queries if query.answerable and not self.relevant_papers(query.query_id)
        ]

    def judged_papers(self) -> set[str]:
        """Return the ids of all papers that are judged for any of the queries."""
        return {paper_id for query in self.queries for paper_id in self.qrels.get(query.query_id, {})}

    def relevant_papers(self, query_id: str) -> frozenset[str]:
        """Return the ids of the papers that answer a query."""
        return relevant_papers(self.qrels.get(query_id, {}))
