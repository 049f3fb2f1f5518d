"""The limit of the request body, enforced before any of it is read.

FastAPI's `max_body_size` would answer 413 in plain text, not as our JSON that names the limit, and accept bodies of
unknown length.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import Failure

MAX_BODY_BYTES = 64 * 1024


class BodyLimit:
    """ASGI middleware that refuses request bodies that are too long, or of unknown length.

    It leaves the response alone, so that a client that disconnects from a stream is noticed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on."""
        failure = _check(scope) if scope["type"] == "http" else None
        await (failure.response() if failure else self._app)(scope, receive, send)


def _check(scope: Scope) -> Failure | None:
    length = Headers(scope=scope).get("content-length", "")
    if scope["method"] == "POST" and not length.isdigit():
        return Failure(411, "length_required", "a POST request needs a Content-Length header")
    if length.isdigit() and int(length) > MAX_BODY_BYTES:
        return Failure(413, "too_large", f"the body has {length} bytes (at most {MAX_BODY_BYTES:,} are accepted)")
    return None
