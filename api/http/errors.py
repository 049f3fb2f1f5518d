"""Error responses: the status, code and message of each failure, as problem details (RFC 9457)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse

from ...index.domain.errors import InputError, NonmunError, NotFoundError

MEDIA_TYPE = "application/problem+json"


class OverloadedError(NonmunError):
    """There is no place for a request.

    Args:
        retry_after: seconds after which there may be one.
    """

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many questions at once; try again later")
        self.retry_after = retry_after


class RefusedError(NonmunError):
    """A request is refused for a reason that the response tells.

    Args:
        failure: the response.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


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
