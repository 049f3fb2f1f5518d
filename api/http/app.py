"""The FastAPI application of a library."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ...index.errors import InputError, NonmunError, NotFoundError
from ...index.filters import read_day, read_filter
from ..library import Library
from ..results import as_json
from ..turns import Turn
from .schemas import (
    AskRequest,
    AskResponse,
    ErrorResponse,
    Health,
    PaperResponse,
    SearchRequest,
    SearchResponse,
    TurnIn,
)

MAX_BODY_BYTES = 64 * 1024

_ERRORS: dict[int | str, dict[str, Any]] = {
    422: {"model": ErrorResponse, "description": "the request is outside its limits"},
    503: {"model": ErrorResponse, "description": "the index cannot answer now"},
}


def create_app(library: Library) -> FastAPI:
    """An application that answers from one library, which stays the caller's to close."""
    app = FastAPI(
        title="nonmun",
        version="1",
        summary="Questions about AI papers, answered with paper IDs and the exact words that say so",
    )
    app.middleware("http")(_limit_body)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(NonmunError, _failed)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _crashed)
    _add_routes(app, library)
    return app


def _add_routes(app: FastAPI, library: Library) -> None:
    # Plain functions: they run in threads, so a question being embedded never holds up another request.
    @app.post("/v1/ask", responses=_ERRORS)
    def ask(request: AskRequest) -> AskResponse:
        """Answer a question with exact quotations, or say that nothing in the index answers it."""
        where, as_of = read_filter(**request.where.model_dump()), read_day("as_of", request.as_of)
        history = [_turn(one) for one in request.history]
        found = library.ask(request.question, request.k, where=where, as_of=as_of, history=history)
        return AskResponse.model_validate(as_json(found))

    @app.post("/v1/search", responses=_ERRORS)
    def search(request: SearchRequest) -> SearchResponse:
        """The papers that best match a question, with the chunks that speak for them."""
        where, as_of = read_filter(**request.where.model_dump()), read_day("as_of", request.as_of)
        found = library.search(request.question, request.k, where=where, as_of=as_of)
        return SearchResponse.model_validate(as_json(found))

    @app.get("/v1/papers/{paper_id:path}", responses=_ERRORS | {404: {"model": ErrorResponse}})
    def paper(paper_id: str, history: bool = False) -> PaperResponse:
        """A paper by arXiv id, with everything that digests say of it, and with `history=true` what they said."""
        return PaperResponse.model_validate(as_json(library.paper(paper_id, history=history)))

    @app.get("/healthz")
    def healthz() -> Health:
        """Whether the process runs."""
        return Health(status="ok")

    @app.get("/readyz", responses={503: {"model": Health}})
    def readyz(response: Response) -> Health:
        """Whether questions can be answered: the index holds papers and the model loads."""
        try:
            reason = None if library.status().papers else "the index is empty"
            _ = library.searcher
        except NonmunError as error:
            reason = str(error)
        if reason:
            response.status_code = 503
        return Health(status="unavailable" if reason else "ok", reason=reason)

    _ = (ask, search, paper, healthz, readyz)  # registered by their decorators


def _turn(given: TurnIn) -> Turn:
    return Turn(given.question, tuple(given.papers), given.since, given.until, given.by)


def _error(status: int, code: str, message: str, field: str | None = None) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message, "field": field}}, status)


async def _invalid_request(request: Request, error: Exception) -> Response:
    # The default handler repeats the input, and NaN in it is no JSON: a bad request would become a 500.
    del request
    first = cast("RequestValidationError", error).errors()[0]
    path = [str(part) for part in first["loc"] if part != "body"]
    if first["type"] == "json_invalid":
        return _error(422, "invalid_json", f"the body is no JSON: {first['ctx']['error']}")
    field = ".".join(path) or "body"
    given = first.get("input")
    shown = (
        f" (got {given!r})"
        if isinstance(given, int | bool) or (isinstance(given, float) and math.isfinite(given))
        else ""
    )
    return _error(422, "invalid_input", f"{field}: {first['msg']}{shown}", field)


async def _failed(request: Request, error: Exception) -> Response:
    del request
    if isinstance(error, InputError):
        return _error(422, "invalid_input", str(error), error.field)
    if isinstance(error, NotFoundError):
        return _error(404, "not_found", str(error))
    return _error(503, "unavailable", str(error))


async def _refused(request: Request, error: Exception) -> Response:
    refused = cast("HTTPException", error)
    return _error(refused.status_code, "http_error", f"{request.method} {request.url.path}: {refused.detail}")


async def _crashed(request: Request, error: Exception) -> Response:
    del request, error  # logged by the server; a client is told no internals
    return _error(500, "internal", "an error of the service itself; its log says which")


async def _limit_body(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    length = request.headers.get("content-length", "")
    if request.method == "POST" and not length.isdigit():
        return _error(411, "length_required", "send a Content-Length header")
    if length.isdigit() and int(length) > MAX_BODY_BYTES:
        return _error(413, "too_large", f"the body has {length} bytes; at most {MAX_BODY_BYTES:,} are read")
    return await call_next(request)
