"""Who may do what: host names, keys, scopes and rate limits, checked before a route is called."""

from __future__ import annotations

import ipaddress
import math
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Literal
from urllib.parse import urlencode

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...settings import HttpConfig
from ..keys import PREFIX, KeyStore
from ..keys import Scope as KeyScope
from .errors import Failure

Requirement = KeyScope | Literal["nothing", "key"]
"""What a request needs: a key with a scope; or none; or any key, where what the request asks for decides the rest."""

_OPEN = frozenset({"/docs", "/openapi.json"})
_OPEN_FOLDERS = ("/docs/", "/static/")
KEY_COOKIE = "nonmun_key"
"""The cookie that holds the key of a browser; it counts for what changes nothing, and for the forms of the pages."""
PAGE_FORMS = frozenset({"/answers", "/answers/check", "/answers/export", "/feedback", "/login"})
"""Paths of the forms of the pages, which no page of another site may send."""
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # with no-referrer, browsers send forms with the origin null
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}
_PORT = re.compile(r"(?<=\])(?::\d+)?$|(?<=[^:\]]):\d+$")  # [::1]:80, localhost:80
_TOKEN = re.compile(r"Bearer +(\S+)", re.IGNORECASE)


def is_loopback(host: str) -> bool:
    """Return whether an address, or a name without a port, is this machine's own."""
    if host.lower().rstrip(".") in _LOOPBACK_NAMES or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class HostGuard:
    """ASGI middleware that refuses other host names, and adds security headers to all responses.

    A page of another site whose name was pointed at this service (DNS rebinding) sends its own name.

    Args:
        app: the application.
        hosts: the host names to answer to, besides loopback ones and the address that a connection arrives at; *
            answers to any.
        on_refusal: callback for the code of each refusal.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str], on_refusal: Callable[[str], object]) -> None:
        self._app, self._on_refusal = app, on_refusal
        self._hosts = {name.lower().strip("[]") for name in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        app = self._app
        if not self._is_own(Headers(scope=scope).get("host", ""), (scope.get("server") or ("",))[0]):
            message = "this service does not answer to that host name; add it to http.hosts (NONMUN_HTTP__HOSTS)"
            failure = Failure(421, "unknown_host", message)
            self._on_refusal(failure.code)
            app = failure.response()
        await app(scope, receive, _adding(_HEADERS, send))

    def _is_own(self, header: str, local_address: str) -> bool:
        name = _PORT.sub("", header.strip()).strip("[]").lower()
        # No page of another site has this machine's address as its name.
        return "*" in self._hosts or is_loopback(name) or name in self._hosts or name == local_address.lower()


def _adding(added: Mapping[str, str], send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in added.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers


class RateLimits:
    """Counts the requests of keys and addresses, in windows of fixed length.

    Args:
        config: the limits.
    """

    def __init__(self, config: HttpConfig) -> None:
        rates = {"default": config.rate, "written": config.llm_rate}
        self._rates: dict[str, RateLimitItem] = {name: parse(rate) for name, rate in rates.items() if rate}
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def hit(self, policy: str, who: str) -> tuple[Failure | None, dict[str, str]]:
        """Count a request.

        Args:
            policy: "default", or "written" for an answer that a model writes.
            who: id of the key, or the address.

        Returns:
            Why the request is refused, if it is; and the headers that tell the limit
            (draft-ietf-httpapi-ratelimit-headers-11).
        """
        rate = self._rates.get(policy)
        if rate is None:
            return None, {}
        allowed = self._limiter.hit(rate, policy, who)
        window = self._limiter.get_window_stats(rate, policy, who)
        seconds = max(1, math.ceil(window.reset_time - time.time()))
        headers = {
            "ratelimit-policy": f'"{policy}";q={rate.amount};w={rate.get_expiry()}',
            "ratelimit": f'"{policy}";r={window.remaining};t={seconds}',
        }
        if allowed:
            return None, headers
        message = f"more than {rate} from one client; try again in {seconds} s"
        return Failure(429, "rate_limited", message, headers=headers | {"retry-after": str(seconds)}), headers


class Guard:
    """ASGI middleware that refuses requests that are not allowed.

    Args:
        app: the application.
        keys: the keys; None where no request needs one.
        anonymous: the scopes of requests without a key that came through no proxy.
        requirement: returns what a request needs.
        limits: the rate limits.
        on_refusal: callback for the code of each refusal.
    """

    def __init__(
        self,
        app: ASGIApp,
        keys: KeyStore | None,
        anonymous: Collection[KeyScope],
        requirement: Callable[[Scope], Requirement],
        limits: RateLimits,
        on_refusal: Callable[[str], object],
    ) -> None:
        self._app, self._keys, self._anonymous, self._requirement = app, keys, anonymous, requirement
        self._limits, self._on_refusal = limits, on_refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        failure, added = self._check(scope)
        app = self._app
        if failure:
            self._on_refusal(failure.code)
            is_page = scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", "")
            app = _login(scope) if failure.status == 401 and is_page else failure.response()
        await app(scope, receive, _adding(added, send))

    def _check(self, scope: Scope) -> tuple[Failure | None, dict[str, str]]:
        """Return why a request is refused, if it is, and the headers that tell its limits."""
        headers = Headers(scope=scope)
        path = route_path(scope)
        if path in _OPEN or path.startswith(_OPEN_FOLDERS) or scope["method"] == "OPTIONS":
            return None, {}
        needed = self._requirement(scope)
        is_form = scope["method"] == "POST" and path in PAGE_FORMS
        origin = _origin_of(headers) if is_form else "unknown"
        if origin == "other":
            return Failure(403, "unknown_origin", "a page of another site may not send this form"), {}
        if needed == "nothing":
            return None, {}
        state = scope.setdefault("state", {})
        state["scopes"] = None
        state["client_id"] = client_of((scope.get("client") or ("unknown",))[0])
        if self._keys is not None:
            token = _secret_of(scope, headers, is_own_form=origin == "own")
            key = self._keys.check(token) if token else None
            if key is not None:
                state["client_id"] = state["key_id"] = key.id
                state["key"], state["scopes"] = key, key.scopes
                if needed != "key" and not key.allows(needed):
                    return Failure(403, "forbidden", f"the key lacks the scope {needed}"), {}
            # Clients of OpenAI's API always send something; who sends a key of ours means it.
            elif token.startswith(PREFIX) or not self._is_anonymous(needed, headers):
                failure, added = self._limits.hit("default", state["client_id"])  # guessing has a limit, too
                return failure or _unauthorized(needed, token), added
            else:
                state["scopes"] = frozenset(self._anonymous)
        return self._limits.hit("default", state["client_id"])

    def _is_anonymous(self, needed: Requirement, headers: Headers) -> bool:
        """Return whether a request needs no key: whoever comes through a proxy is not on this machine."""
        if any(name in headers for name in _FORWARDED):
            return False
        return needed in self._anonymous or (needed == "key" and bool(self._anonymous))


def may(request: Request, scope: KeyScope) -> bool:
    """Return whether a request that was let in may do what needs a scope."""
    scopes: Collection[KeyScope] | None = getattr(request.state, "scopes", ())
    return scopes is None or scope in scopes or "admin" in scopes


def _unauthorized(needed: Requirement, token: str) -> Failure:
    challenge = 'Bearer realm="nonmun"' + (', error="invalid_token"' if token else "")
    scope = "" if needed == "key" else f" with the scope {needed}"
    message = f"a valid API key{scope} is needed: Authorization: Bearer nm_... (nonmun keys create NAME makes one)"
    return Failure(401, "unauthorized", message, headers={"www-authenticate": challenge})


def _origin_of(headers: Headers) -> Literal["own", "other", "unknown"]:
    """Return whether a page of this service sends a form, or another page does; programs do not tell."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return "own" if site == "same-origin" else "unknown" if site == "none" else "other"
    origin, host = headers.get("origin"), headers.get("host", "")
    if origin is None:
        return "unknown"
    return "own" if host and origin.lower() in {f"http://{host.lower()}", f"https://{host.lower()}"} else "other"


def _secret_of(scope: Scope, headers: Headers, *, is_own_form: bool) -> str:
    """Return the key of a request, from its header, or from its cookie if that counts for it.

    Args:
        scope: the request.
        headers: its headers.
        is_own_form: whether it is a form that a page of this service sends.
    """
    if token := _TOKEN.fullmatch(headers.get("authorization", "")):
        return token[1]
    if (scope["method"] in {"GET", "HEAD"} or is_own_form) and "authorization" not in headers:
        return cookie_parser(headers.get("cookie", "")).get(KEY_COOKIE, "")
    return ""


def _login(scope: Scope) -> ASGIApp:
    """Return the response that sends a browser to the form for a key, and from there back to its page."""
    root, query = root_path(scope), scope.get("query_string", b"").decode("latin-1")
    target = route_path(scope) + (f"?{query}" if query else "")
    return RedirectResponse(f"{root}/login?{urlencode({'next': target})}", 303)


def client_of(address: str) -> str:
    """Return what one client has: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return address


def root_path(scope: Scope) -> str:
    """Return the path that the service is served under, without a slash at its end; empty for the root of a host."""
    return str(scope.get("root_path", "")).rstrip("/")


def route_path(scope: Scope) -> str:
    """Return the path as the router sees it: without the root path, if that ends where a segment does."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    if root and (path == root or path.startswith(f"{root}/")):
        return path[len(root) :] or "/"
    return path
