"""The HTTP server: binds an address and serves a library until it is interrupted or terminated."""

from __future__ import annotations

import functools
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn

from ...index.domain.errors import ConfigError
from ...settings import HttpConfig, Settings
from ..keys import FILE, KeyStore, Scope
from ..library import Library
from .app import create_app
from .connections import BoundedConnection, ConnectionLimits
from .guard import is_loopback
from .log import configure_logging
from .tracing import exported_spans, exporter_package
from .workers import Workers, handling_signals

_MAX_HEADER_BYTES = 64 * 1024
_BACKLOG = 512
# What a key is not needed for on this machine.
_ANONYMOUS: tuple[Scope, ...] = ("ask", "read", "feedback", "metrics", "status")
_LAST_SPANS = 1.0  # seconds of the grace period, at most half of it, for a collector to take the last spans


class _Server(uvicorn.Server):
    """A server that ends normally when it is asked to: uvicorn raises the signal again, and would exit by it."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        with handling_signals(self.handle_exit):
            yield


def needs_key(config: HttpConfig, host: str) -> bool:
    """Return whether all requests to an address need a key."""
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


def run(settings: Settings, open_library: Callable[[], Library], announce: Callable[[str], object]) -> None:
    """Serve a library until SIGINT or SIGTERM; answers in progress have a grace period then.

    Args:
        settings: address, limits and number of workers.
        open_library: opens the library; called once in every process that answers.
        announce: callback for the URL, once connections are accepted.

    Raises:
        ConfigError: the address cannot be bound, or needs a key and there is none; the library cannot be opened; or the
            variables of OpenTelemetry are not valid.
    """
    host, workers = settings.host, settings.http.workers
    exporter_package()  # a worker that cannot start would be started again and again
    library = open_library()
    try:
        with bind(host, settings.port) as listener:
            keys = _open_keys(settings)
            shown = f"[{host}]" if listener.family == socket.AF_INET6 else host
            announce(f"http://{shown}:{listener.getsockname()[1]}")
            if workers == 1:
                serve(library, listener, host=host, keys=keys)
                return
            library.close()  # a connection to SQLite must not cross a fork
            if keys is not None:
                keys.close()

            def work() -> None:
                with open_library() as own:
                    serve(own, listener, host=host, keys=_open_keys(settings))

            configure_logging(settings.http.log, settings.http.log_level)
            Workers(workers, work).run()
    finally:
        library.close()


def _open_keys(settings: Settings) -> KeyStore | None:
    if settings.http.auth == "off":
        return None
    keys = KeyStore(settings.data / FILE)
    if needs_key(settings.http, settings.host) and not keys.all():
        raise ConfigError(
            f"{settings.host}: requests need a key, and there is none; make one with `nonmun keys create NAME`, or say "
            "--no-auth if something else decides who may ask"
        )
    return keys


def serve(library: Library, listener: socket.socket, *, host: str, keys: KeyStore | None) -> None:
    """Serve a library on a listening socket until SIGINT or SIGTERM."""
    config = library.settings.http
    configure_logging(config.log, config.log_level)
    limits = ConnectionLimits(config.header_timeout, config.body_timeout, connections=config.connections)
    flush = min(_LAST_SPANS, config.grace / 2)
    with exported_spans(flush) as tracer_provider:
        grace = config.grace - (flush if tracer_provider else 0)
        _Server(
            uvicorn.Config(
                create_app(
                    library,
                    config,
                    host=host,
                    keys=keys,
                    anonymous=() if needs_key(config, host) else _ANONYMOUS,
                    tracer_provider=tracer_provider,
                ),
                http=functools.partial(BoundedConnection, limits=limits),  # type: ignore[arg-type] - called, not subclassed
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(config.proxies),
                forwarded_allow_ips=list(config.proxies),
                h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
                timeout_keep_alive=int(max(1, config.idle_timeout)),
                timeout_graceful_shutdown=int(max(1, grace)),
            )
        ).run(sockets=[listener])
    if keys is not None:
        keys.close()
