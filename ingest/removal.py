"""What is to go: by hand (a day, a paper, an entry), or because a folder no longer holds it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..index.errors import InputError, NotFoundError
from ..index.identifiers import parse_arxiv_id
from ..index.reading import View
from .changes import Change, EntryKey
from .files import Document
from .plan import dropping

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
    paper, _, day = text.strip().rpartition("@")
    if _DAY.fullmatch(day) and not paper:
        return Target(day, None)
    if not paper:
        paper, day = day, ""
    arxiv_id = parse_arxiv_id(paper)
    if arxiv_id is None or (day and not _DAY.fullmatch(day)):
        message = f"{text[:60]!r} is no day (2025-05-16), arXiv id (2505.09264) or entry (2505.09264@2025-05-16)"
        raise InputError("what", message)
    return Target(day or None, arxiv_id.paper_id)


def plan_removal(view: View, target: Target) -> Change:
    """The change that removes a target from every search.

    Raises:
        NotFoundError: nothing of it is in the index.
    """
    if target.paper_id is None:
        assert target.day is not None
        days = [(one.digest_date, one.name) for one in view.documents(target.day)]
        change = dropping(view, days, "removed")
        if not days:
            raise NotFoundError(f"no digest of {target.day} is in the index")
        return Change(target.day, change.size, removed=change.removed, dropped=days, why="removed", by_hand=True)
    entries = [entry for entry in view.entries(target.paper_id) if target.day in {None, entry.digest_date}]
    released = [target.paper_id] if target.day is None and view.papers([target.paper_id]) else []
    if not entries and not released:
        where = f" on {target.day}" if target.day else ""
        raise NotFoundError(f"{target.paper_id}{where} is not in the index")
    keys = [(entry.digest_date, entry.paper_id) for entry in entries]
    return Change(target.paper_id, len(keys), removed=keys, why="removed", by_hand=True, released=released)


def plan_prune(view: View, documents: Sequence[Document], unread: Collection[str]) -> Change | None:
    """The change that takes away what a run's files do not hold; None where they hold everything.

    Args:
        view: what is stored.
        documents: what the files say.
        unread: files that could not be read, or that have no entries any more: what they said is spared.
    """
    kept = {(one.digest.date, one.digest.name) for one in documents}
    gone = [(one.digest_date, one.name) for one in view.documents() if one.path not in unread]
    gone = [key for key in gone if key not in kept]
    spared: set[EntryKey] = {(entry.digest_date, entry.paper_id) for one in documents for entry in one.digest.entries}
    return dropping(view, gone, "removed", spared) if gone else None
