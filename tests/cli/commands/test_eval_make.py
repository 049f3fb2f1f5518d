"""`nonmun eval make --from llm`: the key from a file, replies without an end, and errors without secrets."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ...api.model_server import Behaviour, Exchange, ModelServer, status

KEY = "sk-of-a-file"
PASSWORD = "p4ssword"
BASIC = base64.b64encode(f"kim:{PASSWORD}".encode()).decode()
QUESTION = "Is there work on a training procedure that holds up with few resources?"
Run = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.usefixtures("ingested")


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture
def make(run: Run, server: ModelServer, tmp_path: Path) -> Run:
    (tmp_path / "key").write_text(f"{KEY}\n")

    def make(*args: str | Path, url: str = server.url) -> subprocess.CompletedProcess[str]:
        environment = {"NONMUN_LLM_URL": url, "NONMUN_LLM_MODEL": "m", "NONMUN_LLM_KEY_FILE": str(tmp_path / "key")}
        return run("eval", "make", tmp_path / "set", "--from", "llm", "--lang", "en", *args, **environment)

    return make


def asking(exchange: Exchange) -> None:
    exchange.begin(content_type="application/json")
    exchange.send(json.dumps({"choices": [{"message": {"content": QUESTION}}]}).encode())


def endless(exchange: Exchange) -> None:
    exchange.begin(content_type="application/json")
    exchange.send(b'{"choices": [{"message": {"content": "')
    while True:
        exchange.send(b"x" * 65_536)


def echoing(exchange: Exchange) -> None:
    """Refuse a key by an error that holds it, and the URL."""
    host = exchange.handler.headers["host"]
    message = f"{exchange.handler.headers['authorization']} {KEY} is wrong at http://kim:{PASSWORD}@{host}/"
    status(401, {"error": {"message": message}})(exchange)


def test_sends_the_key_of_a_file(make: Run, server: ModelServer, tmp_path: Path) -> None:
    server.behave = asking
    done = make("--count", "2")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert set(server.keys) == {f"Bearer {KEY}"}
    written = [path.read_text() for path in (tmp_path / "set").iterdir()]
    assert any(QUESTION in text for text in written)
    assert not any(KEY in text for text in written)


@pytest.mark.parametrize(("behave", "words"), [(endless, "the reply exceeds 1,000,000 bytes"), (echoing, "401 ")])
@pytest.mark.parametrize("with_password", [False, True])
def test_fails_in_one_short_line_without_secrets(
    make: Run, server: ModelServer, behave: Behaviour, words: str, with_password: bool
) -> None:
    server.behave = behave
    url = server.url.replace("//", f"//kim:{PASSWORD}@") if with_password else server.url
    done = make("--count", "2", url=url)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"nonmun: {server.url}: ")
    assert words in line
    assert "0 of 2 queries are written" in line
    assert len(line) < 600
    for secret in (KEY, PASSWORD, BASIC, "kim"):
        assert secret not in line
    assert server.keys == [f"Basic {BASIC}" if with_password else f"Bearer {KEY}"] * 3


def test_an_invalid_url_is_named_without_its_password(make: Run, server: ModelServer) -> None:
    done = make("--llm-url", f"ftp://kim:{PASSWORD}@127.0.0.1/v1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "llm_url is 'ftp://***@127.0.0.1/v1', no HTTP URL" in done.stderr
    assert PASSWORD not in done.stderr
    assert server.requests == []


def test_a_missing_file_of_the_key_is_an_error(make: Run, server: ModelServer, tmp_path: Path) -> None:
    (tmp_path / "key").unlink()
    done = make()
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"nonmun: {tmp_path / 'key'}: cannot be read (No such file or directory)")
    assert server.requests == []
