"""One GET request, kept within its bounds: hosts, redirects, addresses, time, size."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import cast

import httpx

from ..config import PUBLIC, Upstream, origin_of
from ..errors import TransientError, UpstreamError
from .body import read_body
from .network import Deadline
from .retry import asked_wait
from .transport import BoundTransport

LARGEST = 5_000_000
"""Bytes of a response, before and after decompression."""
_REDIRECTS = 3
# 406 comes from arXiv's edge when it throttles, whatever was asked for; 408 and 425 say "again" by their names.
_PASSING = frozenset({406, 408, 425, 429}) | frozenset(range(500, 600))
_ANSWERS = frozenset({200, 400, 404})


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole response; `status` is 200, 400 or 404."""

    status: int
    body: bytes


def user_agent(contact: str) -> str:
    """The project's name and version, and whom to write to."""
    try:
        name = f"nonmun/{version('nonmun')}"
    except PackageNotFoundError:  # run from a checkout that was not installed
        name = "nonmun"
    return f"{name} ({contact.strip()})" if contact.strip() else name


class Client:
    """Asks the hosts of one `Upstream`, and no others.

    Args:
        upstream: the configuration.
        transport: what carries the requests; the checked one where None.
        wall, monotonic: clocks, for dates in headers and for the deadline.
    """

    def __init__(
        self,
        upstream: Upstream,
        transport: httpx.BaseTransport | None = None,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowed = upstream.origins
        self._deadline = upstream.deadline
        self._wall, self._monotonic = wall, monotonic
        # The transport is used without httpx.Client, which would keep cookies and look into redirects and .netrc.
        self._transport = transport or BoundTransport(self._allowed - PUBLIC)
        self._headers = {
            "User-Agent": user_agent(upstream.contact),
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
            "Connection": "close",
        }

    def close(self) -> None:
        """Let go of what the transport holds."""
        self._transport.close()

    def get(self, url: httpx.URL, between: Callable[[], None]) -> Reply:
        """Ask for a URL.

        Args:
            url: what to ask for.
            between: called before each further request that a redirect makes necessary; keeps the pace.

        Raises:
            TransientError: it may go well next time.
            UpstreamError: it will not.
        """
        deadline = Deadline(self._deadline, self._monotonic)
        try:
            for _ in range(_REDIRECTS + 1):
                answer = self._once(url, deadline)
                if isinstance(answer, Reply):
                    return answer
                url = answer
                self._check(url)
                between()
        except httpx.TimeoutException as error:
            raise TransientError(f"{url.host}: no whole answer within {self._deadline:g} s") from error
        except httpx.TransportError as error:
            raise TransientError(f"{url.host}: the connection broke: {error}") from error
        raise UpstreamError(f"{url.host}: more than {_REDIRECTS} redirects")

    def _check(self, url: httpx.URL) -> None:
        if url.scheme not in ("http", "https") or origin_of(url) not in self._allowed or url.userinfo:
            raise UpstreamError(f"a redirect to {url.scheme}://{url.netloc.decode('ascii', 'replace')} is not followed")

    def _once(self, url: httpx.URL, deadline: Deadline) -> Reply | httpx.URL:
        """The answer, or where it is said to be."""
        request = httpx.Request("GET", url, headers=self._headers, extensions={"deadline": deadline})
        response = self._transport.handle_request(request)
        try:
            if response.has_redirect_location:
                return _target(url, response)
            self._raise_for(url, response)
            chunks = cast("Iterable[bytes]", response.stream)
            return Reply(response.status_code, read_body(chunks, response.headers.get("content-encoding", ""), LARGEST))
        finally:
            response.close()

    def _raise_for(self, url: httpx.URL, response: httpx.Response) -> None:
        status = response.status_code
        if status in _ANSWERS:
            return
        reason = f"{url.host}: HTTP {status}"
        if status in _PASSING:
            raise TransientError(reason, asked_wait(response.headers, self._wall(), status == 429))
        raise UpstreamError(reason)


def _target(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    try:
        return url.join(response.headers["location"])
    except (httpx.InvalidURL, ValueError) as error:
        raise UpstreamError(f"{url.host}: a redirect to no URL") from error
