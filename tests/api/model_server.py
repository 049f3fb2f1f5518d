"""A loopback server of the OpenAI streaming protocol that behaves as a test programs it."""

from __future__ import annotations

import json
import re
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ChatRequest = dict[str, Any]
Behaviour = Callable[["Exchange"], None]


class Exchange:
    """A request, and the ways to respond to it.

    Attributes:
        body: the JSON body of the request.
    """

    def __init__(self, handler: BaseHTTPRequestHandler, body: ChatRequest) -> None:
        self.handler, self.body = handler, body

    @property
    def passages(self) -> dict[int, list[str]]:
        """The passages of the prompt by number: their lines, the title first."""
        content: str = self.body["messages"][-1]["content"]
        fence = content.splitlines()[0]
        passages: dict[int, list[str]] = {}
        for block in content.split(fence)[1].strip("\n").split("\n\n"):
            head, *lines = block.splitlines()
            number, title = re.fullmatch(r"\[(\d+)\] (.*)", head).groups()  # type: ignore[union-attr]
            passages[int(number)] = [title, *lines]
        return passages

    @property
    def lang(self) -> str:
        return "ko" if re.search("[가-힣]", self.body["messages"][0]["content"]) else "en"

    def sentence(self, number: int = 1) -> str:
        """Return the longest line of a passage in the language of the answer, without Markdown."""
        lines = [re.sub(r"\*\*[^*]*\*\*:?\s*|\*", "", line) for line in self.passages[number][1:]]
        return max((line for line in lines if bool(re.search("[가-힣]", line)) == (self.lang == "ko")), key=len)

    def begin(self, status: int = 200, content_type: str = "text/event-stream", **headers: str) -> None:
        self.handler.send_response(status)
        self.handler.send_header("content-type", content_type)
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.send_header("connection", "close")
        self.handler.end_headers()
        self.handler.close_connection = True

    def send(self, data: bytes) -> None:
        self.handler.wfile.write(data)
        self.handler.wfile.flush()

    def piece(self, text: str) -> None:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        event = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        self.send(f"data: {json.dumps(event)}\n\n".encode())

    def end(self) -> None:
        self.send(b"data: [DONE]\n\n")

    def cut(self) -> None:
        self.handler.connection.shutdown(socket.SHUT_RDWR)

    def wait_for_disconnect(self, seconds: float) -> bool:
        """Return whether the client closes the connection within some seconds."""
        ready, _, _ = select.select([self.handler.connection], [], [], seconds)
        if not ready:
            return False
        try:
            return self.handler.connection.recv(1) == b""
        except OSError:
            return True


class ModelServer:
    """The server.

    Attributes:
        behave: how it responds to a request; replace it to program the server.
        requests: bodies of the requests so far.
        keys: their authorization headers.
        disconnected: set when a client has closed its connection before the reply was complete.
    """

    def __init__(self) -> None:
        self.requests: list[ChatRequest] = []
        self.keys: list[str] = []
        self.behave: Behaviour = citing
        self.disconnected = threading.Event()

    def __enter__(self) -> ModelServer:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                server.requests.append(body)
                server.keys.append(self.headers.get("authorization", ""))
                try:
                    server.behave(Exchange(self, body))
                except (BrokenPipeError, ConnectionResetError):
                    server.disconnected.set()

            def finish(self) -> None:
                with suppress(OSError):
                    super().finish()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/v1"


def replying(text: str | Callable[[Exchange], str], pause: float = 0, size: int = 7) -> Behaviour:
    """Stream a text in small pieces."""

    def behave(exchange: Exchange) -> None:
        words = text if isinstance(text, str) else text(exchange)
        exchange.begin()
        for at in range(0, len(words), size):
            exchange.piece(words[at : at + size])
            time.sleep(pause)
        exchange.end()

    return behave


def cited_sentences(exchange: Exchange) -> str:
    """Return a sentence of each of the first two passages that have one in the language of the answer, with markers."""
    parts: list[str] = []
    for number in exchange.passages:
        try:
            parts.append(f"{exchange.sentence(number)} [{number}]")
        except ValueError:
            continue
    return " ".join(parts[:2])


citing = replying(cited_sentences)


def status(code: int, body: object = None, **headers: str) -> Behaviour:
    """Respond with an error status."""

    def behave(exchange: Exchange) -> None:
        exchange.begin(code, "application/json", **headers)
        exchange.send(json.dumps(body or {"error": {"message": "not now"}}).encode())

    return behave


def sending(*data: bytes, content_type: str = "text/event-stream") -> Behaviour:
    """Send arbitrary bytes and end."""

    def behave(exchange: Exchange) -> None:
        exchange.begin(content_type=content_type)
        for part in data:
            exchange.send(part)

    return behave


def hanging(server: ModelServer, pieces: Iterable[str] = (), begins: bool = True) -> Behaviour:
    """Send some pieces or none, and then neither go on nor end."""

    def behave(exchange: Exchange) -> None:
        if begins:
            exchange.begin()
        for piece in pieces:
            exchange.piece(piece)
        if exchange.wait_for_disconnect(20):
            server.disconnected.set()

    return behave


class Silent:
    """Begin a reply, then neither go on nor end until the client leaves.

    Attributes:
        begun: released once for each request.
        ended: released once for each client that has left.
    """

    def __init__(self) -> None:
        self.begun, self.ended = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, exchange: Exchange) -> None:
        exchange.begin()
        self.begun.release()
        if exchange.wait_for_disconnect(280):
            self.ended.release()


def cutting(text: Callable[[Exchange], str]) -> Behaviour:
    """Cut the connection in mid-stream."""

    def behave(exchange: Exchange) -> None:
        exchange.begin()
        exchange.piece(text(exchange))
        exchange.cut()

    return behave


def endless(piece: str, pause: float = 0) -> Behaviour:
    """Stream the same piece for ever."""

    def behave(exchange: Exchange) -> None:
        exchange.begin()
        while True:
            exchange.piece(piece)
            time.sleep(pause)

    return behave
