"""A loopback collector of spans that speaks OTLP, over gRPC or HTTP."""

from __future__ import annotations

import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

PROTOCOLS = ("grpc", "http/protobuf")


def attributes(holder: Any) -> dict[str, Any]:
    """Return the attributes of a span or a resource; those that are lists as lists."""

    def value(any_value: Any) -> Any:
        kind = any_value.WhichOneof("value")
        found = getattr(any_value, kind)
        return [value(item) for item in found.values] if kind == "array_value" else found

    return {pair.key: value(pair.value) for pair in holder.attributes}


class Collector:
    """What was received.

    Attributes:
        url: where the collector listens.
        protocol: the value of OTEL_EXPORTER_OTLP_PROTOCOL for it.
        requests: the messages, in the order in which they came.
    """

    def __init__(self, protocol: str) -> None:
        self.url, self.protocol = "", protocol
        self.requests: list[ExportTraceServiceRequest] = []
        self._came = threading.Condition()

    @property
    def variables(self) -> dict[str, str]:
        """The variables by which an exporter finds the collector."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url, "OTEL_EXPORTER_OTLP_PROTOCOL": self.protocol}

    @property
    def spans(self) -> list[Span]:
        """All spans."""
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def resources(self) -> list[dict[str, Any]]:
        """The attributes of what sent the spans, once for each message."""
        return [attributes(sent.resource) for request in self.requests for sent in request.resource_spans]

    @property
    def servers(self) -> list[Span]:
        """The spans of requests."""
        return [span for span in self.spans if span.kind == Span.SPAN_KIND_SERVER]

    def children(self, parent: Span) -> list[Span]:
        """Return the spans below another one, in the order of their start."""
        found = [span for span in self.spans if span.parent_span_id == parent.span_id]
        return sorted(found, key=lambda span: span.start_time_unix_nano)

    def receive(self, request: ExportTraceServiceRequest) -> None:
        """Keep a message."""
        with self._came:
            self.requests.append(request)
            self._came.notify_all()

    def wait_for_requests(self, count: int) -> None:
        """Wait until the spans of some requests have come."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.servers) >= count, 120), self.spans


@contextmanager
def collecting(protocol: str) -> Generator[Collector]:
    """Run a collector on a free loopback port."""
    collector = Collector(protocol)
    with (_grpc if protocol == "grpc" else _http)(collector) as port:
        collector.url = f"http://127.0.0.1:{port}"
        yield collector


@contextmanager
def _grpc(collector: Collector) -> Generator[int]:
    class Servicer(TraceServiceServicer):
        def Export(self, request: ExportTraceServiceRequest, context: object) -> ExportTraceServiceResponse:  # noqa: N802
            collector.receive(request)
            return ExportTraceServiceResponse()

    with ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        add_TraceServiceServicer_to_server(Servicer(), server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield port
        finally:
            server.stop(None).wait()


@contextmanager
def _http(collector: Collector) -> Generator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.receive(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
