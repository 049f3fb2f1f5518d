"""The text in which a quotation stands, for the script of the page for asking."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from ....index.domain.errors import NotFoundError
from ....index.facts.latex import render_latex
from ...answers.rendering.layout import display_title
from ...results import PaperDetails
from ...web import views
from ...web.tree import html_tree
from ..routes.table import requires
from .rendering import work_of

router = APIRouter(include_in_schema=False)


@router.get("/places/{paper_id:path}")
@requires("read")
async def place(request: Request, paper_id: str, entry: str, start: int, end: int) -> Response:
    """Return the summary or the abstract that holds a quotation, with the quotation marked.

    Args:
        request: the request.
        paper_id: arXiv id of the paper.
        entry: ISO date of the digest, or "abstract".
        start: offset of the quotation into the entry's body or the abstract, in code points.
        end: offset of its end.
    """
    work = work_of(request)
    return JSONResponse(
        await work.look_up(lambda: _text_of_place(work.library.paper(paper_id), views.Place(entry, start, end)))
    )


def _text_of_place(details: PaperDetails, place: views.Place) -> dict[str, Any]:
    """Return the text of a place with its title, trust label and the label's reasons.

    Raises:
        NotFoundError: no digest of that day has an entry of the paper.
    """
    title = render_latex(display_title(details.paper))
    if place.entry == "abstract":
        text = views.abstract_view(details, place)
        return {"title": title, "lang": "en", "label": None, "reasons": [], "nodes": html_tree(text)}
    for view in views.entry_views(details, place):
        if view.entry.digest_date == place.entry:
            reasons = [reason.message for reason in view.entry.trust.reasons] if view.entry.trust else []
            label, lang = view.label, view.entry.lang or "ko"
            return {"title": title, "lang": lang, "label": label, "reasons": reasons, "nodes": html_tree(view.body)}
    raise NotFoundError(f"{details.paper.paper_id} has no summary of {place.entry}")
