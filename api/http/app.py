"""The FastAPI application of a library: its routes, who may call them, and every failure as problem details."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from functools import cache
from typing import cast

import anyio
from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from opentelemetry.trace import TracerProvider
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...index.domain.errors import NonmunError
from ...settings import HttpConfig
from ..feedback import FeedbackStore
from ..keys import KeyStore
from ..keys import Scope as KeyScope
from ..library import Library
from ..receipts.seal import MAX_SEAL_CHARACTERS, Sealer
from ..receipts.store import ReceiptStore
from .body_limit import MAX_BODY_BYTES, MAX_CONVERSATION_BYTES, BodyLimit
from .documentation import add_documentation, complete_document
from .errors import SHUTDOWN, Failure, report
from .guard import PAGE_FORMS, Guard, HostGuard, RateLimits
from .head import HeadRequests
from .jobs.runner import Jobs
from .jobs.store import FOLDER, JobStore
from .log import get_log
from .mcp.backend import RequestBackend
from .mcp.endpoint import McpEndpoint
from .mcp.endpoint import router as mcp_router
from .openai.errors import OpenAIErrors
from .openai.paths import CONVERSATIONS
from .openai.routes import router as openai_router
from .pages import add_pages
from .pages.rendering import failure_page, wants_page
from .readiness import Readiness
from .routes import router
from .routes.entries import ENTRIES, MAX_ENTRIES_BYTES
from .routes.table import RouteTable
from .telemetry import AccessLog, Metrics
from .tracing import RequestSpans, telemetry_config
from .work import ClientLeftError, Work

_STORE_WAIT = 1.0  # seconds that a request waits for another one, or a command, that stores answers
_CLIENT_LEFT = 499  # as nginx logs it; nobody reads the response
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_log = get_log("nonmun.failures")


def create_app(
    library: Library,
    config: HttpConfig | None = None,
    *,
    host: str = "127.0.0.1",
    keys: KeyStore | None = None,
    anonymous: Collection[KeyScope] = (),
    tracer_provider: TracerProvider | None = None,
) -> FastAPI:
    """Return an application that answers from a library, which stays the caller's to close.

    Args:
        library: the library.
        config: limits and who may call; that of the library's settings by default.
        host: the address that the application is served on, a host name to answer to.
        keys: the keys that requests need; None needs none.
        anonymous: the scopes of requests without a key that came through no proxy, where there are keys.
        tracer_provider: makes the spans of requests; None makes none, even if the process has a global provider.
    """
    config = config or library.settings.http
    metrics, limits = Metrics(tracer_provider), RateLimits(config)

    def count_refusal(code: str) -> None:
        metrics.refused.labels(code).inc()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with app.state.mcp.run(), anyio.create_task_group() as group:
            group.start_soon(app.state.readiness.check)
            yield
            await app.state.jobs.close()
            group.cancel_scope.cancel()

    app = FastAPI(
        title="nonmun",
        version="1",
        summary="Questions about AI papers, answered with paper IDs and exact quotations",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=lambda route: route.name,
        telemetry=telemetry_config(tracer_provider),
    )
    app.state.work, app.state.metrics = Work(library, config, limits), metrics
    app.state.keys, app.state.count_refusal = keys, count_refusal
    data = library.settings.data
    app.state.sealer, app.state.receipts = Sealer(data, _STORE_WAIT), ReceiptStore(data, wait=_STORE_WAIT)
    app.state.feedback = FeedbackStore(data, wait=_STORE_WAIT)
    app.state.readiness = Readiness(app.state.work)
    app.state.jobs = Jobs(JobStore(library.settings.data / FOLDER), config.jobs)
    app.state.mcp = McpEndpoint(RequestBackend(app.state.work, metrics, count_refusal), config.origins)
    app.root_path = config.root_path
    app.include_router(router)
    app.include_router(openai_router)
    app.include_router(mcp_router)
    add_documentation(app)
    add_pages(app)
    app.state.routes = table = RouteTable(app.routes)
    app.openapi = cache(
        lambda: complete_document(FastAPI.openapi(app), table.requirements() if keys else None, anonymous)
    )
    for kind, handler in _handlers(count_refusal).items():
        app.add_exception_handler(kind, handler)
    # The last one added is the outermost.
    app.add_middleware(
        BodyLimit,
        limits=dict.fromkeys(CONVERSATIONS, MAX_CONVERSATION_BYTES)
        | {ENTRIES: MAX_ENTRIES_BYTES}
        | dict.fromkeys(PAGE_FORMS, MAX_SEAL_CHARACTERS + MAX_BODY_BYTES),
    )
    app.add_middleware(HeadRequests)
    app.add_middleware(
        Guard,
        keys=keys,
        anonymous=anonymous,
        requirement=table.requirement,
        limits=limits,
        on_refusal=count_refusal,
    )
    if config.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(config.origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],  # OpenAI's clients add their own; nothing is granted by a cookie
            expose_headers=["x-request-id", "location", "retry-after", "ratelimit", "ratelimit-policy"],
        )
    app.add_middleware(CatchFailures)
    app.add_middleware(HostGuard, hosts=(*config.hosts, host), on_refusal=count_refusal)
    app.add_middleware(OpenAIErrors)
    app.add_middleware(AccessLog, metrics=metrics)
    if tracer_provider is not None:
        app.add_middleware(RequestSpans)
    app.add_middleware(CorrelationIdMiddleware)
    return app


def _handlers(
    count_refusal: Callable[[str], object],
) -> dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]]:
    async def failed(request: Request, error: Exception) -> Response:
        del request
        return report(cast("NonmunError", error), count_refusal).response()

    return {
        RequestValidationError: _invalid_request,
        HTTPException: _http_error,
        NonmunError: failed,
        ClientLeftError: _client_left,
    }


class CatchFailures:
    """ASGI middleware that answers unexpected exceptions.

    A handler of `Exception` would be called outside of all middleware: its responses would lack the id of the request
    and the security headers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        has_started = False

        async def note_start(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, note_start)
        except asyncio.CancelledError:  # only the end of the grace period cancels a request from outside
            _log.warning("ended by the shutdown", path=scope.get("path"))
            if not has_started:
                with anyio.CancelScope(shield=True):
                    await SHUTDOWN.response()(scope, receive, send)
        except Exception as error:
            _log.error("an internal error occurred", exc_info=error)
            if has_started or scope["type"] != "http":
                raise
            await Failure.of(error).response()(scope, receive, send)


async def _client_left(request: Request, error: Exception) -> Response:
    del request, error
    return Response(status_code=_CLIENT_LEFT)


async def _invalid_request(request: Request, error: Exception) -> Response:
    # FastAPI's own handler repeats the input. NaN in it is not valid JSON, and a bad request would become a 500.
    first = cast("RequestValidationError", error).errors()[0]
    if first["type"] == "json_invalid":
        return Failure(422, "invalid_json", f"the body is not valid JSON: {first['ctx']['error']}").response()
    where, *parts = first["loc"]
    field = ".".join(map(str, parts)) or str(where)
    value = first.get("input")
    is_number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    received = f" (got {value!r})" if is_number else ""
    return _respond(request, Failure(422, "invalid_input", f"{field}: {first['msg']}{received}", field))


async def _http_error(request: Request, error: Exception) -> Response:
    refusal = cast("HTTPException", error)
    headers = dict(refusal.headers or {})
    if refusal.status_code == 405:  # its own header has the methods of one route; a path may have several
        headers["Allow"] = ", ".join(sorted(request.app.state.routes.methods(request.scope)))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
    if refusal.status_code == 400:  # FastAPI could not read the body at all
        return Failure(422, "invalid_json", "the body is not valid JSON").response()
    code = _CODES.get(refusal.status_code, "http_error")
    message = refusal.detail if code == "too_large" else f"{request.method} {request.url.path}: {refusal.detail}"
    return _respond(request, Failure(refusal.status_code, code, message, headers=headers))


def _respond(request: Request, failure: Failure) -> Response:
    """Return a failure as a page for browsers and as problem details for programs."""
    response = failure_page(request, failure) if wants_page(request) else failure.response()
    response.headers.add_vary_header("accept")
    return response
