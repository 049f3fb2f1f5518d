"""Files: what has to be on the disk before anything else may rely on it, and text that may be packed."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import TextIO, cast


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Wait until a folder, everything in it, and its own name are on the disk."""
    for path in [*folder.rglob("*"), folder, folder.parent]:
        sync(path)


def replace_text(path: Path, text: str) -> None:
    """Write a small file so that a reader, or a machine that lost power, sees the old text or the new one."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, "utf-8")
    sync(fresh)
    fresh.replace(path)
    sync(path.parent)


def open_text(path: Path, errors: str = "strict") -> TextIO:
    """Open UTF-8 text for reading, with or without a byte order mark, unpacked where its name ends in .gz.

    Raises:
        OSError: it cannot be opened; reading on may raise EOFError, zlib.error and UnicodeDecodeError as well.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    return cast("TextIO", opened(path, "rt", encoding="utf-8-sig", errors=errors))
