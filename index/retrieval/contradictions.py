"""Where the summaries that speak for a paper contradict its abstract, as spans of the chunks that are quoted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..catalog.base import CatalogView
from ..domain.hits import Evidence, Hit
from ..domain.papers import Entry

_CHECKED = frozenset({"number", "unit", "name"})


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One thing that a summary says and its abstract says otherwise.

    Attributes:
        chunk_id: the chunk of the summary that says it.
        start, end: where in the chunk's text.
        against: the abstract's words.
    """

    chunk_id: str
    start: int
    end: int
    against: str


def contradictions(view: CatalogView, hits: Iterable[Hit]) -> tuple[Contradiction, ...]:
    """What is contradicted in the evidence of some hits; only papers with a contradicted summary are looked up."""
    found: list[Contradiction] = []
    for hit in hits:
        told = [item for item in hit.evidence if item.trust == "contradicted"]
        if told:
            entries = {entry.digest_date: entry for entry in view.entries.of_paper(hit.paper_id)}
            found += (one for item in told for one in _of_chunk(item, entries.get(_day(item.chunk_id))))
    return tuple(found)


def _of_chunk(item: Evidence, entry: Entry | None) -> Iterator[Contradiction]:
    at = entry.body.find(item.text) if entry else -1
    if entry is None or entry.trust is None or at < 0:
        return
    for reason in entry.trust.reasons:
        start, end = reason.start - at, reason.end - at
        if reason.code in _CHECKED and reason.against and 0 <= start < end <= len(item.text):
            yield Contradiction(item.chunk_id, start, end, reason.against)


def _day(chunk_id: str) -> str:
    return chunk_id.partition("@")[2].partition(":")[0]
