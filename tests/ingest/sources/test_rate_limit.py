"""Pauses across processes, waits that servers request, retries, public addresses, invalid configurations."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time as real_time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.domain.errors import ConfigError
from nonmun.ingest.sources.config import SourceConfig
from nonmun.ingest.sources.errors import SourceError, TransientError
from nonmun.ingest.sources.http.network import is_public
from nonmun.ingest.sources.http.rate_limit import RateLimiter
from nonmun.ingest.sources.http.retry import requested_wait, retry_transient
from nonmun.ingest.sources.http.timing import Timing

FETCH = """
    import sys
    from pathlib import Path
    from nonmun.ingest.sources.config import SourceConfig
    from nonmun.ingest.sources.fetch import fetch_abstracts
    from nonmun.ingest.sources.http.timing import Timing
    url, state, first, count, pause = sys.argv[1:]
    ids = [f"2505.{number:05}" for number in range(int(first), int(first) + int(count))]
    print("ready", flush=True)
    sys.stdin.readline()
    config = SourceConfig(Path(state), f"{url}/api/query", f"{url}/api/papers", arxiv_pause=float(pause))
    for batch in fetch_abstracts(ids, config, timing=Timing(jitter=lambda: 0.0)):
        print(*(outcome.status for outcome in batch), flush=True)
"""


def start(server: Any, state: Path, first: int, count: int, pause: float) -> subprocess.Popen[str]:
    arguments = [server.url, str(state), str(first), str(count), str(pause)]
    code = textwrap.dedent(FETCH)
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdout
    assert process.stdin
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()


def test_two_processes_share_one_pause_and_one_connection(server: Any, fake: Any, tmp_path: Path) -> None:
    server.papers = {f"2505.{number:05}": fake.paper(number) for number in range(400)}
    server.arxiv += [fake.slow] * 2  # longer than the pause: without the lock they would overlap
    processes = [start(server, tmp_path / "state", first, 100, 0.2) for first in (0, 200)]
    for process in processes:
        go(process)
    outputs = [process.communicate(timeout=250)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert all(output.split() == ["found"] * 100 for output in outputs)
    assert len(server.log) == 10
    assert all(request.alone for request in server.log)
    gaps = [later.start - earlier.end for earlier, later in pairwise(server.log)]
    assert min(gaps) >= 0.199  # two clocks: the client's sleep, the server's stamps


def test_lock_of_a_killed_process_is_free(server: Any, fake: Any, fetch: Any, tmp_path: Path) -> None:
    server.papers = {"2505.00001": fake.paper(1)}
    server.arxiv.append(fake.silence)
    process = start(server, tmp_path / "state", 1, 1, 0.2)
    go(process)
    while not server.log:
        real_time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=250)
    assert fetch("2505.00001")["2505.00001"].status == "found"


@pytest.fixture
def limiter(tmp_path: Path, time: Any) -> Callable[[], RateLimiter]:
    """A limiter as another process would make it, over the same files."""
    return lambda: RateLimiter(tmp_path / "a" / "b", "host", time.timing)


def request(limiter: RateLimiter) -> None:
    with limiter.acquire(3.0):
        pass


def test_next_process_keeps_the_pause(limiter: Callable[[], RateLimiter], time: Any) -> None:
    request(limiter())
    assert time.slept == []
    time.now += 1.0
    request(limiter())
    assert time.slept == [2.0]
    time.now += 10
    request(limiter())
    assert time.slept == [2.0]


def test_pause_starts_at_the_end_of_a_request(limiter: Callable[[], RateLimiter], time: Any) -> None:
    with limiter().acquire(3.0) as before_redirect:
        time.now += 20
        before_redirect()
        time.now += 20
    request(limiter())
    assert time.slept == [3.0, 3.0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"[" * 99_999,
        b'{"last": null}',
        b'{"last": "x", "until": 0}',
        b'{"last": NaN, "until": 0}',
        b'{"last": 1e999, "until": 1}',
        b'{"last": 9999999999999, "until": 0}',
    ],
)
def test_damaged_file_and_future_times_cost_one_pause(
    limiter: Callable[[], RateLimiter], time: Any, tmp_path: Path, content: bytes
) -> None:
    request(limiter())
    (tmp_path / "a" / "b" / "host.json").write_bytes(content)
    request(limiter())
    assert time.slept == [3.0]


def test_clock_that_was_set_back_costs_one_pause(limiter: Callable[[], RateLimiter], time: Any) -> None:
    request(limiter())
    limiter().back_off(100)
    time.now -= 100_000
    request(limiter())
    assert time.slept == [3.0]


def test_backs_off_as_requested(limiter: Callable[[], RateLimiter], time: Any) -> None:
    def throttled(seconds: float) -> None:
        shared = limiter()
        with shared.acquire(3.0):
            shared.back_off(seconds)

    throttled(60)
    request(limiter())
    assert time.slept == [60.0]
    time.now += 10
    throttled(10**9)
    time.now += 1
    with pytest.raises(SourceError, match="another 3599 s"):
        request(limiter())
    assert len(time.slept) == 1


def test_folder_that_cannot_be_created_keeps_the_pause_of_this_process(tmp_path: Path, time: Any) -> None:
    (tmp_path / "file").write_text("in the way")
    limiter = RateLimiter(tmp_path / "file" / "state", "host", time.timing)
    request(limiter)
    request(limiter)
    assert time.slept == [3.0]


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    folder.chmod(0o500)
    try:
        yield
    finally:
        folder.chmod(0o700)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_read_only_folder_keeps_the_pause_of_this_process(tmp_path: Path, time: Any) -> None:
    limiter = RateLimiter(tmp_path, "host", time.timing)
    with read_only(tmp_path):
        request(limiter)
        request(limiter)
    assert time.slept == [3.0]


@pytest.mark.parametrize(
    ("headers", "throttled", "expected"),
    [
        ({}, True, None),
        ({"retry-after": "7"}, False, 7.0),
        ({"retry-after": " 0 "}, True, 0.0),
        ({"retry-after": "2.5"}, True, 2.5),
        ({"retry-after": "Thu, 01 Jan 1970 00:17:40 GMT"}, True, 60.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, True, 0.0),
        ({"retry-after": "-5"}, True, None),
        ({"retry-after": "soon"}, True, None),
        ({"retry-after": "9" * 5_000}, True, None),
        ({"retry-after": "٣"}, True, None),
        ({"ratelimit": '"api";r=0;t=55'}, True, 55.0),
        ({"ratelimit": '"api";r=3;t=55'}, False, None),
        ({"ratelimit": '"api";r=3;t=55'}, True, 55.0),
        ({"ratelimit": "junk"}, True, None),
        ({"retry-after": "5", "ratelimit": '"api";r=0;t=55'}, True, 5.0),
    ],
)
def test_requested_wait_of_headers(headers: dict[str, str], throttled: bool, expected: float | None) -> None:
    assert requested_wait(headers, 1_000.0, throttled) == expected


@given(st.dictionaries(st.sampled_from(["retry-after", "ratelimit"]), st.text()))
def test_accepts_any_header(headers: dict[str, str]) -> None:
    wait = requested_wait(headers, 1e9, True)
    assert wait is None or wait >= 0


def test_backoff_doubles_up_to_a_limit_with_jitter() -> None:
    def never() -> None:
        raise TransientError("no")

    for jitter, expected in ((0.0, [2, 4, 8, 16, 32, 60, 60]), (1.0, [1, 2, 4, 8, 16, 30, 30])):
        slept: list[float] = []
        with pytest.raises(TransientError, match="no"):
            retry_transient(never, 8, Timing(slept.append, jitter=lambda value=jitter: value))
        assert slept == expected


def test_requested_wait_is_not_undercut() -> None:
    errors = iter([TransientError("", 100.0), TransientError("", 0.0), TransientError("", 121.0)])

    def fail() -> None:
        raise next(errors)

    slept: list[float] = []
    with pytest.raises(SourceError, match="asks to wait 121 s"):
        retry_transient(fail, 8, Timing(slept.append, jitter=lambda: 0.5))
    assert slept == [100.5, 3.0]


PRIVATE = """0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1 192.0.2.1 192.168.1.1 198.18.0.1
    224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 :: ::1 fe80::1 fe80::1%eth0 fc00::1 fd12::1 ff02::1 2001:db8::1
    fec0::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 2002:7f00:1::1 2002:a00:1:: localhost 1
    0x7f.1 3fff::1 192.88.99.1 168.63.129.16"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["128.84.21.199", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "settings",
    [
        {"arxiv_url": "file:///etc/passwd"},
        {"arxiv_url": "export.arxiv.org"},
        {"arxiv_url": "http://["},
        {"huggingface_url": "https://user:word@huggingface.co/api/papers"},
        {"contact": "a\r\nX-Evil: b"},
        {"contact": "메일"},
        {"arxiv_pause": 1.0},
        {"arxiv_pause": float("nan")},
        {"arxiv_pause": -1.0},
        {"deadline": 0.0},
        {"deadline": float("inf")},
        {"attempts": 0},
        {"huggingface_pause": 1e9},
    ],
)
def test_invalid_configurations(tmp_path: Path, settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(settings))):
        SourceConfig(state=tmp_path, **settings)


def test_default_configuration_uses_the_public_hosts_over_https(tmp_path: Path) -> None:
    hosts = {(origin.scheme, origin.host, origin.port) for origin in SourceConfig(tmp_path).origins}
    assert hosts == {("https", "export.arxiv.org", 443), ("https", "huggingface.co", 443)}
    SourceConfig(tmp_path, arxiv_url="http://mirror.example/query", arxiv_pause=0.0)
