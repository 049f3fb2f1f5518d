"""Adapter: any llama-index `LLM` as a `StreamingModel`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llama_index.core.llms import ChatMessage
from llama_index.core.llms.llm import LLM

from .base import Message


class LlamaModel:
    """A llama-index `LLM`; `open_reply` handles its errors and timeouts.

    Args:
        llm: the model.
    """

    def __init__(self, llm: LLM) -> None:
        self._llm = llm

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """Yield the reply in pieces; in one piece if the LLM cannot stream."""
        chat = [ChatMessage(role=message["role"], content=message["content"]) for message in messages]
        try:
            responses = self._llm.stream_chat(chat)
        except NotImplementedError:
            yield self._llm.chat(chat).message.content or ""
            return
        for response in responses:
            yield response.delta or ""
