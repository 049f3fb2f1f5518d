"""How to add a language model: implement `StreamingModel`, and `CancellableModel` if its requests can be cancelled.

Pass the model to `Library.open(llm=...)`. Answers read every model through `open_reply`, which bounds the length of a
reply and lets the reader time out or stop, whatever the model does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from queue import Empty, Queue
from typing import Any, Protocol, runtime_checkable

from .errors import ReplyError

Message = Mapping[str, str]
"""A chat message: `role` ("system", "user" or "assistant") and `content`."""

MAX_REPLY = 20_000
"""Maximum number of characters of a reply. No answer has a tenth of them."""


class StreamingModel(Protocol):
    """A language model."""

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """Yield the reply to a chat in pieces. An empty piece signals that the model is at work.

        If the iterator has a method `close`, as generators do, it is called when nobody reads the reply any more.

        Raises:
            Exception: the model failed; any exception counts.
        """
        ...


@runtime_checkable
class CancellableModel(StreamingModel, Protocol):
    """A language model whose requests can be cancelled while they block."""

    def open_reply(self, messages: Sequence[Message]) -> ReplyStream:
        """Send a chat and return at once; closing the reply cancels the request."""
        ...


class ReplyStream(Iterator[str]):
    """The pieces of a reply: a producer's thread writes them, a reader takes them and may stop at any time.

    Args:
        cancel: called when the reader closes the reply, to unblock the producer.
    """

    def __init__(self, cancel: Callable[[], object] = lambda: None) -> None:
        self._cancel = cancel
        self._queue: Queue[str | Exception | None] = Queue()
        self._characters = 0
        self._ended = False
        self._closed = threading.Event()

    def take(self, seconds: float | None) -> str | None:
        """Return the next piece, or None at the end.

        Args:
            seconds: how long to wait; None waits forever.

        Raises:
            TimeoutError: no piece came in time.
            ReplyError: the reply failed.
        """
        if self._ended:
            return None
        try:
            piece = self._queue.get(timeout=None if seconds is None else max(0.0, seconds))
        except Empty:
            raise TimeoutError from None
        self._ended = not isinstance(piece, str)
        if isinstance(piece, Exception):
            raise piece
        return piece

    def __next__(self) -> str:
        piece = self.take(None)
        if piece is None:
            raise StopIteration
        return piece

    def close(self) -> None:
        """Stop reading: a reader that waits gets None, and the producer ends as soon as it can."""
        self._closed.set()
        self._queue.put(None)
        self._cancel()

    @property
    def is_closed(self) -> bool:
        """Whether the reader has closed the reply."""
        return self._closed.is_set()

    def write(self, piece: str) -> None:
        """Append a piece.

        Raises:
            ReplyError: the reply is longer than `MAX_REPLY`.
        """
        self._characters += len(piece)
        if self._characters > MAX_REPLY:
            raise ReplyError("too_long", f"the reply exceeds {MAX_REPLY:,} characters; ask the model for less")
        self._queue.put(piece)

    def end(self, error: Exception | None = None) -> None:
        """End the reply, with the error that the reader gets, if any."""
        self._queue.put(error)


def open_reply(model: StreamingModel, messages: Sequence[Message]) -> ReplyStream:
    """Send a chat to a model and return the reply, which arrives in a thread of its own."""
    if isinstance(model, CancellableModel):
        return model.open_reply(messages)
    reply = ReplyStream()
    threading.Thread(target=_read, args=(model, messages, reply), name="nonmun-reply", daemon=True).start()
    return reply


def _read(model: StreamingModel, messages: Sequence[Message], reply: ReplyStream) -> None:
    """Copy a model's pieces into a reply. A model that blocks for good keeps its thread, but no reader waits for it."""
    error: Exception | None = None
    pieces: Any = None
    try:
        pieces = model.stream(messages)  # in this thread, because some models complete the reply before they return
        for piece in pieces:
            if reply.is_closed:
                break
            reply.write(piece)
    except ReplyError as failure:
        error = failure
    except Exception as failure:  # a third party's model raises whatever its client raises
        reason = " ".join(f"{type(failure).__name__}: {failure}".split())[:200]
        error = ReplyError("failed", f"the model did not reply ({reason})")
    finally:
        with suppress(Exception):
            pieces.close()
    reply.end(error)
