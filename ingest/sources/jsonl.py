"""A JSONL file of abstracts: one object per line with an arXiv id, a title and an abstract."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from ...index.domain.arxiv_ids import parse_arxiv_id
from ...index.domain.errors import FileError
from ...index.domain.papers import Abstract, Bibliography, Problem
from ...index.util.files import open_text
from .text import iso_date, single_line

_MAX_LINE = 1_000_000  # characters; the longest abstracts of arXiv have 6,000
# Text compresses to a fifth of its size. Files of less than the limit are read whatever they expand to.
_MAX_RATIO, _MIN_LIMIT = 100, 100_000_000


def read_abstracts(path: Path, paper_ids: Collection[str] | None = None) -> tuple[list[Abstract], list[Problem]]:
    """Read a JSONL file of abstracts.

    The fields are `id`, `title`, `text` or `abstract`, and optionally `published`, the date of the first version, and
    with `authors` (a list) also `categories`, `doi`, `journal_ref` and `comment`.

    Args:
        path: the file; decompressed if its name ends in .gz.
        paper_ids: the papers to keep; None keeps all.

    Returns:
        The abstracts in order, the first one of each paper, and a problem for each invalid line.

    Raises:
        FileError: the file cannot be read to its end.
    """
    abstracts: dict[str, Abstract] = {}
    lines: dict[str, int] = {}
    problems: list[Problem] = []
    for number, line in _lines(path):
        if not line.strip():
            continue
        try:
            abstract = _parse_line(line)
        except ValueError as error:
            problems.append(Problem(path.name, number, str(error)))
            continue
        first = lines.setdefault(abstract.paper_id, number)
        if first != number:
            message = f"{abstract.paper_id} is already at line {first}; that one is used"
            problems.append(Problem(path.name, number, message))
        elif paper_ids is None or abstract.paper_id in paper_ids:
            abstracts[abstract.paper_id] = abstract
    return list(abstracts.values()), problems


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file with their numbers.

    Raises:
        FileError: it is no regular file, cannot be read, or holds more than a file of abstracts can.
    """
    number = characters = 0
    try:
        if not path.is_file():  # a pipe or a device may never end
            kind = "is a folder" if path.is_dir() else "is not a regular file" if path.exists() else "does not exist"
            raise FileError(f"{path}: {kind}; name a .jsonl or .jsonl.gz file")
        most = max(_MAX_RATIO * path.stat().st_size, _MIN_LIMIT)
        with open_text(path) as file:
            while line := file.readline(_MAX_LINE + 1):
                number += 1
                characters += len(line)
                if len(line) > _MAX_LINE:
                    raise FileError(f"{path}:{number}: the line has more than {_MAX_LINE:,} characters")
                if characters > most:
                    raise FileError(f"{path}:{number}: decompresses to more than {_MAX_RATIO} times the file's size")
                yield number, line
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:  # gzip.BadGzipFile is an OSError
        raise FileError(f"{path}:{number + 1}: cannot be read: {error}") from error


def _parse_line(line: str) -> Abstract:
    try:
        record: Any = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"not valid JSON: {error}") from error
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    identifier, title = record.get("id"), record.get("title")
    text = record.get("text") or record.get("abstract")
    for name, value in (("id", identifier), ("title", title), ("text", text)):
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{name!r} is missing, empty or not a string")
    arxiv_id = parse_arxiv_id(str(identifier))
    if arxiv_id is None:
        raise ValueError(f"{identifier!r} is not a valid arXiv id (expected one such as 2505.09264)")
    published = record.get("published")
    day = iso_date(published) if isinstance(published, str) else None
    return Abstract(
        arxiv_id.paper_id,
        single_line(str(title)),
        single_line(str(text)),
        published=day,
        bibliography=_parse_bibliography(record),
    )


def _parse_bibliography(record: dict[str, Any]) -> Bibliography | None:
    """Return the bibliography of a record; None if it names no authors."""
    authors = _strings(record.get("authors"))
    if not authors:
        return None
    doi, journal_ref, comment = (
        single_line(value) if isinstance(value := record.get(name), str) else ""
        for name in ("doi", "journal_ref", "comment")
    )
    return Bibliography(authors, _strings(record.get("categories")), doi, journal_ref, comment)


def _strings(values: object) -> tuple[str, ...]:
    """Return the texts of a list; of one text, its words, as arXiv's dumps write categories ("cs.CL cs.LG")."""
    items: list[Any] = values.split() if isinstance(values, str) else values if isinstance(values, list) else []
    return tuple(single_line(item) for item in items if isinstance(item, str) and item.strip())
