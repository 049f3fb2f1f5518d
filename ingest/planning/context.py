"""Input of the planning: the catalog, the documents of the run, and what was removed manually."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...index.catalog.base import CatalogView
from ...index.domain.papers import text_hash
from ..formats.documents import ParsedDocument
from ..report import IngestReport


class ManualRemovals:
    """The texts that were removed manually, and are left out of later runs.

    Args:
        removals: date (empty for an abstract), paper id and hash of each text.
        readmit: whether this run takes them in again.

    Attributes:
        readmitted: the texts that this run took in again.
    """

    def __init__(self, removals: set[tuple[str, str, str]], *, readmit: bool) -> None:
        self._removals, self._readmit = removals, readmit
        self.readmitted: set[tuple[str, str, str]] = set()

    def excludes(self, digest_date: str, paper_id: str, text: str) -> bool:
        """Return whether a text is left out; record it if it is taken in again."""
        key = digest_date, paper_id, text_hash(text)
        if key in self._removals and self._readmit:
            self.readmitted.add(key)
        return key in self._removals and not self._readmit


@dataclass(frozen=True, slots=True)
class PlanContext:
    """What plans are made from.

    Attributes:
        view: the catalog.
        documents: the documents of the run, sorted by date.
        removals: the texts that were removed manually.
        report: receives what was read, and how it compares with the catalog.
    """

    view: CatalogView
    documents: Sequence[ParsedDocument]
    removals: ManualRemovals
    report: IngestReport


def paper_ids(documents: Iterable[ParsedDocument]) -> set[str]:
    """Return the papers that documents have entries of."""
    return {entry.paper_id for document in documents for entry in document.digest.entries}
