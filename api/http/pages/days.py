"""The pages of days and weeks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from ....index.domain.errors import NotFoundError
from ....index.domain.papers import Language
from ...library import Library
from ...results import DigestDay, DigestDetails
from ...web.calendars import calendar_months, neighbors, parse_week, week_of
from ...web.days import ListedPaper, TopicView, listed_papers, topic_views
from ...web.texts import Texts, choose_language
from ...web.topics import find_topics
from ..guard import may, root_path
from ..routes.table import requires
from .rendering import page, render, work_of

router = APIRouter(include_in_schema=False)


@router.get("/digests")
@requires("read")
@page
async def digests(request: Request) -> Response:
    """Show the days with digests as calendars."""
    work, texts = work_of(request), Texts(choose_language(request))
    days = await work.look_up(work.library.digests)
    return render(
        request,
        "digests.html.j2",
        title=texts("days"),
        months=calendar_months(days, texts),
        may_status=may(request, "status"),
    )


@router.get("/digests/{day}")
@requires("read")
@page
async def digest(request: Request, day: str) -> Response:
    """Show the papers of a day, each with a sentence that says what it is."""
    work, lang = work_of(request), choose_language(request)
    details = await work.look_up(lambda: work.library.digest(day))
    papers = await work.run_for(request, lambda: _papers(work.library, [details], lang))
    return render(
        request,
        "digest.html.j2",
        title=details.digest_date,
        day=details,
        week=week_of(date.fromisoformat(details.digest_date)),
        papers=papers,
        may_ask=may(request, "ask"),
    )


@router.get("/weeks/{week}")
@requires("read")
@page
async def week(request: Request, week: str) -> Response:
    """Show the papers of an ISO week, each once, by topic."""
    work, lang = work_of(request), choose_language(request)
    first, last = parse_week(week)
    every_day = await work.look_up(work.library.digests)
    days = [day for day in every_day if first.isoformat() <= day.digest_date <= last.isoformat()]
    if not days:
        raise NotFoundError(f"no digest of the week {week} ({first} to {last}) is in the index")
    topics = await work.run_for(request, lambda: _topics(work.library, days, lang))
    previous, following = neighbors(week, every_day)
    return render(
        request,
        "week.html.j2",
        title=week,
        week=week,
        first=first,
        last=last,
        days=days[::-1],
        topics=topics,
        previous=previous,
        following=following,
        may_ask=may(request, "ask"),
    )


@router.get("/days")
@requires("read")
async def days(request: Request) -> Response:
    """Redirect to the days."""
    root = root_path(request.scope)
    return RedirectResponse(f"{root}/digests", 308)


def _papers(library: Library, days: Sequence[DigestDetails], lang: Language) -> list[ListedPaper]:
    """Return the papers of some days, oldest first, with the sentences that say what they are."""
    first, last = (date.fromisoformat(day.digest_date) for day in (days[0], days[-1]))
    paper_ids = [entry.paper.paper_id for day in days for entry in day.entries]
    return listed_papers(days, library.overviews.leads(paper_ids, first, last, lang))


def _topics(library: Library, days: Sequence[DigestDay], lang: Language) -> list[TopicView]:
    """Return the papers of some days, newest first, by topic."""
    papers = _papers(library, [library.digest(day.digest_date) for day in reversed(days)], lang)
    subjects = library.overviews.subjects(view.paper.paper_id for view in papers)
    return topic_views(find_topics(subjects, lang), papers)
