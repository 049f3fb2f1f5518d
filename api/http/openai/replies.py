"""Replies, and what their formats have in common."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

from fastapi.sse import format_sse_event

from ...answers.rendering.numbered import Marker, NumberedText
from ...results import Answer
from ..schemas import AskResponse
from ..sse import encode
from .schemas import UrlCitation, Usage

_DONE = format_sse_event(data_str="[DONE]")


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete reply.

    Attributes:
        content: its text.
        answer: the answer behind it; None for a task of a chat application.
        prompt_tokens: tokens of the conversation.
        completion_tokens: tokens of the text.
    """

    content: NumberedText
    answer: Answer | None
    prompt_tokens: int
    completion_tokens: int

    @property
    def total_tokens(self) -> int:
        """Tokens of the conversation and of the text."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def usage(self) -> Usage:
        """The counts of tokens, as (chat) completions report them."""
        return Usage(
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            total_tokens=self.total_tokens,
        )

    @property
    def extension(self) -> Any:
        """The answer as POST /v1/ask returns it: an `AskResponse`."""
        return None if self.answer is None else AskResponse.model_validate(self.answer)


class Format(Protocol):
    """A format of replies, in the state of one reply."""

    def body(self, reply: Reply) -> Any:
        """Return the body of a response with a complete reply."""
        ...

    def opening(self) -> Iterator[bytes]:
        """Yield the events before the first part."""
        ...

    def part(self, part: NumberedText) -> Iterator[bytes]:
        """Yield the events of a part of the text, which may be empty."""
        ...

    def closing(self, reply: Reply) -> Iterator[bytes]:
        """Yield the events after the last part."""
        ...

    def failure(self, error: dict[str, Any]) -> bytes:
        """Return the event of a failure.

        Args:
            error: the body of a response with that failure (`openai_error`).
        """
        ...


@dataclass(frozen=True, slots=True)
class Chunks:
    """Encodes the chunks of a streamed chat completion or completion.

    Attributes:
        object: the type of object that each is.
        model: the model, as requested.
        include_usage: whether the stream ends with the counts of tokens.
        id: the id of the reply.
        created: its time, in seconds since 1970.
    """

    object: str
    model: str
    include_usage: bool
    id: str
    created: int = field(default_factory=lambda: int(time.time()))

    def encode(self, choices: list[dict[str, Any]], **more: Any) -> bytes:
        """Return a chunk with some choices and further fields."""
        fields = {"id": self.id, "object": self.object, "created": self.created, "model": self.model}
        usage = {"usage": None} if self.include_usage else {}
        return encode(fields | {"choices": choices} | usage | more)

    def choice(self, finish_reason: str | None = None, **content: Any) -> dict[str, Any]:
        """Return the only choice of a chunk."""
        return {"index": 0, "logprobs": None, "finish_reason": finish_reason, **content}

    def end(self, reply: Reply, **content: Any) -> Iterator[bytes]:
        """Yield the last chunk, which carries the answer, and the counts of tokens if they are wanted."""
        extension = {} if reply.answer is None else {"nonmun": reply.extension.model_dump(mode="json")}
        yield self.encode([self.choice("stop", **content)], **extension)
        if self.include_usage:
            yield self.encode([], usage=reply.usage.model_dump())
        yield _DONE


def new_id(prefix: str) -> str:
    """Return an id for an object."""
    return f"{prefix}{uuid4().hex}"


def url_citations(markers: Iterable[Marker]) -> list[UrlCitation]:
    """Return the citations of a text, one for each quotation behind a marker."""
    return [
        UrlCitation(
            start_index=marker.start,
            end_index=marker.end,
            url=marker.paper.url,
            title=marker.paper.title,
            quote=citation.quote,
        )
        for marker in markers
        for citation in marker.citations
    ]
