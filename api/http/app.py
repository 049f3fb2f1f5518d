"""The FastAPI application of a library: its routes, and every failure as JSON."""

from __future__ import annotations

import math
from typing import cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from ...index.domain.errors import NonmunError
from ..library import Library
from .body_limit import BodyLimit
from .errors import Failure
from .routes import router


def create_app(library: Library) -> FastAPI:
    """Return an application that answers from a library, which stays the caller's to close."""
    app = FastAPI(
        title="nonmun",
        version="1",
        summary="Questions about AI papers, answered with paper IDs and exact quotations",
    )
    app.state.library = library
    app.include_router(router)
    app.add_middleware(BodyLimit)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(NonmunError, _failure)
    app.add_exception_handler(Exception, _failure)  # the server logs it
    return app


async def _invalid_request(request: Request, error: Exception) -> Response:
    # FastAPI's own handler repeats the input. NaN in it is not valid JSON, and a bad request would become a 500.
    del request
    first = cast("RequestValidationError", error).errors()[0]
    if first["type"] == "json_invalid":
        return Failure(422, "invalid_json", f"the body is not valid JSON: {first['ctx']['error']}").response()
    field = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
    value = first.get("input")
    is_number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    received = f" (got {value!r})" if is_number else ""
    return Failure(422, "invalid_input", f"{field}: {first['msg']}{received}", field).response()


async def _http_error(request: Request, error: Exception) -> Response:
    refusal = cast("HTTPException", error)
    message = f"{request.method} {request.url.path}: {refusal.detail}"
    return Failure(refusal.status_code, "http_error", message).response()


async def _failure(request: Request, error: Exception) -> Response:
    del request
    return Failure.of(error).response()
