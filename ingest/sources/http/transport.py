"""An httpx transport that opens one connection a request, within a deadline, to a checked address."""

from __future__ import annotations

import ssl
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import cast

import httpcore
import httpx

from ..config import Origin, origin_of
from .addresses import Resolver, system_resolver
from .network import BoundBackend, Deadline
from .proxies import ProxyFor, system_proxy

_BROKEN = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
)


class BoundTransport(httpx.BaseTransport):
    """Sends requests that carry their `Deadline` as the extension "deadline".

    Connections are not kept: arXiv allows one at a time, and an idle one in each of two processes would be two.
    Behind a proxy it is the proxy that resolves names, so their addresses are its to check; the hosts stay ours.

    Args:
        trusted: origins that may be at private addresses.
        resolver, proxy_for: how names and proxies are found.
    """

    def __init__(
        self, trusted: Collection[Origin], resolver: Resolver = system_resolver, proxy_for: ProxyFor = system_proxy
    ) -> None:
        self._trusted = frozenset((origin.host, origin.port) for origin in trusted)
        self._resolver = resolver
        self._proxy_for = proxy_for

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a GET request.

        Raises:
            httpx.TransportError: the connection or the protocol broke, or the deadline passed.
            UpstreamError: the address is none to connect to.
        """
        pool = self._pool(request.url, request.extensions["deadline"])
        try:
            response = pool.handle_request(
                httpcore.Request(request.method, _core(request.url), headers=request.headers.raw)
            )
        except _BROKEN as error:
            pool.close()
            raise _broken(error) from error
        except BaseException:
            pool.close()
            raise
        return httpx.Response(response.status, headers=response.headers, stream=_Body(pool, response))

    def _pool(self, url: httpx.URL, deadline: Deadline) -> httpcore.ConnectionPool:
        proxy = self._proxy_for(url)
        if proxy is None:
            backend = BoundBackend(deadline, self._resolver, self._trusted)
            return httpcore.ConnectionPool(ssl_context=self._tls, max_connections=1, network_backend=backend)
        origin = origin_of(proxy.url)  # named by the operator, and private as a rule
        backend = BoundBackend(deadline, self._resolver, {(origin.host, origin.port)})
        return httpcore.HTTPProxy(
            _core(proxy.url), proxy.raw_auth, ssl_context=self._tls, max_connections=1, network_backend=backend
        )


class _Body(httpx.SyncByteStream):
    def __init__(self, pool: httpcore.ConnectionPool, response: httpcore.Response) -> None:
        self._pool = pool
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from cast("Iterable[bytes]", self._response.stream)
        except _BROKEN as error:
            raise _broken(error) from error

    def close(self) -> None:
        self._response.close()
        self._pool.close()


def _core(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _broken(error: Exception) -> httpx.TransportError:
    if isinstance(error, httpcore.TimeoutException):
        return httpx.TimeoutException(str(error))
    return httpx.TransportError(str(error) or type(error).__name__)
