"""Bounds of one request: time, size, redirects, addresses."""

from __future__ import annotations

import gzip
import threading
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from nonmun.ingest.sources.config import HttpOrigin, SourceConfig
from nonmun.ingest.sources.errors import SourceError, TransientError
from nonmun.ingest.sources.http.client import MAX_RESPONSE_BYTES, HttpClient, HttpReply
from nonmun.ingest.sources.http.network import system_proxy, system_resolver
from nonmun.ingest.sources.http.timing import SYSTEM_TIMING, Timing


@pytest.fixture
def get(server: Any, config: Callable[..., SourceConfig]) -> Any:
    """Send one request to the server, and those that redirects make necessary."""
    redirects: list[int] = []

    def get(
        path: str = "/api/query", timing: Timing = SYSTEM_TIMING, resolver: Any = system_resolver, **settings: Any
    ) -> HttpReply:
        client = HttpClient(config(**settings), timing, resolver)
        return client.get(httpx.URL(server.url + path), lambda: redirects.append(1))

    get.redirects = redirects
    return get


class StoppedClock:
    """A monotonic clock that is constant for some number of readings, then jumps far ahead."""

    def __init__(self, readings: int) -> None:
        self.readings, self.passed = 0, readings
        self.timing = Timing(monotonic=self)

    def __call__(self) -> float:
        self.readings += 1
        return 0.0 if self.readings <= self.passed else 1e6


@pytest.mark.parametrize("fault", ["drip", "drip_headers", "silence"])
def test_slow_server_does_not_exceed_the_deadline(server: Any, fake: Any, get: Any, fault: str) -> None:
    server.arxiv.append(getattr(fake, fault))
    with pytest.raises(TransientError, match=r"no complete response within 0\.3 s"):
        get(deadline=0.3)


@pytest.mark.parametrize("fault", ["drip", "drip_headers"])
def test_every_read_checks_the_deadline(server: Any, fake: Any, get: Any, fault: str) -> None:
    """Each byte arrives in time; only the clock, which jumps after the 20th reading, ends the request."""
    server.arxiv.append(getattr(fake, fault))
    clock = StoppedClock(20)
    with pytest.raises(TransientError, match="no complete response within 60 s: the deadline has passed"):
        get(timing=clock.timing)
    assert clock.readings == 21


def test_name_resolution_does_not_exceed_the_deadline(server: Any, get: Any) -> None:
    """The resolver blocks until the test releases it, so the error can only come from the deadline."""
    release, resolved = threading.Event(), threading.Event()

    def blocked(host: str, port: int) -> list[str]:
        release.wait(60)
        resolved.set()
        return ["127.0.0.1"]

    try:
        with pytest.raises(TransientError, match=r"within 0\.2 s: the host name was not resolved in time"):
            get(deadline=0.2, timing=StoppedClock(1_000).timing, resolver=blocked)
        assert not resolved.is_set()
    finally:
        release.set()
    assert server.log == []


@pytest.mark.parametrize("fault", [OSError("no such name"), UnicodeError("label too long")])
def test_unknown_name_is_transient(get: Any, fault: Exception) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise fault

    with pytest.raises(TransientError, match=str(fault)):
        get(resolver=unknown)


def test_redirects_share_the_deadline(server: Any, fake: Any, config: Callable[..., SourceConfig]) -> None:
    server.arxiv.append(fake.redirect("/api/query?again"))
    now = [0.0]
    client = HttpClient(config(deadline=60), Timing(monotonic=lambda: now[0]))
    with pytest.raises(TransientError, match="no complete response within 60 s"):
        client.get(httpx.URL(f"{server.url}/api/query"), lambda: now.append(now.pop() + 61))
    assert len(server.log) == 1


def test_rejects_a_body_over_the_limit(server: Any, fake: Any, get: Any) -> None:
    server.arxiv.append(fake.giant)
    with pytest.raises(SourceError, match="larger than 5,000,000 bytes"):
        get()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw"])
def test_stops_a_decompression_bomb_while_it_expands(server: Any, fake: Any, get: Any, encoding: str) -> None:
    server.arxiv.append(fake.bomb(encoding))
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match="larger than 5,000,000 bytes"):
            get()
        assert tracemalloc.get_traced_memory()[1] < 3 * MAX_RESPONSE_BYTES
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
def test_decodes_bodies(server: Any, fake: Any, get: Any, encoding: str, body: bytes) -> None:
    server.arxiv.append(fake.raw(body, Content_Encoding=encoding))
    assert get() == HttpReply(200, PLAIN)


@pytest.mark.parametrize("body", [gzip.compress(PLAIN, mtime=0)[:-9], b"", b"\x1f", b"no gzip at all"])
def test_damaged_gzip_is_transient(server: Any, fake: Any, get: Any, body: bytes) -> None:
    server.arxiv.append(fake.raw(body, Content_Encoding="gzip"))
    with pytest.raises(TransientError, match=r"ends early|damaged"):
        get()


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip"])
def test_rejects_other_encodings(server: Any, fake: Any, get: Any, encoding: str) -> None:
    server.arxiv.append(fake.raw(b"x", Content_Encoding=encoding))
    with pytest.raises(SourceError, match="was not asked for"):
        get()


def test_follows_redirects_within_the_host_after_a_pause(server: Any, fake: Any, get: Any) -> None:
    server.arxiv += [fake.redirect("/api/query?b", code) for code in (301, 307, 308)]
    assert get("/api/query?a").status == 200
    assert len(get.redirects) == 3
    assert [request.target for request in server.log] == ["/api/query?a"] + ["/api/query?b"] * 3


def test_limits_the_number_of_redirects(server: Any, fake: Any, get: Any) -> None:
    server.always = {"arxiv": fake.redirect("/api/query")}
    with pytest.raises(SourceError, match="more than 3 redirects"):
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
def test_does_not_follow_redirects_to_other_origins(server: Any, fake: Any, get: Any, target: str) -> None:
    server.arxiv.append(fake.redirect(target))
    with pytest.raises(SourceError, match="is not followed"):
        get()
    assert len(server.log) == 1


def test_does_not_follow_redirects_with_credentials(server: Any, fake: Any, get: Any) -> None:
    server.arxiv.append(fake.redirect(f"http://user:word@127.0.0.1:{server.server_port}/api/query"))
    with pytest.raises(SourceError, match=r"a redirect to http://127\.0\.0\.1:\d+ is not followed"):
        get()


@pytest.mark.parametrize("target", ["http://[", "http://a:b:c/", "javascript:alert(1)"])
def test_rejects_a_redirect_to_an_invalid_url(server: Any, fake: Any, get: Any, target: str) -> None:
    server.arxiv.append(fake.redirect(target))
    with pytest.raises(SourceError, match=r"a redirect to an invalid URL|is not followed"):
        get()


def test_rejects_a_redirect_without_a_target(server: Any, fake: Any, get: Any) -> None:
    server.arxiv.append(fake.status(302))
    with pytest.raises(SourceError, match="HTTP 302"):
        get()


def test_does_not_connect_to_a_private_address_of_a_public_host(
    server: Any, config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved: list[str] = []

    def rebound(host: str, port: int) -> list[str]:
        resolved.append(host)
        return ["127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1"]

    monkeypatch.setenv("no_proxy", "*")
    client = HttpClient(config(arxiv_url="https://export.arxiv.org/api/query"), resolver=rebound)
    with pytest.raises(SourceError, match=r"export\.arxiv\.org resolves to 127\.0\.0\.1, which is not on the public"):
        client.get(httpx.URL("https://export.arxiv.org/api/query"), lambda: None)
    assert (resolved, server.log) == (["export.arxiv.org"], [])


def test_connects_to_the_address_that_was_checked(server: Any, config: Any) -> None:
    """Only the test's resolver resolves the name, so a second look-up would fail. The Host header keeps the name."""
    mirror = f"http://mirror.invalid:{server.server_port}/api/query"
    client = HttpClient(config(arxiv_url=mirror), resolver=lambda host, port: ["127.0.0.2", "127.0.0.1"])
    assert client.get(httpx.URL(mirror), lambda: None).status == 200


def test_uses_the_proxy_of_the_environment(server: Any, config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "direct.invalid")
    mirror = "http://mirror.invalid/api/query"
    client = HttpClient(config(arxiv_url=mirror))
    assert client.get(httpx.URL(mirror), lambda: None).status == 200
    assert [request.target for request in server.log] == [mirror]
    assert system_proxy(httpx.URL("http://direct.invalid/")) is None
    assert system_proxy(httpx.URL("http://127.0.0.1/")) is None
    assert system_proxy(httpx.URL("http://localhost/")) is None


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "ftp://127.0.0.1:1", "http://a:b:c"])
def test_reports_a_proxy_that_cannot_be_used(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(SourceError, match="proxy"):
        system_proxy(httpx.URL("https://export.arxiv.org/api/query"))


def test_keeps_no_cookies(server: Any, fake: Any, config: Any) -> None:
    server.always = {"arxiv": fake.raw(b"hello", Set_Cookie="a=b")}
    client, url = HttpClient(config()), httpx.URL(f"{server.url}/api/query")
    assert client.get(url, lambda: None) == client.get(url, lambda: None) == HttpReply(200, b"hello")
    assert [request.cookie for request in server.log] == ["", ""]


def test_sends_the_path_as_it_is(server: Any, get: Any) -> None:
    get("/api/query;a=b?c=%2Fd")
    assert server.log[0].target == "/api/query;a=b?c=%2Fd"


def test_compares_origins() -> None:
    assert HttpOrigin.of(httpx.URL("https://EXPORT.arxiv.org/x")) == HttpOrigin.of(
        httpx.URL("https://export.arxiv.org:443")
    )
    assert HttpOrigin.of(httpx.URL("http://export.arxiv.org")) != HttpOrigin.of(httpx.URL("https://export.arxiv.org"))
