"""The words of the OpenAI protocol: what is sent, and what a server's bytes mean; nothing here touches a network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, cast

from .base import Message
from .errors import FaultCode, ReplyError

_LONGEST_LINE = 1_000_000  # bytes; a piece of a reply has some hundred
_SHOWN = 200  # characters of a server's own words in a message


def request_body(
    model: str, messages: Sequence[Message], max_tokens: int, temperature: float, seed: int | None, *, stream: bool
) -> dict[str, Any]:
    """The JSON of a request."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [dict(message) for message in messages],
        "max_tokens": max_tokens,
        "temperature": temperature,
    }
    return body | ({} if seed is None else {"seed": seed}) | ({"stream": True} if stream else {})


def status_code(status: int) -> FaultCode:
    """What a status that is none of success means."""
    return "rate_limited" if status == 429 else "failed"


def said(body: bytes, status: int) -> str:
    """One line of what a server says about a failure."""
    try:
        error = json.loads(body)["error"]
        words = error if isinstance(error, str) else error["message"]
    except (ValueError, TypeError, KeyError):
        words = body.decode("utf-8", "replace")
    return f"{status} {' '.join(str(words).split())[:_SHOWN]}".strip()


def content_of(body: bytes) -> str | None:
    """The words of a reply that is not streamed; None where it has none.

    Raises:
        ReplyError: it is none of a chat model.
    """
    try:
        text = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise ReplyError("garbage", f"the reply is none of a chat model ({type(error).__name__})") from error
    return text if isinstance(text, str) else None


class Deltas:
    """Reads a stream of server-sent events, however its bytes are cut.

    Attributes:
        finished: whether the reply has come to its end: `[DONE]`, or a reason for ending.
    """

    def __init__(self) -> None:
        self.finished = False
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[str]:
        """The pieces that some more bytes complete; empty ones of a model that thinks aloud.

        Raises:
            ReplyError: they are no such stream, or hold the server's report of a failure.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        if max(map(len, (*lines, self._rest))) > _LONGEST_LINE:
            raise ReplyError("garbage", "a line of the reply never ends")
        for line in lines:
            yield from self._line(line.strip())

    def _line(self, line: bytes) -> Iterator[str]:
        if not line.startswith(b"data:"):
            if line and not line.startswith((b":", b"event:", b"id:", b"retry:")):
                raise ReplyError("garbage", "the reply is no stream of events")
            return
        data = line[5:].strip()
        if data == b"[DONE]":
            self.finished = True
        elif data:
            yield self._piece(data)

    def _piece(self, data: bytes) -> str:
        try:
            event = cast("dict[str, Any]", json.loads(data.decode("utf-8")))
            if "error" in event:
                raise ReplyError("failed", f"the server broke off ({said(data, 200)[4:]})")
            choices = event["choices"]
            if not choices:  # a report of usage
                return ""
            self.finished |= bool(choices[0].get("finish_reason"))
            text = choices[0]["delta"].get("content")
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
            raise ReplyError("garbage", f"a piece of the reply cannot be read ({type(error).__name__})") from error
        return text if isinstance(text, str) else ""
