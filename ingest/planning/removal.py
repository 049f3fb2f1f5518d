"""Planning of removals: of a day, paper or entry by hand, and of entries that a folder no longer contains."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...index.catalog.base import CatalogView
from ...index.domain.arxiv_ids import parse_arxiv_id
from ...index.domain.errors import InputError, NotFoundError
from ..formats.documents import ParsedDocument
from ..formats.posted import is_posted
from .changes import Change, DocumentKey, EntryRemoval

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class RemovalTarget:
    """What to remove: a day, a paper, or the paper's entry of a day."""

    digest_date: str | None
    paper_id: str | None


def parse_target(text: str) -> RemovalTarget:
    """Parse `2025-05-16` (a day), `2505.09264` (a paper) or `2505.09264@2025-05-16` (an entry).

    Raises:
        InputError: the text is none of these.
    """
    paper, at, day = text.strip().partition("@")
    if not at and _DATE.fullmatch(paper):
        return RemovalTarget(paper, None)
    arxiv_id = parse_arxiv_id(paper)
    if arxiv_id is None or (at and not _DATE.fullmatch(day)):
        expected = "a day (2025-05-16), an arXiv id (2505.09264) or an entry (2505.09264@2025-05-16)"
        raise InputError("what", f"{text[:60]!r} is not valid (expected {expected})")
    return RemovalTarget(day or None, arxiv_id.paper_id)


def plan_removal(view: CatalogView, targets: Sequence[RemovalTarget]) -> Change:
    """Plan the removal of all targets, in one change.

    Raises:
        NotFoundError: a target is not in the index.
    """
    entries: list[EntryRemoval] = []
    documents: list[DocumentKey] = []
    papers: list[str] = []
    for target in targets:
        if target.paper_id is None:
            documents += _documents_of(view, target.digest_date or "")
        else:
            entries += _entries_of(view, target.paper_id, target.digest_date)
            papers += [target.paper_id] if target.digest_date is None else []
    return Change(
        ", ".join(target.paper_id or target.digest_date or "" for target in targets[:3]),
        len(entries) + len(documents),
        removed_entries=entries,
        removed_documents=documents,
        reason="removed",
        is_manual=True,
        removed_papers=papers,
    )


def _documents_of(view: CatalogView, digest_date: str) -> list[DocumentKey]:
    keys = [document.key for document in view.documents.all(digest_date)]
    if not keys:
        raise NotFoundError(f"no digest of {digest_date} is in the index")
    return keys


def _entries_of(view: CatalogView, paper_id: str, digest_date: str | None) -> list[EntryRemoval]:
    entries = view.entries.of_paper(paper_id)
    days = [entry.digest_date for entry in entries if digest_date in {None, entry.digest_date}]
    if not days and (digest_date or paper_id not in view.papers.by_ids([paper_id])):
        raise NotFoundError(f"{paper_id}{f' on {digest_date}' if digest_date else ''} is not in the index")
    owned = [(day, view.entries.get(day, paper_id)) for day in days]
    return [EntryRemoval(day, paper_id, stored[0]) for day, stored in owned if stored]


def plan_prune(
    view: CatalogView, documents: Sequence[ParsedDocument], unread: Collection[str]
) -> tuple[Change, list[EntryRemoval]]:
    """Plan the removal of the stored documents of files that a run did not read.

    Args:
        view: the catalog, with the run's documents.
        documents: the run's documents.
        unread: paths of files that could not be read completely. Documents of these, and of files with their names,
            are kept.

    Returns:
        The change, and the entries that it removes.
    """
    keys = {document.key for document in documents}
    names = {Path(path).name for path in unread}
    stored = [
        document
        for document in view.documents.all()
        if document.path not in unread and Path(document.name).name not in names and not is_posted(document.path)
    ]
    removed = [document.key for document in stored if document.key not in keys]
    entries = [
        EntryRemoval(day, entry.paper_id, name)
        for day, name in removed
        for owner, entry in view.entries.of_day(day)
        if owner == name
    ]
    return Change("prune", len(entries), removed_documents=removed, reason="removed"), entries
