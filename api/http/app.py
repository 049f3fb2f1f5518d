"""The FastAPI application of a library: its routes, who may call them, and every failure as problem details."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio
from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...index.domain.errors import NonmunError
from ...settings import HttpConfig
from ..keys import KeyStore
from ..library import Library
from .body_limit import BodyLimit
from .documentation import add_documentation
from .errors import MEDIA_TYPE, Failure, OverloadedError, RefusedError
from .guard import Guard, HostGuard, RateLimits
from .head import HeadRequests
from .log import get_log
from .readiness import Readiness
from .routes import router
from .telemetry import AccessLog, Metrics
from .work import ClientLeftError, Work

_CLIENT_LEFT = 499  # as nginx logs it; nobody reads the response
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_SHUTDOWN = Failure(503, "unavailable", "the service is shutting down; try again", headers={"retry-after": "5"})
_log = get_log("nonmun.failures")


def create_app(
    library: Library, config: HttpConfig | None = None, *, host: str = "127.0.0.1", keys: KeyStore | None = None
) -> FastAPI:
    """Return an application that answers from a library, which stays the caller's to close.

    Args:
        library: the library.
        config: limits and who may call; that of the library's settings by default.
        host: the address that the application is served on, a host name to answer to.
        keys: the keys that requests need; None needs none.
    """
    config = config or library.settings.http
    metrics, limits = Metrics(), RateLimits(config)

    def count_refusal(code: str) -> None:
        metrics.refused.labels(code).inc()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with anyio.create_task_group() as group:
            group.start_soon(app.state.readiness.check)
            yield
            group.cancel_scope.cancel()

    app = FastAPI(
        title="nonmun",
        version="1",
        summary="Questions about AI papers, answered with paper IDs and exact quotations",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.work, app.state.metrics, app.state.limits = Work(library, config), metrics, limits
    app.state.readiness = Readiness(app.state.work, metrics)
    app.root_path = config.root_path
    app.include_router(router)
    add_documentation(app)
    app.openapi = lambda: _describe_problems(FastAPI.openapi(app))
    for kind, handler in _handlers(count_refusal).items():
        app.add_exception_handler(kind, handler)
    # The last one added is the outermost.
    app.add_middleware(BodyLimit)
    app.add_middleware(HeadRequests)
    app.add_middleware(Guard, keys=keys, limits=limits, on_refusal=count_refusal)
    if config.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(config.origins),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
            expose_headers=["x-request-id", "retry-after", "ratelimit", "ratelimit-policy"],
        )
    app.add_middleware(CatchFailures)
    app.add_middleware(HostGuard, hosts=(*config.hosts, host), on_refusal=count_refusal)
    app.add_middleware(AccessLog, metrics=metrics)
    app.add_middleware(CorrelationIdMiddleware)
    return app


def _handlers(
    count_refusal: Callable[[str], object],
) -> dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]]:
    async def failed(request: Request, error: Exception) -> Response:
        del request
        failure = Failure.of(error)
        if isinstance(error, OverloadedError | RefusedError):
            count_refusal(failure.code)
            _log.warning("refused", code=failure.code, reason=failure.message)
        elif isinstance(error, NonmunError) and failure.status >= 500:
            _log.error("the index cannot answer", error=str(error))
        return failure.response()

    return {
        RequestValidationError: _invalid_request,
        HTTPException: _http_error,
        NonmunError: failed,
        ClientLeftError: _client_left,
    }


def _describe_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document with the media type that errors have; FastAPI declares all models as plain JSON."""
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                schema = content.get("application/json", {}).get("schema", {})
                if status >= "400" and str(schema.get("$ref", "")).endswith("/Problem"):
                    content[MEDIA_TYPE] = content.pop("application/json")
    return document


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
                    await _SHUTDOWN.response()(scope, receive, send)
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
    del request
    first = cast("RequestValidationError", error).errors()[0]
    if first["type"] == "json_invalid":
        return Failure(422, "invalid_json", f"the body is not valid JSON: {first['ctx']['error']}").response()
    field = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
    value = first.get("input")
    is_number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    received = f" (got {value!r})" if is_number else ""
    return Failure(422, "invalid_input", f"{field}: {first['msg']}{received}", field).response()


async def _http_error(request: Request, error: Exception) -> Response:
    refusal = cast("HTTPException", error)
    headers = dict(refusal.headers or {})
    if refusal.status_code == 405 and (allowed := headers.get("Allow", "")):
        methods = {*allowed.split(", "), "OPTIONS"} | ({"HEAD"} if "GET" in allowed else set())
        headers["Allow"] = ", ".join(sorted(methods))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
    if refusal.status_code == 400:  # FastAPI could not read the body at all
        return Failure(422, "invalid_json", "the body is not valid JSON").response()
    code = _CODES.get(refusal.status_code, "http_error")
    message = refusal.detail if code == "too_large" else f"{request.method} {request.url.path}: {refusal.detail}"
    return Failure(refusal.status_code, code, message, headers=headers).response()
