"""The limit of the request body, whether its length is declared or not.

FastAPI's `max_body_size` would answer 413 in plain text, not as our problem details that name the limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import Failure
from .guard import route_path

MAX_BODY_BYTES = 64 * 1024
MAX_CONVERSATION_BYTES = 1024 * 1024  # clients send whole answers back, and what else they know


class BodyLimit:
    """ASGI middleware that refuses request bodies that are too long: at once if declared, else when it is seen.

    It leaves the response alone, so that a client that disconnects from a stream is noticed.

    Args:
        app: the application.
        limits: other limits than `MAX_BODY_BYTES`, in bytes, by path without the root path.
    """

    def __init__(self, app: ASGIApp, limits: Mapping[str, int] = MappingProxyType({})) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limits.get(route_path(scope), MAX_BODY_BYTES)
        length = Headers(scope=scope).get("content-length", "")
        if length.isdigit() and int(length) > limit:
            message, headers = _message(f"{int(length):,} bytes", limit), {"connection": "close"}
            await Failure(413, "too_large", message, headers=headers).response()(scope, receive, send)
            return
        seen = 0

        async def count() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:  # FastAPI passes its own exceptions on, and calls others malformed bodies
                raise HTTPException(413, _message("more bytes", limit), {"connection": "close"})
            return message

        await self._app(scope, count, send)


def _message(size: str, limit: int) -> str:
    return f"the body has {size} (at most {limit:,} bytes are accepted)"
