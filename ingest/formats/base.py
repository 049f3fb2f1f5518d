"""The interface of a digest format, and its results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ...index.domain.papers import Entry, Problem


@dataclass(frozen=True, slots=True)
class Digest:
    """The entries of one day in one file.

    Attributes:
        name: the file's name, without folders.
        date: ISO date; empty if the file has none.
        entries: one per paper, in order.
        problems: the parts that could not be parsed.
    """

    name: str
    date: str
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """The contents of one file.

    Attributes:
        digests: each with the text that it was parsed from.
        problems: the parts that belong to no digest and could not be parsed.
        damaged: whether parts could not be read, so that missing entries are not treated as removed.
    """

    digests: Sequence[tuple[Digest, str]]
    problems: Sequence[Problem] = ()
    damaged: bool = False


class DigestFormat(Protocol):
    """Parses digest files of one kind. A new format is a class in a file of its own, and a call of `register_format`.

    Attributes:
        suffixes: of the names of its files, such as `.md`.
        version: changes whenever the same text may give other entries; documents that another version parsed are
            parsed again.
        max_bytes: the limit of a file.
        split_hint: what to do about a larger file, for the error message.
    """

    suffixes: tuple[str, ...]
    version: str
    max_bytes: int
    split_hint: str

    def parse(self, text: str, name: str) -> ParsedFile:
        """Parse a file; parts that cannot be parsed are problems, not exceptions.

        Args:
            text: the file's text.
            name: the file's name, for dates and messages.

        Raises:
            FileError: the file cannot be used as a whole.
        """
        ...
