"""Server-sent events of a streamed answer; a client that disconnects stops the work.

FastAPI streams events by itself only from routes that always do so, and answers 200 before the first event is known.
Ours answer with JSON or with events as the request says, and report early failures by their status.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import anyio
from fastapi.sse import EventSourceResponse, format_sse_event
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.types import Message, Receive, Scope, Send

from ...index.domain.hits import Citation
from ..events import CitationEvent, DoneEvent, Event, HitsEvent, TokenEvent, event_json
from ..results import Answer
from ..schemas import response_model
from .errors import SHUTDOWN, Failure
from .schemas import AskResponse, Problem
from .work import BegunAnswer

_SCHEMA = "AnswerEvent"
_REFERENCE = "#/components/schemas/{model}"
_DATA: Mapping[str, type[BaseModel]] = {
    HitsEvent.name: response_model(HitsEvent),
    TokenEvent.name: response_model(TokenEvent),
    CitationEvent.name: response_model(Citation),
    DoneEvent.name: AskResponse,
    "error": Problem,
}
CONTENT = {"text/event-stream": {"schema": {"$ref": _REFERENCE.format(model=_SCHEMA)}}}
"""The OpenAPI description of a stream, by media type; it needs the schemas of `event_schemas`."""

KEEP_ALIVE = format_sse_event(data_str=None, comment="")
"""A comment, sent while there is no event. It keeps the connection alive and reveals a client that has left."""

_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
_log = logging.getLogger(__name__)


def event_schemas() -> dict[str, Any]:
    """Return the schemas of the OpenAPI document that describe the events: each with the JSON of its data."""
    _, definitions = models_json_schema([(model, "serialization") for model in _DATA.values()], ref_template=_REFERENCE)
    events = [
        {
            "title": f"{name.capitalize()}AnswerEvent",
            "type": "object",
            "properties": {
                "event": {"type": "string", "const": name},
                "data": {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": {"$ref": _REFERENCE.format(model=model.__name__)},
                },
            },
            "required": ["event", "data"],
        }
        for name, model in _DATA.items()
    ]
    description = "An event of a streamed answer."
    return definitions["$defs"] | {_SCHEMA: {"title": _SCHEMA, "description": description, "oneOf": events}}


class EventStream(EventSourceResponse):
    """The response that sends events.

    Args:
        frames: the events, encoded.
        resources: what to close in the end, even if the client leaves before anything is sent.
        on_shutdown: returns the last event of a stream that the end of the service breaks off; None for none.
    """

    def __init__(
        self,
        frames: AsyncGenerator[bytes],
        resources: AsyncExitStack,
        on_shutdown: Callable[[], bytes] | None = None,
    ) -> None:
        super().__init__(frames, headers=_HEADERS)
        self._resources, self._on_shutdown = resources, on_shutdown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        has_started = has_ended = False

        async def note_state(message: Message) -> None:
            nonlocal has_started, has_ended
            has_started, has_ended = True, message["type"] != "http.response.start" and not message["more_body"]
            await send(message)

        try:
            await super().__call__(scope, receive, note_state)
        except asyncio.CancelledError:  # a client that leaves ends the stream without an error
            if self._on_shutdown and has_started and not has_ended:
                with anyio.CancelScope(shield=True):
                    await send({"type": "http.response.body", "body": self._on_shutdown(), "more_body": False})
            raise
        finally:
            with anyio.CancelScope(shield=True):
                await self._resources.aclose()


class AnswerStream(EventStream):
    """The response that sends the events of an answer.

    Args:
        answer: the answer so far.
        resources: what to close in the end.
        on_done: callback for the complete answer.
    """

    def __init__(self, answer: BegunAnswer, resources: AsyncExitStack, on_done: Callable[[Answer], object]) -> None:
        super().__init__(_frames(answer, on_done), resources, lambda: encode(SHUTDOWN.body, "error"))


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
        yield encode(Failure.of(error).body, "error")


def _frame(event: Event | None) -> bytes:
    if event is None:
        return KEEP_ALIVE
    if isinstance(event, DoneEvent):
        return format_sse_event(data_str=AskResponse.model_validate(event.answer).model_dump_json(), event=event.name)
    return encode(event_json(event), event.name)


def encode(data: Mapping[str, Any], name: str | None = None) -> bytes:
    """Return an event with JSON data, and a name if it has one."""
    text = json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
    return format_sse_event(data_str=text.decode("utf-8"), event=name)
