"""The FastAPI application of a library."""

from __future__ import annotations

import math
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from ...index.domain.errors import NonmunError
from ...index.domain.filters import parse_date, parse_filter
from ..conversation.turns import Turn
from ..library import Library
from ..results import Answer, as_json
from .body_limit import BodyLimit
from .errors import error_response, status_of
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
from .sse import STREAMED, streamed

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
    app.add_middleware(BodyLimit)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(NonmunError, _failed)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _crashed)
    _add_routes(app, library)
    return app


def _add_routes(app: FastAPI, library: Library) -> None:
    # Plain functions: they run in threads, so a question being embedded never holds up another request.
    @app.post("/v1/ask", response_model=AskResponse, responses=_ERRORS | STREAMED)
    def ask(request: AskRequest) -> Response | AskResponse:
        """Answer a question with exact quotations, or say that nothing in the index answers it.

        With `stream`, as server-sent events: `hits`, then `token` and `citation`, and `done`, whose data is the
        body that comes without. After the first event, a failure is an event `error`.
        """
        where, as_of = parse_filter(**request.where.model_dump()), parse_date("as_of", request.as_of)
        history = [_turn(one) for one in request.history]
        call = library.events if request.stream else library.ask
        told = call(request.question, request.k, where=where, as_of=as_of, history=history, generate=request.generate)
        return AskResponse.model_validate(as_json(told)) if isinstance(told, Answer) else streamed(told)

    @app.post("/v1/search", responses=_ERRORS)
    def search(request: SearchRequest) -> SearchResponse:
        """The papers that best match a question, with the chunks that speak for them."""
        where, as_of = parse_filter(**request.where.model_dump()), parse_date("as_of", request.as_of)
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


async def _invalid_request(request: Request, error: Exception) -> Response:
    # The default handler repeats the input, and NaN in it is no JSON: a bad request would become a 500.
    del request
    first = cast("RequestValidationError", error).errors()[0]
    path = [str(part) for part in first["loc"] if part != "body"]
    if first["type"] == "json_invalid":
        return error_response(422, "invalid_json", f"the body is no JSON: {first['ctx']['error']}")
    field = ".".join(path) or "body"
    given = first.get("input")
    shown = (
        f" (got {given!r})"
        if isinstance(given, int | bool) or (isinstance(given, float) and math.isfinite(given))
        else ""
    )
    return error_response(422, "invalid_input", f"{field}: {first['msg']}{shown}", field)


async def _failed(request: Request, error: Exception) -> Response:
    del request
    return error_response(*status_of(error))


async def _refused(request: Request, error: Exception) -> Response:
    refused = cast("HTTPException", error)
    return error_response(refused.status_code, "http_error", f"{request.method} {request.url.path}: {refused.detail}")


async def _crashed(request: Request, error: Exception) -> Response:
    del request  # logged by the server; a client is told no internals
    return error_response(*status_of(error))
