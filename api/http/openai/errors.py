"""Errors in OpenAI's shape: middleware that rewrites the problem details of the OpenAI-compatible routes.

Requests are refused in many places: by the middleware around the routes, by FastAPI, by the routes, by a shutdown.
They all answer with problem details.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import MEDIA_TYPE
from ..guard import route_path
from .paths import cure, has_route, is_openai_path

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


def openai_error(problem: Mapping[str, Any]) -> dict[str, Any]:
    """Return problem details (`Failure.body`) as the body of an error in OpenAI's shape."""
    status = problem["status"]
    kind = "server_error" if status >= 500 else _TYPES.get(status, "invalid_request_error")
    error = {"message": problem["detail"], "type": kind, "param": problem["field"], "code": problem["code"]}
    return {"error": error}


class OpenAIErrors:
    """ASGI middleware that sends the problem details of OpenAI-compatible routes in OpenAI's shape."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http" or not is_openai_path(path := route_path(scope)):
            await self._app(scope, receive, send)
            return
        start: Message | None = None  # of a response with problem details
        body = b""

        async def rewrite(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and Headers(scope=message).get("content-type") == MEDIA_TYPE:
                start = message
                return
            if start is None:
                await send(message)
                return
            body += message["body"]
            if message.get("more_body"):
                return
            problem = json.loads(body) if body else {}
            if problem.get("status") == 404 and not has_route(path):
                problem["detail"] = cure(path)
            content = json.dumps(openai_error(problem), ensure_ascii=False).encode() if problem else b""
            headers = MutableHeaders(scope=start)
            headers["content-type"] = "application/json"
            if content:
                headers["content-length"] = str(len(content))
            else:  # to HEAD, which does not tell how long the body would be
                del headers["content-length"]
            await send(start)
            await send({**message, "body": content})

        await self._app(scope, receive, rewrite)
