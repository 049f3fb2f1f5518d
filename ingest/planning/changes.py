"""What an ingest has to do: one change for each transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...index.domain.papers import Abstract, Entry, SourceStatus
from ..formats.documents import ParsedDocument

PAPERS_A_CHANGE = 64

DocumentKey = tuple[str, str]
"""Day and name."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """An entry that goes: only if it is still this document's by then, since papers move between documents."""

    digest_date: str
    paper_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Change:
    """One transaction: a document, a batch of abstracts, something to remove.

    Attributes:
        label: what to call it.
        size: entries and abstracts that it speaks of, for the progress bar.
        document: the digest to store, if it is one.
        put: entries that are new or changed.
        removed: entries that go.
        dropped: documents that go, with the entries that they hold by then.
        why: how the entries that go end: "edited", "moved" or "removed".
        by_hand: whether the words that go are to stay away when they are read again.
        sources: what sources say of papers.
        standalone: whether the papers of `sources` stay though no digest speaks of them.
        failures: papers of which no source could be had, how that ended, and why.
        released: papers that are no longer here for their own sake.
        again: papers whose chunks are to be made anew.
    """

    label: str
    size: int
    document: ParsedDocument | None = None
    put: Sequence[Entry] = ()
    removed: Sequence[Leaving] = ()
    dropped: Sequence[DocumentKey] = ()
    why: str = "edited"
    by_hand: bool = False
    sources: Sequence[Abstract] = ()
    standalone: bool = False
    failures: Sequence[tuple[str, SourceStatus, str]] = ()
    released: Sequence[str] = ()
    again: Sequence[str] = ()
