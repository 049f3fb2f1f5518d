"""Line-based text files: reading and field validation, with errors that name the file and the line."""

from __future__ import annotations

import json
import zlib
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from ....index.domain.errors import FileError
from ....index.util.files import open_text

_MAX_GRADE = 1_000  # a higher one would dominate nDCG, and pytrec_eval takes no more than a C long


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the non-blank lines of a text file (gzip if its name ends in .gz) with their 1-based numbers.

    Raises:
        FileError: the file cannot be read to its end, or is not UTF-8.
    """
    number = 0
    try:
        with open_text(path, "surrogateescape") as file:
            for number, line in enumerate(file, start=1):
                _check_encoding(path, number, line)
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except (OSError, EOFError, zlib.error) as error:
        raise FileError(f"{path}:{number + 1}: cannot be read: {error}") from error


def _check_encoding(path: Path, number: int, line: str) -> None:
    # Files are decoded in blocks, not lines: invalid bytes are escaped first, so that the error can name their line.
    try:
        line.encode()
    except UnicodeEncodeError as error:
        raise FileError(f"{path}:{number}: is not valid UTF-8") from error


def json_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the JSON objects of a JSONL file with their line numbers.

    Raises:
        FileError: a line is not a JSON object.
    """
    for number, line in numbered_lines(path):
        try:
            value = json.loads(line)
            json.dumps(value, ensure_ascii=False).encode()  # an escaped lone surrogate parses, but is not text
        except (ValueError, RecursionError) as error:  # ValueError also for integers over Python's digit limit
            raise FileError(f"{path}:{number}: is not valid JSON: {error}") from error
        if not isinstance(value, dict):
            raise FileError(f"{path}:{number}: is not a JSON object")
        yield number, value


def require_text(path: Path, number: int, record: dict[str, Any], name: str) -> str:
    """Return a field that must be a non-empty string; integers are converted, since some collections number their ids.

    Raises:
        FileError: the field is missing, empty or not a string.
    """
    value = record.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise FileError(f"{path}:{number}: {name!r} is missing, empty or not a string")
    return value.strip()


def check_query_id(path: Path, number: int, query_id: str, used: Container[str]) -> None:
    """Check that a query id is allowed in a run file and is not used yet.

    Raises:
        FileError: the id contains white space, or is used already.
    """
    if len(query_id.split()) > 1:
        raise FileError(f"{path}:{number}: the id {query_id!r} contains white space, which run files do not allow")
    if query_id in used:
        raise FileError(f"{path}:{number}: the id {query_id!r} is already used; give each query a unique id")


def parse_grade(path: Path, number: int, text: str) -> int:
    """Parse a relevance grade, an integer of at most 1000 in absolute value.

    Raises:
        FileError: the text is not such an integer.
    """
    try:
        value = float(text)
        if value != int(value) or abs(value) > _MAX_GRADE:
            raise ValueError
    except (ValueError, OverflowError) as error:
        expected = f"expected a whole number such as 0 or 1, up to {_MAX_GRADE}"
        raise FileError(f"{path}:{number}: {text[:40]!r} is not a valid grade ({expected})") from error
    return int(value)
