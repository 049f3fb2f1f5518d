"""Watches folders for digest files that are created or changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event

from .formats.documents import is_digest

_SETTLE_MS = 1_500  # without a further change; then a file counts as written
_MAX_BATCH_MS = 60_000  # then changes are yielded even if others follow
_TICK_MS = 1_000  # without any change; then an empty batch is yielded


def settled_changes(paths: Iterable[Path], stop: Event | None = None) -> Iterator[list[Path]]:
    """Yield batches of the digest files that are created or changed, once they are completely written.

    The first batch is `paths` itself, after the watch has started, so no change is missed. Batches are empty while
    nothing changes. The removal of a file is not a change. A watched file may be replaced by another one of its name,
    as editors do.

    Args:
        paths: files and folders to watch.
        stop: ends the watch when set; without it, Ctrl-C does.
    """
    from watchfiles import Change, watch

    watched = list(paths)
    files = {path.absolute() for path in watched if path.is_file()}
    folders = {path.absolute() for path in watched if path.is_dir()}
    kinds = {Change.added, Change.modified}

    def is_relevant(kind: Change, name: str) -> bool:
        path = Path(name)
        if kind not in kinds:
            return False
        is_below = any(folder in path.parents for folder in folders)
        return path in files or (is_below and (is_digest(path) or path.is_dir()))

    changes = watch(
        *sorted(folders | {file.parent for file in files}),
        watch_filter=is_relevant,
        debounce=_MAX_BATCH_MS,
        step=_SETTLE_MS,
        stop_event=stop,
        raise_interrupt=True,
        rust_timeout=_TICK_MS,
        yield_on_timeout=True,
    )
    is_first = True
    for batch in changes:
        yield watched if is_first else sorted({file for _, path in batch for file in _digests(Path(path))})
        is_first = False


def _digests(path: Path) -> Iterator[Path]:
    """Yield a file, or the digests in a new folder: files that were created with it are not reported separately."""
    candidates = path.rglob("*") if path.is_dir() else (path,)
    return (file for file in candidates if file.is_file() and (file == path or is_digest(file)))
