"""The OpenAI chat completions protocol: request bodies, replies and event streams, without any network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from .base import Message
from .errors import FaultCode, ReplyError

Redact = Callable[[str], str]
"""Returns a text without the secrets in it."""

_MAX_LINE_BYTES = 1_000_000  # an event has some hundred bytes
_MAX_QUOTED = 200  # characters of a server's error message that are quoted
_MAX_REDACTED = 10_000  # characters that secrets are searched in: more than those quoted, so that none is cut


def request_body(
    model: str, messages: Sequence[Message], max_tokens: int, temperature: float, seed: int | None, *, stream: bool
) -> dict[str, Any]:
    """Return the JSON body of a chat completion request."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [dict(message) for message in messages],
        "max_tokens": max_tokens,
        "temperature": temperature,
    }
    return body | ({} if seed is None else {"seed": seed}) | ({"stream": True} if stream else {})


def fault_code(status: int) -> FaultCode:
    """Return the code of an unsuccessful HTTP status."""
    return "rate_limited" if status == 429 else "failed"


def error_summary(body: bytes, status: int, redact: Redact = str) -> str:
    """Return an error response as one line: the status and the server's message.

    Args:
        body: the response.
        status: its HTTP status.
        redact: removes secrets from a text.
    """
    return f"{status} {_error_message(body, redact)}".strip()


def _error_message(body: bytes, redact: Redact) -> str:
    try:
        error = json.loads(body)["error"]
        message = error if isinstance(error, str) else error["message"]
    except (ValueError, TypeError, KeyError, RecursionError):
        message = body.decode("utf-8", "replace")
    line = " ".join(str(message).split())[:_MAX_REDACTED]
    return redact(line)[:_MAX_QUOTED]


def message_content(body: bytes) -> str | None:
    """Return the content of a reply that is not streamed; None if it has none.

    Raises:
        ReplyError: the body is not a chat completion.
    """
    try:
        content = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise ReplyError("garbage", f"the reply is not a chat completion ({type(error).__name__})") from error
    return content if isinstance(content, str) else None


class DeltaDecoder:
    """Incremental decoder of a streamed chat completion (server-sent events).

    Args:
        redact: removes secrets from what the server reports.

    Attributes:
        finished: whether the reply is complete: `[DONE]` or a finish reason was received.
    """

    def __init__(self, redact: Redact = str) -> None:
        self._redact = redact
        self.finished = False
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[str]:
        """Decode more bytes, which may be split anywhere, and yield the content deltas that they complete.

        A delta may be empty: reasoning models send such while they think.

        Raises:
            ReplyError: the bytes are not such a stream, or the server reported an error.
        """
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if max(map(len, (*lines, self._buffer))) > _MAX_LINE_BYTES:
            raise ReplyError("garbage", f"a line of the reply exceeds {_MAX_LINE_BYTES:,} bytes")
        for line in lines:
            yield from self._decode_line(line.strip())

    def _decode_line(self, line: bytes) -> Iterator[str]:
        if not line.startswith(b"data:"):
            if line and not line.startswith((b":", b"event:", b"id:", b"retry:")):
                raise ReplyError("garbage", "the reply is not a stream of server-sent events")
            return
        data = line[5:].strip()
        if data == b"[DONE]":
            self.finished = True
        elif data:
            yield self._decode_event(data)

    def _decode_event(self, data: bytes) -> str:
        try:
            event = cast("dict[str, Any]", json.loads(data.decode("utf-8")))
            if "error" in event:
                raise ReplyError("failed", f"the server reported an error ({_error_message(data, self._redact)})")
            choices = event["choices"]
            if not choices:  # a usage report
                return ""
            self.finished |= bool(choices[0].get("finish_reason"))
            content = choices[0]["delta"].get("content")
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
            raise ReplyError("garbage", f"an event of the reply is malformed ({type(error).__name__})") from error
        return content if isinstance(content, str) else ""
