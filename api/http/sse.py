"""Server-sent events of a streamed answer; a client that disconnects stops the work.

FastAPI streams events by itself only from routes that always do so, and answers 200 before the first event is known.
Ours answer with JSON or with events as the request says, and report early failures by their status.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from typing import Any

import anyio
from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.types import Receive, Scope, Send

from ..events import DoneEvent, Event, event_json
from ..results import Answer
from .errors import Failure
from .schemas import AskResponse
from .work import BegunAnswer

_EVENT_SCHEMA = {
    "type": "object",
    "properties": {
        "event": {"enum": ["hits", "token", "citation", "done", "error"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": _EVENT_SCHEMA}}, "description": "the answer"}
}
"""The OpenAPI description of a stream."""

_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
_log = logging.getLogger(__name__)


class AnswerStream(EventSourceResponse):
    """The response that sends the events of an answer.

    Comments are sent while there is no event. They keep the connection alive and reveal a client that has left.

    Args:
        answer: the answer so far.
        resources: what to close in the end, even if the client leaves before anything is sent.
        on_done: callback for the complete answer.
    """

    def __init__(self, answer: BegunAnswer, resources: AsyncExitStack, on_done: Callable[[Answer], object]) -> None:
        super().__init__(_frames(answer, on_done), headers=_HEADERS)
        self._resources = resources

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await self._resources.aclose()


async def _frames(answer: BegunAnswer, on_done: Callable[[Answer], object]) -> AsyncGenerator[bytes]:
    event = answer.first
    try:
        while True:
            yield _frame(event)
            if isinstance(event, DoneEvent):
                on_done(event.answer)
                return
            event = await answer.next()
    except Exception as error:
        _log.exception("a streamed answer failed")
        yield _encode("error", Failure.of(error).body)


def _frame(event: Event | None) -> bytes:
    if event is None:
        return format_sse_event(data_str=None, comment="")
    if isinstance(event, DoneEvent):
        return format_sse_event(data_str=AskResponse.model_validate(event.answer).model_dump_json(), event=event.name)
    return _encode(event.name, event_json(event))


def _encode(name: str, data: dict[str, Any]) -> bytes:
    text = json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
    return format_sse_event(data_str=text.decode("utf-8"), event=name)
