"""What a reader should know before trusting a run's numbers, or holding runs against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...index.util.text import shortened
from .sides import Side

_NAMED, _ID = 5, 40  # ids in a warning, and columns of each
_KINDS = {
    "unknown_papers": "judged papers are not in the index and count as missed",
    "unjudged_queries": "queries should have an answer, but no relevant paper is judged; they are not measured",
    "unanswered_queries": "queries are not in the run and count as nothing found",
    "unknown_queries": "queries of the run are not in the dataset and are ignored",
}


def cautions(side: Side) -> tuple[str, ...]:
    """Of one run, each a sentence."""
    found = {kind: [str(one) for one in side.record.get(kind) or ()] for kind in _KINDS}
    return tuple(_sentence(len(ids), _KINDS[kind], ids) for kind, ids in found.items() if ids)


def _sentence(n: int, words: str, ids: Sequence[str]) -> str:
    return f"{n} {words}: {', '.join(shortened(one, _ID) for one in ids[:_NAMED])}{' …' if n > _NAMED else ''}"


def apart(shown: Sequence[Side]) -> tuple[str, ...]:
    """What differs between runs besides what was to be compared."""
    index: list[Mapping[str, Any]] = [side.record.get("index") or {} for side in shown]
    ours = [one for one in index if one]
    checks = {
        "were made from different states of the index": {(one.get("rev"), one.get("chunks")) for one in ours},
        "were made by different versions of the code": {side.record.get("code") for side in shown if index},
        "have rankings of different depth": {side.record["depth"] for side in shown},
    }
    return tuple(f"the runs {words}" for words, values in checks.items() if len(values) > 1)
