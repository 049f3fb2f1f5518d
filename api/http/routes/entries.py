"""Routes of digest entries: list them by trust label, add them, and remove them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response

from ....index.domain.arxiv_ids import require_arxiv_id
from ....index.domain.filters import parse_date
from ....ingest.formats.jsonl import EntryRecord
from ....ingest.formats.posted import read_posted
from ....ingest.report import IngestReport
from ...results import EntryPage, Job
from ..guard import root_path
from ..schemas import EntriesQuery, EntriesResponse, JobResponse, ReportResponse
from .dependencies import DigestDate, PaperId, Queued, Working
from .responses import BUSY, ERRORS, NOT_FOUND
from .table import requires

ENTRIES = "/v1/entries"
MAX_ENTRIES_BYTES = 8 * 1024 * 1024
"""Limit of the body that adds entries."""

_MAX_ENTRIES = 1_000
_POLL_SECONDS = 1  # until a client asks for a job again
_LOCATION = {"description": "path of the job", "schema": {"type": "string"}}

router = APIRouter(tags=["entries"])


@router.get("/v1/trust", response_model=EntriesResponse, responses=ERRORS)
@requires("read")
async def list_entries(query: Annotated[EntriesQuery, Query()], work: Working) -> EntryPage:
    """Return digest entries with a trust label, or all, oldest first, with the reasons for their labels."""
    return await work.look_up(lambda: work.library.list_entries(query.label, limit=query.limit, offset=query.offset))


@router.post(
    ENTRIES,
    status_code=202,
    response_model=JobResponse,
    responses=ERRORS | {202: {"headers": {"Location": _LOCATION}, "description": "the job that adds the entries"}},
)
@requires("admin")
async def add_entries(
    request: Request,
    response: Response,
    entries: Annotated[list[EntryRecord], Body(min_length=1, max_length=_MAX_ENTRIES)],
    work: Working,
    jobs: Queued,
    readmit: Annotated[bool, Query(description="add again what was removed by hand")] = False,
) -> Job:
    """Add entries to the index; the response names a job, which `GET /v1/jobs/{job_id}` tells about.

    Each entry is that of its paper and day, apart from all others: adding it again with the same text changes nothing,
    with another text edits it, and the other entries of the day stay. An entry that a digest file has is kept, and the
    report of the job has a problem.
    """
    await work.look_up(lambda: read_posted(entries))  # what is not valid has no job
    job = await jobs.start(
        lambda observe: work.library.add_entries(entries, readmit=readmit, observe=observe), len(entries)
    )
    root = root_path(request.scope)
    path = request.app.url_path_for("get_job", job_id=job.job_id)
    response.headers.update({"location": f"{root}{path}", "retry-after": str(_POLL_SECONDS)})
    return job


@router.get("/v1/jobs/{job_id}", response_model=JobResponse, responses=ERRORS | NOT_FOUND)
@requires("admin")
async def get_job(job_id: str, jobs: Queued) -> Job:
    """Return a job: whether it waits, runs or has ended, and its report. It is kept for a week after its end."""
    return await jobs.find(job_id)


@router.delete(
    f"{ENTRIES}/{{digest_date}}/{{paper_id:path}}",
    response_model=ReportResponse,
    responses=ERRORS | NOT_FOUND | BUSY,
)
@requires("admin")
async def remove_entry(digest_date: DigestDate, paper_id: PaperId, work: Working) -> IngestReport:
    """Remove the entry of a paper and day from every search at once; it is not served after the response.

    Later ingests leave the same text out.
    """
    day = parse_date("digest_date", digest_date)
    target = f"{require_arxiv_id(paper_id).paper_id}@{day}"
    return await work.change(lambda: work.library.remove(target))
