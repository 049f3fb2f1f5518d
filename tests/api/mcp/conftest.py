"""Connections to the MCP server by the SDK's own client, over HTTP and over standard input and output."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from nonmun import Library

from ...cli.conftest import environment
from ..conftest import bearer

PATIENCE = 300  # seconds that a machine ten times slower does not need


@dataclass(frozen=True, slots=True)
class Connection:
    """A client that is connected to a server.

    Attributes:
        client: the client.
        portal: the event loop that it runs on.
    """

    client: Client
    portal: BlockingPortal

    def call(self, tool: str, **arguments: Any) -> Any:
        """Call a tool and return its result."""
        return self.portal.call(self.client.call_tool, tool, arguments)

    def start(self, tool: str, **arguments: Any) -> Future[Any]:
        """Call a tool; cancelling the future cancels the call."""
        return self.portal.start_task_soon(self.client.call_tool, tool, arguments)

    def output(self, tool: str, **arguments: Any) -> Any:
        """Call a tool, which has to succeed, and return its structured output."""
        result = self.call(tool, **arguments)
        assert not result.is_error, result.content[0].text
        return result.structured_content

    def error(self, tool: str, **arguments: Any) -> str:
        """Call a tool, which has to fail, and return its message."""
        result = self.call(tool, **arguments)
        assert result.is_error
        assert result.structured_content is None
        return result.content[0].text

    def read(self, uri: str) -> str:
        """Return the text of a resource."""
        (content,) = self.portal.call(self.client.read_resource, uri).contents
        return content.text

    def read_error(self, uri: str) -> MCPError:
        """Read a resource, which has to fail, and return the error."""
        with pytest.raises(MCPError) as caught:
            self.read(uri)
        return caught.value

    def prompt(self, name: str, **arguments: str) -> str:
        """Return the text of a prompt."""
        (message,) = self.portal.call(self.client.get_prompt, name, arguments).messages
        assert message.role == "user"
        return message.content.text

    def list(self, what: str) -> Any:
        """Return all tools, resources, resource_templates or prompts."""
        return getattr(self.portal.call(getattr(self.client, f"list_{what}")), what)


@contextmanager
def connected(transport: Any, mode: str = "auto") -> Generator[Connection]:
    """Connect to a server.

    Args:
        transport: as `mcp.Client` takes it.
        mode: "auto" for the protocol without sessions, "legacy" for the one that begins with `initialize`.
    """
    client = Client(transport, mode=mode, read_timeout_seconds=PATIENCE, cache=None)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(client):
        yield Connection(client, portal)


@asynccontextmanager
async def over_http(client: httpx.Client, secret: str | None = None, **headers: str) -> AsyncGenerator[Any]:
    """Return a transport to the service of an HTTP client."""
    url = f"{str(client.base_url).rstrip('/')}/mcp"
    headers |= bearer(secret) if secret else {}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=PATIENCE, trust_env=False) as sent,
        streamable_http_client(url, http_client=sent) as streams,
    ):
        yield streams


def over_stdio(data: Path | None, log: Any = sys.stderr, **settings: str) -> Any:
    """Return a transport to `nonmun mcp` over a data directory, which writes its standard error to a file."""
    args = ["-m", "nonmun", "mcp", *(["--data", str(data)] if data else [])]
    return stdio_client(StdioServerParameters(command=sys.executable, args=args, env=environment(**settings)), log)


@pytest.fixture(scope="session", params=["http", "http-legacy", "stdio", "stdio-legacy"])
def connection(
    request: pytest.FixtureRequest,
    sample_library: Library,
    client: httpx.Client,
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[Connection]:
    """A connection to the samples, over each transport and in each version of the protocol."""
    transport, _, mode = request.param.partition("-")
    with (tmp_path_factory.mktemp("mcp") / "log").open("w") as log:
        opened = over_http(client) if transport == "http" else over_stdio(sample_library.settings.data, log)
        with connected(opened, mode or "auto") as connection:
            yield connection
