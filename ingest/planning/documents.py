"""Planning of the changes for the digest documents of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ...index.catalog.base import CatalogView
from ...index.domain.papers import Entry, Problem
from ...index.util.batching import batches
from ..formats.documents import ParsedDocument
from ..formats.posted import is_posted
from ..report import IngestReport
from .changes import MAX_CHANGE_SIZE, Change, DocumentKey, EntryRemoval
from .context import PlanContext, paper_ids

_Owners = dict[tuple[str, str], str]
"""The document that owns the entry of a date and paper: the first one to have it, while it has it."""


def plan_rechunking(view: CatalogView, chunker: str) -> Iterator[Change]:
    """Plan to make the chunks of every paper again, if another version of the chunker made them.

    Args:
        view: the catalog.
        chunker: the current version.
    """
    if view.metadata.get("chunker") not in {None, chunker}:
        for batch in batches(sorted(view.papers.ids()), MAX_CHANGE_SIZE):
            yield Change("new chunker", len(batch), rechunked_papers=batch)


def plan_documents(context: PlanContext) -> Iterator[Change]:
    """Plan the documents that are new or changed, and those whose file has another date now."""
    view, documents, report = context.view, context.documents, context.report
    report.days = len({document.digest.date for document in documents if document.digest.date})
    report.papers = len(paper_ids(documents))
    owners: _Owners = {}
    papers_read = {document.key: paper_ids([document]) for document in documents}
    for document in documents:
        digest = document.digest
        report.entries += len(digest.entries)
        report.problems += digest.problems
        stored = {entry.paper_id: (name, entry) for name, entry in view.entries.of_day(digest.date)}
        for paper_id, (name, _) in stored.items():
            if _still_has(view, (digest.date, name), paper_id, papers_read):
                owners.setdefault((digest.date, paper_id), name)
        accepted = [
            entry
            for entry in digest.entries
            if not context.removals.excludes(entry.digest_date, entry.paper_id, entry.body)
        ]
        held_back = len(digest.entries) - len(accepted)
        report.held_back += held_back
        owned = [entry for entry in accepted if _owns(digest.name, entry, owners, report)]
        yield from _plan_document(view, _without_source(document) if held_back else document, owned, stored, report)
    yield from _plan_former_dates(view, documents)


def _without_source(document: ParsedDocument) -> ParsedDocument:
    """Return a document without its source text, and without the problems, which quote it."""
    return replace(document, text="", digest=replace(document.digest, problems=()))


def _still_has(view: CatalogView, key: DocumentKey, paper_id: str, papers_read: Mapping[DocumentKey, set[str]]) -> bool:
    """Return whether a stored document has an entry of a paper, as read now, or as its file exists and is not read.

    A posted entry has no file that could be gone.
    """
    if key in papers_read:
        return paper_id in papers_read[key]
    previous = view.documents.get(*key)
    return previous is not None and bool(previous.path) and (is_posted(previous.path) or Path(previous.path).is_file())


def _owns(document_name: str, entry: Entry, owners: _Owners, report: IngestReport) -> bool:
    """Return whether a document owns an entry; report it if another one does."""
    owner = owners.setdefault((entry.digest_date, entry.paper_id), document_name)
    if owner != document_name:
        message = f"{entry.paper_id} of {entry.digest_date} is already in {owner}; that one is used"
        report.problems.append(Problem(document_name, entry.line, message))
    return owner == document_name


def _plan_document(
    view: CatalogView,
    document: ParsedDocument,
    entries: Sequence[Entry],
    stored: Mapping[str, tuple[str, Entry]],
    report: IngestReport,
) -> Iterator[Change]:
    """Plan one document.

    Args:
        view: the catalog.
        document: the document.
        entries: those of its entries that it owns.
        stored: the stored entries of its date, with the names of their documents, by paper id.
        report: receives the comparison.
    """
    digest = document.digest
    before = {paper_id: entry for paper_id, (name, entry) in stored.items() if name == digest.name}
    if before and not digest.entries:
        # The file may be truncated, or being written just now.
        message = f"has no entries any more; the {len(before)} that it had are kept (nonmun remove {digest.date})"
        report.problems.append(Problem(digest.name, 1, message))
        return
    present = {entry.paper_id for entry in entries}
    missing = [] if document.damaged else [paper_id for paper_id in before if paper_id not in present]
    _count(entries, {paper_id: entry for paper_id, (_, entry) in stored.items()}, report)
    changed = [entry for entry in entries if before.get(entry.paper_id) != entry]
    previous = view.documents.get(*document.key)
    read_as = (previous.hash, previous.parser_version) if previous else None
    if changed or missing or previous is None or read_as != (document.hash, document.parser_version):
        removed = [EntryRemoval(digest.date, paper_id, digest.name) for paper_id in missing]
        yield from _split(document, changed, removed)
    elif previous.path != document.path:
        report.moved.append((digest.date, digest.name, document.path))


def _split(document: ParsedDocument, entries: Sequence[Entry], removed: Sequence[EntryRemoval]) -> Iterator[Change]:
    """Store a document in one change, or a long one in several; only the last one marks it as read."""
    label = document.digest.date or document.digest.name
    *parts, last = list(batches(entries, MAX_CHANGE_SIZE)) or [()]
    for part in parts:
        yield Change(label, len(part), replace(document, parser_version=""), part)
    size = len(document.digest.entries) - sum(len(part) for part in parts)
    yield Change(label, size, document, last, removed)


def _plan_former_dates(view: CatalogView, documents: Sequence[ParsedDocument]) -> Iterator[Change]:
    """Plan to remove the documents of files whose date was corrected: their texts belong to another date now."""
    by_path: dict[str, list[ParsedDocument]] = {}
    for document in documents:
        by_path.setdefault(document.path, []).append(document)
    for path, current in by_path.items():
        keys = {document.key for document in current}
        texts = {(entry.paper_id, entry.body) for document in current for entry in document.digest.entries}
        for former in view.documents.from_path(path):
            day, name = former.key
            stored = {(entry.paper_id, entry.body) for owner, entry in view.entries.of_day(day) if owner == name}
            # A file that is overwritten every day has other texts: its former dates stay.
            if former.key not in keys and stored & texts:
                yield Change(day, len(stored), removed_documents=[former.key], reason="moved")


def _count(entries: Sequence[Entry], before: Mapping[str, Entry], report: IngestReport) -> None:
    for entry in entries:
        stored = before.get(entry.paper_id)
        if stored is None:
            report.new += 1
        elif stored.body == entry.body:
            report.unchanged += 1
        else:
            report.changed += 1
