"""GET requests that are rate limited, retried, and bounded in redirects, addresses, time and size."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar

import httpcore
import httpx

from ..config import HttpOrigin, SourceConfig
from ..errors import SourceError, TransientError
from .body import read_body
from .network import BoundedBackend, Resolver, core_url, system_proxy, system_resolver
from .rate_limit import RateLimiter
from .retry import requested_wait, retry_transient
from .timing import SYSTEM_TIMING, Deadline, Timing

T = TypeVar("T")

MAX_RESPONSE_BYTES = 5_000_000
"""Limit of a response, before and after decompression."""
_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# arXiv's edge replies 406 when it throttles, for any Accept header of the request; 408 and 425 request a retry.
_TRANSIENT = frozenset({406, 408, 425, 429}) | frozenset(range(500, 600))
_ACCEPTED = frozenset({200, 400, 404})
_CONNECTION_ERRORS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A complete response; `status` is 200, 400 or 404."""

    status: int
    body: bytes


def user_agent(contact: str) -> str:
    """Return the User-Agent header: the project's name and version, and a contact address."""
    try:
        name = f"nonmun/{version('nonmun')}"
    except PackageNotFoundError:  # run from a checkout that is not installed
        name = "nonmun"
    return f"{name} ({contact.strip()})" if contact.strip() else name


class HttpClient:
    """Sends requests to the APIs of sources.

    Every request has a connection of its own: arXiv allows one at a time, and idle ones of two processes would be two.

    Args:
        config: hosts, limits and the folder that the rate limits are kept in.
        timing: clocks and sleep.
        resolver: resolves host names.
    """

    def __init__(
        self, config: SourceConfig, timing: Timing = SYSTEM_TIMING, resolver: Resolver = system_resolver
    ) -> None:
        self._config = config
        self._timing = timing
        self._resolver = resolver
        self._limiters: dict[HttpOrigin, RateLimiter] = {}

    def fetch(self, url: httpx.URL, parse: Callable[[HttpReply], T], pause: float) -> T:
        """Send a request until there is a reply that can be parsed, within the rate limit of its host.

        Args:
            url: what to get.
            parse: reads the reply; raises `TransientError` if another try may help.
            pause: seconds between two requests to the host.

        Raises:
            SourceError: there is no such reply.
        """
        limiter = self._limiter(HttpOrigin.of(url))

        def attempt() -> T:
            with limiter.acquire(pause) as before_redirect:
                try:
                    reply = self.get(url, before_redirect)
                except TransientError as error:
                    if error.retry_after:
                        limiter.back_off(error.retry_after)
                    raise
            return parse(reply)

        return retry_transient(attempt, self._config.attempts, self._timing)

    def get(self, url: httpx.URL, before_redirect: Callable[[], None]) -> HttpReply:
        """Send one request, and those that its redirects make necessary, within one deadline.

        Redirects are followed to the configured hosts and the URL's own, and here: httpx reads their bodies without a
        limit.

        Args:
            url: what to get.
            before_redirect: called before each redirect is followed.

        Raises:
            TransientError: another try may succeed.
            SourceError: another try would fail too.
        """
        deadline = Deadline(self._config.deadline, self._timing.monotonic)
        allowed = self._config.origins | {HttpOrigin.of(url)}
        try:
            for _ in range(_MAX_REDIRECTS + 1):
                reply = self._send(url, deadline)
                if isinstance(reply, HttpReply):
                    return reply
                _check_redirect(reply, allowed)
                url = reply
                before_redirect()
        except httpcore.TimeoutException as error:
            message = f"{url.host}: no complete response within {self._config.deadline:g} s: {error}"
            raise TransientError(message) from error
        except _CONNECTION_ERRORS as error:
            raise TransientError(f"{url.host}: the connection failed: {error or type(error).__name__}") from error
        raise SourceError(f"{url.host}: more than {_MAX_REDIRECTS} redirects")

    def _send(self, url: httpx.URL, deadline: Deadline) -> HttpReply | httpx.URL:
        """Return the reply, or the URL that it redirects to."""
        headers = [
            ("User-Agent", user_agent(self._config.contact)),
            ("Accept", "*/*"),
            ("Accept-Encoding", "gzip"),
            ("Connection", "close"),
        ]
        with self._pool(url, deadline) as pool, pool.stream("GET", core_url(url), headers=headers) as response:
            status, received = response.status, httpx.Headers(response.headers)
            if status in _REDIRECTS and "location" in received:
                return _redirect_target(url, received["location"])
            if status in _TRANSIENT:
                wait = requested_wait(received, self._timing.clock(), throttled=status == 429)
                raise TransientError(f"{url.host}: HTTP {status}", wait)
            if status not in _ACCEPTED:
                raise SourceError(f"{url.host}: HTTP {status}")
            encoding = received.get("content-encoding", "")
            return HttpReply(status, read_body(response.iter_stream(), encoding, MAX_RESPONSE_BYTES))

    def _pool(self, url: httpx.URL, deadline: Deadline) -> httpcore.ConnectionPool:
        """Open a pool for one connection. A proxy resolves names itself; its own address may be private."""
        proxy = system_proxy(url)
        may_be_private = proxy is not None or HttpOrigin.of(url) in self._config.trusted_origins
        backend = BoundedBackend(deadline, self._resolver, may_be_private=may_be_private)
        return httpcore.ConnectionPool(self._tls, proxy, max_connections=1, network_backend=backend)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    def _limiter(self, origin: HttpOrigin) -> RateLimiter:
        name = re.sub(r"[^a-z0-9.-]", "_", f"{origin.host}-{origin.port}")
        return self._limiters.setdefault(origin, RateLimiter(self._config.state, name, self._timing))


def _check_redirect(url: httpx.URL, allowed: Collection[HttpOrigin]) -> None:
    if url.scheme not in ("http", "https") or HttpOrigin.of(url) not in allowed or url.userinfo:
        raise SourceError(f"a redirect to {url.scheme}://{url.netloc.decode('ascii', 'replace')} is not followed")


def _redirect_target(url: httpx.URL, location: str) -> httpx.URL:
    try:
        return url.join(location)
    except (httpx.InvalidURL, ValueError) as error:
        raise SourceError(f"{url.host}: a redirect to an invalid URL") from error
