"""What an ingest says while it runs and when it is done."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..index.domain.papers import Problem


@dataclass(frozen=True, slots=True)
class Step:
    """Where the job is.

    Attributes:
        what: the step about to be taken: "embed", "write", "commit", "publish:build" ...
        done, total: how many entries and abstracts are behind, and how many there are.
        detail: the document at hand.
    """

    what: str
    done: int
    total: int
    detail: str


@dataclass(slots=True)
class Report:
    """What an ingest did.

    Attributes:
        days, entries, papers: what was read: digests' days, their entries, the papers that those speak of.
        new, changed, unchanged, removed: entries, against what the catalog held.
        abstracts: abstracts that were new or changed.
        chunks_added, chunks_removed: chunks; a changed one counts as both.
        embedded: passages that the model had to read.
        transactions: how many documents and batches of abstracts were written.
        chunks: chunks in the catalog afterwards.
        generation: number of the published generation.
        problems: what was not understood or could not be read.
        failed: files that could not be read at all.
        held_back: entries and abstracts that were left out because their very words were removed by hand.
        moved: documents that lie elsewhere now but say the same: day, name, path.
        pruned: entries that a prune removed or, where it was not confirmed, would remove: day and paper id.
        judged: entries whose trust was decided.
        fetched, not_found, fetch_failed: papers asked for upstream, by outcome.
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
    fetched: int = 0
    not_found: int = 0
    fetch_failed: int = 0

    @property
    def did_nothing(self) -> bool:
        """Whether the catalog already held everything."""
        return not (self.transactions or self.judged)
