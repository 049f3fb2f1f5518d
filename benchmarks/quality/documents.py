"""What is said of papers: abstracts, Korean notes and the sections of digests, read from the shared data."""

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
# Left out are `translation_summary` and `text` (the abstract, translated whole, with the purpose at its end), and
# `advertising_copy` and `keywords`, which say nothing of their own.
_HEADINGS = {"translation_title": "제목", "purpose": "목적", "method": "방법", "conclusion": "결론"}
_WITHOUT_HANGUL = re.compile(r"[^가-힣]+")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_QUOTED = 7  # Latin words in a row: a quotation of the abstract, not a name


@dataclass(frozen=True, slots=True)
class Document:
    """Something that is said of a paper.

    Attributes:
        paper_id: arXiv id.
        source: the paper's own abstract, a Korean note on it, or a section of what a digest says of it.
        date: the day that a note or a digest belongs to; empty for an abstract.
        title: the paper's English title; empty for a note, whose Korean title is one of its parts.
        parts: heading and text of each part; an abstract has one without heading.
    """

    paper_id: str
    source: Source
    date: str
    title: str
    parts: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """Title and parts as one text, a line each, without headings."""
        return "\n".join(text for text in (self.title, *(text for _, text in self.parts)) if text)


def read_documents(data: Path) -> tuple[Document, ...]:
    """Every paper's abstract."""
    found, problems = read_abstracts(data / ABSTRACTS)
    assert not problems, problems
    return tuple(Document(one.paper_id, "abstract", "", one.title, (("", one.text),)) for one in found)


def read_digests(data: Path, titles: Mapping[str, str]) -> Iterator[Document]:
    """A document for each section of what the digests say, under the paper's title."""
    for file in sorted((data / DIGESTS).glob("*.md")):
        for entry in parse_digest(file.read_text("utf-8"), file.name).entries:
            title = titles.get(entry.paper_id, entry.title)
            for one in entry.sections:
                if text := entry.body[one.start : one.end].strip():
                    yield Document(entry.paper_id, "summary", entry.digest_date, title, ((one.heading, text),))


def read_notes(data: Path, *, quotations: bool = True) -> list[dict[str, Any]]:
    """The Korean notes, as they are written or without what they quote of the English abstract."""
    found = list(read_lines(data / NOTES))
    return found if quotations else [_without_quotations(one) for one in found]


def _without_quotations(note: dict[str, Any]) -> dict[str, Any]:
    def cut(text: str) -> str:
        return _WITHOUT_HANGUL.sub(lambda run: " " if len(_LATIN_WORD.findall(run[0])) >= _QUOTED else run[0], text)

    fields = {name: note[name] for name in _HEADINGS if note[name]}
    return note | {name: [cut(one) for one in _lines(value)] for name, value in fields.items()}


def _lines(value: str | list[str] | None) -> list[str]:
    return value if isinstance(value, list) else [value or ""]


def as_documents(
    notes: Iterable[Mapping[str, Any]], left_out: str, forbidden: Collection[str], dropped: list[str]
) -> Iterator[Document]:
    """Notes as documents.

    Args:
        notes: as they are read.
        left_out: a field that no document takes.
        forbidden: texts, as `plain` gives them; a field that holds one of them is left out of its note.
        dropped: takes the names of those fields, as "2503.14378 purpose".
    """
    for note in notes:
        parts: list[tuple[str, str]] = []
        for field, heading in _HEADINGS.items():
            text = "\n".join(_lines(note[field])).strip()
            if field == left_out or not text:
                continue
            if _holds(text, forbidden):
                dropped.append(f"{note['id']} {field}")
            else:
                parts.append((heading, text))
        document = Document(note["id"], "note", note["date"], "", tuple(parts))
        assert not _holds(document.text, forbidden), f"{document.paper_id}: a query's own text would be indexed"
        if parts:
            yield document


def _holds(text: str, forbidden: Collection[str]) -> bool:
    known = plain(text)
    return any(one in known for one in forbidden)


def plain(text: str) -> str:
    """Text without what makes no difference: letter case and white space."""
    return " ".join(text.split()).casefold()


def shuffled(ids: Iterable[str]) -> list[str]:
    """Ids in an order that nothing but they decide."""
    return sorted(ids, key=lambda one: hashlib.sha256(one.encode()).digest())


def halves(ids: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Two halves of some ids."""
    order = shuffled(ids)
    first = frozenset(order[: len(order) // 2])
    return first, frozenset(order) - first


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file."""
    with open_text(path) as file:
        for line in file:
            yield json.loads(line)
