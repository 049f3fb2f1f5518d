"""What the page of the service's state shows: the data directory by part, and keys without their secrets."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..keys import Key

_SUFFIXES = ("-wal", "-shm", "-journal")  # of SQLite's files beside a database
_UNITS = ("B", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class DiskPart:
    """A part of a data directory.

    Attributes:
        name: name of the file or folder in the directory.
        size: what its files take, as shown.
    """

    name: str
    size: str


def disk_parts(folder: Path) -> tuple[list[DiskPart], str]:
    """Return the parts of a data directory, the largest first, and what all of them take.

    Files that are removed meanwhile count for nothing.
    """
    sizes: dict[str, int] = {}
    with suppress(OSError):
        for part in folder.iterdir():
            name = part.name
            for suffix in _SUFFIXES:
                name = name.removesuffix(suffix)
            sizes[name] = sizes.get(name, 0) + _size(part)
    parts = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    return [DiskPart(name, format_size(size)) for name, size in parts], format_size(sum(sizes.values()))


def _size(path: Path) -> int:
    """Return what a file, or the files in a folder, take; links are not followed."""
    with suppress(OSError):
        if path.is_symlink() or not path.is_dir():
            return path.lstat().st_size
        return sum(_size(inside) for inside in path.iterdir())
    return 0


def format_size(size: int) -> str:
    """Return a number of bytes with a unit: "34.8 MB"."""
    number, unit = float(size), 0
    while number >= 1000 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.1f} {_UNITS[unit]}" if unit else f"{size} B"


@dataclass(frozen=True, slots=True)
class KeyView:
    """An API key without its secret.

    Attributes:
        name: whose it is.
        scopes: what it allows, separated by commas.
        created, expires, last_used: times in UTC, as shown; empty where there is none.
    """

    name: str
    scopes: str
    created: str
    expires: str
    last_used: str


def key_views(keys: Iterable[Key]) -> list[KeyView]:
    """Return keys as they are shown."""
    return [
        KeyView(
            key.name,
            ", ".join(sorted(key.scopes)),
            _minute(key.created),
            _minute(key.expires),
            _minute(key.last_used),
        )
        for key in keys
    ]


def _minute(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M}" if time else ""
