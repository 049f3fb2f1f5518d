"""What is to go: by hand (a day, a paper, an entry), or because a folder no longer holds it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...index.catalog.base import CatalogView
from ...index.domain.arxiv_ids import parse_arxiv_id
from ...index.domain.errors import InputError, NotFoundError
from ..formats.documents import ParsedDocument
from .changes import Change, DocumentKey, Leaving

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Target:
    """What to remove: a day, a paper, or one entry of it."""

    day: str | None
    paper_id: str | None


def read_target(text: str) -> Target:
    """Read `2025-05-16` (a day), `2505.09264` (a paper) or `2505.09264@2025-05-16` (one entry).

    Raises:
        InputError: it is none of these.
    """
    paper, at, day = text.strip().partition("@")
    if not at and _DAY.fullmatch(paper):
        return Target(paper, None)
    arxiv_id = parse_arxiv_id(paper)
    if arxiv_id is None or (at and not _DAY.fullmatch(day)):
        message = f"{text[:60]!r} is no day (2025-05-16), arXiv id (2505.09264) or entry (2505.09264@2025-05-16)"
        raise InputError("what", message)
    return Target(day or None, arxiv_id.paper_id)


def plan_removal(view: CatalogView, targets: Sequence[Target]) -> Change:
    """The one change that removes all of some targets from every search.

    Raises:
        NotFoundError: one of them is not in the index.
    """
    removed: list[Leaving] = []
    dropped: list[DocumentKey] = []
    released: list[str] = []
    for target in targets:
        if target.paper_id is None:
            dropped += _day(view, target.day or "")
        else:
            entries = _entries(view, target.paper_id, target.day)
            released += [target.paper_id] if target.day is None else []
            removed += entries
    label = ", ".join(target.paper_id or target.day or "" for target in targets[:3])
    size = len(removed) + len(dropped)
    return Change(label, size, removed=removed, dropped=dropped, why="removed", by_hand=True, released=released)


def _day(view: CatalogView, day: str) -> list[DocumentKey]:
    found = [one.key for one in view.documents.all(day)]
    if not found:
        raise NotFoundError(f"no digest of {day} is in the index")
    return found


def _entries(view: CatalogView, paper_id: str, day: str | None) -> list[Leaving]:
    days = [entry.digest_date for entry in view.entries.of_paper(paper_id) if day in {None, entry.digest_date}]
    if not days and (day or paper_id not in view.papers.by_ids([paper_id])):
        raise NotFoundError(f"{paper_id}{f' on {day}' if day else ''} is not in the index")
    found = [(one, view.entries.get(one, paper_id)) for one in days]
    return [Leaving(one, paper_id, entry[0]) for one, entry in found if entry]


def plan_prune(
    view: CatalogView, documents: Sequence[ParsedDocument], unread: Collection[str]
) -> tuple[Change, list[Leaving]]:
    """The change that takes away what a run's files do not hold, and the entries that it takes.

    Args:
        view: what is stored, the run's documents among it.
        documents: what the files say.
        unread: files of which not all could be read: what they said is spared, and what files of their name said.
    """
    kept = {one.key for one in documents}
    names = {Path(path).name for path in unread}
    stored = [one for one in view.documents.all() if one.path not in unread and Path(one.name).name not in names]
    gone = [one.key for one in stored if one.key not in kept]
    entries = [
        Leaving(day, entry.paper_id, name)
        for day, name in gone
        for owner, entry in view.entries.of_day(day)
        if owner == name
    ]
    return Change("prune", len(entries), dropped=gone, why="removed"), entries
