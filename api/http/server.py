"""The HTTP server: binds an address and serves a library until it is interrupted."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from ...index.domain.errors import ConfigError
from ..library import Library
from .app import create_app


def run(library: Library, host: str, port: int, announce: Callable[[str], object]) -> None:
    """Serve a library until SIGINT or SIGTERM.

    Args:
        library: the library to answer from; it has to stay open while the server runs.
        host: address to listen on.
        port: port to listen on; 0 selects a free one.
        announce: callback for the URL, once connections are accepted.

    Raises:
        ConfigError: the address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise ConfigError(f"cannot listen on {host}:{port} ({error}); choose another --host or --port") from error
    with listener:
        host = f"[{host}]" if family == socket.AF_INET6 else host
        announce(f"http://{host}:{listener.getsockname()[1]}")
        config = uvicorn.Config(create_app(library), log_level="warning")
        uvicorn.Server(config).run(sockets=[listener])
