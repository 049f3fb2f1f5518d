"""What one request may not do: last too long, grow too large, or go where nobody sent it."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from nonmun.ingest.sources.config import Upstream, origin_of
from nonmun.ingest.sources.errors import TransientError, UpstreamError
from nonmun.ingest.sources.http.client import LARGEST, Client, Reply
from nonmun.ingest.sources.http.proxies import system_proxy
from nonmun.ingest.sources.http.transport import BoundTransport


@pytest.fixture
def get(server: Any, upstream: Callable[..., Upstream]) -> Any:
    """Ask the server once, redirects included."""
    hops: list[int] = []

    def get(path: str = "/api/query", transport: httpx.BaseTransport | None = None, **configuration: Any) -> Reply:
        client = Client(upstream(**configuration), transport)
        try:
            return client.get(httpx.URL(server.url + path), lambda: hops.append(1))
        finally:
            client.close()

    get.hops = hops
    return get


@pytest.mark.parametrize("fault", ["drip", "drip_headers", "silence"])
def test_a_slow_server_does_not_pass_the_deadline(server: Any, fake: Any, get: Any, fault: str) -> None:
    server.arxiv.append(getattr(fake, fault))
    start = time.monotonic()
    with pytest.raises(TransientError, match=r"no whole answer within 0\.3 s"):
        get(deadline=0.3)
    assert 0.25 < time.monotonic() - start < 2


def test_a_name_that_is_not_resolved_does_not_pass_the_deadline(server: Any, get: Any, upstream: Any) -> None:
    def slow(host: str, port: int) -> list[str]:
        server.stopped.wait(10)
        return ["127.0.0.1"]

    start = time.monotonic()
    with pytest.raises(TransientError, match="not resolved in time"):
        get(deadline=0.2, transport=BoundTransport(upstream().origins, slow))
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("fault", [OSError("no such name"), UnicodeError("label too long")])
def test_a_name_that_does_not_exist_may_exist_later(get: Any, upstream: Any, fault: Exception) -> None:
    def nothing(host: str, port: int) -> list[str]:
        raise fault

    with pytest.raises(TransientError, match=str(fault)):
        get(transport=BoundTransport(upstream().origins, nothing))


def test_redirects_share_the_deadline(server: Any, fake: Any, get: Any) -> None:
    server.arxiv += [fake.redirect("/api/query?again"), fake.drip]
    start = time.monotonic()
    with pytest.raises(TransientError, match="no whole answer"):
        get(deadline=0.3)
    assert time.monotonic() - start < 2


def test_a_giant_is_stopped(server: Any, fake: Any, get: Any) -> None:
    server.arxiv.append(fake.giant)
    with pytest.raises(UpstreamError, match="larger than 5,000,000 bytes"):
        get()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw"])
def test_a_bomb_is_stopped_while_it_streams(server: Any, fake: Any, get: Any, encoding: str) -> None:
    server.arxiv.append(fake.bomb(encoding))
    tracemalloc.start()
    try:
        with pytest.raises(UpstreamError, match="larger than 5,000,000 bytes"):
            get()
        assert tracemalloc.get_traced_memory()[1] < 3 * LARGEST
    finally:
        tracemalloc.stop()


PLAIN = b"<feed>made up</feed>" * 500


def _raw_deflate(body: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(body) + squeeze.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("", PLAIN),
        ("identity", PLAIN),
        ("gzip", gzip.compress(PLAIN, mtime=0)),
        ("X-GZIP", gzip.compress(PLAIN, mtime=0)),
        ("deflate", zlib.compress(PLAIN)),
        ("deflate", _raw_deflate(PLAIN)),
    ],
)
def test_bodies_are_decoded(server: Any, fake: Any, get: Any, encoding: str, body: bytes) -> None:
    server.arxiv.append(fake.raw(body, Content_Encoding=encoding))
    assert get() == Reply(200, PLAIN)


@pytest.mark.parametrize("body", [gzip.compress(PLAIN, mtime=0)[:-9], b"", b"\x1f", b"no gzip at all"])
def test_damaged_gzip_may_be_whole_next_time(server: Any, fake: Any, get: Any, body: bytes) -> None:
    server.arxiv.append(fake.raw(body, Content_Encoding="gzip"))
    with pytest.raises(TransientError, match=r"ends early|damaged"):
        get()


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip"])
def test_other_encodings_are_refused(server: Any, fake: Any, get: Any, encoding: str) -> None:
    server.arxiv.append(fake.raw(b"x", Content_Encoding=encoding))
    with pytest.raises(UpstreamError, match="was not asked for"):
        get()


def test_a_redirect_within_the_host_is_followed_at_its_pace(server: Any, fake: Any, get: Any) -> None:
    server.arxiv += [fake.redirect("/api/query?b", code) for code in (301, 307, 308)]
    assert get("/api/query?a").status == 200
    assert len(get.hops) == 3
    assert [request.target for request in server.log] == ["/api/query?a"] + ["/api/query?b"] * 3


def test_a_loop_ends(server: Any, fake: Any, get: Any) -> None:
    server.always = {"arxiv": fake.redirect("/api/query")}
    with pytest.raises(UpstreamError, match="more than 3 redirects"):
        get()
    assert len(server.log) == 4


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/api/query",
        "http://127.0.0.1:1/api/query",
        "http://localhost/",
        "//169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "gopher://127.0.0.1/",
        "http://user:word@127.0.0.1/",
    ],
)
def test_other_places_are_not_visited(server: Any, fake: Any, get: Any, target: str) -> None:
    server.arxiv.append(fake.redirect(target))
    with pytest.raises(UpstreamError, match="is not followed"):
        get()
    assert len(server.log) == 1


@pytest.mark.parametrize("target", ["http://[", "http://a:b:c/", "javascript:alert(1)"])
def test_a_redirect_to_no_url(server: Any, fake: Any, get: Any, target: str) -> None:
    server.arxiv.append(fake.redirect(target))
    with pytest.raises(UpstreamError, match=r"a redirect to no URL|is not followed"):
        get()


def test_a_redirect_without_a_target_is_an_answer_that_makes_no_sense(server: Any, fake: Any, get: Any) -> None:
    server.arxiv.append(fake.status(302))
    with pytest.raises(UpstreamError, match="HTTP 302"):
        get()


def test_a_public_host_at_a_private_address_is_not_visited(server: Any, upstream: Any) -> None:
    asked: list[str] = []

    def rebound(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1"]

    transport = BoundTransport([], rebound, lambda _: None)
    client = Client(upstream(arxiv_url="https://export.arxiv.org/api/query"), transport)
    with pytest.raises(UpstreamError, match=r"export\.arxiv\.org resolves to 127\.0\.0\.1, which is not on the public"):
        client.get(httpx.URL("https://export.arxiv.org/api/query"), lambda: None)
    client.close()
    assert (asked, server.log) == (["export.arxiv.org"], [])


def test_the_address_that_was_checked_is_the_one_connected_to(server: Any, upstream: Any) -> None:
    """A name that only our resolver knows, so that no second look-up can have happened; the Host header keeps it."""
    mirror = f"http://mirror.invalid:{server.server_port}/api/query"
    configuration = upstream(arxiv_url=mirror)
    transport = BoundTransport(configuration.origins, lambda host, port: ["127.0.0.2", "127.0.0.1"])
    client = Client(configuration, transport)
    assert client.get(httpx.URL(mirror), lambda: None).status == 200
    client.close()


def test_a_proxy_of_the_environment_is_used(server: Any, upstream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "direct.invalid")
    mirror = "http://mirror.invalid/api/query"
    client = Client(upstream(arxiv_url=mirror))
    assert client.get(httpx.URL(mirror), lambda: None).status == 200
    client.close()
    assert [request.target for request in server.log] == [mirror]
    assert system_proxy(httpx.URL("http://direct.invalid/")) is None
    assert system_proxy(httpx.URL("http://127.0.0.1/")) is None
    assert system_proxy(httpx.URL("http://localhost/")) is None


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "ftp://127.0.0.1:1", "http://a:b:c"])
def test_a_proxy_that_cannot_be_used_is_named(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(UpstreamError, match="proxy"):
        system_proxy(httpx.URL("https://export.arxiv.org/api/query"))


def test_a_transport_can_be_passed_in(upstream: Any) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=b"hello", headers={"Set-Cookie": "a=b"})

    client = Client(upstream(), httpx.MockTransport(answer))
    url = httpx.URL(upstream().arxiv_url)
    assert client.get(url, lambda: None) == client.get(url, lambda: None) == Reply(200, b"hello")
    assert all("cookie" not in request.headers for request in seen)


def test_origins() -> None:
    assert origin_of(httpx.URL("https://EXPORT.arxiv.org/x")) == origin_of(httpx.URL("https://export.arxiv.org:443"))
    assert origin_of(httpx.URL("http://export.arxiv.org")) != origin_of(httpx.URL("https://export.arxiv.org"))
