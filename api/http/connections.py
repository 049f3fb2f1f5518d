"""Connections: uvicorn's HTTP/1.1 protocol with deadlines for clients that send slowly, or nothing at all.

uvicorn limits how long a connection may idle between requests, but neither how long a request may take to arrive nor
how many connections are open. A few hundred silent clients then use up the process's file descriptors.
"""

from __future__ import annotations

import asyncio
import math
import resource
import socket
from dataclasses import dataclass
from typing import Any, cast

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

_RESERVED_DESCRIPTORS = 96  # for the catalog, the index, the model and connections to a language model
_PIPELINED = 64 * 1024  # bytes of further requests that are read while one is worked on
_TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What a client may take.

    Attributes:
        header: seconds until the header of a request is complete, from its first byte or from the connection.
        body: seconds until its body is complete, from its header.
        unsent: seconds that sent data may stay unacknowledged before the connection counts as lost.
        connections: the most open connections; idle ones are closed for new ones.
    """

    header: float = 10.0
    body: float = 30.0
    unsent: float = 30.0
    connections: int = 1_000

    @property
    def most(self) -> int:
        """The most connections that the process's limit of open files allows."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return max(1, min(self.connections, soft - _RESERVED_DESCRIPTORS))


class BoundedConnection(H11Protocol):
    """A connection with deadlines.

    Args:
        config: uvicorn's configuration.
        server_state: the state shared by all connections.
        app_state: the state of the application.
        _loop: the event loop.
        limits: what a client may take.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: ConnectionLimits = ConnectionLimits(),
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._deadline: asyncio.TimerHandle | None = None
        self._awaited = ""
        self.is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept a connection; close one that idles if there are too many."""
        if len(self.connections) >= self._limits.most and not self._make_room():
            self.is_refused = True
            transport.write(_BUSY)
            transport.close()
            return
        if (sock := transport.get_extra_info("socket")) is not None:
            _detect_loss(sock, self._limits.unsent)
        super().connection_made(transport)
        self._await("header")

    def data_received(self, data: bytes) -> None:
        """Take data, and set the deadline of what has to follow."""
        if self.is_refused:
            return
        super().data_received(data)
        if self.conn.their_state is h11.DONE and len(self.conn.trailing_data[0]) <= _PIPELINED:
            # uvicorn stops to read where another request follows, and would not notice that the client leaves.
            self.flow.resume_reading()
        self._set_deadline()

    def on_response_complete(self) -> None:
        """Prepare for the next request, some of which may have arrived already."""
        super().on_response_complete()
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._await("")
        if not self.is_refused:
            super().connection_lost(exc)

    @property
    def is_idle(self) -> bool:
        """Whether no request is worked on."""
        cycle = cast("RequestResponseCycle | None", self.cycle)  # uvicorn's annotation omits the None before requests
        return cycle is None or cycle.response_complete

    def _make_room(self) -> bool:
        """Close the connection that has idled longest; return whether there was one."""
        others = (other for other in self.connections if isinstance(other, BoundedConnection))
        idle = [other for other in others if other.is_idle or other._awaited == "body"]
        # Clients that have not finished their first request go before those that keep a connection for the next one.
        oldest = min(idle, key=lambda other: other._deadline.when() if other._deadline else math.inf, default=None)
        if oldest is None:
            return False
        self.connections.discard(oldest)
        oldest.transport.abort()
        return True

    def _set_deadline(self) -> None:
        state = self.conn.their_state
        if state is h11.SEND_BODY:
            self._await("body")
        elif state is h11.IDLE and self.conn.trailing_data[0]:
            self._await("header")
        elif state is not h11.IDLE or not self._awaited:
            self._await("")

    def _await(self, what: str) -> None:
        if what == self._awaited:
            return  # a byte more is no reason for more time
        if self._deadline:
            self._deadline.cancel()
        self._awaited, self._deadline = what, None
        if what:
            seconds = self._limits.header if what == "header" else self._limits.body
            self._deadline = self.loop.call_later(seconds, self._time_out)

    def _time_out(self) -> None:
        if self.transport.is_closing():
            return
        if self._awaited == "header" or not self.cycle.response_started:
            self.transport.write(_TIMEOUT)
        self.transport.close()
        if self.cycle and not self.cycle.response_complete:  # the application waits for the rest of the body
            self.cycle.disconnected = True
            self.cycle.message_event.set()


def _detect_loss(sock: socket.socket, seconds: float) -> None:
    """Have the kernel drop a connection whose client neither acknowledges nor reads what is sent."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT") and sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))
