"""Connections that keep one deadline and go to checked addresses only."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any

import httpcore

from ..errors import UpstreamError
from .addresses import Resolver, is_public, resolve


class Deadline:
    """A moment on a clock that all the steps of one request share."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = clock() + seconds

    def left(self) -> float:
        """Seconds until then.

        Raises:
            httpcore.ReadTimeout: it is past.
        """
        left = self._until - self._clock()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline is past")
        return left


class BoundStream(httpcore.NetworkStream):
    """A connection whose every read and write gets what is left of the deadline, however little comes at a time."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has come, at most `max_bytes`."""
        del timeout  # in all three: the deadline is the limit
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write it all."""
        del timeout
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        """Close it, whatever the time."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Speak TLS from here on; the certificate is checked against the name, not the address."""
        del timeout
        return BoundStream(self._stream.start_tls(ssl_context, server_hostname, self._deadline.left()), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore wants to know of the socket."""
        return self._stream.get_extra_info(info)


class BoundBackend(httpcore.NetworkBackend):
    """Opens connections to addresses it resolved and checked itself, so that no second look-up can differ.

    Args:
        deadline: of the request that these connections are for.
        resolver: names to addresses.
        trusted: host and port pairs that may be private, because the operator named them.
    """

    def __init__(self, deadline: Deadline, resolver: Resolver, trusted: Collection[tuple[str, int]]) -> None:
        self._deadline = deadline
        self._resolver = resolver
        self._trusted = trusted
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that answers.

        Raises:
            UpstreamError: none of its addresses is public.
            httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ReadTimeout: there is no connection.
        """
        del timeout
        failure = httpcore.ConnectError(f"{host}: no address")
        for address in self._addresses(host, port):
            try:
                stream = self._sockets.connect_tcp(address, port, self._deadline.left(), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return BoundStream(stream, self._deadline)
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        bare = host.strip("[]").lower()
        try:
            found = resolve(self._resolver, bare, port, self._deadline.left())
        except OSError as error:
            raise httpcore.ConnectError(f"{host}: {error}") from error
        public = found if (bare, port) in self._trusted else [address for address in found if is_public(address)]
        if found and not public:
            raise UpstreamError(f"{host} resolves to {found[0]}, which is not on the public internet")
        return public
