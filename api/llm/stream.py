"""A streamed reply off the network: one connection in an event loop of its own, which any thread may break off."""

from __future__ import annotations

import asyncio
import ssl
import threading
from contextlib import suppress
from typing import Any

import httpx

from .base import Reply
from .errors import ReplyError
from .protocol import Deltas, content_of, said, status_code

_MOST_OF_A_FAULT = 10_000  # bytes of a failure that are read
_MOST_OF_A_REPLY = 1_000_000  # bytes of a reply that a server does not stream although it was asked to


class Received(Reply):
    """The reply to one request.

    Args:
        request: what httpx is to post: url, headers, json.
        timeout: seconds that the whole reply may take.
        verify: how the server's certificate is checked.
    """

    def __init__(self, request: dict[str, Any], timeout: float, verify: ssl.SSLContext | bool) -> None:
        super().__init__()
        self._request, self._timeout, self._verify = request, timeout, verify
        self._lock = threading.Lock()
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None = None
        # An event loop, because a blocked socket of another thread cannot be closed, and a task can be cancelled.
        threading.Thread(target=self._run, name="nonmun-reply", daemon=True).start()

    def close(self) -> None:
        """Stop: the connection is closed at once, whatever it waits for."""
        super().close()
        with self._lock, suppress(RuntimeError):  # a loop that has ended in the meantime
            if self._running:
                loop, task = self._running
                loop.call_soon_threadsafe(task.cancel)

    def _run(self) -> None:
        end: Exception | None = None
        try:
            asyncio.run(self._receive())
        except asyncio.CancelledError:
            pass
        except ReplyError as error:
            end = error
        except TimeoutError:
            end = ReplyError("timeout", f"the reply took more than {self._timeout:g} s (llm_timeout)")
        except httpx.TimeoutException:
            end = ReplyError("timeout", "the server was silent for too long")
        except (httpx.ConnectError, httpx.UnsupportedProtocol, httpx.InvalidURL, OSError) as error:
            end = ReplyError("unreachable", f"no connection ({type(error).__name__})")
        except Exception as error:  # what a server can make the HTTP library raise has no common parent
            end = ReplyError("cut_off", f"the connection broke ({type(error).__name__})")
        self._pieces.put(end)

    async def _receive(self) -> None:
        task = asyncio.current_task()
        with self._lock:
            if self._closed.is_set() or task is None:
                return
            self._running = asyncio.get_running_loop(), task
        try:
            async with (
                asyncio.timeout(self._timeout),
                httpx.AsyncClient(timeout=self._timeout, verify=self._verify) as client,
                client.stream("POST", **self._request) as response,
            ):
                await self._read(response)
        finally:
            with self._lock:
                self._running = None

    async def _read(self, response: httpx.Response) -> None:
        if not response.is_success:
            body = await _most(response, _MOST_OF_A_FAULT)
            raise ReplyError(status_code(response.status_code), said(body, response.status_code))
        if response.headers.get("content-type", "").startswith("application/json"):  # it does not stream
            self._put(content_of(await _most(response, _MOST_OF_A_REPLY)) or "")
            return
        deltas = Deltas()
        async for data in response.aiter_bytes():
            for piece in deltas.feed(data):
                self._put(piece)
            if deltas.finished:
                return
        raise ReplyError("cut_off", "the reply ended in the middle")


async def _most(response: httpx.Response, limit: int) -> bytes:
    body = b""
    async for data in response.aiter_bytes():
        body += data
        if len(body) > limit:
            break
    return body[:limit]
