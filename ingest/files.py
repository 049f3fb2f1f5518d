"""Files and folders to digests: what is read, and what cannot be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..index.errors import FileError
from ..index.papers import Problem, text_hash
from .digest import MAX_BYTES, Digest, parse_digest


@dataclass(frozen=True, slots=True)
class Document:
    """A digest file: its raw text, its hash, and what it says."""

    text: str
    hash: str
    digest: Digest


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The digest files that paths stand for: files as named, folders with every `.md` below them, each file once.

    Raises:
        FileError: a path does not exist, or a folder holds no digest.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*.md") if file.is_file())
            if not inside:
                raise FileError(f"{path}: holds no .md file")
            found.update((file.resolve(), file) for file in inside)
        elif path.is_file():
            found[path.resolve()] = path
        else:
            raise FileError(f"{path}: does not exist")
    return list(found.values())


def read_documents(files: Iterable[Path]) -> tuple[list[Document], list[Problem]]:
    """Read digests; a file that cannot be read is a problem and does not stop the others."""
    documents: dict[tuple[str, str], tuple[Path, Document]] = {}
    problems: list[Problem] = []
    for file in files:
        try:
            document = read_document(file)
        except FileError as error:
            problems.append(Problem(printable(file), 1, printable(str(error)).partition(": ")[2]))
            continue
        key = (document.digest.date, document.digest.name)
        first, kept = documents.setdefault(key, (file, document))
        if first != file and kept.hash != document.hash:
            message = f"has the date and name of {printable(first)} but other text; that one is used"
            problems.append(Problem(printable(file), 1, message))
    # By day, so that an index of the same files is the same whatever order they were named in.
    return [document for _, (_, document) in sorted(documents.items(), key=lambda item: item[0])], problems


def read_document(file: Path) -> Document:
    """Read one digest file.

    Raises:
        FileError: it is too large, unreadable, or not UTF-8.
    """
    try:
        if file.stat().st_size > MAX_BYTES:
            raise FileError(f"{file}: more than {MAX_BYTES:,} bytes; split it into one file a day")
        raw = file.read_bytes()
    except OSError as error:
        raise FileError(f"{file}: cannot be read: {error.strerror}") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise FileError(f"{file}: line {line} is not UTF-8; save the file as UTF-8") from error
    return Document(text, text_hash(text), parse_digest(text, printable(file.name)))


def printable(path: Path | str) -> str:
    """A path as text; bytes of a name that are no UTF-8 become question marks."""
    return str(path).encode("utf-8", "replace").decode()
