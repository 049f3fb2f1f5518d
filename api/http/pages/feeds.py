"""The feeds: of the newest digests, of a day, and of a question."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ....index.domain.hits import Citation
from ...requests import AskRequest
from ...results import Answer
from ...web.feeds import MEDIA_TYPES, Feed, FeedFormat, FeedItem, entity_tag, feed_item
from ...web.texts import Texts, choose_language
from ..routes.table import requires
from ..work import Work
from .rendering import page, work_of

_FEED_DAYS, _FEED_ITEMS = 7, 200
_FOLLOWED = 30  # papers of the feed of a question

router = APIRouter(include_in_schema=False)


@router.get("/feed.{kind}")
@requires("ask")
@page
async def feed(request: Request, kind: FeedFormat, q: str = "", day: str = "") -> Response:
    """Return a feed: of the newest digests, of a day, or of the papers that answer a question."""
    work, texts = work_of(request), Texts(choose_language(request))
    if q:
        asked = AskRequest.from_input(q, _FOLLOWED, generate=False)
        answer = await work.ask(request, asked, is_written=False)
        items = await work.look_up(lambda: _question_items(work, answer))
        title, shown = answer.question, f"?{urlencode({'q': answer.question})}"
    else:
        days = [day] if day else (await work.look_up(work.library.status)).days[-_FEED_DAYS:]
        items = await work.look_up(lambda: _day_items(work, days))
        title, shown = day or texts("newest"), f"digests/{day}" if day else "digests"
    path = f"feed.{kind}" + (f"?{request.url.query}" if request.url.query else "")
    document = Feed(title, str(request.base_url), path, shown, tuple(items)).render(kind)
    headers = {"etag": entity_tag(document), "cache-control": "no-cache", "vary": "accept-language, cookie"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    return Response(document, headers=headers, media_type=MEDIA_TYPES[kind])


def _day_items(work: Work, days: Sequence[str]) -> list[FeedItem]:
    """Return the papers of some days, the newest day first."""
    items: list[FeedItem] = []
    for day in reversed(days):
        details = {entry.paper.paper_id: entry.paper for entry in work.library.digest(day).entries}
        for paper in details.values():
            entry = next(entry for entry in work.library.paper(paper.paper_id).entries if entry.digest_date == day)
            items.append(feed_item(entry, paper, ()))
    return items[:_FEED_ITEMS]


def _question_items(work: Work, answer: Answer) -> list[FeedItem]:
    """Return the papers that an answer quotes, those ingested last first."""
    quoted: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        quoted.setdefault(citation.paper_id, []).append(citation)
    items: list[FeedItem] = []
    for paper_id, citations in quoted.items():
        details = work.library.paper(paper_id)
        if details.entries:
            items.append(feed_item(details.entries[0], details.paper, citations))
    return sorted(items, key=lambda item: item.published, reverse=True)
