"""A loopback server with both APIs over made-up papers, and faults on demand."""

from __future__ import annotations

import gzip
import html
import json
import socket
import ssl
import struct
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Fault = Callable[["Handler"], None]


@dataclass
class Paper:
    title: str
    summary: str
    version: int | None = 1
    published: str = "2025-05-14T12:00:00Z"
    more: dict[str, Any] = field(default_factory=dict)


def paper(number: int, **more: Any) -> Paper:
    return Paper(
        f"Paper {number} on made-up things", f"We make up thing {number}. It holds & is < than others.", **more
    )


@dataclass
class Request:
    """Attributes:
    end: when the reply was about to be sent, so before the client may have read it; 0 until then.
    alone: whether no other request was in progress at the same time.
    """

    start: float
    target: str
    agent: str
    cookie: str
    source: str
    ids: list[str]
    fault: str = ""
    end: float = 0.0
    alone: bool = True


def entry(paper_id: str, paper: Paper) -> str:
    version = f"v{paper.version}" if paper.version else ""
    return f"""  <entry>
    <id>http://arxiv.org/abs/{paper_id}{version}</id>
    <title>{html.escape(paper.title)}</title>
    <updated>2025-06-01T00:00:00Z</updated>
    <link href="https://arxiv.org/abs/{paper_id}{version}"/>
    <summary>{html.escape(paper.summary)}</summary>
    <published>{paper.published}</published>
    <arxiv:comment>made up</arxiv:comment>
    <author><name>Nobody</name></author>
  </entry>
"""


def feed(entries: str, total: int = 1) -> bytes:
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" \
xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/made-up</id>
  <title>a made-up feed</title>
  <opensearch:totalResults>{total}</opensearch:totalResults>
{entries}</feed>
""".encode()


def error_feed(message: str) -> bytes:
    return feed(
        "<entry><id>http://arxiv.org/api/errors#made_up</id><title>Error</title>"
        f"<summary>{html.escape(message)}</summary></entry>"
    )


class FakeUpstream(ThreadingHTTPServer):
    """Attributes:
    papers: the papers of arXiv; hf_papers: those of Hugging Face.
    arxiv, hf: faults for the next requests, in order; always: a fault for every request to a source.
    poison: ids for which a batch is refused as a whole, with `poison_status` and `poison_message`.
    total: the `totalResults` of every feed; None for the true number.
    log: the requests; tunnels: the targets of CONNECT requests; tunnel_to: the port that they all lead to.
    stopped: set when the server stops; ends every fault that waits.
    """

    daemon_threads = True
    request_queue_size = 50

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.papers: dict[str, Paper] = {}
        self.hf_papers: dict[str, Paper] = {}
        self.arxiv: deque[Fault] = deque()
        self.hf: deque[Fault] = deque()
        self.always: dict[str, Fault] = {}
        self.poison: set[str] = set()
        self.poison_status = 200
        self.poison_message = "incorrect id format"
        self.total: int | None = None
        self.log: list[Request] = []
        self.tunnel_to = 0
        self.tunnels: list[str] = []
        self.stopped = threading.Event()
        self._active: list[Request] = []
        self._guard = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def requests(self, source: str) -> list[Request]:
        return [request for request in self.log if request.source == source]

    def begin(self, request: Request) -> None:
        with self._guard:
            for other in [*self._active, request]:
                other.alone = other.alone and not self._active
            self._active.append(request)
            self.log.append(request)

    def finish(self, request: Request) -> None:
        with self._guard:
            if request in self._active:
                request.end = time.monotonic()
                self._active.remove(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # the client closed the connection, as it should


class Handler(BaseHTTPRequestHandler):
    server: FakeUpstream
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        source = "hf" if "/api/papers" in parts.path else "arxiv"
        query = parse_qs(parts.query)
        ids = query.get("id_list", [""])[0].split(",") if source == "arxiv" else [parts.path.split("/papers/")[-1]]
        agent, cookie = self.headers.get("User-Agent", ""), self.headers.get("Cookie", "")
        self.request_log = request = Request(time.monotonic(), self.path, agent, cookie, source, ids)
        self.server.begin(request)
        try:
            script = self.server.arxiv if source == "arxiv" else self.server.hf
            fault = script.popleft() if script else self.server.always.get(source)
            if fault:
                request.fault = fault.__qualname__.partition(".")[0]
                fault(self)
            else:
                self.reply(*(self.arxiv_answer(ids, query) if source == "arxiv" else self.hf_answer(ids[0])))
        finally:
            self.close_connection = True
            self.server.finish(request)

    def do_CONNECT(self) -> None:
        self.server.tunnels.append(self.path)
        with socket.create_connection(("127.0.0.1", self.server.tunnel_to)) as other:
            self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            back = threading.Thread(target=_copy, args=(other, self.connection), daemon=True)
            back.start()
            _copy(self.connection, other)
            back.join()
        self.close_connection = True

    def arxiv_answer(self, ids: list[str], query: dict[str, list[str]]) -> tuple[int, bytes]:
        if self.server.poison & set(ids):
            return self.server.poison_status, error_feed(self.server.poison_message)
        known = [key for key in ids if key in self.server.papers][: int(query.get("max_results", ["10"])[0])]
        entries = "".join(entry(key, self.server.papers[key]) for key in reversed(known))
        return 200, feed(entries, len(known) if self.server.total is None else self.server.total)

    def hf_answer(self, paper_id: str) -> tuple[int, bytes]:
        paper = self.server.hf_papers.get(paper_id)
        if paper is None:
            return 404, b'{"error": "no such paper"}'
        record = {"id": paper_id, "title": paper.title, "summary": paper.summary, "publishedAt": paper.published}
        return 200, json.dumps(record | paper.more).encode()

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), "Connection": "close", **headers}.items():
            if value:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.server.finish(self.request_log)
        self.wfile.write(body)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def status(code: int, body: bytes = b"no", **headers: str) -> Fault:
    def status(handler: Handler) -> None:
        handler.reply(code, body, **headers)

    status.__qualname__ = f"status {code}"
    return status


def raw(body: bytes, **headers: str) -> Fault:
    return status(200, body, **headers)


def throttled(**headers: str) -> Fault:
    return status(429, b"Too quick.", Content_Type="text/plain", **headers)


def redirect(to: str, code: int = 302) -> Fault:
    return status(code, b"", Location=to)


def truncated_xml(handler: Handler) -> None:
    """Ends with the connection, without a length: only the XML shows that something is missing."""
    handler.reply(200, feed(entry("2505.00001", paper(1)))[:-40], Content_Length="")


def short_body(handler: Handler) -> None:
    handler.reply(200, feed(""), Content_Length="5000")


def truncated_gzip(handler: Handler) -> None:
    handler.reply(200, gzip.compress(feed(entry("2505.00001", paper(1))))[:-20], Content_Encoding="gzip")


def dropped(handler: Handler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def hung_up(handler: Handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def _drip(handler: Handler, first: bytes) -> None:
    with suppress(OSError):
        handler.wfile.write(first)
        while not handler.server.stopped.wait(0.02):
            handler.wfile.write(b"x")
            handler.wfile.flush()


def drip(handler: Handler) -> None:
    _drip(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")


def drip_headers(handler: Handler) -> None:
    _drip(handler, b"HTTP/1.1 200 OK\r\nX-Slow: ")


def silence(handler: Handler) -> None:
    handler.server.stopped.wait(60)


def slow(handler: Handler) -> None:
    """Replies correctly, after half a second."""
    handler.server.stopped.wait(0.5)
    ids = parse_qs(urlsplit(handler.path).query)
    handler.reply(*handler.arxiv_answer(ids["id_list"][0].split(","), ids))


def giant(handler: Handler) -> None:
    with suppress(OSError):
        handler.reply(200, b"", Content_Length="")
        for _ in range(2_000):
            handler.wfile.write(b"<!-- large -->" * 5_000)


def bomb(encoding: str) -> Fault:
    """A hundred megabytes of spaces in a hundred kilobytes, sent at once."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, {"gzip": 31, "deflate": 15, "raw": -15}[encoding])
    body = b"".join([*(squeeze.compress(b" " * 1_000_000) for _ in range(100)), squeeze.flush()])

    def bomb(handler: Handler) -> None:
        handler.reply(200, body, Content_Encoding="deflate" if encoding == "raw" else encoding)

    return bomb


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[FakeUpstream]:
    server = FakeUpstream(tls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
