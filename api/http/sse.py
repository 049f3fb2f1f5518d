"""Server-sent events of a streamed answer; a client that disconnects stops the work.

FastAPI streams events by itself only from routes that always do so, and answers 200 before the first event is known.
Ours answer with JSON or with events as the request says, and report early failures by their status.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, Generator
from typing import Any

import anyio
from anyio.to_thread import run_sync
from fastapi.sse import EventSourceResponse, format_sse_event

from ..events import DoneEvent, Event, event_json
from .errors import Failure
from .schemas import AskResponse

Events = Generator[Event | None]

RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "the answer"}
}
"""The OpenAPI description of a stream."""

_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
_log = logging.getLogger(__name__)


def stream_events(events: Events) -> EventSourceResponse:
    """Return the response that sends some events; a failure before the first one is raised.

    Args:
        events: the events; None while there is none, which is sent as a comment. Comments keep the connection alive
            and reveal a client that has disconnected.
    """
    first = next(events)
    return EventSourceResponse(_frames(first, events), headers=_HEADERS)


async def _frames(first: Event | None, events: Events) -> AsyncGenerator[bytes]:
    try:
        event, ended = first, False
        while not ended:
            yield _frame(event)
            ended, event = await run_sync(_next, events)
    except Exception as error:
        _log.exception("a streamed answer failed")
        yield _encode("error", Failure.of(error).body)
    finally:
        with anyio.CancelScope(shield=True):  # the client may have disconnected
            await run_sync(events.close)


def _next(events: Events) -> tuple[bool, Event | None]:
    """Return whether the events have ended, and the next one."""
    try:
        return False, next(events)
    except StopIteration:
        return True, None


def _frame(event: Event | None) -> bytes:
    if event is None:
        return format_sse_event(data_str=None, comment="")
    if isinstance(event, DoneEvent):
        return format_sse_event(data_str=AskResponse.model_validate(event.answer).model_dump_json(), event=event.name)
    return _encode(event.name, event_json(event))


def _encode(name: str, data: dict[str, Any]) -> bytes:
    text = json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
    return format_sse_event(data_str=text.decode("utf-8"), event=name)
