"""Read abstracts, Korean notes and digest sections from the shared data as documents."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nonmun.index.util.files import open_text
from nonmun.ingest.formats.markdown import parse_digest
from nonmun.ingest.sources.jsonl import read_abstracts

Source = Literal["abstract", "note", "summary"]

ABSTRACTS = "abstracts/hf_daily_papers.jsonl.gz"
NOTES = "abstracts/korean_notes_dev.jsonl.gz"
DIGESTS = "digests"
# Not used: `translation_summary` and `text` (the translated abstract, followed by the purpose), `advertising_copy` and
# `keywords`, which have no content of their own.
_HEADINGS = {"translation_title": "제목", "purpose": "목적", "method": "방법", "conclusion": "결론"}
_WITHOUT_HANGUL = re.compile(r"[^가-힣]+")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_QUOTATION_WORDS = 7  # a run of this many Latin words is a quotation of the abstract, not a name


@dataclass(frozen=True, slots=True)
class Document:
    """A text about a paper.

    Attributes:
        paper_id: arXiv id.
        source: the paper's abstract, a Korean note about it, or a section of its summary in a digest.
        date: the date of the note or digest; empty for an abstract.
        title: the paper's English title; empty for a note, whose Korean title is one of its parts.
        parts: heading and text of each part; an abstract has one part without heading.
    """

    paper_id: str
    source: Source
    date: str
    title: str
    parts: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """Return title and parts, one per line, without headings."""
        return "\n".join(text for text in (self.title, *(text for _, text in self.parts)) if text)


def read_abstract_documents(data: Path) -> tuple[Document, ...]:
    """Read the abstract of every paper."""
    abstracts, problems = read_abstracts(data / ABSTRACTS)
    assert not problems, problems
    return tuple(
        Document(abstract.paper_id, "abstract", "", abstract.title, (("", abstract.text),)) for abstract in abstracts
    )


def read_digests(data: Path, titles: Mapping[str, str]) -> Iterator[Document]:
    """Yield one document per section of every digest entry, with the paper's title."""
    for file in sorted((data / DIGESTS).glob("*.md")):
        for entry in parse_digest(file.read_text("utf-8"), file.name).entries:
            title = titles.get(entry.paper_id, entry.title)
            for section in entry.sections:
                if text := entry.body[section.start : section.end].strip():
                    yield Document(entry.paper_id, "summary", entry.digest_date, title, ((section.heading, text),))


def read_notes(data: Path, *, quotations: bool = True) -> list[dict[str, Any]]:
    """Read the Korean notes, optionally without their quotations of the English abstract."""
    notes = list(read_jsonl(data / NOTES))
    return notes if quotations else [_without_quotations(note) for note in notes]


def _without_quotations(note: dict[str, Any]) -> dict[str, Any]:
    def strip(text: str) -> str:
        return _WITHOUT_HANGUL.sub(
            lambda run: " " if len(_LATIN_WORD.findall(run[0])) >= _QUOTATION_WORDS else run[0], text
        )

    fields = {name: note[name] for name in _HEADINGS if note[name]}
    return note | {name: [strip(line) for line in _lines(value)] for name, value in fields.items()}


def _lines(value: str | list[str] | None) -> list[str]:
    return value if isinstance(value, list) else [value or ""]


def as_documents(
    notes: Iterable[Mapping[str, Any]], excluded_field: str, forbidden: Collection[str], excluded_parts: list[str]
) -> Iterator[Document]:
    """Convert notes to documents.

    Args:
        notes: the result of `read_notes`.
        excluded_field: a field that is excluded from all documents.
        forbidden: normalized texts; a field that contains one of them is excluded from its note.
        excluded_parts: receives the names of those fields, as "2503.14378 purpose".
    """
    for note in notes:
        parts: list[tuple[str, str]] = []
        for field, heading in _HEADINGS.items():
            text = "\n".join(_lines(note[field])).strip()
            if field == excluded_field or not text:
                continue
            if _contains_any(text, forbidden):
                excluded_parts.append(f"{note['id']} {field}")
            else:
                parts.append((heading, text))
        document = Document(note["id"], "note", note["date"], "", tuple(parts))
        assert not _contains_any(document.text, forbidden), f"{document.paper_id}: contains the text of a query"
        if parts:
            yield document


def _contains_any(text: str, forbidden: Collection[str]) -> bool:
    normalized = normalize(text)
    return any(query in normalized for query in forbidden)


def normalize(text: str) -> str:
    """Fold case and collapse white space."""
    return " ".join(text.split()).casefold()


def order_by_hash(ids: Iterable[str]) -> list[str]:
    """Sort ids by their SHA-256: a pseudorandom order that depends on nothing else."""
    return sorted(ids, key=lambda paper_id: hashlib.sha256(paper_id.encode()).digest())


def split_in_halves(ids: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Split ids into two pseudorandom halves."""
    order = order_by_hash(ids)
    first = frozenset(order[: len(order) // 2])
    return first, frozenset(order) - first


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSONL file."""
    with open_text(path) as file:
        for line in file:
            yield json.loads(line)
