"""Routes that tell about the index and the service."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, Request, Response

from ....index.domain.errors import NonmunError
from ...results import Status
from ..readiness import Readiness
from ..schemas import Health, StatusResponse
from ..telemetry import CONTENT_TYPE
from .dependencies import Measured, Working
from .responses import ERRORS
from .table import requires

router = APIRouter(tags=["service"])


@router.get("/v1/status", response_model=StatusResponse, responses=ERRORS)
@requires("read")
async def get_status(work: Working) -> Status:
    """Return what the index holds: counts, days, the embedding model, the published version and the last ingest."""
    return await work.look_up(work.library.status)


@router.get("/healthz")
@requires("nothing")
async def get_health() -> Health:
    """Return whether the process runs."""
    return Health(status="ok")


@router.get("/readyz", responses={503: {"model": Health, "description": "questions cannot be answered now"}})
@requires("nothing")
async def get_readiness(request: Request, response: Response) -> Health:
    """Return whether questions can be answered: whether a search has just succeeded."""
    readiness: Readiness = request.app.state.readiness
    health = await readiness.check()
    if health.status != "ok":
        response.status_code = 503
    return health


@router.get("/metrics", include_in_schema=False)
@requires("metrics")
async def get_metrics(work: Working, metrics: Measured) -> Response:
    """Return the metrics of the process in Prometheus' text format."""
    with suppress(NonmunError):  # /readyz reports an unreadable index, and the other metrics are needed then
        status = await work.probe(work.library.status)
        metrics.report_index(status.papers, status.last_ingest)
    return Response(metrics.text(work), media_type=CONTENT_TYPE)
