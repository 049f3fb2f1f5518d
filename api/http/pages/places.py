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
from ...web.texts import Texts, choose_language
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
    work, texts, at = work_of(request), Texts(choose_language(request)), views.Place(entry, start, end)
    found = await work.look_up(lambda: _text_of_place(work.library.paper(paper_id), at, texts))
    return JSONResponse(found, headers={"vary": "accept-language, cookie"})


def _text_of_place(details: PaperDetails, place: views.Place, texts: Texts) -> dict[str, Any]:
    """Return the text of a place with its title, trust label and the reasons for what is marked in it.

    Raises:
        NotFoundError: no digest of that day has an entry of the paper.
    """
    title = render_latex(display_title(details.paper))
    if place.entry == "abstract":
        nodes = html_tree(views.abstract_view(details, place, texts))
        # Summaries of several days may have the same reasons.
        reasons = list(dict.fromkeys(view.text for view in views.abstract_reasons(details, texts)))
        return {"title": title, "lang": "en", "label": None, "reasons": reasons, "nodes": nodes}
    for view in views.entry_views(details, place, texts):
        if view.entry.digest_date == place.entry:
            reasons = [reason.line for reason in view.reasons]
            nodes = html_tree(view.body)
            return {"title": title, "lang": view.lang, "label": view.label, "reasons": reasons, "nodes": nodes}
    raise NotFoundError(f"{details.paper.paper_id} has no summary of {place.entry}")
