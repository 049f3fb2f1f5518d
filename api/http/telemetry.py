"""Telemetry: the log, request ids and Prometheus metrics of the service.

Questions are logged at level debug only, and keys never: the header that holds one is not looked at here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version

from opentelemetry.trace import NoOpTracerProvider, TracerProvider
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..results import MODEL_FAULTS, Answer
from .log import get_log
from .tracing import record_stages
from .work import Work

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())  # clients may invent others
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_log = get_log("nonmun.access")


class Metrics:
    """The metrics of one process.

    Args:
        tracer_provider: makes the spans of the stages of answers; None makes none.
    """

    def __init__(self, tracer_provider: TracerProvider | None = None) -> None:
        self._tracer = (tracer_provider or NoOpTracerProvider()).get_tracer("nonmun", version("nonmun"))
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "nonmun_http_request_duration_seconds",
            "Seconds from a request to the end of its response",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.answers = Counter("nonmun_answers", "Answers", ("outcome", "writer"), registry=self.registry)
        self.llm_failures = Counter(
            "nonmun_llm_failures", "Answers that the language model failed to write", ("code",), registry=self.registry
        )
        for code in MODEL_FAULTS:  # a rate needs the zero before the first failure
            self.llm_failures.labels(code)
        self.stages = Histogram(
            "nonmun_stage_duration_seconds", "Seconds of a stage", ("stage",), buckets=_SECONDS, registry=self.registry
        )
        self.refused = Counter("nonmun_refused", "Requests turned away", ("code",), registry=self.registry)
        self._waiting = Gauge("nonmun_questions_waiting", "Questions that wait for a place", registry=self.registry)
        self._working = Gauge("nonmun_questions_working", "Questions that are worked on", registry=self.registry)
        self._writing = Gauge("nonmun_answers_writing", "Answers that a model writes", registry=self.registry)
        self._ingested = Gauge(
            "nonmun_last_ingest_timestamp_seconds", "Time of the last ingest", registry=self.registry
        )
        self._papers = Gauge("nonmun_papers", "Papers in the index", registry=self.registry)
        build = Gauge("nonmun_build_info", "Version of the program", ("version",), registry=self.registry)
        build.labels(version("nonmun")).set(1)

    def count(self, answer: Answer) -> None:
        """Count an answer, the failure of a language model that should have written it, and its stages' seconds."""
        self.answers.labels(answer.reason or answer.confidence, answer.writer).inc()
        if answer.why in MODEL_FAULTS:
            self.llm_failures.labels(answer.why).inc()
        self.observe(answer.timings)

    def observe(self, timings: Mapping[str, float]) -> None:
        """Record the milliseconds of stages that have just ended, also as spans of the current request."""
        record_stages(self._tracer, timings)
        for stage, milliseconds in timings.items():
            self.stages.labels(stage).observe(milliseconds / 1000)

    def report_index(self, papers: int, ingested: str | None) -> None:
        """Record the number of papers in the index, and the ISO time of the last ingest."""
        self._papers.set(papers)
        self._ingested.set(datetime.fromisoformat(ingested).timestamp() if ingested else 0)

    def text(self, work: Work) -> bytes:
        """Return all metrics in Prometheus' text format."""
        self._waiting.set(work.answering.waiting)
        self._working.set(work.answering.working)
        self._writing.set(work.writing.working)
        return generate_latest(self.registry)


class AccessLog:
    """ASGI middleware that logs and measures every request.

    Args:
        app: the application.
        metrics: the metrics to record.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 0

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        except BaseException:
            status = status or 500
            raise
        finally:
            seconds = time.perf_counter() - start
            route = getattr(scope.get("route"), "path_format", "other")  # as the OpenAPI document names it
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requests.labels(method, route, str(status)).observe(seconds)
            log = _log.warning if status >= 500 else _log.info
            log(
                "request",
                method=scope["method"],
                path=scope.get("raw_path", b"").decode("ascii", "replace"),
                status=status,
                seconds=round(seconds, 4),
                client=(scope.get("client") or ("",))[0],
                key=scope.get("state", {}).get("key_id"),
            )
