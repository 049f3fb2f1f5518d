"""The one thing a language model has to do, and its reply as something that can be waited for and broken off."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from queue import Empty, Queue
from typing import Protocol, cast

from .errors import ReplyError

Message = Mapping[str, str]
"""`role` ("system", "user" or "assistant") and `content`."""

MAX_REPLY = 20_000
"""Characters after which a reply is too long to be one: no answer here has a tenth of them."""


class StreamingModel(Protocol):
    """A language model. Anything with this one method writes answers."""

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """The reply, piece by piece. A piece may be empty: it says that the model is at work."""
        ...


class Reply(Iterator[str]):
    """A reply that a thread of its own receives: the taker chooses how long it waits, and may stop at any time."""

    def __init__(self) -> None:
        self._pieces: Queue[str | Exception | None] = Queue()
        self._left = MAX_REPLY
        self._ended = False
        self._closed = threading.Event()

    def take(self, seconds: float | None) -> str | None:
        """The next piece; None at the end.

        Raises:
            TimeoutError: nothing came within these seconds (None waits for ever).
            ReplyError: the reply failed.
        """
        if self._ended:
            return None
        try:
            piece = self._pieces.get(timeout=None if seconds is None else max(0.0, seconds))
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
        """Stop: whoever waits for a piece is told that there is none, and the thread ends as soon as it can."""
        self._closed.set()
        self._pieces.put(None)

    def _put(self, piece: str) -> None:
        self._left -= len(piece)
        if self._left < 0:
            raise ReplyError("too_long", f"the model wrote more than {MAX_REPLY:,} characters; ask it for less")
        self._pieces.put(piece)


class _Drawn(Reply):
    """The pieces of any iterator. One that hangs cannot be broken off: its thread waits on, and nobody for it."""

    def __init__(self, pieces: Iterable[str]) -> None:
        super().__init__()
        threading.Thread(target=self._draw, args=(pieces,), name="nonmun-reply", daemon=True).start()

    def _draw(self, pieces: Iterable[str]) -> None:
        end: Exception | None = None
        try:
            for piece in pieces:
                if self._closed.is_set():
                    break
                self._put(piece)
        except ReplyError as error:
            end = error
        except Exception as error:  # somebody else's model raises whatever its client raises
            said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            end = ReplyError("failed", f"the model did not reply ({said})")
        finally:
            with suppress(Exception):
                getattr(pieces, "close", lambda: None)()
        self._pieces.put(end)


def replied(model: StreamingModel, messages: Sequence[Message]) -> Reply:
    """A model's reply, as one that can be waited for and broken off."""

    def drawn() -> Iterator[str]:  # even asking it is the thread's work: some models reply before they stream
        pieces = cast("object", model.stream(messages))
        yield from cast("Iterator[str]", pieces)

    if getattr(model, "breaks_off", False):
        return cast("Reply", model.stream(messages))
    return _Drawn(drawn())
