"""Why a paper stands where it stands, read back from a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..runs.model import Outcome


@dataclass(frozen=True, slots=True)
class Channel:
    """What a channel adds to a score, and the paper's place by it alone (None where it does not name the paper)."""

    name: str
    rank: int | None
    share: float


@dataclass(frozen=True, slots=True)
class Why:
    """An explanation.

    Attributes:
        rank: place among all candidates of the search; None where no channel named the paper.
        matched: the question's terms that the paper holds, the weightiest first, each with its share of the
            question's information.
        translated: the question's terms that it holds a translation of, each with the translations found.
        missed: the question's terms that it holds neither of.
    """

    rank: int | None
    score: float
    channels: tuple[Channel, ...]
    matched: tuple[tuple[str, float], ...]
    translated: tuple[tuple[str, str], ...]
    missed: tuple[str, ...]


def explanations(outcome: Outcome) -> dict[str, Why]:
    """The explanations of a query, by paper id."""
    return {str(one["paper_id"]): _read(one) for one in outcome.why if "paper_id" in one}


def _read(one: Mapping[str, Any]) -> Why:
    matched: Mapping[str, float] = one.get("matched") or {}
    return Why(
        one.get("rank"),
        float(one.get("score") or 0.0),
        tuple(
            Channel(str(part.get("channel")), part.get("rank"), float(part.get("share") or 0.0))
            for part in one.get("channels") or ()
        ),
        tuple(sorted(matched.items(), key=lambda item: (-item[1], item[0]))),
        tuple((str(term), ", ".join(map(str, found))) for term, found in (one.get("translated") or {}).items()),
        tuple(str(term) for term in one.get("missed") or ()),
    )
