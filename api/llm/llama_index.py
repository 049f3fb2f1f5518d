"""Any llama-index `LLM` as a model that writes answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llama_index.core.llms import ChatMessage
from llama_index.core.llms.llm import LLM

from .base import Message


class LlamaModel:
    """A llama-index `LLM`.

    What it raises, and how long it takes, is seen to by whoever reads its replies.
    """

    def __init__(self, llm: LLM) -> None:
        self._llm = llm

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """The reply, piece by piece; all at once where the LLM cannot stream."""
        chat = [ChatMessage(role=message["role"], content=message["content"]) for message in messages]
        try:
            pieces = self._llm.stream_chat(chat)
        except NotImplementedError:
            yield self._llm.chat(chat).message.content or ""
            return
        for piece in pieces:
            yield piece.delta or ""
