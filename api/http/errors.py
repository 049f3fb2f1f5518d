"""Error responses: the status, code and message of each failure, as problem details (RFC 9457)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse

from ...index.domain.errors import BusyError, InputError, NonmunError, NotFoundError
from ..receipts.storing import NotStoredError, StoreBusyError, StoreFullError, UnreadableAnswerError
from .log import get_log

MEDIA_TYPE = "application/problem+json"
_BUSY_SECONDS = 5  # most changes of an index take seconds
_STORING_SECONDS = 1
_log = get_log("nonmun.failures")


class OverloadedError(NonmunError):
    """There is no place for a request.

    Args:
        retry_after: seconds after which there may be one.
        message: what there is too much of.
    """

    def __init__(self, retry_after: int, message: str = "too many questions at once; try again later") -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RefusedError(NonmunError):
    """A request is refused for a reason that the response tells.

    Args:
        failure: the response.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def report(error: NonmunError, count_refusal: Callable[[str], object]) -> Failure:
    """Return how an error is reported to the client, and log what the operator has to know of it.

    Args:
        error: the error.
        count_refusal: callback for the code of a refused request.
    """
    failure = Failure.of(error)
    if isinstance(error, OverloadedError | RefusedError | StoreFullError):
        count_refusal(failure.code)
        _log.warning("refused", code=failure.code, reason=failure.message)
    elif failure.status >= 500:
        _log.error(_event(error), error=str(error))
    return failure


def _event(error: NonmunError) -> str:
    if isinstance(error, NotStoredError):
        return "an answer cannot be stored"
    return "a shared answer cannot be read" if isinstance(error, UnreadableAnswerError) else "the index cannot answer"


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed request.

    Attributes:
        status: HTTP status.
        code: code for programs.
        message: message for people.
        field: name of the invalid field, if any.
        headers: further headers of the response.
    """

    status: int
    code: str
    message: str
    field: str | None = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Return how an error is reported; only errors of a client say more than what failed."""
        if isinstance(error, RefusedError):
            return error.failure
        if isinstance(error, InputError):
            return cls(422, "invalid_input", str(error), error.field)
        if isinstance(error, NotFoundError):
            return cls(404, "not_found", str(error))
        if isinstance(error, OverloadedError):
            return cls(503, "overloaded", str(error), headers={"retry-after": str(error.retry_after)})
        if isinstance(error, StoreBusyError):
            message = "other answers are being stored; try again"
            return cls(409, "busy", message, headers={"retry-after": str(_STORING_SECONDS)})
        if isinstance(error, BusyError):  # its message names files of the server
            message = "another change of the index is in progress; try again when it has ended"
            return cls(409, "busy", message, headers={"retry-after": str(_BUSY_SECONDS)})
        if isinstance(error, StoreFullError):
            return cls(507, "full", str(error))
        if isinstance(error, NotStoredError):
            return cls(503, "not_stored", "this service cannot store answers now; see the log of the service")
        if isinstance(error, UnreadableAnswerError):
            return cls(500, "unreadable", "this shared answer is damaged; see the log of the service")
        if isinstance(error, NonmunError):
            # The message may name files of the server; it is in the log.
            return cls(503, "unavailable", "the index cannot answer now; see the log of the service")
        return cls(500, "internal", "an internal error occurred; see the log of the service")

    @property
    def body(self) -> dict[str, Any]:
        """The body of the response: a `Problem`."""
        return {
            "type": f"urn:nonmun:error:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.message,
            "code": self.code,
            "field": self.field,
        }

    def response(self) -> JSONResponse:
        """Return the response."""
        return JSONResponse(self.body, self.status, dict(self.headers), MEDIA_TYPE)


SHUTDOWN = Failure(503, "unavailable", "the service is shutting down; try again", headers={"retry-after": "5"})
"""The response to a request that is cancelled when the grace period ends."""
