"""What an ingest has to do: one change for each transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..index.papers import Abstract, Entry, SourceStatus
from .files import Document

PAPERS_A_CHANGE = 64

EntryKey = tuple[str, str]
"""Day and paper id."""


@dataclass(frozen=True, slots=True)
class Change:
    """One transaction: a document, a batch of abstracts, something to remove.

    Attributes:
        label: what to call it.
        size: entries and abstracts that it speaks of, for the progress bar.
        document: the digest to store, if it is one.
        put: entries that are new or changed.
        removed: entries that go.
        dropped: documents that go after their entries, by day and name.
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
    document: Document | None = None
    put: Sequence[Entry] = ()
    removed: Sequence[EntryKey] = ()
    dropped: Sequence[EntryKey] = ()
    why: str = "edited"
    by_hand: bool = False
    sources: Sequence[Abstract] = ()
    standalone: bool = False
    failures: Sequence[tuple[str, SourceStatus, str]] = ()
    released: Sequence[str] = ()
    again: Sequence[str] = ()

    @property
    def papers(self) -> list[str]:
        """The papers whose chunks may differ afterwards, each once."""
        found = [one.paper_id for one in (*self.sources, *self.put)]
        return list(dict.fromkeys([*found, *(paper_id for _, paper_id in self.removed), *self.released, *self.again]))
