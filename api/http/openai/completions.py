"""The format of completions: text only, without a place for annotations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...answers.rendering.numbered import NumberedText
from ..sse import encode
from .replies import Chunks, Reply, new_id
from .schemas import Completion, TextChoice


class CompletionFormat:
    """The format of a completion.

    Args:
        model: the model, as requested.
        include_usage: whether a stream ends with the counts of tokens.
    """

    def __init__(self, model: str, include_usage: bool) -> None:
        self._chunks = Chunks("text_completion", model, include_usage, new_id("cmpl-"))

    def body(self, reply: Reply) -> Completion:
        """Return the body of a response with a complete reply."""
        return Completion(
            id=self._chunks.id,
            created=self._chunks.created,
            model=self._chunks.model,
            choices=[TextChoice(text=reply.content.text)],
            usage=reply.usage,
            nonmun=reply.extension,
        )

    def opening(self) -> Iterator[bytes]:
        """Yield a chunk without text, as clients can only leave a stream when they have got something."""
        yield self._chunks.encode([self._chunks.choice(text="")])

    def part(self, part: NumberedText) -> Iterator[bytes]:
        """Yield the text of a part."""
        if part.text:
            yield self._chunks.encode([self._chunks.choice(text=part.text)])

    def closing(self, reply: Reply) -> Iterator[bytes]:
        """Yield the last chunk, with the answer, and the counts of tokens if they are wanted."""
        return self._chunks.end(reply, text="")

    def failure(self, error: dict[str, Any]) -> bytes:
        """Return the event of a failure."""
        return encode(error)
