"""Papers, digest entries about them, sections, revisions, parser problems and abstract sources."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from .trust import Trust

Source = Literal["summary", "abstract"]
"""A source of searchable text."""
EvidenceSource = Literal["summary", "abstract", "record"]
"""A source of quotable text: `index.analysis.records` derives the passages of the record."""
RecordField = Literal["authors", "published", "journal_ref", "doi", "categories", "comment"]
"""A field of what the sources state about a paper besides its title and abstract."""
Origin = str
"""Name of the source of an abstract: arxiv, huggingface, file, or that of an added source."""
SourceStatus = Literal["never_tried", "found", "not_found", "failed"]
Language = Literal["ko", "en"]
SectionName = Literal[
    "motivation", "contributions", "architecture", "experiments", "results", "limitations", "future_work", "other"
]


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes, 64 hexadecimal digits; a lone surrogate is hashed as "?"."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def paper_url(paper_id: str) -> str:
    """Return the URL of a paper's page on arXiv."""
    return f"https://arxiv.org/abs/{paper_id}"


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a summary.

    Attributes:
        name: the canonical name, independent of the heading.
        heading: the text of the heading without decoration; empty for text before the first heading.
        start, end: `body[start:end]` is the section's text in the entry's raw body, heading excluded.
    """

    name: SectionName
    heading: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A digest's summary of a paper.

    `ingested_at` and `trust` are not compared.

    Attributes:
        digest_date: ISO date of the digest.
        paper_id: arXiv id without version.
        version: arXiv version, where the heading names one.
        url: the link of the entry as written; empty where it has none.
        title: the title found in the body; empty where there is none.
        body: the raw summary, decoration and fences included.
        sections: the sections in order.
        line: 1-based line of the entry's heading in its file.
        lang: the language that the producer declares; None where it has to be detected.
        ingested_at: time of ingestion, ISO 8601 in UTC; empty before it.
        trust: the trust verdict; None before the entry is judged.
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
        """Return the raw text of one of this entry's sections."""
        return self.body[section.start : section.end]


@dataclass(frozen=True, slots=True)
class Revision:
    """An earlier state of an entry.

    Attributes:
        name: the document that it was read from.
        ingested_at, ended_at: the period in which it was current, ISO 8601 in UTC.
        why: how it ended: "edited", "moved" (to another day or file) or "removed".
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
    """A part of a file that its parser could not read. The file's raw text is stored all the same."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class StoredProblem:
    """A problem of a document of the index.

    Attributes:
        digest_date: ISO date of the document; empty where its file has none.
        ingested_at: time of its ingestion, ISO 8601 in UTC.
        problem: what could not be read.
    """

    digest_date: str
    ingested_at: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Bibliography:
    """What a source states about a paper besides its title and abstract, one line each.

    Attributes:
        authors: names in the order of the paper.
        categories: arXiv categories, the primary one first.
        doi: digital object identifier of the published version; empty where the source names none.
        journal_ref: reference of the published version; empty where the source names none.
        comment: the authors' comment; empty where there is none.
    """

    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    doi: str = ""
    journal_ref: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Abstract:
    """Title and abstract of a paper from a source, one line each.

    Attributes:
        origin: the source.
        version: the arXiv version that the abstract belongs to, where the source names it.
        published: ISO date of the paper's first version, where the source names it.
        bibliography: None where the source was not asked for it.
    """

    paper_id: str
    title: str
    text: str
    origin: Origin = "file"
    version: int | None = None
    published: str | None = None
    bibliography: Bibliography | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """The origin of a paper's title and abstract.

    Attributes:
        status: the outcome of fetching; `never_tried` where no source was asked.
        origin, version: of the stored abstract; None where there is none, or the source did not name it.
        fetched_at: time of fetching the stored abstract, ISO 8601 in UTC.
        tried_at: time of the last attempt.
        reason: why the last attempt failed; empty where it did not.
    """

    status: SourceStatus = "never_tried"
    origin: Origin | None = None
    version: int | None = None
    fetched_at: str | None = None
    tried_at: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper.

    Attributes:
        paper_id: arXiv id without version.
        title: the source's title, else one found in a digest, else empty.
        abstract: the source's abstract; empty where it is not known.
        url: the paper's page on arXiv.
        digest_dates: ISO dates of the digests with an entry about the paper, oldest first.
        published: ISO date of the first version on arXiv; None where no source named it.
        source: the origin of title and abstract.
        authors: names in the order of the paper; empty where no source named them.
        categories: arXiv categories, the primary one first; empty where no source named them.
        doi, journal_ref, comment: as the source states them; empty where it does not.
    """

    paper_id: str
    title: str
    abstract: str
    url: str
    digest_dates: tuple[str, ...] = ()
    published: str | None = None
    source: Provenance = Provenance()
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    doi: str = ""
    journal_ref: str = ""
    comment: str = ""
