"""Worker processes: several servers on one socket and one index, restarted when they die.

Answering in one process is limited by the interpreter lock; several processes are not. They map the index read-only,
and so share its pages.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from types import FrameType

_RESTART_SECONDS = 1.0  # between a death and the next start, so that a worker that cannot start does not spin

_PR_SET_PDEATHSIG = 1  # prctl(2)
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_log = logging.getLogger(__name__)


@contextmanager
def handling_signals(handler: Callable[[int, FrameType | None], object]) -> Generator[None]:
    """Have a handler called for SIGINT and SIGTERM during the block."""
    handlers = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, former in handlers.items():
            signal.signal(number, former)


class Workers:
    """Forked processes that each run a server.

    Args:
        count: number of processes.
        serve: serves until SIGTERM; runs in each worker.
    """

    def __init__(self, count: int, serve: Callable[[], None]) -> None:
        self._count, self._serve = count, serve
        self._running: set[int] = set()
        self._is_stopping = False

    def run(self) -> None:
        """Run the workers until SIGINT or SIGTERM."""
        with handling_signals(self._stop):
            for _ in range(self._count):
                if not self._is_stopping:
                    self._start()
            while self._running:
                with suppress(ChildProcessError):
                    pid, status = os.wait()
                    self._running.discard(pid)
                    if not self._is_stopping:
                        code = os.waitstatus_to_exitcode(status)
                        _log.error("worker %d ended with status %d; starting another", pid, code)
                        time.sleep(_RESTART_SECONDS)
                        if not self._is_stopping:  # pyright: ignore[reportUnnecessaryComparison] - set by a signal
                            self._start()

    def _start(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # one that comes now is for the worker as well
        if pid := os.fork():
            self._running.add(pid)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            return
        status = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the parent ends its workers
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            _end_with_parent()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            self._serve()
            status = 0
        except BaseException:
            _log.exception("the worker failed")
        finally:
            os._exit(status)

    def _stop(self, *_: object) -> None:
        self._is_stopping = True
        for pid in self._running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def _end_with_parent() -> None:
    """Have the kernel end this process with its parent, where it can (Linux): an orphan would keep the address."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
