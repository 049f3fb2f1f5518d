"""The routes of the web pages. Each is complete without JavaScript."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from functools import cache, wraps
from typing import Any, Concatenate, ParamSpec, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ....index.domain.arxiv_ids import parse_arxiv_id
from ....index.domain.errors import InputError, NonmunError
from ....index.domain.filters import Filter, parse_filter
from ....index.domain.hits import Citation
from ....index.domain.papers import Language, SectionName
from ....index.domain.trust import LABELS
from ....index.facts.latex import render_latex
from ...answers.rendering.layout import display_title
from ...conversation.turns import MAX_TURNS, Turn
from ...requests import AskRequest, SearchRequest
from ...results import Answer
from ...web import FOLDER, views
from ...web.feeds import MEDIA_TYPES, Feed, FeedFormat, FeedItem, entity_tag, feed_item
from ...web.texts import COOKIE, Texts, choose_language
from ..errors import Failure, OverloadedError
from ..guard import route_path
from ..routes.table import requires
from ..work import Work

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_YEAR = 365 * 24 * 3600
_MOST = 100  # papers of a day with a sentence each
_HITS, _SIMILAR = 20, 8
_FEED_DAYS, _FEED_ITEMS = 7, 200
_FOLLOWED = 30  # papers of the feed of a question
_FIELDS = ("since", "until", "by", "section", "source", "text", "trust", "author", "category", "paper")
_SECTIONS: tuple[SectionName | str, ...] = (
    "motivation",
    "contributions",
    "architecture",
    "experiments",
    "results",
    "limitations",
    "future_work",
    "abstract",
)

router = APIRouter(include_in_schema=False)

P = ParamSpec("P")
Page = Callable[Concatenate[Request, P], Awaitable[Response]]


def page(route: Page[P]) -> Page[P]:
    """Return a route whose failures are pages as well."""

    @wraps(route)
    async def guarded(request: Request, *args: P.args, **kwargs: P.kwargs) -> Response:
        try:
            return await route(request, *args, **kwargs)
        except (NonmunError, OverloadedError) as error:
            failure = Failure.of(error)
            texts = Texts(choose_language(request))
            message = texts("busy") if isinstance(error, OverloadedError) else failure.message
            response = render(request, "error.html.j2", title=texts("error"), message=message)
            response.status_code = failure.status
            response.headers.update(failure.headers)
            return response

    return guarded


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"latex": render_latex, "title_of": display_title, "path_of": views.paper_path}
    return environment


def render(request: Request, template: str, **values: Any) -> HTMLResponse:
    """Return a page in the language of the request, and remember a language that its link names."""
    texts = Texts(choose_language(request))
    root = request.scope.get("root_path", "").rstrip("/")
    html = (
        _environment()
        .get_template(template)
        .render(
            texts=texts,
            lang=texts.lang,
            root=root,
            path=route_path(request.scope),
            language_links=_language_links(request),
            sections=_SECTIONS,
            labels=LABELS,
            **values,
        )
    )
    response = HTMLResponse(html, headers={"content-security-policy": _POLICY, "vary": "accept-language, cookie"})
    if "lang" in request.query_params:
        response.set_cookie(COOKIE, texts.lang, max_age=_YEAR, samesite="strict", httponly=True)
    return response


def _language_links(request: Request) -> dict[str, str]:
    """Return the query strings that show the same page in each language."""
    others = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    return {lang: f"?{urlencode([*others, ('lang', lang)])}" for lang in get_args(Language)}


def _work(request: Request) -> Work:
    return request.app.state.work


def _form(request: Request) -> list[tuple[str, str]]:
    """Return the filled-in fields of the form of questions and searches."""
    return [(key, value.strip()) for key, value in request.query_params.multi_items() if value.strip()]


def _filter(form: Sequence[tuple[str, str]]) -> Filter:
    """Return the filter that a form asks for.

    Raises:
        InputError: a field is invalid.
    """
    values: dict[str, list[str]] = {}
    for key, value in form:
        values.setdefault(key, []).append(value)

    def first(key: str) -> str | None:
        return values.get(key, [None])[0]

    return parse_filter(
        since=first("since"),
        until=first("until"),
        by=first("by") or "digest",
        papers=values.get("paper", ()),
        sections=values.get("section", ()),
        lang=first("text"),
        source=first("source"),
        trust=values.get("trust", ()),
        authors=values.get("author", ()),
        categories=values.get("category", ()),
    )


def _names(texts: Texts) -> dict[str, str]:
    """Return the names of the fields of the filter, as shown."""
    keys = {"text": "text_lang", "by": "by_published"}
    return {field: texts("papers" if field == "paper" else keys.get(field, field)) for field in _FIELDS}


@router.get("/")
@requires("ask")
@page
async def ask(request: Request) -> Response:
    """Show the form of a question, and its answer."""
    work, form, texts = _work(request), _form(request), Texts(choose_language(request))
    question = next((value for key, value in form if key == "q"), "")
    turns = _turns(form)
    if not question:
        status = await work.look_up(work.library.status)
        examples = await work.look_up(lambda: _examples(work))
        return render(
            request, "ask.html.j2", title=texts("ask"), question="", status=status, examples=examples, form=dict(form)
        )
    where = _filter(form)
    body = AskRequest.from_input(question, where=where, history=turns)
    is_written = await work.writes(body)
    answer = await work.ask(request, body, is_written=is_written)
    request.app.state.metrics.count(answer)
    return render(
        request,
        "answer.html.j2",
        title=answer.question,
        question=question,
        answer=answer,
        lines=views.answer_lines(answer),
        quotations=views.quotations(answer),
        chips=views.filter_chips(where, form, _names(texts), texts.all),
        turns=[*turns, Turn.of(answer)][-MAX_TURNS:],
        earlier=turns,
        form=dict(form),
    )


def _turns(form: Sequence[tuple[str, str]]) -> list[Turn]:
    """Return the earlier turns that a form sends: a question, and the papers of its answer, for each."""
    questions = [value for key, value in form if key == "asked"]
    papers = [value for key, value in form if key == "about"]
    return [
        Turn(question, tuple(found.paper_id for name in names.split(",") if (found := parse_arxiv_id(name))))
        for question, names in zip(questions, papers, strict=False)
    ][-MAX_TURNS:]


def _examples(work: Work) -> list[str]:
    """Return names of papers of the newest digest, for example questions."""
    days = work.library.status().days
    if not days:
        return []
    return views.example_names([entry.paper for entry in work.library.digest(days[-1]).entries])


@router.get("/search")
@requires("read")
@page
async def search(request: Request) -> Response:
    """Show the form of a search, and the papers that it finds."""
    work, form, texts = _work(request), _form(request), Texts(choose_language(request))
    question = next((value for key, value in form if key == "q"), "")
    where = _filter(form)
    results = None
    if question:
        body = SearchRequest.from_input(question, _HITS, where=where)
        results = await work.run_for(request, lambda: work.library.answering.search(body))
        request.app.state.metrics.observe(results.timings)
    return render(
        request,
        "search.html.j2",
        title=question or texts("search"),
        question=question,
        hits=views.hit_views(results.hits) if results else None,
        results=results,
        chips=views.filter_chips(where, form, _names(texts), texts.all),
        form=dict(form),
    )


@router.get("/papers/{paper_id:path}")
@requires("read")
@page
async def paper(request: Request, paper_id: str) -> Response:
    """Show a paper: its abstract, and every summary of it; a quotation is marked in its place."""
    work = _work(request)
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


@router.get("/digests")
@requires("read")
@page
async def digests(request: Request) -> Response:
    """Show the days with digests."""
    work, texts = _work(request), Texts(choose_language(request))
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
    work = _work(request)
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


@router.get("/feed.{kind}")
@requires("ask")
@page
async def feed(request: Request, kind: FeedFormat, q: str = "", day: str = "") -> Response:
    """Return a feed: of the newest digests, of a day, or of the papers that answer a question."""
    work, texts = _work(request), Texts(choose_language(request))
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
