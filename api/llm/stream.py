"""A streamed chat completion over HTTP, on an event loop in a thread of its own, which any thread may cancel."""

from __future__ import annotations

import asyncio
import ssl
import threading
from contextlib import suppress
from typing import Any

import httpx

from .base import ReplyStream
from .errors import ReplyError
from .protocol import DeltaDecoder, error_summary, fault_code, message_content

_MAX_ERROR_BYTES = 10_000  # of an error response
_MAX_REPLY_BYTES = 1_000_000  # of a reply that the server does not stream although it was asked to


def open_http_reply(request: dict[str, Any], timeout: float, verify: ssl.SSLContext | bool) -> ReplyStream:
    """Send a request and return its reply at once; closing the reply closes the connection.

    Args:
        request: keyword arguments of the httpx request: url, headers, json.
        timeout: seconds until the whole reply has to be complete.
        verify: how to verify the server's certificate.
    """
    exchange = _Exchange(request, timeout, verify)
    reply = ReplyStream(exchange.cancel)
    threading.Thread(target=exchange.run, args=(reply,), name="nonmun-reply", daemon=True).start()
    return reply


class _Exchange:
    """A request and its response. An event loop, because a task can be cancelled and a blocked socket cannot."""

    def __init__(self, request: dict[str, Any], timeout: float, verify: ssl.SSLContext | bool) -> None:
        self._request, self._timeout, self._verify = request, timeout, verify
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
                await _read(response, reply)
        finally:
            with self._lock:
                self._running = None


async def _read(response: httpx.Response, reply: ReplyStream) -> None:
    if not response.is_success:
        body = await _read_at_most(response, _MAX_ERROR_BYTES)
        raise ReplyError(fault_code(response.status_code), error_summary(body, response.status_code))
    if response.headers.get("content-type", "").startswith("application/json"):  # not streamed
        reply.write(message_content(await _read_at_most(response, _MAX_REPLY_BYTES)) or "")
        return
    decoder = DeltaDecoder()
    async for data in response.aiter_bytes():
        for delta in decoder.feed(data):
            reply.write(delta)
        if decoder.finished:
            return
    raise ReplyError("cut_off", "the reply ended before it was complete")


async def _read_at_most(response: httpx.Response, limit: int) -> bytes:
    body = b""
    async for data in response.aiter_bytes():
        body += data
        if len(body) > limit:
            break
    return body[:limit]
