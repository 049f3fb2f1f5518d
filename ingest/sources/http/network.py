"""Connections to public addresses only, bounded by one deadline: an httpcore network backend.

httpx limits single socket operations, not a whole request: a server that sends a byte a second holds it forever. It
also leaves name resolution to the operating system, without a limit and without a check of the addresses. Its engine,
httpcore, accepts a network backend, and this module is one.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from queue import Empty, SimpleQueue
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from ..errors import SourceError
from .timing import Deadline

Resolver = Callable[[str, int], list[str]]
"""Maps host and port to addresses; raises OSError if there are none."""

# https://www.rfc-editor.org/rfc/rfc6052: an IPv4 address behind a translator, as IPv6-only networks see it.
_NAT64 = IPv6Network("64:ff9b::/96")
# https://www.iana.org/assignments/ipv6-address-space: the one block of global unicast addresses.
_GLOBAL_UNICAST = IPv6Network("2000::/3")

# Not for the public, though `is_global` of some Python versions says so: documentation (RFC 9637), relays of 6to4
# (RFC 7526), and the host that Azure's machines reach their platform by.
_SPECIAL = (IPv6Network("3fff::/20"), IPv4Network("192.88.99.0/24"), IPv4Network("168.63.129.16/32"))


def system_resolver(host: str, port: int) -> list[str]:
    """Resolve a name with the operating system; each address once, in its order."""
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in addresses))


def is_public(text: str) -> bool:
    """Return whether an address is on the public internet; an IPv4 address inside an IPv6 one is checked itself."""
    try:
        address = _unwrap(ip_address(text))
    except ValueError:
        return False
    is_unicast = address in _GLOBAL_UNICAST if address.version == 6 else not address.is_multicast
    return address.is_global and is_unicast and not any(address in network for network in _SPECIAL)


def _unwrap(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


def system_proxy(url: httpx.URL) -> httpcore.Proxy | None:
    """Return the proxy of the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY) or system for a URL.

    Loopback addresses are never proxied.

    Raises:
        SourceError: the proxy's URL is invalid, or its scheme is not http or https.
    """
    proxies = getproxies()
    address = proxies.get(url.scheme) or proxies.get("all")
    if not address or _is_loopback(url.host) or proxy_bypass(url.host):
        return None
    try:
        proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
    except (ValueError, httpx.InvalidURL) as error:
        raise SourceError(f"the proxy {address!r} of the environment cannot be used: {error}") from error
    if proxy.url.scheme not in ("http", "https"):
        raise SourceError(f"the proxy of the environment is {proxy.url.scheme}; an http or https one is needed")
    return httpcore.Proxy(core_url(proxy.url), proxy.raw_auth)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def core_url(url: httpx.URL) -> httpcore.URL:
    """Convert a URL; httpcore's own parser would drop the parameters of a path (`/a;b`)."""
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


class BoundedBackend(httpcore.NetworkBackend):
    """Connects to addresses that it resolved and checked itself: no second look-up can give other ones.

    Args:
        deadline: of the request that the connections are for.
        resolver: resolves names.
        may_be_private: whether addresses that are not public are accepted too.
    """

    def __init__(self, deadline: Deadline, resolver: Resolver, *, may_be_private: bool) -> None:
        self._deadline = deadline
        self._resolver = resolver
        self._may_be_private = may_be_private
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that accepts a connection.

        Raises:
            SourceError: none of its addresses is public.
            httpcore.ConnectError: there is no address, or none accepts.
            httpcore.TimeoutException: the deadline has passed.
        """
        del timeout  # the deadline applies, here and in the stream
        failure = httpcore.ConnectError(f"{host}: no address")
        for address in self._resolve(host.strip("[]").lower(), port):
            try:
                stream = self._sockets.connect_tcp(
                    address, port, self._deadline.remaining(), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _BoundedStream(stream, self._deadline)
        raise failure

    def _resolve(self, host: str, port: int) -> list[str]:
        """Resolve a name to addresses that may be connected to."""
        replies: SimpleQueue[list[str] | Exception] = SimpleQueue()

        def resolve() -> None:
            try:
                replies.put(self._resolver(host, port))
            except (OSError, UnicodeError) as error:  # the latter: a label is empty or too long for IDNA
                replies.put(error)

        # The operating system's own call has no time limit.
        threading.Thread(target=resolve, daemon=True, name="resolve").start()
        try:
            addresses = replies.get(timeout=self._deadline.remaining())
        except Empty:
            raise httpcore.ConnectTimeout("the host name was not resolved in time") from None
        if isinstance(addresses, Exception):
            raise httpcore.ConnectError(str(addresses)) from addresses
        allowed = [address for address in addresses if self._may_be_private or is_public(address)]
        if addresses and not allowed:
            raise SourceError(f"{host} resolves to {addresses[0]}, which is not on the public internet")
        return allowed


class _BoundedStream(httpcore.NetworkStream):
    """A connection whose every read and write is limited by what remains of the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        return self._stream.read(max_bytes, self._deadline.remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        self._stream.write(buffer, self._deadline.remaining())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        del timeout
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.remaining())
        return _BoundedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
