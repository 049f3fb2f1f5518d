"""The route of the MCP server: streamable HTTP without sessions, in which every exchange is one request.

It never sends events: nothing here takes longer than an answer, and a client that leaves cancels what it asked for.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import anyio
from fastapi import APIRouter, Request, Response
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import Message

from ....index.domain.errors import ConfigError
from ...mcp.backend import Backend
from ...mcp.server import create_server
from ..errors import Failure, RefusedError
from ..routes import requires
from ..work import ClientLeftError, while_connected
from .backend import set_request
from .paths import MCP_PATH

router = APIRouter()


@router.post(MCP_PATH, include_in_schema=False)
@requires("key")  # each call needs the scope of the route with the same job
async def mcp(request: Request) -> Response:
    """Carry out a message of an MCP client."""
    endpoint: McpEndpoint = request.app.state.mcp
    return await endpoint.handle(request)


class McpEndpoint:
    """Answers the requests of MCP clients.

    Args:
        backend: what the tools work with.
        origins: origins of web pages that may call it, besides the service's own; * allows any.
    """

    def __init__(self, backend: Backend, origins: Collection[str]) -> None:
        self._server = create_server(backend)
        self._origins = {origin.lower() for origin in origins}
        self._manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def run(self) -> AsyncGenerator[None]:
        """Accept requests during a block."""
        # Hosts and origins are checked by the service's own settings.
        open_to_all = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        self._server.streamable_http_app(json_response=True, stateless_http=True, transport_security=open_to_all)
        async with self._server.session_manager.run():
            self._manager = self._server.session_manager
            try:
                yield
            finally:
                self._manager = None

    async def handle(self, request: Request) -> Response:
        """Return the response to a request.

        Raises:
            RefusedError: a page of another origin sends it.
            ClientLeftError: the client left before the response was complete.
            ConfigError: the endpoint does not run.
        """
        self._check_origin(request)
        if self._manager is None:
            raise ConfigError(f"{MCP_PATH} needs the lifespan of the application; pass it on where it is mounted")
        set_request(request)
        exchange = _Exchange(await request.body())
        async with while_connected(request):
            await self._manager.handle_request(request.scope, exchange.receive, exchange.send)
            return exchange.response()
        raise ClientLeftError

    def _check_origin(self, request: Request) -> None:
        """Check that no page of an unknown site sends a request.

        Raises:
            RefusedError: one does.
        """
        origin = request.headers.get("origin", "").lower()
        is_own = urlsplit(origin).netloc == request.headers.get("host", "").lower()
        if origin and not is_own and self._origins.isdisjoint((origin, "*")):
            message = "pages of this origin may not call the service; http.origins lists those that may"
            raise RefusedError(Failure(403, "unknown_origin", message))


class _Exchange:
    """A request whose body has been read, and the response to it.

    Args:
        body: the body of the request.
    """

    def __init__(self, body: bytes) -> None:
        self._unread: bytes | None = body
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def receive(self) -> Message:
        """Return the body; then wait until this is cancelled, which is how a client that leaves is noticed."""
        if self._unread is None:
            await anyio.sleep_forever()
        body, self._unread = self._unread, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        """Take a message of the response."""
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._parts.append(message.get("body", b""))

    def response(self) -> Response:
        """Return the complete response."""
        assert self._start is not None
        response = Response(b"".join(self._parts), self._start["status"])
        response.raw_headers = list(self._start["headers"])
        return response
