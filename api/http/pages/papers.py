"""The page of a paper."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ....index.domain.errors import InputError
from ...answers.rendering.layout import display_title
from ...web import views
from ..routes.table import requires
from .rendering import page, render, work_of

_SIMILAR = 8

router = APIRouter(include_in_schema=False)


@router.get("/papers/{paper_id:path}")
@requires("read")
@page
async def paper(request: Request, paper_id: str) -> Response:
    """Show a paper: its abstract, and every summary of it; a quotation is marked in its place."""
    work = work_of(request)
    details = await work.look_up(lambda: work.library.paper(paper_id))
    place = _place(request)
    similar = None
    if "similar" in request.query_params:
        similar = await work.run_for(request, lambda: work.library.similar(paper_id, _SIMILAR))
    return render(
        request,
        "paper.html.j2",
        title=display_title(details.paper),
        paper=details.paper,
        abstract=views.abstract_view(details, place),
        entries=views.entry_views(details, place),
        place=place,
        similar=views.hit_views(similar.hits) if similar else None,
    )


def _place(request: Request) -> views.Place | None:
    """Return the quotation that a link asks to mark; None if it asks for none.

    Raises:
        InputError: the offsets are no numbers.
    """
    query = request.query_params
    if "entry" not in query:
        return None
    try:
        return views.Place(query["entry"], int(query.get("start", "")), int(query.get("end", "")))
    except ValueError:
        raise InputError("start", "and `end` have to be offsets of a quotation") from None
