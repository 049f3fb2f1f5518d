"""The MCP server over standard input and output: one client, which started the process."""

from __future__ import annotations

from ..async_library import AsyncLibrary
from ..library import Library
from .backend import LibraryBackend
from .server import create_server


async def serve_stdio(library: Library) -> None:
    """Serve a library until standard input ends, then close it.

    Meanwhile standard output carries the protocol only; whatever else is printed goes to standard error.
    """
    async with AsyncLibrary(library) as shared:
        await create_server(LibraryBackend(shared)).run_stdio_async()
