"""Posted entries: what programs add to an index one by one, without a file.

Each is a document of its own, named by its paper, so that adding one leaves the others of its day alone, and adding it
again with another text edits it. Such a document has no file whose absence would mean something: it keeps its entry
until that is removed by hand, and `--prune` leaves it alone. The rule for two documents with one entry is that of
files: the first one keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from ...index.domain.errors import InputError
from ...index.domain.papers import text_hash
from .base import Digest
from .documents import ParsedDocument
from .jsonl import MAX_LINE, EntryRecord, JsonlFormat, build_entry

_PREFIX = "posted:"  # paths of files are absolute


def is_posted(path: str) -> bool:
    """Return whether a document with this path is a posted entry."""
    return path.startswith(_PREFIX)


def read_posted(entries: Iterable[EntryRecord | Mapping[str, Any]]) -> list[ParsedDocument]:
    """Return entries as documents, sorted by date and name.

    Args:
        entries: the entries, or their fields by name.

    Raises:
        InputError: one is not valid, has more than `MAX_LINE` characters as JSON, or repeats the paper and day of
            another; the field begins with its position.
    """
    positions: dict[tuple[str, str], int] = {}
    documents: list[ParsedDocument] = []
    for position, entry in enumerate(entries):
        document = _document(entry if isinstance(entry, EntryRecord) else _validate(entry, position), position)
        first = positions.setdefault(document.key, position)
        if first != position:
            paper_id = document.digest.entries[0].paper_id
            raise InputError(f"{position}", f"{paper_id} of {document.digest.date} is already at {first}; keep one")
        documents.append(document)
    return sorted(documents, key=lambda document: document.key)


def _validate(entry: Mapping[str, Any], position: int) -> EntryRecord:
    try:
        return EntryRecord.model_validate(dict(entry))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InputError(".".join(map(str, (position, *first["loc"]))), first["msg"]) from error


def _document(record: EntryRecord, position: int) -> ParsedDocument:
    text = record.model_dump_json(exclude_none=True)
    if len(text) > MAX_LINE:
        raise InputError(f"{position}", f"has {len(text):,} characters (at most {MAX_LINE:,}); shorten its text")
    entry = build_entry(record, 1)
    name = f"{_PREFIX}{entry.paper_id}"
    return ParsedDocument(
        text,
        text_hash(text),
        Digest(name, entry.digest_date, (entry,), ()),
        path=f"{_PREFIX}{entry.digest_date}/{entry.paper_id}",
        parser_version=JsonlFormat.version,
        damaged=False,
    )
