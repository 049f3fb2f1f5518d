"""The jobs of a process: one after the other, in a thread of their own, through the ingest lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from anyio.to_thread import run_sync

from ....index.domain.errors import BusyError, NonmunError
from ....ingest.report import IngestReport, JobProgress
from ...problems import ProblemDetails
from ...results import Job
from ...threads import AbandonedError, ThreadPool
from ...threads import Job as ThreadJob
from ..errors import Failure, OverloadedError
from ..log import get_log
from .store import JobStore

Observe = Callable[[JobProgress], None]
Change = Callable[[Observe], IngestReport]
"""Changes the index, calling its argument before each step; what that raises ends the change."""

_POLL_SECONDS = 0.5  # between two attempts while another process changes the index
_PATIENCE = 3_600.0  # seconds for the other process to end
_RETRY_SECONDS = 10  # for a client whose job found no place; most jobs take seconds
_log = get_log("nonmun.jobs")


class _Place:
    """A place among the jobs that wait or run, with the work of its job once that is in the thread's queue."""

    def __init__(self) -> None:
        self.work: ThreadJob[None] | None = None


class Jobs:
    """Runs jobs. Belongs to one event loop.

    Args:
        store: the states of the jobs.
        most: how many jobs wait or run at most.
    """

    def __init__(self, store: JobStore, most: int) -> None:
        self._store, self._most = store, most
        self._pool = ThreadPool(1, "nonmun-job")
        self._places: set[_Place] = set()

    async def start(self, change: Change, entries: int) -> Job:
        """Queue a change of the index.

        Args:
            change: the change.
            entries: the number of entries in it.

        Raises:
            OverloadedError: too many jobs wait already.
            ConfigError: the data directory cannot be written.
        """
        if len(self._places) >= self._most:
            message = f"{self._most} jobs wait already; try again later"
            raise OverloadedError(_RETRY_SECONDS, message)
        place = _Place()
        self._places.add(place)

        def run(abandoned: threading.Event) -> None:
            try:
                self._run(job, change, abandoned)
            finally:
                self._places.discard(place)

        try:
            job = await run_sync(self._store.create, entries)
            place.work = self._pool.submit(run)  # it may have ended by now, and stays out of the places then
        except BaseException:
            self._places.discard(place)
            raise
        return job

    async def find(self, job_id: str) -> Job:
        """Return a job of any process of the service.

        Raises:
            NotFoundError: there is none, or it has ended long ago.
        """
        return await run_sync(self._store.get, job_id)

    async def close(self) -> None:
        """Interrupt the jobs that have not ended; the one that runs ends before its next step."""
        for place in tuple(self._places):  # at once: the threads of the jobs change the set
            if place.work:
                await place.work.abandon()
        self._pool.close()
        await run_sync(self._store.interrupt)

    def _run(self, job: Job, change: Change, abandoned: threading.Event) -> None:
        def observe(progress: JobProgress) -> None:
            nonlocal job
            del progress
            if abandoned.is_set():
                raise AbandonedError
            if job.status == "queued":  # the first step is taken with the lock held
                job = self._store.put(replace(job, status="running"))

        try:
            report = _once_free(change, observe, abandoned)
            ended = replace(job, status="done", report=report)
        except AbandonedError:
            ended = replace(job, status="interrupted")
        except Exception as error:
            _log.error("a job failed", job=job.job_id, exc_info=error)
            ended = replace(job, status="failed", problem=ProblemDetails(**Failure.of(error).body))
        try:
            self._store.put(ended)
        except NonmunError as error:  # it counts as interrupted then
            _log.error("the end of a job cannot be stored", job=job.job_id, error=str(error))
        _log.info("job ended", job=job.job_id, status=ended.status, entries=job.entries)


def _once_free(change: Change, observe: Observe, abandoned: threading.Event) -> IngestReport:
    """Make a change as soon as no other process changes the index.

    Raises:
        BusyError: another process still does after an hour.
        AbandonedError: nobody waits for it any more.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return change(observe)
        except BusyError:
            if time.monotonic() > deadline:
                raise
        if abandoned.wait(_POLL_SECONDS):
            raise AbandonedError
