"""The JSONL format: entries of any other summarizer, one object per line."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from ...index.domain.arxiv_ids import parse_arxiv_id
from ...index.domain.papers import Entry, Problem, Section, SectionName
from ..sources.text import single_line
from .base import Digest, ParsedFile
from .sections import parse_sections, section_name

MAX_LINE = 1_000_000
"""Limit of a line, in characters."""

# Parts of pydantic's messages without information for the user.
_NOISE = re.compile(r"^Value error, |(?<= at) line 1(?= column)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _validate_arxiv_id(text: str) -> str:
    if parse_arxiv_id(text) is None:
        raise ValueError(f"{text[:60]!r} is not a valid arXiv id (expected one such as 2505.09264)")
    return text


def _read_date(value: object) -> object:
    """Return the date that a text names; strict validation takes it from JSON text, but not from decoded JSON."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    return value


class SectionRecord(BaseModel):
    """A named section of a summary."""

    model_config = ConfigDict(strict=True)

    heading: str = Field(default="", max_length=300, description="the heading's words, shown and searched")
    name: SectionName | None = Field(default=None, description="canonical name; detected from the heading if omitted")
    text: str = Field(description="the section's text", min_length=1)


class EntryRecord(BaseModel):
    """A summary of a paper. Additional fields are ignored."""

    model_config = ConfigDict(strict=True, title="nonmun entry")

    paper_id: Annotated[str, AfterValidator(_validate_arxiv_id)] = Field(
        description="arXiv id, with or without version", examples=["2505.09264"]
    )
    digest_date: Annotated[date, BeforeValidator(_read_date)] = Field(
        description="the day that the summary belongs to, YYYY-MM-DD", examples=["2025-05-16"]
    )
    lang: Literal["ko", "en"] | None = Field(default=None, description="its language; detected if omitted")
    title: str = Field(default="", description="the paper's title, if known")
    url: str = Field(default="", description="where the summarizer found the paper: http or https, or empty")
    text: str | None = Field(
        default=None,
        min_length=1,
        description="the summary; may have Markdown headings",
        examples=["## Results\n\nIt works."],
    )
    sections: list[SectionRecord] | None = Field(default=None, min_length=1, description="the summary, in sections")

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        if url and not url.startswith(("https://", "http://")):  # a link that runs code where it is shown
            raise ValueError("has to begin with https:// or http://")
        return url

    @model_validator(mode="after")
    def _require_one_body(self) -> EntryRecord:
        if (self.text is None) == (self.sections is None):
            raise ValueError("either `text` or `sections` has to be given, and not both")
        return self


class JsonlFormat:
    """One digest per day, of the entries of a JSONL file."""

    suffixes: tuple[str, ...] = (".jsonl",)
    version = "entries-1"
    max_bytes = 200_000_000
    split_hint = "split it into several files"

    def parse(self, text: str, name: str) -> ParsedFile:
        """Parse a file; a file of abstracts, which has the same suffix, is one problem instead of one per line."""
        parsed = parse_entries(text, name)
        if not parsed.digests and _holds_abstracts(text):
            message = "holds abstracts (id, title, text), not entries; name it with --abstracts to use it"
            return ParsedFile([], [Problem(name, 1, message)])
        return parsed


def entries_schema() -> dict[str, Any]:
    """Return the JSON Schema of a line."""
    return EntryRecord.model_json_schema() | {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def parse_entries(text: str, name: str) -> ParsedFile:
    """Parse a JSONL file of entries.

    Args:
        text: the file's text.
        name: the file's name, for messages.

    Returns:
        A digest per day, sorted by date, each with its lines; a problem for each line that is not an entry, or
        repeats one. The file is damaged if a line is not an entry.
    """
    damaged = False
    entries: dict[str, dict[str, Entry]] = {}
    lines: dict[str, list[str]] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = _parse_line(line, number)
        except ValueError as error:
            problems.append(Problem(name, number, str(error)))
            damaged = True
            continue
        first = entries.setdefault(entry.digest_date, {}).setdefault(entry.paper_id, entry)
        if first is entry:
            lines.setdefault(entry.digest_date, []).append(line)
        else:
            message = f"{entry.paper_id} of {entry.digest_date} is already at line {first.line}; that one is used"
            problems.append(Problem(name, number, message))
    digests = [(Digest(name, day, tuple(entries[day].values()), ()), "\n".join(lines[day])) for day in sorted(entries)]
    return ParsedFile(digests, problems, damaged)


def _holds_abstracts(text: str) -> bool:
    try:
        record = json.loads(text.lstrip().partition("\n")[0])
    except (json.JSONDecodeError, RecursionError):
        return False
    return isinstance(record, dict) and "paper_id" not in record and {"id", "title"} <= record.keys()


def _parse_line(line: str, number: int) -> Entry:
    if len(line) > MAX_LINE:
        raise ValueError(f"has {len(line):,} characters (at most {MAX_LINE:,})")
    try:
        record = EntryRecord.model_validate_json(line)
    except ValidationError as error:
        raise ValueError(_first_message(error)) from error
    return build_entry(record, number)


def build_entry(record: EntryRecord, line: int) -> Entry:
    """Return the entry of a record.

    Args:
        record: the record.
        line: 1-based number of its line in its file.
    """
    arxiv_id = parse_arxiv_id(record.paper_id)
    assert arxiv_id is not None
    body, body_title, sections = _body(record)
    return Entry(
        digest_date=record.digest_date.isoformat(),
        paper_id=arxiv_id.paper_id,
        version=arxiv_id.version,
        url=single_line(record.url),
        title=single_line(record.title) or body_title,
        body=body,
        sections=sections,
        line=line,
        lang=record.lang,
    )


def _body(record: EntryRecord) -> tuple[str, str, tuple[Section, ...]]:
    """Return the summary as one text, the title in it, and its sections."""
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


def _first_message(error: ValidationError) -> str:
    """Return the first error of a line, with its field."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    message = _NOISE.sub("", first["msg"])
    if not field:
        return f"is not an entry: {message}"
    return f"{field}: {message} (`nonmun schema entries` shows the expected fields)"
