"""The HTTP routes. To add one, write a function here; its docstring becomes its documentation."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from ..library import Library
from ..results import Answer, ChunkDetails, PaperDetails, Results, Status
from . import sse
from .log import get_log
from .readiness import Readiness
from .schemas import (
    AskBody,
    AskResponse,
    ChunkResponse,
    Health,
    PaperResponse,
    Problem,
    SearchBody,
    SearchResponse,
    StatusResponse,
)
from .telemetry import CONTENT_TYPE, Metrics
from .work import Work

_log = get_log("nonmun.questions")


def _problem(description: str) -> dict[str, Any]:
    return {"model": Problem, "description": description}


_ERRORS: dict[int | str, dict[str, Any]] = {
    401: _problem("the service needs a key, and the request has none that is valid"),
    403: _problem("the key lacks a scope"),
    413: _problem("the body is too large"),
    421: _problem("the service does not answer to this host name"),
    422: _problem("the request is outside its limits"),
    429: _problem("too many requests from one client"),
    503: _problem("the index cannot answer now, or too many questions wait (Retry-After)"),
}
_NOT_FOUND = {404: _problem("there is no such thing in the index")}

router = APIRouter()


def _work(request: Request) -> Work:
    return request.app.state.work


def _metrics(request: Request) -> Metrics:
    return request.app.state.metrics


def _library(request: Request) -> Library:
    return request.app.state.work.library


Shared = Annotated[Library, Depends(_library)]
"""The library that the application answers from; calls that wait belong in `Work.look_up`, or in a plain function."""

Working = Annotated[Work, Depends(_work)]
"""What runs the work of requests."""

Measured = Annotated[Metrics, Depends(_metrics)]
"""The metrics of the process."""


@router.post("/v1/ask", response_model=AskResponse, responses=_ERRORS | sse.RESPONSES)
async def ask(request: Request, body: AskBody, work: Working, metrics: Measured) -> Response | Answer:
    """Answer a question with exact quotations, or abstain if nothing in the index answers it.

    With `stream`, the answer is sent as server-sent events: `hits`, then `token` and `citation`, and `done`, whose
    data is the body of the response without `stream`. A failure after the first event is an event `error`.
    """
    is_written = await work.look_up(lambda: work.library.answering.writes(body))
    if is_written:
        request.app.state.limits.require("written", getattr(request.state, "client_id", ""))
    _log.debug("question", text=body.question)
    if body.stream:
        begun, resources = await work.stream(request, body, is_written=is_written)
        return sse.AnswerStream(begun, resources, metrics.count)
    answer = await work.ask(request, body, is_written=is_written)
    metrics.count(answer)
    return answer


@router.post("/v1/search", response_model=SearchResponse, responses=_ERRORS)
async def search(request: Request, body: SearchBody, work: Working, metrics: Measured) -> Results:
    """Return the papers that best match a question, with the chunks that match it."""
    _log.debug("search", text=body.question)
    results = await work.search(request, body)
    metrics.observe(results.timings)
    return results


@router.get("/v1/papers/{paper_id:path}", response_model=PaperResponse, responses=_ERRORS | _NOT_FOUND)
async def paper(paper_id: str, work: Working, history: bool = False) -> PaperDetails:
    """Return a paper with every digest entry about it; with `history=true`, earlier versions of them as well."""
    return await work.look_up(lambda: work.library.paper(paper_id, history=history))


@router.get("/v1/chunks/{chunk_id:path}", response_model=ChunkResponse, responses=_ERRORS | _NOT_FOUND)
async def chunk(chunk_id: str, work: Working) -> ChunkDetails:
    """Return a chunk in its place: its text, where it stands in its entry or abstract, and its neighbors."""
    return await work.look_up(lambda: work.library.chunk(chunk_id))


@router.get("/v1/status", response_model=StatusResponse, responses=_ERRORS)
async def status(work: Working) -> Status:
    """Return what the index holds: counts, days, the embedding model, the published version and the last ingest."""
    return await work.look_up(work.library.status)


@router.get("/healthz")
async def healthz() -> Health:
    """Return whether the process runs."""
    return Health(status="ok")


@router.get("/readyz", responses={503: {"model": Health}})
async def readyz(request: Request, response: Response) -> Health:
    """Return whether questions can be answered: whether a search has just succeeded."""
    readiness: Readiness = request.app.state.readiness
    health = await readiness.check()
    if health.status != "ok":
        response.status_code = 503
    return health


@router.get("/metrics", include_in_schema=False)
async def metrics(work: Working, metrics: Measured) -> Response:
    """Return the metrics of the process in Prometheus' text format."""
    return Response(metrics.text(work), media_type=CONTENT_TYPE)
