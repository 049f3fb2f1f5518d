"""Text files line by line; whatever is wrong is told with file and line."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ....index.domain.errors import FileError
from ....index.util.files import open_text

_HIGHEST_GRADE = 1_000  # nDCG would see nothing else beside it, and pytrec_eval takes no more than a C long


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text file (gzip where its name ends in .gz) that are not blank, with their 1-based numbers.

    Raises:
        FileError: the file cannot be read to its end, or is no UTF-8.
    """
    number = 0
    try:
        with open_text(path, "surrogateescape") as file:
            for number, line in enumerate(file, start=1):
                _check_text(path, number, line)
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except (OSError, EOFError, zlib.error) as error:
        raise FileError(f"{path}:{number + 1}: cannot be read: {error}") from error


def _check_text(path: Path, number: int, line: str) -> None:
    # Decoding goes by blocks, not lines: bytes that are no UTF-8 come in escaped, so that their line can be told.
    try:
        line.encode()
    except UnicodeEncodeError as error:
        raise FileError(f"{path}:{number}: is no UTF-8") from error


def objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of a JSONL file, with their line numbers.

    Raises:
        FileError: a line is no JSON object.
    """
    for number, line in lines(path):
        try:
            value = json.loads(line)
            json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair can be escaped, but is no text
        except (ValueError, RecursionError) as error:  # also numbers too long to be read
            raise FileError(f"{path}:{number}: is no JSON: {error}") from error
        if not isinstance(value, dict):
            raise FileError(f"{path}:{number}: is no JSON object")
        yield number, value


def text_of(path: Path, number: int, record: dict[str, Any], name: str) -> str:
    """A field that has to hold words.

    Raises:
        FileError: it is missing, empty or no text.
    """
    value = record.get(name)
    if isinstance(value, int) and not isinstance(value, bool):  # ids are numbers in some collections
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise FileError(f"{path}:{number}: {name!r} is missing, empty or no text")
    return value.strip()


def grade_of(path: Path, number: int, text: str) -> int:
    """A grade of relevance.

    Raises:
        FileError: it is no whole number, or beyond what measures can weigh.
    """
    try:
        value = float(text)
        if value != int(value) or abs(value) > _HIGHEST_GRADE:
            raise ValueError
    except (ValueError, OverflowError) as error:
        wanted = f"a whole number such as 0 or 1, up to {_HIGHEST_GRADE}"
        raise FileError(f"{path}:{number}: {text[:40]!r} is no grade; it must be {wanted}") from error
    return int(value)
