"""The format of responses: one message with one text."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import Any, Literal

from ...answers.rendering.numbered import NumberedText
from ..sse import encode
from .replies import Reply, new_id, url_citations
from .schemas import FlatAnnotation, OutputMessage, OutputText, Response, ResponseUsage

_Status = Literal["in_progress", "completed"]


class ResponseFormat:
    """The format of a response: one message with one text.

    Args:
        model: the model, as requested.
    """

    def __init__(self, model: str) -> None:
        self._model, self._created = model, int(time.time())
        self._id, self._message_id = new_id("resp_"), new_id("msg_")
        self._numbers, self._annotation_indices = count(), count()

    def body(self, reply: Reply) -> Response:
        """Return the body of a response with a complete reply."""
        usage = ResponseUsage(
            input_tokens=reply.prompt_tokens, output_tokens=reply.completion_tokens, total_tokens=reply.total_tokens
        )
        return self._response(
            "completed",
            output=[self._message("completed", _output_text(reply.content))],
            usage=usage,
            nonmun=reply.extension,
        )

    def opening(self) -> Iterator[bytes]:
        """Yield the events that begin the response, its message and the text of the message."""
        response = self._response("in_progress", output=[], usage=None, nonmun=None).model_dump(mode="json")
        yield self._event("response.created", response=response)
        yield self._event("response.in_progress", response=response)
        yield self._item_event("response.output_item.added", self._message("in_progress"))
        yield self._text_event("response.content_part.added", part=_output_text(NumberedText("")).model_dump())

    def part(self, part: NumberedText) -> Iterator[bytes]:
        """Yield the text of a part, then its annotations."""
        if part.text:
            yield self._text_event("response.output_text.delta", delta=part.text, logprobs=[])
        for annotation in _output_text(part).annotations:
            yield self._text_event(
                "response.output_text.annotation.added",
                annotation_index=next(self._annotation_indices),
                annotation=annotation.model_dump(),
            )

    def closing(self, reply: Reply) -> Iterator[bytes]:
        """Yield the events that complete the text, its message and the response."""
        text = _output_text(reply.content)
        yield self._text_event("response.output_text.done", text=text.text, logprobs=[])
        yield self._text_event("response.content_part.done", part=text.model_dump())
        yield self._item_event("response.output_item.done", self._message("completed", text))
        yield self._event("response.completed", response=self.body(reply).model_dump(mode="json"))

    def failure(self, error: dict[str, Any]) -> bytes:
        """Return the event of a failure, with the error as OpenAI documents it and as its clients look for it."""
        fields = {name: value for name, value in error["error"].items() if name != "type"}
        return self._event("error", **fields, **error)

    def _response(self, status: _Status, **fields: Any) -> Response:
        return Response(id=self._id, created_at=self._created, status=status, model=self._model, **fields)

    def _message(self, status: _Status, *content: OutputText) -> OutputMessage:
        return OutputMessage(id=self._message_id, status=status, content=list(content))

    def _text_event(self, kind: str, **fields: Any) -> bytes:
        return self._event(kind, item_id=self._message_id, output_index=0, content_index=0, **fields)

    def _item_event(self, kind: str, message: OutputMessage) -> bytes:
        return self._event(kind, output_index=0, item=message.model_dump())

    def _event(self, kind: str, **fields: Any) -> bytes:
        return encode({"type": kind, "sequence_number": next(self._numbers), **fields}, kind)


def _output_text(content: NumberedText) -> OutputText:
    annotations = [FlatAnnotation(**citation.model_dump()) for citation in url_citations(content.markers)]
    return OutputText(text=content.text, annotations=annotations)
