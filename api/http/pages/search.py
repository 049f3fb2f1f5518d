"""The page of searches."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ....index.domain.errors import NotFoundError
from ...requests import SearchRequest
from ...results import PaperDetails, Results
from ...web import views
from ...web.explanations import ExplanationView, explanation_views
from ...web.texts import Texts, choose_language
from ..routes.table import requires
from ..work import Work
from .forms import field_names, form_fields, form_filter
from .rendering import page, render, work_of

_HITS = 20
_WHY = "why"  # the field that asks for explanations

router = APIRouter(include_in_schema=False)


@router.get("/search")
@requires("read")
@page
async def search(request: Request) -> Response:
    """Show the form of a search, and the papers that it finds; on request, why they rank where they do."""
    work, texts = work_of(request), Texts(choose_language(request))
    fields = form_fields(request)
    form = [(key, value) for key, value in fields if key != _WHY]
    explains = len(form) < len(fields)
    question = next((value for key, value in form if key == "q"), "")
    where = form_filter(form)
    results: Results | None = None
    explanations: dict[str, ExplanationView] = {}
    if question:
        body = SearchRequest.from_input(question, _HITS, where=where)
        results, explanations = await work.run_for(request, lambda: _search(work, body, texts, explains=explains))
        request.app.state.metrics.observe(results.timings)
    return render(
        request,
        "search.html.j2",
        title=question or texts("search"),
        question=question,
        hits=views.hit_views(results.hits) if results else None,
        chips=views.filter_chips(where, fields, field_names(texts), texts.all),
        form=dict(form),
        explanations=explanations,
        explains=explains,
        toggle=f"?{urlencode(form if explains else [*form, (_WHY, '1')])}",
    )


def _search(
    work: Work, body: SearchRequest, texts: Texts, *, explains: bool
) -> tuple[Results, dict[str, ExplanationView]]:
    """Return the papers found, and if wanted, why they rank where they do by paper id."""
    library = work.library
    results = library.answering.search(body)
    if not (explains and results.hits):
        return results, {}
    explanations = library.answering.explain(body, [hit.paper_id for hit in results.hits])
    papers: dict[str, PaperDetails] = {}
    for explanation in explanations:
        with suppress(NotFoundError):  # removed since
            papers[explanation.paper_id] = library.paper(explanation.paper_id)
    return results, explanation_views(explanations, papers, results.question, texts)
