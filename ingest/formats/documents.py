"""Files and folders to digests and entries: what is read, and what cannot be."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...index.domain.errors import FileError
from ...index.domain.papers import Problem, text_hash
from .jsonl import ENTRIES_VERSION, EntriesFile, parse_entries
from .markdown import MAX_BYTES, PARSER_VERSION, Digest, parse_digest

MAX_ENTRIES_BYTES = 200_000_000
_SUFFIXES = (".md", ".jsonl")


@dataclass(frozen=True, slots=True)
class Document:
    """A digest, or what a JSONL file says of one day.

    Attributes:
        text: its raw text.
        hash: of that text.
        digest: what it says.
        path: the file that it was read from, absolute.
        recipe: the parser that read it.
        damaged: whether some of its file could not be read.
    """

    text: str
    hash: str
    digest: Digest
    path: str = ""
    recipe: str = PARSER_VERSION
    damaged: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Day and name: by these a document is known in the catalog."""
        return self.digest.date, self.digest.name


@dataclass(frozen=True, slots=True)
class Reading:
    """What files say.

    Attributes:
        documents: by day and name.
        problems: what was not understood outside of documents.
        failed: files that could not be read, or hold nothing that can be used; absolute.
    """

    documents: list[Document]
    problems: list[Problem]
    failed: list[str]


def is_digest(file: Path) -> bool:
    """Whether a file's name says that it holds digests or entries."""
    return file.suffix in _SUFFIXES and not file.name.startswith(".")


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The digest files that paths stand for: files as named, folders with every `.md` and `.jsonl` below them, each
    file once.

    Raises:
        FileError: a path does not exist or is no file, or a folder holds no digest.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        try:
            found.update((file.resolve(), file) for file in _files(path))
        except FileNotFoundError as error:
            raise FileError(f"{path}: does not exist") from error
        except OSError as error:
            raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    return list(found.values())


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        inside = sorted(file for file in path.rglob("*") if is_digest(file) and file.is_file())
        if not inside:
            raise FileError(f"{path}: holds no .md or .jsonl file")
        return inside
    path.lstat()  # raises where there is nothing, or where the name cannot be one
    if not path.is_file():
        raise FileError(f"{path}: is no file")
    return [path]


def read_documents(files: Iterable[Path]) -> Reading:
    """Read digests and entries; a file that cannot be read is a problem and does not stop the others."""
    documents: list[Document] = []
    problems: list[Problem] = []
    failed: list[str] = []
    for file in sorted(files, key=absolute):
        try:
            found, unread = _documents(file)
        except FileError as error:
            problems.append(Problem(printable(file), 1, printable(str(error)).partition(": ")[2]))
            failed.append(absolute(file))
            continue
        problems += unread.problems
        if unread.damaged and not found:
            failed.append(absolute(file))
        documents += found
    # By day, so that an index of the same files is the same whatever order they were named in.
    return Reading(sorted(documents, key=lambda one: (one.key, one.path)), problems, failed)


def _documents(file: Path) -> tuple[list[Document], EntriesFile]:
    if file.suffix != ".jsonl":
        return [read_document(file)], EntriesFile([], [], damaged=False)
    text = _text(file, MAX_ENTRIES_BYTES, "split it into several files")
    read = parse_entries(text, printable(file.name))
    path = absolute(file)
    if not read.days and _holds_abstracts(text):
        message = "holds abstracts (id, title, text), not entries; name it with --abstracts to use it"
        return [], EntriesFile([], [Problem(printable(file.name), 1, message)], damaged=False)
    found = [
        Document(lines, text_hash(lines), digest, path, ENTRIES_VERSION, read.damaged) for digest, lines in read.days
    ]
    return found, read


def _holds_abstracts(text: str) -> bool:
    try:
        first = json.loads(text.lstrip().partition("\n")[0])
    except (json.JSONDecodeError, RecursionError):
        return False
    return isinstance(first, dict) and "paper_id" not in first and {"id", "title"} <= first.keys()


def read_document(file: Path) -> Document:
    """Read one digest file.

    Raises:
        FileError: it is too large, unreadable, or not UTF-8.
    """
    text = _text(file, MAX_BYTES, "split it into one file a day")
    return Document(text, text_hash(text), parse_digest(text, printable(file.name)), absolute(file))


def _text(file: Path, limit: int, cure: str) -> str:
    try:
        if file.stat().st_size > limit:
            raise FileError(f"{file}: more than {limit:,} bytes; {cure}")
        raw = file.read_bytes()
    except OSError as error:
        raise FileError(f"{file}: cannot be read: {error.strerror}") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise FileError(f"{file}: line {line} is not UTF-8; save the file as UTF-8") from error


def absolute(path: Path) -> str:
    """A file's absolute path as text, links followed."""
    return printable(path.resolve())


def printable(path: Path | str) -> str:
    """A path as text; bytes of a name that are no UTF-8 become question marks."""
    return str(path).encode("utf-8", "replace").decode()
