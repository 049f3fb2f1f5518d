"""The HTTP server: binds an address and serves a library until it is interrupted or terminated."""

from __future__ import annotations

import functools
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn

from ...index.domain.errors import ConfigError
from ...settings import HttpConfig
from ..keys import FILE, KeyStore
from ..library import Library
from .app import create_app
from .connections import BoundedConnection, ConnectionLimits
from .guard import is_loopback
from .log import configure_logging

_MAX_HEADER_BYTES = 64 * 1024
_BACKLOG = 512


class _Server(uvicorn.Server):
    """A server that ends normally when it is asked to: uvicorn raises the signal again, and would exit by it."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        handlers = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)


def needs_key(config: HttpConfig, host: str) -> bool:
    """Return whether requests to an address need a key."""
    return config.auth == "required" or (config.auth == "auto" and not is_loopback(host))


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address.

    Raises:
        ConfigError: the address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise ConfigError(f"cannot listen on {host}:{port} ({error}); choose another --host or --port") from error
    return listener


def run(library: Library, host: str, port: int, announce: Callable[[str], object]) -> None:
    """Serve a library until SIGINT or SIGTERM; answers in progress have a grace period then.

    Args:
        library: the library to answer from; it has to stay open while the server runs.
        host: address to listen on.
        port: port to listen on; 0 selects a free one.
        announce: callback for the URL, once connections are accepted.

    Raises:
        ConfigError: the address cannot be bound, or needs a key and there is none.
    """
    with bind(host, port) as listener:
        keys = _open_keys(library, host)
        shown = f"[{host}]" if listener.family == socket.AF_INET6 else host
        announce(f"http://{shown}:{listener.getsockname()[1]}")
        serve(library, listener, host=host, keys=keys)


def _open_keys(library: Library, host: str) -> KeyStore | None:
    if not needs_key(library.settings.http, host):
        return None
    keys = KeyStore(library.settings.data / FILE)
    if not keys.keys():
        raise ConfigError(
            f"{host}: requests need a key, and there is none; make one with `nonmun keys create NAME`, or say --no-auth"
            " if something else decides who may ask"
        )
    return keys


def serve(library: Library, listener: socket.socket, *, host: str, keys: KeyStore | None) -> None:
    """Serve a library on a listening socket until SIGINT or SIGTERM."""
    config = library.settings.http
    configure_logging(config.log, config.log_level)
    limits = ConnectionLimits(config.header_timeout, config.body_timeout, connections=config.connections)
    _Server(
        uvicorn.Config(
            create_app(library, config, host=host, keys=keys),
            http=functools.partial(BoundedConnection, limits=limits),  # type: ignore[arg-type] - called, not subclassed
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(config.proxies),
            forwarded_allow_ips=list(config.proxies),
            h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
            timeout_keep_alive=int(max(1, config.idle_timeout)),
            timeout_graceful_shutdown=int(max(1, config.grace)),
        )
    ).run(sockets=[listener])
    if keys is not None:
        keys.close()
