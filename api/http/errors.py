"""Error responses: the status, code and message of each failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi.responses import JSONResponse

from ...index.domain.errors import InputError, NonmunError, NotFoundError


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed request.

    Attributes:
        status: HTTP status.
        code: code for programs.
        message: message for people.
        field: name of the invalid field, if any.
    """

    status: int
    code: str
    message: str
    field: str | None = None

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Return how an error is reported; one that is not a `NonmunError` exposes no internals."""
        if isinstance(error, InputError):
            return cls(422, "invalid_input", str(error), error.field)
        if isinstance(error, NotFoundError):
            return cls(404, "not_found", str(error))
        if isinstance(error, NonmunError):
            return cls(503, "unavailable", str(error))
        return cls(500, "internal", "an internal error occurred; see the log of the service")

    @property
    def body(self) -> dict[str, Any]:
        """The body of the response: an `ErrorResponse`."""
        return {"error": {"code": self.code, "message": self.message, "field": self.field}}

    def response(self) -> JSONResponse:
        """Return the response."""
        return JSONResponse(self.body, self.status)
