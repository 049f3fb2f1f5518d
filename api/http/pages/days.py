"""The pages of days."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from ....index.domain.filters import Filter
from ...requests import AskRequest
from ...web import views
from ...web.texts import Texts, choose_language
from ..routes.table import requires
from .rendering import page, render, work_of

_MOST = 100  # papers of a day with a sentence each

router = APIRouter(include_in_schema=False)


@router.get("/digests")
@requires("read")
@page
async def digests(request: Request) -> Response:
    """Show the days with digests."""
    work, texts = work_of(request), Texts(choose_language(request))
    days = await work.look_up(work.library.digests)
    months: dict[str, list[Any]] = {}
    for day in days:
        months.setdefault(day.digest_date[:7], []).append(day)
    return render(request, "digests.html.j2", title=texts("days"), months=months)


@router.get("/digests/{day}")
@requires("read")
@page
async def digest(request: Request, day: str) -> Response:
    """Show the papers of a day, each with a sentence that says what it is."""
    work = work_of(request)
    details = await work.look_up(lambda: work.library.digest(day))
    parsed = date.fromisoformat(details.digest_date)
    where = Filter(since=parsed, until=parsed, source="summary")
    # A question for nothing but a day lists its papers with a sentence each.
    listed = AskRequest(f"{details.digest_date} 다이제스트", _MOST, where, generate=False)
    answer = await work.ask(request, listed, is_written=False)
    return render(
        request,
        "digest.html.j2",
        title=details.digest_date,
        day=details,
        papers=views.day_papers(details, answer.citations),
    )


@router.get("/days")
@requires("read")
async def days(request: Request) -> Response:
    """Redirect to the days."""
    root = request.scope.get("root_path", "").rstrip("/")
    return RedirectResponse(f"{root}/digests", 308)
