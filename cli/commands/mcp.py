"""The mcp command: the index for one MCP client, over standard input and output."""

from __future__ import annotations

import logging
import signal
import sys

from ..app import open_data
from ..options import Data


def mcp(data: Data = None) -> None:
    """Serve the index to an MCP client, such as Claude Desktop, over standard input and output."""
    import anyio

    from ...api.mcp.stdio import serve_stdio

    logging.basicConfig(level="WARNING", stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    library = open_data(data)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # An exception would wait for the thread that reads standard input. There is nothing to undo.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    is_broken = False
    try:
        anyio.run(serve_stdio, library)
    except* BrokenPipeError:
        is_broken = True
    if is_broken:
        raise BrokenPipeError
