"""The registry of digest formats."""

from __future__ import annotations

from pathlib import Path

from .base import DigestFormat
from .jsonl import JsonlFormat
from .markdown import MarkdownFormat

_formats: list[DigestFormat] = [MarkdownFormat(), JsonlFormat()]


def register_format(digest_format: DigestFormat) -> None:
    """Add a format: from now on, folders are searched for its suffixes too.

    Raises:
        ValueError: another format has one of its suffixes.
    """
    for suffix in digest_format.suffixes:
        if suffix in known_suffixes():
            raise ValueError(f"{suffix!r} is the suffix of another digest format")
    _formats.append(digest_format)


def unregister_format(digest_format: DigestFormat) -> None:
    """Remove a format that was registered."""
    _formats.remove(digest_format)


def known_suffixes() -> tuple[str, ...]:
    """Return the suffixes of all formats."""
    return tuple(suffix for digest_format in _formats for suffix in digest_format.suffixes)


def format_of(file: Path) -> DigestFormat:
    """Return the format of a file by its suffix; Markdown for an unknown one."""
    matching = (digest_format for digest_format in _formats if file.suffix in digest_format.suffixes)
    return next(matching, _formats[0])
