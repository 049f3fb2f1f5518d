"""The progress of a job, and the report of an ingest."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..index.domain.papers import Problem


@dataclass(frozen=True, slots=True)
class JobProgress:
    """The progress of a job, as its `observe` callback receives it before each step.

    Attributes:
        what: name of the next step: "embed", "write", "commit", "publish:build" ...
        done: number of finished items: entries and abstracts of an ingest.
        total: number of items.
        detail: the current item, such as a document.
    """

    what: str
    done: int
    total: int
    detail: str


@dataclass(slots=True)
class IngestReport:
    """The result of an ingest.

    Attributes:
        days: the number of dates of the documents that were read.
        entries: the number of their entries.
        papers: the number of papers of these entries.
        new, changed, unchanged, removed: entries, compared with the catalog.
        abstracts: abstracts that were new or changed.
        chunks_added, chunks_removed: chunks; a changed one counts as both.
        embedded: passages that were embedded.
        transactions: documents and batches of abstracts that were written.
        chunks: chunks in the catalog afterwards.
        generation: number of the published version.
        problems: the parts of files that could not be parsed or read.
        failed: files that could not be read.
        held_back: entries and abstracts that were left out because their texts were removed manually.
        moved: documents whose text is unchanged and whose file has another path: date, name and path.
        pruned: entries that a prune removed, or would remove if confirmed: date and paper id.
        judged: entries whose trust was determined.
        sentences: sentences that were embedded.
        fetched, not_found, fetch_failed: papers whose abstract was requested, by outcome.
    """

    days: int = 0
    entries: int = 0
    papers: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    abstracts: int = 0
    chunks_added: int = 0
    chunks_removed: int = 0
    embedded: int = 0
    transactions: int = 0
    chunks: int = 0
    generation: int | None = None
    problems: list[Problem] = field(default_factory=list[Problem])
    failed: int = 0
    held_back: int = 0
    moved: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    pruned: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    judged: int = 0
    sentences: int = 0
    fetched: int = 0
    not_found: int = 0
    fetch_failed: int = 0

    @property
    def did_nothing(self) -> bool:
        """Whether the catalog was up to date already."""
        return not (self.transactions or self.judged or self.sentences)
