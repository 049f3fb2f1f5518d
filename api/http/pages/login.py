"""Signing in with an API key: a browser sends it as a cookie, which counts for requests that change nothing."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from ...web.texts import Texts, choose_language
from ..guard import KEY_COOKIE, root_path
from ..routes.table import requires
from .rendering import render

router = APIRouter(include_in_schema=False)


@router.get("/login")
@requires("nothing")
async def login(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name that such links have
    """Show the form for a key."""
    return _form(request, next)


@router.post("/login")
@requires("nothing")
async def sign_in(request: Request) -> Response:
    """Remember a key, and return to the page that asked for it."""
    fields = parse_qs((await request.body()).decode("utf-8", "replace"))
    secret, target = fields.get("key", [""])[0].strip(), fields.get("next", ["/"])[0]
    keys = request.app.state.keys
    if keys is not None and keys.check(secret) is None:
        response = _form(request, target, failed=True)
        response.status_code = 401
        return response
    root = root_path(request.scope)
    done = RedirectResponse(root + _own(target), 303)
    if keys is not None:
        secure = request.url.scheme == "https"
        done.set_cookie(KEY_COOKIE, secret, httponly=True, samesite="strict", secure=secure, path=root or "/")
    return done


@router.get("/logout")
@requires("nothing")
async def sign_out(request: Request) -> Response:
    """Forget the key."""
    root = root_path(request.scope)
    response = RedirectResponse(f"{root}/login", 303)
    response.headers["clear-site-data"] = '"storage"'  # the conversations that the browser keeps
    response.delete_cookie(KEY_COOKIE, path=root or "/")
    return response


def _own(target: str) -> str:
    """Return a path of this service; the start page for anything else, such as //example.org."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable() else "/"


def _form(request: Request, target: str, *, failed: bool = False) -> Response:
    title = Texts(choose_language(request))("sign_in")
    return render(request, "login.html.j2", title=title, target=_own(target), failed=failed)
