"""What an ingest has to do: files against the catalog, one change for each transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..index.catalog import Catalog
from ..index.papers import Entry, Problem
from ..index.reading import View, batches
from .abstracts.file import read_abstracts
from .chunks import CHUNKER_VERSION
from .digest import PARSER_VERSION
from .files import Document
from .report import Report

_PAPERS_A_COMMIT = 64


@dataclass(frozen=True, slots=True)
class Change:
    """One transaction: a document or a batch of abstracts.

    Attributes:
        label: what to call it.
        size: entries and abstracts that it speaks of, for the progress bar.
        document: the digest to store, if it is one.
        sources: title and abstract by paper id, for papers whose chunks are to be made anew.
        put: entries that are new or changed.
        removed: papers whose entries the digest no longer has.
    """

    label: str
    size: int
    document: Document | None = None
    sources: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    put: Sequence[Entry] = ()
    removed: Sequence[str] = ()


def plan(
    catalog: Catalog, documents: Sequence[Document], abstracts: Path | None, report: Report, *, all_abstracts: bool
) -> list[Change]:
    """The changes that bring files into a catalog, abstracts first so that digests find their papers' titles.

    Args:
        catalog: what is stored.
        documents: the digests, by day.
        abstracts: a JSONL file of abstracts.
        report: is told what was read and how it compares.
        all_abstracts: whether to take abstracts of papers that no digest speaks of.

    Raises:
        FileError: the abstracts cannot be read.
    """
    with catalog.view() as view:
        changes = list(_rechunked(view))
        if abstracts is not None:
            changes += _abstracts(
                view, abstracts, None if all_abstracts else _spoken(documents) | view.paper_ids(), report
            )
        changes += _digests(view, documents, report)
    return changes


def _spoken(documents: Sequence[Document]) -> set[str]:
    return {entry.paper_id for document in documents for entry in document.digest.entries}


def _rechunked(view: View) -> Iterator[Change]:
    """Every paper again where another version of the chunker made its chunks."""
    if view.meta("chunker") in {None, CHUNKER_VERSION}:
        return
    for part in batches(sorted(view.sources(view.paper_ids()).items()), _PAPERS_A_COMMIT):
        yield Change("new chunker", len(part), sources=dict(part))


def _abstracts(view: View, path: Path, wanted: set[str] | None, report: Report) -> Iterator[Change]:
    found, problems = read_abstracts(path, wanted)
    stored = view.sources(abstract.paper_id for abstract in found)
    fresh = [one for one in found if stored.get(one.paper_id) != (one.title, one.text)]
    report.problems += problems
    report.abstracts = len(fresh)
    for part in batches(fresh, _PAPERS_A_COMMIT):
        yield Change("abstracts", len(part), sources={one.paper_id: (one.title, one.text) for one in part})


def _digests(view: View, documents: Sequence[Document], report: Report) -> Iterator[Change]:
    report.days = len({document.digest.date for document in documents if document.digest.date})
    report.papers = len(_spoken(documents))
    owners: dict[tuple[str, str], str] = {}  # which document holds a day's entry of a paper; the first one keeps it
    spoken = {(one.digest.date, one.digest.name): _spoken([one]) for one in documents}
    for document in documents:
        digest = document.digest
        report.entries += len(digest.entries)
        report.problems += digest.problems
        stored = {entry.paper_id: (name, entry) for name, entry in view.document_entries(digest.date)}
        for paper_id, (name, _) in stored.items():
            # A file of another name that is not part of this run gives way: it was renamed, or its paper moved.
            if paper_id in spoken.get((digest.date, name), ()):
                owners.setdefault((digest.date, paper_id), name)
        mine = [entry for entry in digest.entries if _owns(digest.name, entry, owners, report)]
        before = {paper_id: entry for paper_id, (name, entry) in stored.items() if name == digest.name}
        gone = [paper_id for paper_id in before if paper_id not in {entry.paper_id for entry in mine}]
        _count(mine, {paper_id: entry for paper_id, (_, entry) in stored.items()}, report)
        report.removed += len(gone)
        put = [entry for entry in mine if before.get(entry.paper_id) != entry]
        if put or gone or view.document(digest.date, digest.name) != (document.hash, PARSER_VERSION):
            yield Change(digest.date or digest.name, len(digest.entries), document, put=put, removed=gone)


def _owns(name: str, entry: Entry, owners: dict[tuple[str, str], str], report: Report) -> bool:
    owner = owners.setdefault((entry.digest_date, entry.paper_id), name)
    if owner != name:
        message = f"{entry.paper_id} of {entry.digest_date} is already in {owner}; that one is used"
        report.problems.append(Problem(name, entry.line, message))
    return owner == name


def _count(mine: Sequence[Entry], before: Mapping[str, Entry], report: Report) -> None:
    for entry in mine:
        known = before.get(entry.paper_id)
        if known is None:
            report.new += 1
        elif known.body == entry.body:
            report.unchanged += 1
        else:
            report.changed += 1
