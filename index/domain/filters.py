"""Which chunks may speak: by day, paper, section, language, source and trust."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, get_args

from .arxiv_ids import find_arxiv_ids
from .errors import InputError
from .papers import Language, SectionName, Source
from .trust import Label

By = Literal["digest", "published"]
_ABSTRACT = "abstract"


@dataclass(frozen=True, slots=True)
class Filter:
    """What is let through; the empty filter lets everything through, and every condition has to hold.

    Attributes:
        since, until: first and last day, both included; None leaves that side open.
        by: the day meant: that of a digest (the summaries of those days, and the abstracts of the papers in them), or
            that of a paper's first version on arXiv, where a source said it.
        papers: arXiv ids without version.
        sections: canonical names, or "abstract".
        lang: of the chunk.
        source: summaries or abstracts only.
        trust: labels of summaries; a paper's own abstract passes whatever they are.

    Raises:
        InputError: a value is none of those that exist, or no day lies between `since` and `until`.
    """

    since: date | None = None
    until: date | None = None
    by: By = "digest"
    papers: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    lang: Language | None = None
    source: Source | None = None
    trust: tuple[Label, ...] = ()

    def __post_init__(self) -> None:
        _check("by", [self.by], get_args(By))
        _check("sections", self.sections, (*get_args(SectionName), _ABSTRACT))
        _check("lang", [self.lang] if self.lang else [], get_args(Language))
        _check("source", [self.source] if self.source else [], get_args(Source))
        _check("trust", self.trust, get_args(Label))
        if self.since and self.until and self.since > self.until:
            raise InputError("since", f"is {self.since}, after until ({self.until}); swap them")

    def __bool__(self) -> bool:
        return self != Filter(by=self.by)

    @property
    def admits_abstracts(self) -> bool:
        """Whether a paper's abstract gets through where its days do."""
        sections = not self.sections or _ABSTRACT in self.sections
        return self.lang != "ko" and self.source != "summary" and sections

    def within(self, since: date | None, until: date | None, by: By) -> Filter:
        """The same filter, with a window where it has none of its own."""
        return self if self.since or self.until else replace(self, since=since, until=until, by=by)

    def narrowed(self, other: Filter) -> Filter:
        """The same filter with the window and the papers of another where it has none of its own."""
        narrowed = self.within(other.since, other.until, other.by) if other.since or other.until else self
        return narrowed if self.papers else replace(narrowed, papers=other.papers)


def read_filter(
    *,
    since: object = None,
    until: object = None,
    by: Any = "digest",
    papers: Iterable[str] = (),
    sections: Iterable[str] = (),
    lang: Any = None,
    source: Any = None,
    trust: Iterable[Any] = (),
) -> Filter:
    """A filter from what people write: days as YYYY-MM-DD, papers by any spelling of their arXiv ids.

    Raises:
        InputError: something cannot be read; names the field.
    """
    ids = [_paper(one) for one in papers]
    days = (read_day("since", since), read_day("until", until))
    return Filter(*days, by, tuple(ids), tuple(sections), lang or None, source or None, tuple(trust))


def read_day(name: str, value: object) -> date | None:
    """A day that people write as 2025-05-16; None stays None.

    Raises:
        InputError: it is none; names the field.
    """
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise InputError(name, f"{str(value)[:40]!r} is no day; write it as 2025-05-16") from None


def _paper(value: str) -> str:
    found = list(find_arxiv_ids(value))
    if len(found) != 1:
        raise InputError("papers", f"{value[:60]!r} is no arXiv id, such as 2505.09264")
    return found[0].paper_id


def _check(name: str, values: Iterable[object], known: tuple[object, ...]) -> None:
    for value in values:
        if value not in known:
            raise InputError(name, f"{str(value)[:40]!r} is unknown; use {', '.join(map(str, known))}")


EVERYTHING = Filter()
"""Lets everything through."""
