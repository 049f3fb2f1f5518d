"""The longest request body, checked before anything of it is read."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import error_response

MAX_BODY_BYTES = 64 * 1024


class BodyLimit:
    """Turns away bodies that are too long, or of a length that is not said.

    It wraps nothing of the response, so that a client who leaves is noticed while an answer is streamed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        if scope["method"] == "POST" and not length.isdigit():
            refused = error_response(411, "length_required", "send a Content-Length header")
            await refused(scope, receive, send)
        elif length.isdigit() and int(length) > MAX_BODY_BYTES:
            message = f"the body has {length} bytes; at most {MAX_BODY_BYTES:,} are read"
            await error_response(413, "too_large", message)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
