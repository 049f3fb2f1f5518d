"""What clients are told of a failure."""

from __future__ import annotations

from typing import Any

from fastapi.responses import JSONResponse

from ...index.domain.errors import InputError, NonmunError, NotFoundError

Told = tuple[int, str, str, str | None]
"""Status, code, message, and the field at fault."""


def status_of(error: Exception) -> Told:
    """How an error is told; one that is none of ours shows no internals."""
    if isinstance(error, InputError):
        return 422, "invalid_input", str(error), error.field
    if isinstance(error, NotFoundError):
        return 404, "not_found", str(error), None
    if isinstance(error, NonmunError):
        return 503, "unavailable", str(error), None
    return 500, "internal", "an error of the service itself; its log says which", None


def error_body(code: str, message: str, field: str | None = None) -> dict[str, Any]:
    """The JSON of a failure."""
    return {"error": {"code": code, "message": message, "field": field}}


def error_response(status: int, code: str, message: str, field: str | None = None) -> JSONResponse:
    """A failure as a response."""
    return JSONResponse(error_body(code, message, field), status)
