"""Translate metadata filters to SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from ..domain.filters import Filter, fold_name


def condition(where: Filter) -> tuple[str, list[Any]]:
    """Translate a filter to an SQL condition over `chunks` left-joined with `entries`.

    Returns:
        The condition, and the values to bind. An empty filter gives a condition that always holds.
    """
    parts: list[tuple[str, list[Any]]] = []
    if where.since or where.until:
        parts.append(_in_window(where))
    for column, values in (
        ("chunks.paper_id", where.papers),
        ("section", where.sections),
        ("chunks.lang", [where.lang] if where.lang else []),
        ("source", [where.source] if where.source else []),
    ):
        if values:
            parts.append((f"{column} IN ({_marks(values)})", list(values)))
    if where.trust:
        parts.append((f"(source = 'abstract' OR label IN ({_marks(where.trust)}))", list(where.trust)))
    if where.authors:
        parts.append(_with_facet("author", [_is_name(author) for author in where.authors]))
    if where.categories:
        parts.append(_with_facet("category", [_is_category(category) for category in where.categories]))
    return " AND ".join(sql for sql, _ in parts) or "1", [value for _, values in parts for value in values]


def _in_window(where: Filter) -> tuple[str, list[Any]]:
    low, high = (where.since or date.min).isoformat(), (where.until or date.max).isoformat()
    if where.by == "published":
        sql = "chunks.paper_id IN (SELECT paper_id FROM sources WHERE substr(published, 1, 10) BETWEEN ? AND ?)"
        return sql, [low, high]
    sql = """(chunks.digest_date BETWEEN ? AND ? OR (chunks.digest_date IS NULL AND chunks.paper_id IN
             (SELECT paper_id FROM entries WHERE digest_date BETWEEN ? AND ?)))"""
    return sql, [low, high] * 2


def _with_facet(facet: str, alternatives: Sequence[tuple[str, list[Any]]]) -> tuple[str, list[Any]]:
    """Return the condition that a chunk's paper has a facet for which at least one of some conditions holds."""
    any_of = " OR ".join(sql for sql, _ in alternatives)
    sql = f"chunks.paper_id IN (SELECT paper_id FROM facets WHERE facet = ? AND ({any_of}))"  # noqa: S608 - bound
    return sql, [facet, *(value for _, values in alternatives for value in values)]


def _is_name(author: str) -> tuple[str, list[Any]]:
    """Return the condition that each word of a name begins a word of the facet. Folded words hold no wildcards."""
    words = fold_name(author).split()
    sql = " AND ".join(["(' ' || value) LIKE ?"] * len(words))
    return f"({sql})", [f"% {word}%" for word in words]


def _is_category(category: str) -> tuple[str, list[Any]]:
    name = category.casefold()
    return "(value = ? OR value LIKE ?)", [name, f"{name}.%"]


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
