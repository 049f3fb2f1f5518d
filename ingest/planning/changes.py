"""Changes to the catalog, one per transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...index.domain.papers import Abstract, Entry, SourceStatus
from ..formats.documents import ParsedDocument

MAX_CHANGE_SIZE = 64
"""Entries or papers per change: a long document is stored in several transactions."""

DocumentKey = tuple[str, str]
"""Date and name of a document."""


@dataclass(frozen=True, slots=True)
class EntryRemoval:
    """An entry to remove, unless another document owns it by then: papers move between documents of a day."""

    digest_date: str
    paper_id: str
    document_name: str


@dataclass(frozen=True, slots=True)
class Change:
    """One transaction: a document, a batch of abstracts, or a removal.

    Attributes:
        label: shown with the progress.
        size: the number of entries and abstracts, for the progress.
        document: the document to store, if any.
        entries: its new and changed entries.
        removed_entries: entries to remove.
        removed_documents: documents to remove, with all entries that they own by then.
        reason: why entries are removed: "edited", "moved" or "removed".
        is_manual: whether the removed texts are excluded from later runs.
        abstracts: abstracts to store.
        standalone: whether the papers of `abstracts` are kept without an entry in a digest.
        failures: papers whose abstract could not be fetched: id, status and reason.
        removed_papers: papers that are no longer standalone, and whose abstract is excluded from later runs.
        rechunked_papers: papers whose chunks are made again.
    """

    label: str
    size: int
    document: ParsedDocument | None = None
    entries: Sequence[Entry] = ()
    removed_entries: Sequence[EntryRemoval] = ()
    removed_documents: Sequence[DocumentKey] = ()
    reason: str = "edited"
    is_manual: bool = False
    abstracts: Sequence[Abstract] = ()
    standalone: bool = False
    failures: Sequence[tuple[str, SourceStatus, str]] = ()
    removed_papers: Sequence[str] = ()
    rechunked_papers: Sequence[str] = ()
