"""Contradictions: the spans of a hit's evidence where a summary contradicts the paper's abstract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..catalog.base import CatalogView
from ..domain.hits import Evidence, Hit
from ..domain.papers import Entry

_CHECKED_CODES = frozenset({"number", "unit", "name"})


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A span of a summary that contradicts its abstract.

    Attributes:
        chunk_id: the chunk of the summary.
        start, end: offsets into the chunk's text, in code points.
        against: the abstract's words.
    """

    chunk_id: str
    start: int
    end: int
    against: str


def contradictions(view: CatalogView, hits: Iterable[Hit]) -> tuple[Contradiction, ...]:
    """Return the contradictions in the evidence of hits; only papers with a contradicted summary are looked up."""
    result: list[Contradiction] = []
    for hit in hits:
        contradicted = [item for item in hit.evidence if item.trust == "contradicted"]
        if contradicted:
            entries = {entry.digest_date: entry for entry in view.entries.of_paper(hit.paper_id)}
            for item in contradicted:
                result += _in_chunk(item, entries.get(_digest_date(item.chunk_id)))
    return tuple(result)


def _in_chunk(evidence: Evidence, entry: Entry | None) -> Iterator[Contradiction]:
    offset = entry.body.find(evidence.text) if entry else -1
    if entry is None or entry.trust is None or offset < 0:
        return
    for reason in entry.trust.reasons:
        start, end = reason.start - offset, reason.end - offset
        if reason.code in _CHECKED_CODES and reason.against and 0 <= start < end <= len(evidence.text):
            yield Contradiction(evidence.chunk_id, start, end, reason.against)


def _digest_date(chunk_id: str) -> str:
    return chunk_id.partition("@")[2].partition(":")[0]
