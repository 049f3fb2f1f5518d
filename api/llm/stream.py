"""A chat completion over HTTP, on an event loop in a thread of its own, which any thread may cancel.

Whatever the server sends, time and memory are bounded: the response is not decompressed, and is read up to a limit.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from contextlib import suppress
from typing import Any

import httpx

from .base import ReplyStream
from .errors import ReplyError
from .protocol import DeltaDecoder, Redact, error_summary, fault_code, message_content

_MAX_ERROR_BYTES = 10_000  # of an error response
_MAX_REPLY_BYTES = 1_000_000  # of a reply that is not streamed
_MAX_RETRY_AFTER = 30.0  # seconds, whatever a server asks for


def open_http_reply(
    request: dict[str, Any], timeout: float, verify: ssl.SSLContext | bool, redact: Redact = str
) -> ReplyStream:
    """Send a request and return its reply at once; closing the reply closes the connection.

    Args:
        request: keyword arguments of the httpx request: url, headers, auth, json. The reply is streamed if the JSON
            body asks for it.
        timeout: seconds until the whole reply has to be complete.
        verify: how to verify the server's certificate.
        redact: removes secrets from what the server reports.
    """
    headers = {**request["headers"], "accept-encoding": "identity"}
    exchange = _Exchange({**request, "headers": headers}, timeout, verify, redact)
    reply = ReplyStream(exchange.cancel)
    threading.Thread(target=exchange.run, args=(reply,), name="nonmun-reply", daemon=True).start()
    return reply


class _Exchange:
    """A request and its response. An event loop, because a task can be cancelled and a blocked socket cannot."""

    def __init__(self, request: dict[str, Any], timeout: float, verify: ssl.SSLContext | bool, redact: Redact) -> None:
        self._request, self._timeout, self._verify, self._redact = request, timeout, verify, redact
        self._lock = threading.Lock()
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None = None

    def cancel(self) -> None:
        """Close the connection, whatever it waits for."""
        with self._lock, suppress(RuntimeError):  # the loop may have ended in the meantime
            if self._running:
                loop, task = self._running
                loop.call_soon_threadsafe(task.cancel)

    def run(self, reply: ReplyStream) -> None:
        """Receive the response into a reply."""
        failure: Exception | None = None
        try:
            asyncio.run(self._receive(reply))
        except asyncio.CancelledError:
            pass
        except ReplyError as error:
            failure = error
        except TimeoutError:
            failure = ReplyError("timeout", f"the reply took more than {self._timeout:g} s (llm_timeout)")
        except httpx.TimeoutException:
            failure = ReplyError("timeout", "the server was silent for too long")
        except (httpx.ConnectError, httpx.UnsupportedProtocol, httpx.InvalidURL, OSError) as error:
            failure = ReplyError("unreachable", f"no connection ({type(error).__name__})")
        except Exception as error:  # what a server can make httpx raise has no common base class
            failure = ReplyError("cut_off", f"the connection broke ({type(error).__name__})")
        reply.end(failure)

    async def _receive(self, reply: ReplyStream) -> None:
        task = asyncio.current_task()
        with self._lock:
            if reply.is_closed or task is None:
                return
            self._running = asyncio.get_running_loop(), task
        try:
            async with (
                asyncio.timeout(self._timeout),
                httpx.AsyncClient(timeout=self._timeout, verify=self._verify) as client,
                client.stream("POST", **self._request) as response,
            ):
                await self._read(response, reply)
        finally:
            with self._lock:
                self._running = None

    async def _read(self, response: httpx.Response, reply: ReplyStream) -> None:
        # Not decompressed: a few bytes can expand to any number.
        encoding = response.headers.get("content-encoding", "").replace("identity", "")
        if not response.is_success:
            status = response.status_code
            body = b"" if encoding else await _read_at_most(response, _MAX_ERROR_BYTES)
            raise ReplyError(
                fault_code(status),
                error_summary(body, status, self._redact),
                status=status,
                retry_after=_retry_after(response.headers.get("retry-after", "")),
            )
        if encoding:
            raise ReplyError("garbage", "the reply is compressed, which was not asked for")
        is_json = response.headers.get("content-type", "").startswith("application/json")
        if is_json or not self._request["json"].get("stream"):
            body = await _read_at_most(response, _MAX_REPLY_BYTES)
            if len(body) > _MAX_REPLY_BYTES:
                raise ReplyError("too_long", f"the reply exceeds {_MAX_REPLY_BYTES:,} bytes")
            reply.write(message_content(body) or "")
            return
        decoder = DeltaDecoder(self._redact)
        async for data in response.aiter_raw():
            for delta in decoder.feed(data):
                reply.write(delta)
            if decoder.finished:
                return
        raise ReplyError("cut_off", "the reply ended before it was complete")


async def _read_at_most(response: httpx.Response, limit: int) -> bytes:
    """Return the body as it was sent, or its first `limit` + 1 bytes if it is longer."""
    body = bytearray()
    async for data in response.aiter_raw():
        body += data
        if len(body) > limit:
            break
    return bytes(body[: limit + 1])


def _retry_after(header: str) -> float | None:
    try:
        return min(max(0.0, float(header)), _MAX_RETRY_AFTER)
    except ValueError:  # missing, or a date
        return None
