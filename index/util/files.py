"""Files: durable writes, and text that may be compressed."""

from __future__ import annotations

import gzip
import os
import secrets
from pathlib import Path
from typing import TextIO, cast


def identity(path: Path) -> tuple[int, int]:
    """Return what tells a file from another one that takes its place: device and inode.

    Raises:
        OSError: there is none.
    """
    found = path.stat()
    return found.st_dev, found.st_ino


def sync(path: Path) -> None:
    """Flush a file or folder to the disk (fsync)."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Flush a folder, everything in it, and its directory entry to the disk."""
    for path in [*folder.rglob("*"), folder, folder.parent]:
        sync(path)


def replace_text(path: Path, text: str) -> None:
    """Replace the content of a small file atomically: readers see the old or the new text, even after a power loss."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_text(text, "utf-8")
    sync(unfinished)
    unfinished.replace(path)
    sync(path.parent)


def replace_private_text(path: Path, text: str) -> None:
    """Replace the content of a small file atomically, as `replace_text`; only its owner can read it.

    Several processes may do so at once.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    try:
        with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(text.encode("utf-8", "replace"))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        sync(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def open_text(path: Path, errors: str = "strict") -> TextIO:
    """Open UTF-8 text for reading, with or without a byte order mark; decompress it where its name ends in .gz.

    Args:
        path: the file.
        errors: how to handle invalid UTF-8, as for `open`.

    Raises:
        OSError: the file cannot be opened. Reading may raise EOFError, zlib.error and UnicodeDecodeError as well.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    return cast("TextIO", opener(path, "rt", encoding="utf-8-sig", errors=errors))
