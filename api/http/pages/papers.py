"""The page of a paper."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ....index.domain.errors import InputError
from ...answers.rendering.layout import display_title
from ...exports.formats import SUFFIXES, ExportFormat
from ...exports.negotiation import content_type, split_suffix
from ...web import views
from ...web.history import version_views
from ...web.texts import Texts, choose_language
from ..routes.papers import read_paper
from ..routes.table import requires
from .rendering import page, render, work_of

_SIMILAR = 8
_NAMES: dict[ExportFormat, str] = {
    "bibtex": "BibTeX",
    "ris": "RIS",
    "csl-json": "CSL-JSON",
    "markdown": "Markdown",
}
_EXPORTS = [(name, SUFFIXES[export_format]) for export_format, name in _NAMES.items()]

router = APIRouter(include_in_schema=False)


@router.get("/papers/{paper_id:path}")
@requires("read")
@page
async def paper(request: Request, paper_id: str) -> Response:
    """Show a paper: its abstract, and every summary of it with its history; a quotation is marked in its place.

    With the suffix of an export, the paper is exported.
    """
    work, texts = work_of(request), Texts(choose_language(request))
    bare, representation = split_suffix(paper_id)
    if representation and representation != "json":
        text = await work.look_up(lambda: work.library.export(work.library.paper(bare), representation))
        return Response(text.encode("utf-8", "replace"), media_type=content_type(representation))
    details = await work.look_up(lambda: read_paper(work.library, paper_id, history=True))
    place = _place(request)
    versions, older = await work.look_up(lambda: version_views(details))
    entries = views.entry_views(details, place, texts)
    similar = None
    if "similar" in request.query_params:
        similar = await work.run_for(request, lambda: work.library.similar(paper_id, _SIMILAR))
    return render(
        request,
        "paper.html.j2",
        title=display_title(details.paper),
        paper=details.paper,
        abstract=views.abstract_view(details, place, texts),
        entries=entries,
        meanings=views.mark_meanings(entries),
        versions=versions,
        older=older,
        exports=_EXPORTS,
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
