"""One ingest at a time: a lock that the kernel frees when its holder dies, and who holds it."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ..index.errors import BusyError


@contextmanager
def ingest_lock(folder: Path, now: datetime) -> Generator[None]:
    """Hold a data directory's ingest lock.

    Raises:
        BusyError: another process holds it; the message says which, and since when.
    """
    holder = folder / "ingest.holder"
    lock = FileLock(folder / "ingest.lock", blocking=False)
    try:
        lock.acquire()
    except Timeout as error:
        try:
            who = holder.read_text("utf-8")
        except OSError:
            who = "another process"
        raise BusyError(f"{who} is ingesting into {folder}; wait for it to end") from error
    try:
        holder.write_text(f"process {os.getpid()} (since {now:%Y-%m-%d %H:%M:%S})", "utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
