"""The HTTP routes. To add one, write a function here; its docstring becomes its documentation."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from ...index.domain.errors import NonmunError
from ..library import Library
from ..results import Answer, ChunkDetails, PaperDetails, Results
from . import sse
from .schemas import (
    AskBody,
    AskResponse,
    ChunkResponse,
    ErrorResponse,
    Health,
    PaperResponse,
    SearchBody,
    SearchResponse,
)

_ERRORS: dict[int | str, dict[str, Any]] = {
    422: {"model": ErrorResponse, "description": "the request is outside its limits"},
    503: {"model": ErrorResponse, "description": "the index cannot answer now"},
}

router = APIRouter()


def _library(request: Request) -> Library:
    return request.app.state.library


Shared = Annotated[Library, Depends(_library)]
"""The library that the application answers from."""


# Plain functions: they run in threads, so that embedding one question does not block other requests.
@router.post("/v1/ask", response_model=AskResponse, responses=_ERRORS | sse.RESPONSES)
def ask(request: AskBody, library: Shared) -> Response | Answer:
    """Answer a question with exact quotations, or abstain if nothing in the index answers it.

    With `stream`, the answer is sent as server-sent events: `hits`, then `token` and `citation`, and `done`, whose
    data is the body of the response without `stream`. A failure after the first event is an event `error`.
    """
    if request.stream:
        return sse.stream_events(library.answering.events(request))
    return library.answering.ask(request)


@router.post("/v1/search", response_model=SearchResponse, responses=_ERRORS)
def search(request: SearchBody, library: Shared) -> Results:
    """Return the papers that best match a question, with the chunks that match it."""
    return library.answering.search(request)


@router.get(
    "/v1/papers/{paper_id:path}", response_model=PaperResponse, responses=_ERRORS | {404: {"model": ErrorResponse}}
)
def paper(paper_id: str, library: Shared, history: bool = False) -> PaperDetails:
    """Return a paper with every digest entry about it; with `history=true`, earlier versions of them as well."""
    return library.paper(paper_id, history=history)


@router.get(
    "/v1/chunks/{chunk_id:path}", response_model=ChunkResponse, responses=_ERRORS | {404: {"model": ErrorResponse}}
)
def chunk(chunk_id: str, library: Shared) -> ChunkDetails:
    """Return a chunk in its place: its text, where it stands in its entry or abstract, and its neighbors."""
    return library.chunk(chunk_id)


@router.get("/healthz")
def healthz() -> Health:
    """Return whether the process runs."""
    return Health(status="ok")


@router.get("/readyz", responses={503: {"model": Health}})
def readyz(response: Response, library: Shared) -> Health:
    """Return whether questions can be answered: the index holds papers and the model loads."""
    try:
        reason = None if library.status().papers else "the index is empty"
        _ = library.searcher
    except NonmunError as error:
        reason = str(error)
    if reason:
        response.status_code = 503
    return Health(status="unavailable" if reason else "ok", reason=reason)
