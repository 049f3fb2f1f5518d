"""Watching folders: which digest files changed, once they have settled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event

from .formats.documents import is_digest

_SETTLE = 1_500  # milliseconds without a further change, after which a file counts as written
_TOGETHER = 60_000  # milliseconds after which changes are given out even if others go on
_TICK = 1_000  # milliseconds without any change, after which an empty batch says that the watch goes on


def settled_changes(paths: Iterable[Path], stop: Event | None = None) -> Iterator[list[Path]]:
    """The digest files below some paths that were made or changed, in batches, as they settle; ends by `stop`.

    The first batch is `paths` itself, once the watch has begun: whatever changed before that is in it. Empty batches
    come while nothing happens. A file that is removed is no change: what it said stays in the index until it is removed
    there. A file that is watched by itself may be replaced by another of its name, as editors do.

    Args:
        paths: files and folders.
        stop: ends the watch when set; without one, Ctrl-C does.
    """
    from watchfiles import Change, watch

    watched = list(paths)
    files = {path.absolute() for path in watched if path.is_file()}
    folders = {path.absolute() for path in watched if path.is_dir()}
    kinds = {Change.added, Change.modified}

    def wanted(kind: Change, name: str) -> bool:
        path = Path(name)
        if kind not in kinds:
            return False
        return path in files or (any(one in path.parents for one in folders) and (is_digest(path) or path.is_dir()))

    changes = watch(
        *sorted(folders | {file.parent for file in files}),
        watch_filter=wanted,
        debounce=_TOGETHER,
        step=_SETTLE,
        stop_event=stop,
        raise_interrupt=True,
        rust_timeout=_TICK,
        yield_on_timeout=True,
    )
    begun = False
    for batch in changes:
        yield sorted({file for _, path in batch for file in _digests(Path(path))}) if begun else watched
        begun = True


def _digests(path: Path) -> Iterator[Path]:
    """A file, or the digests in a new folder: those that came with it are not told of one by one."""
    inside = path.rglob("*") if path.is_dir() else (path,)
    return (file for file in inside if file.is_file() and (file == path or is_digest(file)))
