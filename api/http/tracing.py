"""Tracing: a span for every request, with its stages as children, exported by OTLP if OpenTelemetry's variables say so.

FastAPI makes the span of a request, as the semantic conventions for HTTP servers describe it, and continues the trace
of the caller (W3C Trace Context). Spans hold routes, paths, statuses and request ids; never questions, keys or query
strings. Neither the SDK nor an exporter is imported unless an endpoint is configured.
"""

from __future__ import annotations

import importlib
import os
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from asgi_correlation_id import correlation_id
from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.trace import Tracer, TracerProvider
from starlette.types import ASGIApp, Receive, Scope, Send

from ...index.domain.errors import ConfigError
from .guard import route_path
from .log import get_log

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

_EXPORTERS = {
    "grpc": "opentelemetry.exporter.otlp.proto.grpc",
    "http/protobuf": "opentelemetry.exporter.otlp.proto.http",
}
_DEFAULT_PROTOCOL = "grpc"  # as in OpenTelemetry's SDK for Python
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_REQUEST_ID = "http.response.header.x-request-id"
_HIDDEN = "REDACTED"
_log = get_log("nonmun.tracing")


def exporter_package() -> str | None:
    """Return the package of the exporter that the variables of OpenTelemetry configure; None if they configure none.

    Raises:
        ConfigError: the protocol or the exporter is unknown, or its package is not installed.
    """
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or not any(map(os.environ.get, _ENDPOINTS)):
        return None
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    if exporter == "none":
        return None
    if exporter != "otlp":
        raise ConfigError(f"OTEL_TRACES_EXPORTER: {exporter} is not supported; set it to otlp or none, or unset it")
    given = ((name, os.environ.get(name, "").strip()) for name in _PROTOCOLS)
    name, protocol = next(((name, value) for name, value in given if value), (_PROTOCOLS[-1], _DEFAULT_PROTOCOL))
    if protocol not in _EXPORTERS:
        raise ConfigError(f"{name}: {protocol} is not supported; choose one of {', '.join(_EXPORTERS)}")
    if not _is_installed(package := _EXPORTERS[protocol]):
        raise ConfigError(f"{name}: {protocol} needs another package; pip install 'nonmun[otel]', or choose grpc")
    return package


@contextmanager
def exported_spans(seconds: float) -> Generator[TracerProvider | None]:
    """Provide what makes and exports spans during a block; None if no endpoint is configured.

    Spans are sent in the background; those that a collector does not take are dropped.

    Args:
        seconds: how long the end of the block waits for the last spans to be sent.

    Raises:
        ConfigError: the variables of OpenTelemetry are not valid.
    """
    package = exporter_package()
    if package is None:
        yield None
        return
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider as SdkTracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    ours = {"service.name": "nonmun", "service.version": version("nonmun"), "process.pid": os.getpid()}
    resource = Resource.create({**ours, **OTELResourceDetector().detect().attributes})
    provider = SdkTracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_open_exporter(package)))
    try:
        yield provider
    finally:
        # The processor would wait half a minute for a collector that does not answer.
        sending = threading.Thread(target=provider.shutdown, name="last-spans", daemon=True)
        sending.start()
        sending.join(seconds)
        if sending.is_alive():
            _log.warning("the last spans were not sent in time", seconds=seconds)


def telemetry_config(provider: TracerProvider | None) -> TelemetryConfig:
    """Return FastAPI's configuration: spans of requests except probes if there is a provider, and nothing else.

    FastAPI's own metrics repeat ours, and its log events hold the messages of exceptions.
    """
    return TelemetryConfig(
        tracer_provider=provider,
        tracing=provider is not None,
        metrics=False,
        logs=False,
        operation_spans=False,
        auto_configure=False,
        exclude=lambda scope: route_path(scope) in _PROBES,
    )


class RequestSpans:
    """ASGI middleware that adds the id of a request to its span, and hides its query string.

    It has to be inside of the middleware that makes the id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] == "http":
            span = trace.get_current_span()
            if (request_id := correlation_id.get()) is not None:
                span.set_attribute(_REQUEST_ID, [request_id])
            if scope.get("query_string"):
                span.set_attribute("url.query", _HIDDEN)
        await self._app(scope, receive, send)


def record_stages(tracer: Tracer, timings: Mapping[str, float]) -> None:
    """Record stages that have just ended as children of the current span.

    Args:
        tracer: makes the spans.
        timings: milliseconds by stage, in the order in which each followed the one before.
    """
    if not trace.get_current_span().is_recording():
        return
    end = time.time_ns()
    for stage, milliseconds in reversed(list(timings.items())):
        start = end - round(milliseconds * 1e6)
        tracer.start_span(stage, start_time=start).end(end)
        end = start


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # nor is a package around it
        return False


def _open_exporter(package: str) -> SpanExporter:
    module: Any = importlib.import_module(f"{package}.trace_exporter")
    try:
        return module.OTLPSpanExporter()
    except Exception as error:  # of a number, a compression, credentials: the exporters raise what they like
        raise ConfigError(f"OTEL_EXPORTER_OTLP_*: {error}; correct the variable, or unset it") from error
