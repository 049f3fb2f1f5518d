"""What the pages have in common: their templates, language, policy and failures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache, wraps
from typing import Any, Concatenate, ParamSpec, get_args
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ....index.domain.errors import NonmunError
from ....index.domain.papers import Language, SectionName
from ....index.domain.trust import LABELS
from ....index.facts.latex import render_latex
from ...answers.rendering.layout import display_title
from ...web import FOLDER, views
from ...web.failures import describe_failure
from ...web.texts import COOKIE, Texts, choose_language
from ..errors import Failure, OverloadedError, report
from ..guard import root_path, route_path
from ..work import Work
from .forms import field_names, form_fields

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_SCRIPTS = "; script-src 'self'; connect-src 'self'"
_NO_PAGES = ("/v1/", "/docs", "/static/")  # what is there is for programs
_YEAR = 365 * 24 * 3600
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

P = ParamSpec("P")
Page = Callable[Concatenate[Request, P], Awaitable[Response]]


def page(route: Page[P]) -> Page[P]:
    """Return a route whose failures are pages as well."""

    @wraps(route)
    async def guarded(request: Request, *args: P.args, **kwargs: P.kwargs) -> Response:
        try:
            return await route(request, *args, **kwargs)
        except (NonmunError, OverloadedError) as error:
            return failure_page(request, report(error, request.app.state.count_refusal))

    return guarded


def wants_page(request: Request) -> bool:
    """Return whether a request comes from a browser that opens a page, not from a program or for the HTTP API."""
    accepts = "text/html" in request.headers.get("accept", "")
    return accepts and request.method in {"GET", "HEAD"} and not route_path(request.scope).startswith(_NO_PAGES)


def failure_page(request: Request, failure: Failure) -> Response:
    """Return a failure as a page in the language of the request, with links that lead on."""
    texts = Texts(choose_language(request))
    view = describe_failure(
        failure.code,
        failure.field,
        failure.message,
        path=route_path(request.scope),
        query=form_fields(request),
        names=field_names(texts),
        texts=texts,
    )
    title = texts("not_found" if failure.status == 404 else "error")
    response = render(request, "error.html.j2", title=title, failure=view)
    response.status_code = failure.status
    response.headers.update(failure.headers)
    return response


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


def render(request: Request, template: str, *, has_script: bool = False, **values: Any) -> HTMLResponse:
    """Return a page in the language of the request, and remember a language that its link names.

    Args:
        request: the request.
        template: name of the template.
        has_script: whether the page has a script, which makes it easier to use and is not needed.
        values: what the template shows.
    """
    texts = Texts(choose_language(request))
    root = root_path(request.scope)
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
    policy = _POLICY + (_SCRIPTS if has_script else "")
    response = HTMLResponse(html, headers={"content-security-policy": policy, "vary": "accept-language, cookie"})
    if "lang" in request.query_params:
        response.set_cookie(COOKIE, texts.lang, max_age=_YEAR, samesite="strict", httponly=True)
    return response


def _language_links(request: Request) -> dict[str, str]:
    """Return the query strings that show the same page in each language."""
    others = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    return {lang: f"?{urlencode([*others, ('lang', lang)])}" for lang in get_args(Language)}


def work_of(request: Request) -> Work:
    """Return what runs the work of requests."""
    return request.app.state.work
