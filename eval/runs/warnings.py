"""Warnings about a run: papers and queries that its measures do not cover as expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...index.util.text import truncate

_MAX_IDS, _ID_WIDTH = 5, 40  # ids in a warning, and columns per id
_WARNINGS = {
    "unknown_papers": "judged papers are not in the index and count as missed",
    "unjudged_queries": "queries have no relevant paper judged and are not measured",
    "unanswered_queries": "queries are not in the run and count as nothing found",
    "unknown_queries": "queries of the run are not in the dataset and are ignored",
}


def run_warnings(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the warnings of a run's record, each a line with the first ids that it is about."""
    return tuple(
        _warning([str(item) for item in record[kind]], text) for kind, text in _WARNINGS.items() if record.get(kind)
    )


def _warning(ids: Sequence[str], text: str) -> str:
    listed = ", ".join(truncate(item, _ID_WIDTH) for item in ids[:_MAX_IDS])
    return f"{len(ids)} {text}: {listed}{' …' if len(ids) > _MAX_IDS else ''}"
