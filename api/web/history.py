"""Earlier versions of summaries, each compared word by word with the version after it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from ...index.analysis.language import language
from ...index.domain.papers import Entry, Language, Revision
from ..results import PaperDetails

_MOST = 20  # versions that are shown
_MAX_WORDS = 2_000  # of a version that is compared; the time grows with the square
_MIN_ALIKE = 0.3  # share of equal words below which two versions are different texts
_WORD = re.compile(r"\S+\s*|\s+")  # with the white space behind it, so that the words make up the text

Change = Literal["same", "removed", "added"]


@dataclass(frozen=True, slots=True)
class VersionView:
    """An earlier version of a summary.

    Attributes:
        day: ISO date of its digest.
        since, until: ISO dates in UTC on which it was ingested and ended.
        why: how it ended: "edited" or "moved".
        lang: language of most of its text.
        changes: its text with the changes that the version after it made, in order; the text alone where there is no
            such version, or the two are different texts.
        is_compared: whether changes are marked.
    """

    day: str
    since: str
    until: str
    why: str
    lang: Language
    changes: tuple[tuple[Change, str], ...]
    is_compared: bool


def version_views(details: PaperDetails) -> tuple[list[VersionView], int]:
    """Return the last earlier versions of a paper's summaries, the newest first, and the number of those left out.

    Args:
        details: the paper with its history.
    """
    newest = sorted(enumerate(details.history), key=lambda item: (item[1].ended_at, item[0]), reverse=True)
    shown = [
        _version(earlier, _version_after(earlier, details.history[at + 1 :], details.entries))
        for at, earlier in newest[:_MOST]
    ]
    return shown, len(newest) - len(shown)


def _version_after(earlier: Revision, later: Sequence[Revision], entries: Sequence[Entry]) -> str | None:
    """Return the text of the version after one: of its day, else the same text on the day that it was moved to."""
    for version in [*later, *entries]:
        if version.digest_date == earlier.digest_date:
            return version.body
    return next((entry.body for entry in entries if entry.body == earlier.body), None)


def _version(earlier: Revision, after: str | None) -> VersionView:
    changes = compare_words(earlier.body, after) if after is not None else None
    return VersionView(
        earlier.digest_date,
        earlier.ingested_at[:10],
        earlier.ended_at[:10],
        earlier.why,
        language(earlier.body),
        changes or (("same", earlier.body),),
        changes is not None,
    )


def compare_words(before: str, after: str) -> tuple[tuple[Change, str], ...] | None:
    """Return a text with the words that another version of it removes and adds, in order.

    None if they are different texts, or too long to compare.

    Args:
        before: the text.
        after: the other version.
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    if max(len(old), len(new)) > _MAX_WORDS:
        return None
    matcher = SequenceMatcher(None, [word.strip() for word in old], [word.strip() for word in new], autojunk=True)
    if matcher.quick_ratio() < _MIN_ALIKE:
        return None
    return tuple(change for change in _changes(matcher, old, new) if change[1])


def _changes(matcher: SequenceMatcher[str], old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Change, str]]:
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            yield "same", "".join(new[new_start:new_end])
            continue
        # The last word of the other version has no white space behind it.
        gap = " " if new_start and start < end and not new[new_start - 1][-1].isspace() else ""
        yield "removed", gap + "".join(old[start:end])
        yield "added", "".join(new[new_start:new_end])
