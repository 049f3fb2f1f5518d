"""Papers, the digest entries about them, their sections, earlier revisions and sources."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from .trust import Trust

Source = Literal["summary", "abstract"]
Origin = Literal["arxiv", "huggingface", "file"]
SourceStatus = Literal["never_tried", "found", "not_found", "failed"]
Language = Literal["ko", "en"]
SectionName = Literal[
    "motivation", "contributions", "architecture", "experiments", "results", "limitations", "future_work", "other"
]


def text_hash(text: str) -> str:
    """SHA-256 of the UTF-8 bytes of `text`, as 64 hexadecimal digits; a lone surrogate counts as U+FFFD."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def paper_url(paper_id: str) -> str:
    """The page of a paper on arXiv."""
    return f"https://arxiv.org/abs/{paper_id}"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a summary.

    Attributes:
        name: its canonical name, whatever the heading was.
        heading: the heading's own words without decoration; empty before the first heading.
        start, end: `body[start:end]` is the section's text in the entry's raw body, heading excluded.
    """

    name: SectionName
    heading: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What one digest says of one paper.

    Attributes:
        digest_date: ISO date of the digest.
        paper_id: arXiv id without version.
        version: arXiv version where the heading names one.
        url: the link of the entry as written; empty where it has none.
        title: a title found in the body; empty where none was.
        body: the raw summary, decoration and fences included.
        sections: its parts, in order.
        line: 1-based line of the entry's heading in its file.
        lang: the language it is written in, where its producer says so; None leaves it to be seen from the text.
        ingested_at: when it came into the catalog, ISO 8601 in UTC; empty until then. No part of what it says.
        trust: how far to trust it; None until it is judged. No part of what it says.
    """

    digest_date: str
    paper_id: str
    version: int | None
    url: str
    title: str
    body: str
    sections: tuple[Section, ...]
    line: int
    lang: Language | None = None
    ingested_at: str = field(default="", compare=False)
    trust: Trust | None = field(default=None, compare=False)

    def text(self, section: Section) -> str:
        """The raw words of one of this entry's sections."""
        return self.body[section.start : section.end]


@dataclass(frozen=True, slots=True)
class Revision:
    """An earlier state of an entry.

    Attributes:
        name: the document that it stood in.
        ingested_at, ended_at: from when to when it counted, ISO 8601 in UTC.
        why: how it ended: "edited", "moved" to another day or file, or "removed".
    """

    digest_date: str
    paper_id: str
    name: str
    title: str
    body: str
    ingested_at: str
    ended_at: str
    why: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that was not understood; the file's raw text is kept all the same."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Abstract:
    """What a source says of a paper: title and abstract on one line each.

    Attributes:
        origin: where it came from.
        version: arXiv version that it describes, where the source says so.
        published: ISO date of the paper's first version, where the source says so.
    """

    paper_id: str
    title: str
    text: str
    origin: Origin = "file"
    version: int | None = None
    published: str | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a paper's own title and abstract come from.

    Attributes:
        status: whether a source has them; `never_tried` where none was asked.
        origin, version: of the stored abstract; None where there is none, or the source did not say.
        fetched_at: when the stored abstract was read, ISO 8601 in UTC.
        tried_at: when a source was last asked.
        reason: why that failed; empty where it did not.
    """

    status: SourceStatus = "never_tried"
    origin: Origin | None = None
    version: int | None = None
    fetched_at: str | None = None
    tried_at: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper, known by its arXiv id.

    Attributes:
        title: the source's title, else one found in a digest, else empty.
        abstract: the source's own abstract; empty where it is not known.
        url: its page on arXiv.
        digest_dates: ISO dates of the digests it appeared in, oldest first.
        published: ISO date of its first version on arXiv; None where no source said so.
        source: where title and abstract come from.
    """

    paper_id: str
    title: str
    abstract: str
    url: str
    digest_dates: tuple[str, ...] = ()
    published: str | None = None
    source: Provenance = Provenance()
