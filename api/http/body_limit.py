"""The limit of the request body, whether its length is declared or not.

FastAPI's `max_body_size` would answer 413 in plain text, not as our problem details that name the limit.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import Failure

MAX_BODY_BYTES = 64 * 1024


class BodyLimit:
    """ASGI middleware that refuses request bodies that are too long: at once if declared, else when it is seen.

    It leaves the response alone, so that a client that disconnects from a stream is noticed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        if length.isdigit() and int(length) > MAX_BODY_BYTES:
            message, headers = _message(f"{int(length):,} bytes"), {"connection": "close"}
            await Failure(413, "too_large", message, headers=headers).response()(scope, receive, send)
            return
        seen = 0

        async def count() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MAX_BODY_BYTES:  # FastAPI passes its own exceptions on, and calls others malformed bodies
                raise HTTPException(413, _message("more bytes"), {"connection": "close"})
            return message

        await self._app(scope, count, send)


def _message(size: str) -> str:
    return f"the body has {size} (at most {MAX_BODY_BYTES:,} bytes are accepted)"
