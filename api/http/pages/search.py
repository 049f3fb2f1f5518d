"""The page of searches."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ....index.domain.errors import InputError, NotFoundError
from ....index.domain.filters import Filter
from ....index.domain.papers import Paper
from ....index.domain.trust import Label
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
_LISTED = 50  # papers of a page of those that pass the conditions
_OFFSET = "offset"  # the field of the page's place in the list
_MAX_DIGITS = 8
_REFUSED = Filter(trust=("refused",))
_WHY = "why"  # the field that asks for explanations

router = APIRouter(include_in_schema=False)


@router.get("/search")
@requires("read")
@page
async def search(request: Request) -> Response:
    """Show the form of a search, and the papers that it finds; on request, why they rank where they do.

    Without words to search for, the papers that pass the conditions are listed.
    """
    work, texts = work_of(request), Texts(choose_language(request))
    fields = [(key, value) for key, value in form_fields(request) if key != _OFFSET]
    form = [(key, value) for key, value in fields if key != _WHY]
    explains = len(form) < len(fields)
    question = next((value for key, value in form if key == "q"), "")
    where = form_filter(form)
    results: Results | None = None
    explanations: dict[str, ExplanationView] = {}
    listing: Listing | None = None
    if not question and where:
        offset = _offset(request)
        listing = await work.look_up(lambda: _list(work, where, offset))
    elif question:
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
        listing=listing,
        pages=_pages(listing, form) if listing else (None, None),
        toggle=f"?{urlencode(form if explains else [*form, (_WHY, '1')])}",
    )


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the papers that pass some conditions, newest first.

    Attributes:
        papers: the papers, each with the trust labels of its summaries.
        total: number of papers that pass.
        offset: number of papers before the page.
    """

    papers: tuple[tuple[Paper, tuple[Label, ...]], ...]
    total: int
    offset: int


def _list(work: Work, where: Filter, offset: int) -> Listing:
    library = work.library
    if where == _REFUSED:  # they have no text that could be searched, by which papers are filtered
        days = {entry.paper_id: entry.digest_date for entry in library.entries("refused")}
        ids = sorted(sorted(days), key=lambda paper_id: days[paper_id], reverse=True)
        total, ids = len(ids), ids[offset : offset + _LISTED]
    else:
        if where.trust and not where.source:
            where = replace(where, source="summary")  # abstracts have no label, and pass any
        page = library.list_papers(where=where, limit=_LISTED, offset=offset)
        total, ids = page.total, [paper.paper_id for paper in page.papers]
    papers: list[tuple[Paper, tuple[Label, ...]]] = []
    for paper_id in ids:
        with suppress(NotFoundError):  # removed since
            details = library.paper(paper_id)
            labels: dict[Label, None] = dict.fromkeys(entry.trust.label for entry in details.entries if entry.trust)
            papers.append((details.paper, tuple(labels)))
    return Listing(tuple(papers), total, offset)


def _offset(request: Request) -> int:
    """Return how many papers of a list are on the pages before this one.

    Raises:
        InputError: it is no number.
    """
    text = request.query_params.get(_OFFSET, "0")
    if not (text.isascii() and text.isdecimal() and len(text) < _MAX_DIGITS):
        raise InputError(_OFFSET, f"is {text[:40]!r} (expected a number from 0)")
    return int(text)


def _pages(listing: Listing, form: Sequence[tuple[str, str]]) -> tuple[str | None, str | None]:
    """Return the query strings of the pages before and after a page of a list; None at the ends."""
    last = max(0, listing.total - 1) // _LISTED * _LISTED
    before, after = min(listing.offset - _LISTED, last), listing.offset + _LISTED

    def link(offset: int) -> str:
        return f"?{urlencode([*form, *([(_OFFSET, str(offset))] if offset else [])])}"

    return link(max(0, before)) if listing.offset else None, link(after) if after < listing.total else None


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
