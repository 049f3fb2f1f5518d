"""Routes of the days with digests."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ....index.domain.filters import parse_date
from ....ingest.report import IngestReport
from ...results import DigestDay, DigestDetails
from ..schemas import DigestDayResponse, DigestResponse, ReportResponse
from .dependencies import DigestDate, Working
from .exports import represent, split
from .responses import BUSY, ERRORS, EXPORTS, NOT_FOUND
from .table import requires

router = APIRouter(tags=["digests"])


@router.get("/v1/digests", response_model=list[DigestDayResponse], responses=ERRORS)
@requires("read")
async def list_digests(work: Working) -> tuple[DigestDay, ...]:
    """Return the days with digests, newest first."""
    return await work.look_up(work.library.digests)


@router.get("/v1/digests/{digest_date}", response_model=DigestResponse, responses=ERRORS | NOT_FOUND | EXPORTS)
@requires("read")
async def get_digest(
    request: Request, response: Response, digest_date: DigestDate, work: Working
) -> Response | DigestDetails:
    """Return the papers in the digests of a day, in their order.

    With a suffix, the digest is exported: `.bib`, `.ris`, `.csl.json` or `.md`.
    """
    bare, representation = split(digest_date, request)
    details = await work.look_up(lambda: work.library.digest(bare))
    return await represent(details, representation, work, response)


@router.delete("/v1/digests/{digest_date}", response_model=ReportResponse, responses=ERRORS | NOT_FOUND | BUSY)
@requires("admin")
async def remove_digest(digest_date: DigestDate, work: Working) -> IngestReport:
    """Remove the digests of a day from every search at once; nothing of them is served after the response.

    Later ingests leave the same texts out.
    """
    target = str(parse_date("digest_date", digest_date))
    return await work.change(lambda: work.library.remove(target))
