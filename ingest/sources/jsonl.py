"""Source abstracts from a JSONL file: one object a line with an arXiv id, a title and an abstract."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from ...index.domain.arxiv_ids import parse_arxiv_id
from ...index.domain.errors import FileError
from ...index.domain.papers import Abstract, Problem
from ...index.util.files import open_text

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # a terminal would obey some of them


def read_abstracts(path: Path, wanted: Collection[str] | None = None) -> tuple[list[Abstract], list[Problem]]:
    """Read a JSONL file (gzip where its name ends in .gz) with the fields `id`, `title`, `text` or `abstract`, and
    `published`, the day of the first version, where it is known.

    Args:
        path: the file.
        wanted: ids to keep; None keeps all.

    Returns:
        The abstracts in order, the first one of each paper, and a problem for each line that is not one.

    Raises:
        FileError: the file cannot be read to its end.
    """
    found: dict[str, Abstract] = {}
    seen: dict[str, int] = {}
    problems: list[Problem] = []
    for number, line in _lines(path):
        if not line.strip():
            continue
        try:
            abstract = _abstract(line)
        except ValueError as error:
            problems.append(Problem(path.name, number, str(error)))
            continue
        first = seen.setdefault(abstract.paper_id, number)
        if first != number:
            problems.append(
                Problem(path.name, number, f"{abstract.paper_id} is already at line {first}; that one is used")
            )
        elif wanted is None or abstract.paper_id in wanted:
            found[abstract.paper_id] = abstract
    return list(found.values()), problems


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        with open_text(path) as file:
            for number, line in enumerate(file, start=1):
                yield number, line
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:  # gzip.BadGzipFile is an OSError
        raise FileError(f"{path}:{number + 1}: cannot be read: {error}") from error


def _abstract(line: str) -> Abstract:
    try:
        record: Any = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"is no JSON: {error}") from error
    if not isinstance(record, dict):
        raise ValueError("is no JSON object")
    identifier, title = record.get("id"), record.get("title")
    text = record.get("text") or record.get("abstract")
    for name, value in (("id", identifier), ("title", title), ("text", text)):
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{name!r} is missing, empty or no text")
    paper = parse_arxiv_id(str(identifier))
    if paper is None:
        raise ValueError(f"{identifier!r} is no arXiv id")
    published = record.get("published")
    day = iso_date(published) if isinstance(published, str) else None
    return Abstract(paper.paper_id, one_line(str(title)), one_line(str(text)), published=day)


def iso_date(timestamp: str) -> str | None:
    """The day of an ISO timestamp; None where it is none."""
    try:
        return date.fromisoformat(timestamp[:10]).isoformat()
    except ValueError:
        return None


def one_line(text: str) -> str:
    """Hard-wrapped text as running text, without control characters; half surrogate pairs become question marks."""
    printable = text.encode("utf-8", "replace").decode()
    return " ".join(_CONTROL.sub(" ", printable).split())
