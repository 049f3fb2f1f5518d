"""Routes of papers and their chunks."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.convertors import PathConvertor, register_url_convertor

from ....index.domain.arxiv_ids import require_arxiv_id
from ....ingest.report import IngestReport
from ...library import Library
from ...results import ChunkDetails, PaperDetails, PaperPage, Results
from ..schemas import (
    ChunkResponse,
    PaperResponse,
    PapersQuery,
    PapersResponse,
    ReportResponse,
    SearchResponse,
    SimilarQuery,
)
from .dependencies import Measured, PaperId, Working
from .exports import represent, split, wanted
from .responses import BUSY, ERRORS, EXPORTS, NOT_FOUND
from .table import requires


class _PaperId(PathConvertor):
    """An arXiv id in a path, which may hold a slash; it does not extend to the name of what follows it."""

    regex = r"(?!.*/similar$).*"


register_url_convertor("paper_id", _PaperId())
router = APIRouter(tags=["papers"])


@router.get("/v1/papers", response_model=PapersResponse, responses=ERRORS | EXPORTS)
@requires("read")
async def list_papers(
    request: Request, response: Response, query: Annotated[PapersQuery, Query()], work: Working
) -> Response | PaperPage:
    """Return papers that pass a filter, the newest digest first, then by arXiv id."""
    where = query.filter()
    page = await work.look_up(lambda: work.library.list_papers(where=where, limit=query.limit, offset=query.offset))
    return await represent(page, wanted(request), work, response)


@router.get("/v1/papers/{paper_id:path}/similar", response_model=SearchResponse, responses=ERRORS | NOT_FOUND | EXPORTS)
@requires("read")
async def similar_papers(
    request: Request,
    response: Response,
    paper_id: PaperId,
    query: Annotated[SimilarQuery, Query()],
    work: Working,
    metrics: Measured,
) -> Response | Results:
    """Return the papers that are most like another one, best first."""
    where = query.filter()
    results = await work.run_for(request, lambda: work.library.similar(paper_id, query.k, where=where))
    metrics.observe(results.timings)
    return await represent(results, wanted(request), work, response)


@router.get("/v1/papers/{paper_id:paper_id}", response_model=PaperResponse, responses=ERRORS | NOT_FOUND | EXPORTS)
@requires("read")
async def get_paper(
    request: Request, response: Response, paper_id: PaperId, work: Working, history: bool = False
) -> Response | PaperDetails:
    """Return a paper with every digest entry about it; with `history=true`, earlier versions of them as well.

    What was removed by hand is no earlier version: it is not served any more. With a suffix, the paper is exported:
    `.bib`, `.ris`, `.csl.json` or `.md`.
    """
    bare, representation = split(paper_id, request)
    details = await work.look_up(lambda: read_paper(work.library, bare, history=history))
    return await represent(details, representation, work, response)


@router.delete("/v1/papers/{paper_id:paper_id}", response_model=ReportResponse, responses=ERRORS | NOT_FOUND | BUSY)
@requires("admin")
async def remove_paper(paper_id: PaperId, work: Working) -> IngestReport:
    """Remove a paper from every search at once; nothing of it is served after the response.

    Later ingests leave the same texts out.
    """
    target = require_arxiv_id(paper_id).paper_id
    return await work.change(lambda: work.library.remove(target))


@router.get("/v1/chunks/{chunk_id:path}", response_model=ChunkResponse, responses=ERRORS | NOT_FOUND)
@requires("read")
async def get_chunk(chunk_id: str, work: Working) -> ChunkDetails:
    """Return a chunk in its place: its text, where it stands in its entry or abstract, and its neighbors."""
    return await work.look_up(lambda: work.library.chunk(chunk_id))


def read_paper(library: Library, paper_id: str, *, history: bool) -> PaperDetails:
    """Return a paper of the index, whose history is without what was removed by hand.

    Raises:
        InputError: the id is invalid.
        NotFoundError: the paper is not in the index, or not any more.
    """
    current = library.paper(paper_id)
    if not history:
        return current
    details = library.paper(paper_id, history=True)
    return replace(details, history=tuple(earlier for earlier in details.history if earlier.why != "removed"))
