"""An answer as server-sent events; a client that goes away stops the work."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, Generator
from typing import Any

import anyio
from anyio.to_thread import run_sync
from fastapi.responses import StreamingResponse

from ..events import DoneEvent, Event, event_json
from ..results import as_json
from .errors import error_body, status_of
from .schemas import AskResponse

Events = Generator[Event | None]

STREAMED: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "the answer"}
}
_STILL_THERE = b": \n\n"  # a comment: it tells proxies that the stream lives, and us whether the client does
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
_log = logging.getLogger(__name__)


def streamed(events: Events) -> StreamingResponse:
    """The response of some events; what fails before the first one is raised.

    Args:
        events: None among them stands for a moment in which nothing came.
    """
    first = next(events)
    return StreamingResponse(_frames(first, events), media_type="text/event-stream", headers=_HEADERS)


async def _frames(first: Event | None, events: Events) -> AsyncGenerator[bytes]:
    try:
        event, ended = first, False
        while not ended:
            yield _frame(event)
            ended, event = await run_sync(_next, events)
    except Exception as error:
        _log.exception("a streamed answer failed")
        _, code, message, field = status_of(error)
        yield _event("error", json.dumps(error_body(code, message, field), ensure_ascii=False))
    finally:
        with anyio.CancelScope(shield=True):  # of a client that is gone
            await run_sync(events.close)


def _next(events: Events) -> tuple[bool, Event | None]:
    """Whether the events have ended, and the next one."""
    try:
        return False, next(events)
    except StopIteration:
        return True, None


def _frame(event: Event | None) -> bytes:
    if event is None:
        return _STILL_THERE
    if isinstance(event, DoneEvent):
        return _event(event.name, AskResponse.model_validate(as_json(event.answer)).model_dump_json())
    return _event(event.name, json.dumps(event_json(event), ensure_ascii=False))


def _event(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode("utf-8", "replace")
