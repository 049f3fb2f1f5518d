"""The form of questions and searches."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request

from ....index.domain.filters import Filter, parse_filter
from ...web.texts import Texts

_FIELDS = ("since", "until", "by", "section", "source", "text", "trust", "author", "category", "paper")


def form_fields(request: Request) -> list[tuple[str, str]]:
    """Return the filled-in fields of the form of questions and searches."""
    return [(key, value.strip()) for key, value in request.query_params.multi_items() if value.strip()]


def form_filter(form: Sequence[tuple[str, str]]) -> Filter:
    """Return the filter that a form asks for.

    Raises:
        InputError: a field is invalid.
    """
    values: dict[str, list[str]] = {}
    for key, value in form:
        values.setdefault(key, []).append(value)

    def first(key: str) -> str | None:
        return values.get(key, [None])[0]

    return parse_filter(
        since=first("since"),
        until=first("until"),
        by=first("by") or "digest",
        papers=values.get("paper", ()),
        sections=values.get("section", ()),
        lang=first("text"),
        source=first("source"),
        trust=values.get("trust", ()),
        authors=values.get("author", ()),
        categories=values.get("category", ()),
    )


def field_names(texts: Texts) -> dict[str, str]:
    """Return the names of the fields of the filter, as shown."""
    keys = {"text": "text_lang", "by": "by_published"}
    return {field: texts("papers" if field == "paper" else keys.get(field, field)) for field in _FIELDS}
