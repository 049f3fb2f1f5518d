"""The feeds: of the newest digests, of a day, and of a question."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ....index.domain.errors import NotFoundError
from ....index.domain.hits import Citation
from ...requests import AskRequest
from ...results import Answer, DigestDetails, PaperDetails
from ...web.feeds import CONTENT_TYPES, Feed, FeedFormat, FeedItem, entity_tag, feed_item
from ...web.texts import Texts, choose_language
from ..routes.table import requires
from ..work import Work
from .forms import form_fields, form_filter
from .rendering import page, work_of

_FEED_DAYS, _FEED_ITEMS = 7, 200
_FOLLOWED = 30  # papers of the feed of a question
_NO_CONDITIONS = {"lang", "day", "turn"}  # fields that do not restrict a question

router = APIRouter(include_in_schema=False)


@router.get("/feed.{kind}")
@requires("ask")
@page
async def feed(request: Request, kind: FeedFormat, q: str = "", day: str = "") -> Response:
    """Return a feed: of the newest digests, of a day, or of the papers that answer a question under the conditions."""
    work, texts = work_of(request), Texts(choose_language(request))
    if q:
        form = [(key, value) for key, value in form_fields(request) if key not in _NO_CONDITIONS]
        ignored = [value for key, value in form if key == "ignore"]
        asked = AskRequest.from_input(q, _FOLLOWED, where=form_filter(form), ignore=ignored, generate=False)
        answer = await work.ask(request, asked, is_written=False)
        items = await work.look_up(lambda: _question_items(work, answer))
        title, shown = answer.question, f"?{urlencode(form)}"
    else:
        items = await work.look_up(lambda: _day_items(work, [work.library.digest(day)] if day else _newest_days(work)))
        title, shown = day or texts("newest"), f"digests/{day}" if day else "digests"
    path = f"feed.{kind}" + (f"?{request.url.query}" if request.url.query else "")
    document = Feed(title, str(request.base_url), path, shown, tuple(items)).render(kind)
    headers = {"etag": entity_tag(document), "cache-control": "no-cache", "vary": "accept-language, cookie"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    return Response(document, headers=headers, media_type=CONTENT_TYPES[kind])


def _newest_days(work: Work) -> list[DigestDetails]:
    """Return the newest days, the last one first."""
    days: list[DigestDetails] = []
    for day in reversed(work.library.status().days[-_FEED_DAYS:]):
        with suppress(NotFoundError):  # removed since
            days.append(work.library.digest(day))
    return days


def _day_items(work: Work, days: Sequence[DigestDetails]) -> list[FeedItem]:
    """Return the papers of some days, in their order; those that were removed meanwhile are left out."""
    items: list[FeedItem] = []
    for day in days:
        for paper in {entry.paper.paper_id: entry.paper for entry in day.entries}.values():
            details = _details(work, paper.paper_id)
            entries = details.entries if details else ()
            items += [feed_item(entry, paper, ()) for entry in entries if entry.digest_date == day.digest_date][:1]
    return items[:_FEED_ITEMS]


def _question_items(work: Work, answer: Answer) -> list[FeedItem]:
    """Return the papers that an answer quotes, those ingested last first."""
    quoted: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        quoted.setdefault(citation.paper_id, []).append(citation)
    items: list[FeedItem] = []
    for paper_id, citations in quoted.items():
        details = _details(work, paper_id)
        if details and details.entries:
            items.append(feed_item(details.entries[0], details.paper, citations))
    return sorted(items, key=lambda item: item.published, reverse=True)


def _details(work: Work, paper_id: str) -> PaperDetails | None:
    """Return a paper; None if it was removed."""
    try:
        return work.library.paper(paper_id)
    except NotFoundError:
        return None
