"""Entries from a JSONL file: what any other summariser writes of papers, one object a line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from ...index.domain.arxiv_ids import parse_arxiv_id
from ...index.domain.papers import Entry, Problem, Section, SectionName
from ..sources.text import single_line
from .markdown import Digest
from .sections import parse_sections, section_name

ENTRIES_VERSION = "entries-1"
"""Changes whenever the same lines may give other entries; documents read by another version are read again."""

_NOISE = re.compile(r"^Value error, |(?<= at) line 1(?= column)")

MAX_LINE = 1_000_000  # characters


def _arxiv_id(text: str) -> str:
    if parse_arxiv_id(text) is None:
        raise ValueError(f"{text[:60]!r} is no arXiv id, such as 2505.09264")
    return text


class SectionRecord(BaseModel):
    """One named section of a summary."""

    model_config = ConfigDict(strict=True)

    heading: str = Field(default="", max_length=300, description="the heading's words, shown and searched")
    name: SectionName | None = Field(default=None, description="canonical name; seen from the heading if left out")
    text: str = Field(description="the section's text", min_length=1)


class EntryRecord(BaseModel):
    """What one summary says of one paper. Further fields are allowed and left alone."""

    model_config = ConfigDict(strict=True, title="nonmun entry")

    paper_id: Annotated[str, AfterValidator(_arxiv_id)] = Field(description="arXiv id; a version is kept apart")
    digest_date: date = Field(description="the day that the summary belongs to, YYYY-MM-DD")
    lang: Literal["ko", "en"] | None = Field(default=None, description="its language; seen from the text if left out")
    title: str = Field(default="", description="the paper's title, if the summariser knows it")
    url: str = Field(default="", description="where the summariser found the paper")
    text: str | None = Field(default=None, min_length=1, description="the summary; Markdown headings part it")
    sections: list[SectionRecord] | None = Field(default=None, min_length=1, description="the summary, in parts")

    @model_validator(mode="after")
    def _one_of_two(self) -> EntryRecord:
        if (self.text is None) == (self.sections is None):
            raise ValueError("either `text` or `sections` has to be given, and not both")
        return self


@dataclass(frozen=True, slots=True)
class EntriesFile:
    """What a JSONL file says.

    Attributes:
        days: a digest for each day, by day, with the lines that it was read from.
        problems: one for each line that is no entry, or says what another one has said.
        damaged: whether some lines could not be read: what they said before is not known to be gone.
    """

    days: list[tuple[Digest, str]]
    problems: list[Problem]
    damaged: bool


def entries_schema() -> dict[str, Any]:
    """The JSON Schema of a line."""
    return EntryRecord.model_json_schema() | {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def parse_entries(text: str, name: str) -> EntriesFile:
    """Read a JSONL file of entries.

    Args:
        text: the file's text.
        name: the file's name, for messages.
    """
    damaged = False
    days: dict[str, dict[str, Entry]] = {}
    lines: dict[str, list[str]] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = _entry(line, number)
        except ValueError as error:
            problems.append(Problem(name, number, str(error)))
            damaged = True
            continue
        first = days.setdefault(entry.digest_date, {}).setdefault(entry.paper_id, entry)
        if first is entry:
            lines.setdefault(entry.digest_date, []).append(line)
        else:
            message = f"{entry.paper_id} of {entry.digest_date} is already at line {first.line}; that one is used"
            problems.append(Problem(name, number, message))
    digests = [(Digest(name, day, tuple(days[day].values()), ()), "\n".join(lines[day])) for day in sorted(days)]
    return EntriesFile(digests, problems, damaged)


def _entry(line: str, number: int) -> Entry:
    if len(line) > MAX_LINE:
        raise ValueError(f"has {len(line):,} characters; at most {MAX_LINE:,} are read")
    try:
        record = EntryRecord.model_validate_json(line)
    except ValidationError as error:
        raise ValueError(_first(error)) from error
    arxiv_id = parse_arxiv_id(record.paper_id)
    assert arxiv_id is not None
    body, title, sections = _body(record)
    day = record.digest_date.isoformat()
    known = single_line(record.title) or title
    return Entry(
        day, arxiv_id.paper_id, arxiv_id.version, single_line(record.url), known, body, sections, number, record.lang
    )


def _body(record: EntryRecord) -> tuple[str, str, tuple[Section, ...]]:
    """The summary as one text, the title that it names, and its sections."""
    if record.text is not None:
        body = record.text.strip()
        title, sections = parse_sections(body)
        return body, title, sections
    body, sections = "", list[Section]()
    for part in record.sections or ():
        heading = single_line(part.heading)
        head = f"## {heading}\n\n" if heading else ""
        start = len(body) + len(head)
        sections.append(Section(part.name or section_name(heading), heading, start, start + len(part.text)))
        body += f"{head}{part.text}\n\n"
    return body, "", tuple(sections)


def _first(error: ValidationError) -> str:
    """The first thing wrong with a line, with its field."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    message = _NOISE.sub("", first["msg"])
    return f"{field}: {message} (`nonmun schema entries` shows the shape)" if field else f"is no entry: {message}"
