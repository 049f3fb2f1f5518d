"""Metadata filters: restrict a search by date, paper, section, language, source or trust label."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, get_args

from .arxiv_ids import find_arxiv_ids
from .errors import InputError
from .papers import Language, SectionName, Source
from .trust import Label

DateField = Literal["digest", "published"]
"""Which date of a chunk a window restricts: that of the digest, or of the paper's first version on arXiv."""
_ABSTRACT = "abstract"
_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[a-z]+(?:-[a-z]+)*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Filter:
    """A conjunction of conditions on chunks. An empty filter passes every chunk.

    Attributes:
        since, until: the first and the last day, both included; None leaves that side open.
        by: the date that `since` and `until` restrict. "digest" passes the summaries in the digests of those days and
            the abstracts of the papers in these digests; "published" passes the papers whose first version on arXiv is
            of those days, as far as a source gave its date.
        papers: arXiv ids without version.
        sections: canonical section names, or "abstract".
        lang: language of the chunk.
        source: only summaries, or only abstracts.
        trust: trust labels of summaries; abstracts always pass.
        authors: names of authors, of which a paper has at least one. Words may be in any order, in any case, without
            diacritics, and shortened: "hinton", "G. Hinton". Papers whose authors no source named do not pass.
        categories: arXiv categories ("cs.CL") or archives ("cs"), of which a paper has at least one.

    Raises:
        InputError: a value is unknown, or `since` is after `until`.
    """

    since: date | None = None
    until: date | None = None
    by: DateField = "digest"
    papers: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    lang: Language | None = None
    source: Source | None = None
    trust: tuple[Label, ...] = ()
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_values("by", [self.by], get_args(DateField))
        _check_values("sections", self.sections, (*get_args(SectionName), _ABSTRACT))
        _check_values("lang", [self.lang] if self.lang else [], get_args(Language))
        _check_values("source", [self.source] if self.source else [], get_args(Source))
        _check_values("trust", self.trust, get_args(Label))
        for author in self.authors:
            if not fold_name(author):
                raise InputError("authors", f"{author[:40]!r} is not a name")
        for category in self.categories:
            if not _CATEGORY.fullmatch(category):
                raise InputError("categories", f"{category[:40]!r} is not an arXiv category (expected cs.CL, or cs)")
        if self.since and self.until and self.since > self.until:
            raise InputError("since", f"{self.since} is after until ({self.until}); swap them")

    def __bool__(self) -> bool:
        return self != Filter(by=self.by)

    @property
    def admits_abstracts(self) -> bool:
        """Whether the filter passes abstracts of papers that satisfy its other conditions."""
        sections = not self.sections or _ABSTRACT in self.sections
        return self.lang != "ko" and self.source != "summary" and sections

    def with_window(self, since: date | None, until: date | None, by: DateField) -> Filter:
        """Return the filter with a date window, unless it has one already."""
        return self if self.since or self.until else replace(self, since=since, until=until, by=by)

    def with_defaults(self, other: Filter) -> Filter:
        """Return the filter with the date window and the papers of another filter where it has none."""
        dated = self.with_window(other.since, other.until, other.by) if other.since or other.until else self
        return dated if self.papers else replace(dated, papers=other.papers)


def parse_filter(
    *,
    since: object = None,
    until: object = None,
    by: Any = "digest",
    papers: Iterable[str] = (),
    sections: Iterable[str] = (),
    lang: Any = None,
    source: Any = None,
    trust: Iterable[Any] = (),
    authors: Iterable[str] = (),
    categories: Iterable[str] = (),
) -> Filter:
    """Build a filter from user input: dates as YYYY-MM-DD, papers in any notation of an arXiv id.

    Raises:
        InputError: a value is invalid; names the field.
    """
    ids = tuple(_parse_paper(paper) for paper in papers)
    window = parse_date("since", since), parse_date("until", until)
    return Filter(
        *window,
        by,
        ids,
        tuple(sections),
        lang or None,
        source or None,
        tuple(trust),
        tuple(authors),
        tuple(categories),
    )


def fold_name(name: str) -> str:
    """Return the words of a name in lower case, without diacritics and punctuation, separated by single spaces."""
    decomposed = unicodedata.normalize("NFKD", name)
    letters = "".join(char if char.isalnum() else " " for char in decomposed if not unicodedata.combining(char))
    return " ".join(unicodedata.normalize("NFC", letters).casefold().split())


def is_date(text: str) -> bool:
    """Return whether a text is an ISO date."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def parse_date(field: str, value: object) -> date | None:
    """Parse a date such as 2025-05-16; a date or None is returned as it is.

    Args:
        field: name of the argument, for the error.
        value: user input.

    Raises:
        InputError: the value is not a date.
    """
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise InputError(field, f"{str(value)[:40]!r} is not a valid date (expected YYYY-MM-DD)") from None


def _parse_paper(value: str) -> str:
    ids = find_arxiv_ids(value)
    if len(ids) != 1:
        raise InputError("papers", f"{value[:60]!r} is not an arXiv id (expected one such as 2505.09264)")
    return ids[0].paper_id


def _check_values(field: str, values: Iterable[object], known: tuple[object, ...]) -> None:
    for value in values:
        if value not in known:
            raise InputError(field, f"{str(value)[:40]!r} is unknown (expected {', '.join(map(str, known))})")


NO_FILTER = Filter()
"""Passes every chunk."""
