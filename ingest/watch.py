"""Watching folders: which digest files changed, once they have settled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event

from .files import is_digest

_SETTLE = 1_500  # milliseconds without a further change, after which a file counts as written
_FIRST = 200  # milliseconds after which an uneventful watch says that it has begun
_TOGETHER = 60_000  # milliseconds after which changes are given out even if others go on


def settled_changes(paths: Iterable[Path], stop: Event | None = None) -> Iterator[list[Path]]:
    """The digest files below some paths that were made or changed, in batches, as they settle; ends by `stop`.

    The first batch is `paths` itself, once the watch has begun: whatever changed before that is in it. A file that is
    removed is no change: what it said stays in the index until it is removed there.

    Args:
        paths: files and folders.
        stop: ends the watch when set; without one, Ctrl-C does.
    """
    from watchfiles import Change, watch

    watched = list(paths)
    kinds = {Change.added, Change.modified}
    changes = watch(
        *watched,
        watch_filter=lambda kind, path: kind in kinds and is_digest(Path(path)),
        debounce=_TOGETHER,
        step=_SETTLE,
        stop_event=stop,
        raise_interrupt=True,
        rust_timeout=_FIRST,
        yield_on_timeout=True,
    )
    begun = False
    for batch in changes:
        files = sorted({Path(path) for _, path in batch if Path(path).is_file()}) if begun else watched
        begun = True
        if files:
            yield files
