"""The states of jobs, as files of the data directory.

A service may have several processes, and a job is known to the one that took it. Its state is therefore a file, which
each of them can read, replaced atomically. While the job has not ended, its process holds a lock on a second file; the
kernel releases it when the process ends. A job without an end whose lock is free was interrupted.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ....index.domain.errors import ConfigError, NonmunError, NotFoundError
from ....index.util.files import replace_text
from ...decoding import decode
from ...results import Job

FOLDER = "jobs"
"""The folder of the states in a data directory."""

_ID = re.compile(r"[0-9a-f]{16}")
_KEPT_SECONDS = 7 * 86_400  # after the end of a job
_KEPT_JOBS = 1_000


class JobStore:
    """The jobs of a data directory. Safe to share between threads.

    Args:
        folder: the folder of the states; it is created with the first job.
        clock: the time in UTC.
    """

    def __init__(self, folder: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._folder, self._clock = folder, clock
        self._locks: dict[str, FileLock] = {}

    def create(self, entries: int) -> Job:
        """Store a new job of this process, and forget old ones.

        Raises:
            ConfigError: the folder cannot be written.
        """
        job = Job(secrets.token_hex(8), "queued", entries, self._now())
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._remove_old()
            lock = _lock(self._lock_file(job.job_id))
            lock.acquire()
            self._locks[job.job_id] = lock
        except OSError as error:
            raise _cannot_write(self._folder, error) from error
        return self.put(job)

    def put(self, job: Job) -> Job:
        """Store the state of a job of this process, and release it if it has ended; return it with the time.

        Raises:
            ConfigError: the folder cannot be written.
        """
        if job.status == "running" and job.started is None:
            job = replace(job, started=self._now())
        if job.has_ended and job.ended is None:
            job = replace(job, ended=self._now())
        try:
            replace_text(self._file(job.job_id), json.dumps(asdict(job), ensure_ascii=False))
        except OSError as error:
            raise _cannot_write(self._folder, error) from error
        finally:
            if job.has_ended and (lock := self._locks.pop(job.job_id, None)):
                lock.release()
                self._lock_file(job.job_id).unlink(missing_ok=True)
        return job

    def interrupt(self) -> None:
        """End the jobs of this process that have not ended. What cannot be stored is noticed by who reads it."""
        for job_id in list(self._locks):
            with suppress(NonmunError):
                self.put(replace(self._read(job_id), status="interrupted"))

    def get(self, job_id: str) -> Job:
        """Return a job of any process.

        Raises:
            NotFoundError: there is none, or it has ended long ago.
        """
        job = self._read(job_id)
        if job.has_ended or job_id in self._locks:
            return job
        lock = _lock(self._lock_file(job_id))
        try:
            lock.acquire()
        except Timeout:
            return job
        except OSError:  # the data directory cannot be written, so that no service changes it
            return replace(job, status="interrupted")
        try:
            job = self._read(job_id)  # it may have ended since
            if not job.has_ended:
                job = replace(job, status="interrupted", ended=self._now())
                with suppress(OSError):
                    replace_text(self._file(job_id), json.dumps(asdict(job), ensure_ascii=False))
            return job
        finally:
            lock.release()
            self._lock_file(job_id).unlink(missing_ok=True)

    def _read(self, job_id: str) -> Job:
        missing = f"there is no job {job_id[:40]!r}; jobs are kept for a week after their end"
        if not _ID.fullmatch(job_id):
            raise NotFoundError(missing)
        try:
            return decode(Job, json.loads(self._file(job_id).read_text("utf-8")))
        except FileNotFoundError:
            raise NotFoundError(missing) from None
        except (OSError, ValueError) as error:
            raise ConfigError(f"{self._file(job_id)}: cannot be read ({error}); remove it") from error

    def _remove_old(self) -> None:
        """Remove the states of jobs that ended long ago, or that are too many."""
        ages = {file: file.stat().st_mtime for file in self._folder.glob("*.json")}
        newest = sorted(ages, key=lambda file: -ages[file])
        since = time.time() - _KEPT_SECONDS
        for position, file in enumerate(newest):
            if (position >= _KEPT_JOBS or ages[file] < since) and file.stem not in self._locks:
                file.unlink(missing_ok=True)
                file.with_suffix(".lock").unlink(missing_ok=True)

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")

    def _file(self, job_id: str) -> Path:
        return self._folder / f"{job_id}.json"

    def _lock_file(self, job_id: str) -> Path:
        return self._folder / f"{job_id}.lock"


def _lock(file: Path) -> FileLock:
    # A job is queued by one thread and ended by another.
    return FileLock(file, blocking=False, thread_local=False)


def _cannot_write(folder: Path, error: OSError) -> ConfigError:
    return ConfigError(f"{folder}: cannot be written ({error.strerror}); is the disk full or the folder read-only?")
