"""What the tools work with when they are called over HTTP: a library, on the terms of the request."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

from starlette.requests import Request

from ....index.domain.errors import NonmunError
from ....index.domain.filters import Filter
from ...keys import Key, Scope
from ...library import Library
from ...requests import AskRequest, SearchRequest
from ...results import Answer, Results
from ..errors import Failure, RefusedError, report
from ..log import get_log
from ..telemetry import Metrics
from ..work import Work

T = TypeVar("T")

_request: ContextVar[Request] = ContextVar("_request")
_log = get_log("nonmun.questions")


def set_request(request: Request) -> None:
    """Have the calls of this task, and of the tasks that it starts, count as made by a request."""
    _request.set(request)


class RequestBackend:
    """The backend for the clients of the service.

    A call needs the scope that the route with the same job needs, waits for a place as it does, and counts as it does.

    Args:
        work: runs the calls.
        metrics: counts answers and their stages.
        count_refusal: callback for the code of a refused call.
    """

    def __init__(self, work: Work, metrics: Metrics, count_refusal: Callable[[str], object]) -> None:
        self._work, self._metrics, self._count_refusal = work, metrics, count_refusal

    async def ask(self, request: AskRequest) -> Answer:
        """Answer a question."""
        caller = _require("ask")
        is_written = await self._work.writes(request)
        _log.debug("question", text=request.question)
        answer = await self._work.answer(caller, request, is_written=is_written)
        self._metrics.count(answer)
        return answer

    async def search(self, request: SearchRequest) -> Results:
        """Search for papers."""
        caller = _require("read")
        _log.debug("search", text=request.question)
        return await self._measured(caller, lambda library: library.answering.search(request))

    async def similar(self, paper_id: str, k: int, where: Filter) -> Results:
        """Search for papers like another one."""
        caller = _require("read")
        return await self._measured(caller, lambda library: library.similar(paper_id, k, where=where))

    async def look_up(self, work: Callable[[Library], T]) -> T:
        """Run work that reads the catalog."""
        _require("read")
        return await self._work.look_up(lambda: work(self._work.library))

    def describe(self, error: NonmunError) -> str:
        """Return what a client is told about an error, and record it for the operator."""
        return report(error, self._count_refusal).message

    async def _measured(self, caller: Request, search: Callable[[Library], Results]) -> Results:
        results = await self._work.run(caller, lambda: search(self._work.library))
        self._metrics.observe(results.timings)
        return results


def _require(scope: Scope) -> Request:
    """Return the request that a call belongs to.

    Raises:
        RefusedError: its key lacks a scope.
    """
    request = _request.get()
    key: Key | None = getattr(request.state, "key", None)  # there is none where no key is needed
    if key is not None and not key.allows(scope):
        raise RefusedError(Failure(403, "forbidden", f"the key lacks the scope {scope}"))
    return request
