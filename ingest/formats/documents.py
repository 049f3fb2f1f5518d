"""Discovery of digest files, and their reading into documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...index.domain.errors import FileError
from ...index.domain.papers import Problem, text_hash
from .base import Digest, DigestFormat
from .registry import format_of, known_suffixes


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A digest with its source text: a whole file, or the part of a file that belongs to one day.

    Attributes:
        text: the source text.
        hash: of that text.
        digest: the parsed text.
        path: the file that it was read from, absolute.
        parser_version: version of the parser that read it.
        damaged: whether parts of its file could not be read.
    """

    text: str
    hash: str
    digest: Digest
    path: str
    parser_version: str
    damaged: bool

    @property
    def key(self) -> tuple[str, str]:
        """Date and name, which identify a document in the catalog."""
        return self.digest.date, self.digest.name


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The documents of some files.

    Attributes:
        documents: sorted by date and name.
        problems: the parts that belong to no document and could not be parsed.
        failed: files that cannot be read, or hold nothing usable; absolute paths.
    """

    documents: list[ParsedDocument]
    problems: list[Problem]
    failed: list[str]


def is_digest(file: Path) -> bool:
    """Return whether a file's name is that of a digest."""
    return file.suffix in known_suffixes() and not file.name.startswith(".")


def find_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files among some paths, and the digest files below the folders among them, each file once.

    Raises:
        FileError: a path does not exist or is not a file, or a folder holds no digest, or a link that leaves it.
    """
    files: dict[Path, Path] = {}
    for path in paths:
        try:
            files.update((file.resolve(), file) for file in _expand(path))
        except FileNotFoundError as error:
            raise FileError(f"{path}: does not exist") from error
        except OSError as error:
            raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    return list(files.values())


def _expand(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if is_digest(file) and file.is_file())
        if not files:
            raise FileError(f"{path}: holds no {' or '.join(known_suffixes())} file")
        if outside := next((file for file in files if not file.resolve().is_relative_to(path.resolve())), None):
            # Whoever may write to the folder could have any file of this user read.
            raise FileError(f"{outside}: is a link that leaves {path}; name its target itself if it is a digest")
        return files
    path.lstat()  # raises if the path does not exist or is invalid
    if not path.is_file():
        raise FileError(f"{path}: is not a file")
    return [path]


def read_documents(files: Iterable[Path]) -> ReadResult:
    """Read digest files. A file that cannot be read is reported, and does not stop the others."""
    documents: list[ParsedDocument] = []
    problems: list[Problem] = []
    failed: list[str] = []
    for file in sorted(files, key=absolute):
        digest_format = format_of(file)
        try:
            parsed = digest_format.parse(_read_text(file, digest_format), printable(file.name))
        except FileError as error:
            problems.append(Problem(printable(file), 1, printable(str(error)).partition(": ")[2]))
            failed.append(absolute(file))
            continue
        problems += parsed.problems
        if parsed.damaged and not parsed.digests:
            failed.append(absolute(file))
        path, version = absolute(file), digest_format.version
        documents += (
            ParsedDocument(text, text_hash(text), digest, path, version, parsed.damaged)
            for digest, text in parsed.digests
        )
    # Sorted, so that the index does not depend on the order in which its files were named.
    return ReadResult(sorted(documents, key=lambda document: (document.key, document.path)), problems, failed)


def _read_text(file: Path, digest_format: DigestFormat) -> str:
    """Read a file of UTF-8 text.

    Raises:
        FileError: it is too large, unreadable, or not UTF-8.
    """
    limit = digest_format.max_bytes
    try:
        if file.stat().st_size > limit:
            raise FileError(f"{file}: more than {limit:,} bytes; {digest_format.split_hint}")
        raw = file.read_bytes()
    except OSError as error:
        raise FileError(f"{file}: cannot be read: {error.strerror}") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise FileError(f"{file}: line {line} is not UTF-8; save the file as UTF-8") from error


def absolute(path: Path) -> str:
    """Return a file's absolute path as text, with symbolic links resolved."""
    return printable(path.resolve())


def printable(path: Path | str) -> str:
    """Return a path as text; bytes of a name that are not UTF-8 become question marks."""
    return str(path).encode("utf-8", "replace").decode()
