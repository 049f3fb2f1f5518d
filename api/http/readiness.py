"""Readiness: whether questions can be answered, decided by a search."""

from __future__ import annotations

import time
from collections.abc import Callable

import anyio

from ...index.domain.errors import NonmunError
from ..requests import SearchRequest
from .log import get_log
from .schemas import Health
from .work import Work

# One in each language: the first Korean question of a process loads the Korean analyzer.
_PROBES = ("어떤 논문이 있어?", "Which papers are there?")
_KEPT_SECONDS = 2.0  # a probe that comes more often gets the last result

_log = get_log("nonmun.readiness")


class Readiness:
    """Searches now and then, in a thread of its own that waits behind no question. Belongs to one event loop.

    Args:
        work: runs the searches.
        clock: monotonic seconds.
    """

    def __init__(self, work: Work, clock: Callable[[], float] = time.monotonic) -> None:
        self._work, self._clock = work, clock
        self._lock = anyio.Lock()
        self._last = Health(status="unavailable", reason="the service is starting")
        self._checked_at = float("-inf")
        self._is_warm = False

    async def check(self) -> Health:
        """Return whether a search succeeds. The first check loads everything that questions need."""
        async with self._lock:
            if self._clock() - self._checked_at >= _KEPT_SECONDS:
                self._last = await self._work.probe(self._search)
                self._checked_at = self._clock()
            return self._last

    def _search(self) -> Health:
        library = self._work.library
        try:
            status = library.status()
            if not status.papers:
                _log.error("not ready", reason="the index is empty")
                return Health(status="unavailable", reason="the index is empty")
            if not self._is_warm:
                library.answering.warm_up(_PROBES)
            library.answering.search(SearchRequest(_PROBES[0], k=1))
        except NonmunError as error:
            _log.error("not ready", reason=str(error))
            return Health(status="unavailable", reason="the index cannot answer; see the log of the service")
        except Exception:
            _log.exception("not ready")
            return Health(status="unavailable", reason="the index cannot answer; see the log of the service")
        self._is_warm = True
        return Health(status="ok", generation=status.generation, last_ingest=status.last_ingest)
