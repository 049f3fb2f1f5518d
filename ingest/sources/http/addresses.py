"""Which addresses may be connected to: those of the public internet, checked after the name was resolved."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from queue import Empty, SimpleQueue

Resolver = Callable[[str, int], list[str]]
"""Host and port to addresses; raises OSError where there are none."""

# https://www.rfc-editor.org/rfc/rfc6052: an IPv4 address behind a translator, as IPv6-only networks see it.
_NAT64 = IPv6Network("64:ff9b::/96")


def system_resolver(host: str, port: int) -> list[str]:
    """What the operating system says, without repetitions, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def resolve(resolver: Resolver, host: str, port: int, seconds: float) -> list[str]:
    """Resolve a name, within a time: the operating system's own call has no limit.

    Raises:
        OSError: there is no such name; TimeoutError where the time ran out.
    """
    answers: SimpleQueue[list[str] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolver(host, port))
        except OSError as error:
            answers.put(error)
        except UnicodeError as error:  # a label that is empty or too long for IDNA
            answers.put(OSError(str(error)))

    threading.Thread(target=ask, daemon=True, name="resolve").start()
    try:
        answer = answers.get(timeout=max(seconds, 0.001))
    except Empty:
        raise TimeoutError(f"{host}: the name was not resolved in time") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def is_public(text: str) -> bool:
    """Whether an address belongs to the public internet, also where IPv6 only wraps an IPv4 address."""
    try:
        address = _unwrapped(ip_address(text))
    except ValueError:
        return False
    special = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
    return address.is_global and not special


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)
