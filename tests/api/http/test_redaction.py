"""Secrets in every door of a service and of the command: none is in a response, in the log or in an error."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from ...service_process import PATIENT, ServiceProcess, run_command, serving_process, with_embedding
from ..conftest import bearer

QUESTION = "2106.09685의 방법은?"
USER, PASSWORD, LLM_KEY = "wachtel", "zaunkoenig@5528/geheim", "sk-kanarienvogel-7319-geheim"
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
ECHO = f"no access with {LLM_KEY}, {PASSWORD}, {quote(PASSWORD, safe='')} or Basic {BASIC}"
_DECORATION = re.compile(r"\x1b\[[\d;]*m|[\s\u2500-\u257f]")  # what a terminal's renderer may put into a word
DEFECT = "narrow"  # a question with this word fails with an internal error
NARROW = f"""
import letters

class Letters(letters.Letters):
    def _get_query_embedding(self, query):
        vector = super()._get_query_embedding(query)
        return vector[:-1] if "{DEFECT}" in query else vector
"""


@dataclass
class Captured:
    """Captured output by door: responses, logs and the output of commands.

    Attributes:
        secrets: what no output may hold.
        texts: the output of each door.
    """

    secrets: list[str] = field(default_factory=lambda: [LLM_KEY, PASSWORD, quote(PASSWORD, safe=""), BASIC])
    texts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def add(self, door: str, *texts: object) -> None:
        """Add the output of a door."""
        self.texts += [(door, str(text)) for text in texts]

    def command(self, *args: str | Path, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command and add its output."""
        done = run_command(*args, cwd=cwd, **settings)
        self.add(f"nonmun {' '.join(map(str, args))}", done.stdout, done.stderr)
        return done

    def leaks(self) -> list[tuple[str, str, str]]:
        """Return the door, the secret and the words around it of every occurrence of a secret."""
        found: list[tuple[str, str, str]] = []
        for door, text in self.texts:
            for searched in (text, _DECORATION.sub("", text)):
                hits = ((secret, searched.find(secret)) for secret in self.secrets)
                found += [(door, secret, searched[max(0, at - 80) : at + 120]) for secret, at in hits if at >= 0]
        return found


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "narrow.py").write_text(NARROW, "utf-8")
    arguments = ("ingest", samples / "digests", "--abstracts", samples / "abstracts.jsonl", "--data", folder / "data")
    done = run_command(*arguments, cwd=folder, **with_embedding())
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def settings(index: Path, model_server: Any) -> dict[str, str]:
    """Settings of a language model that needs a key and a password."""
    port = urlsplit(model_server.url).port
    return with_embedding("narrow:Letters", index) | {
        "NONMUN_LLM_URL": f"http://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/v1",
        "NONMUN_LLM_MODEL": "m",
        "NONMUN_LLM_KEY": LLM_KEY,
    }


def upstream_failures(models: Any) -> dict[str, Callable[[Any], None]]:
    """Return behaviors of a language model that echo the secrets of its client."""
    body = {"error": {"message": ECHO, "code": LLM_KEY}}

    def redirecting(exchange: Any) -> None:
        exchange.begin(302, location=f"http://{USER}:{PASSWORD}@127.0.0.1/{LLM_KEY}")

    def breaking_off(exchange: Any) -> None:
        exchange.begin()
        exchange.piece(ECHO)
        exchange.cut()

    return {
        "401": models.status(401, body),
        "429": models.status(429, body, retry_after=LLM_KEY),
        "500": models.status(500, body),
        "redirect": redirecting,
        "page": models.sending(f"<html>{ECHO}</html>".encode(), content_type="text/html"),
        "no JSON": models.sending(f"data: {ECHO}\n\n".encode()),
        "other JSON": models.sending(f"data: {json.dumps([ECHO])}\n\n".encode()),
        "error in mid-stream": models.sending(f"data: {json.dumps(body)}\n\n".encode()),
        "cut": breaking_off,
        "words": models.replying(f"{ECHO} [1]"),
    }


@contextmanager
def serving(data: Path, tmp_path: Path, captured: Captured, **more: str) -> Generator[ServiceProcess]:
    """Serve with keys and a log of everything; capture what the process writes."""
    settings = PATIENT | {"NONMUN_HTTP__LOG_LEVEL": "debug"} | more
    with serving_process(data, "--auth", cwd=tmp_path, **settings) as service:
        yield service
        output = service.end()
    captured.add("log", service.log)
    captured.add("standard output", output)


def request(captured: Captured, client: httpx.Client, method: str, path: str, **options: Any) -> httpx.Response:
    response = client.request(method, path, **options)
    captured.add(f"{method} {path}", response.text, response.headers)
    return response


@pytest.mark.parametrize("style", [pytest.param("text", marks=pytest.mark.slow), "json"])
def test_a_service_shows_no_secret(
    index: Path, settings: dict[str, str], model_server: Any, models: Any, tmp_path: Path, style: str
) -> None:
    captured, data = Captured(), index / "data"
    create = ("keys", "create", "Kim", "--json", "--data", data, "--scope")
    made = [json.loads(run_command(*create, scope, cwd=tmp_path).stdout) for scope in ("admin", "read", "read")]
    admin, reader, revoked = (bearer(key["key"]) for key in made)
    captured.secrets += [key["key"] for key in made] + [key["key"][7:-4] for key in made]
    captured.command("keys", "list", "--json", "--data", data, cwd=tmp_path)
    captured.command("keys", "revoke", made[2]["id"], "--data", data, cwd=tmp_path)
    with serving(data, tmp_path, captured, NONMUN_HTTP__LOG=style, **settings) as service:
        statuses: set[int] = set()

        def send(method: str, path: str, **options: Any) -> httpx.Response:
            response = request(captured, service.client, method, path, **options)
            statuses.add(response.status_code)
            return response

        for behave in upstream_failures(models).values():
            model_server.behave = behave
            asked = send("POST", "/v1/ask", headers=admin, json={"question": QUESTION})
            assert (asked.status_code, asked.json()["writer"]) == (200, "extracted"), asked.text
            streamed = send("POST", "/v1/ask", headers=admin, json={"question": QUESTION, "stream": True})
            assert "event: done" in streamed.text
        assert len(model_server.requests) >= 20
        assert any(LLM_KEY in header or BASIC in header for header in model_server.keys)
        for method, path, options in (
            ("GET", "/v1/status", {}),
            ("GET", "/v1/status", {"headers": {"x-request-id": made[0]["key"], **admin}}),
            ("GET", f"/v1/status?key={made[0]['key']}", {"headers": admin}),
            ("GET", "/v1/status", {"headers": revoked}),
            ("GET", "/v1/status", {"headers": {"authorization": f"Basic {made[0]['key']}"}}),
            ("GET", "/v1/status", {"headers": {"cookie": f"key={made[0]['key']}", **reader}}),
            ("POST", "/v1/ask", {"headers": reader, "json": {"question": QUESTION}}),
            ("POST", "/v1/ask", {"headers": admin, "json": {"question": ""}}),
            ("POST", "/v1/ask", {"headers": admin, "json": {"question": QUESTION, "key": made[0]["key"]}}),
            ("POST", "/v1/ask", {"headers": admin, "json": {"question": QUESTION, "k": LLM_KEY}}),
            ("POST", "/v1/ask", {"headers": admin, "content": f'{{"question": "{PASSWORD}'.encode()}),
            ("POST", "/v1/ask", {"headers": admin, "content": b"x" * 100_000}),
            ("POST", "/v1/ask", {"headers": admin, "json": {"question": DEFECT, "generate": False}}),
            ("POST", "/v1/search", {"headers": admin, "json": {"question": DEFECT}}),
            ("GET", "/v1/papers/2501.99999", {"headers": admin}),
            ("GET", "/v1/chunks/none", {"headers": admin}),
            ("DELETE", "/v1/status", {"headers": admin}),
            ("GET", "/v1/status", {"headers": {"host": "evil.example", **admin}}),
            ("GET", "/healthz", {"headers": admin}),
            ("GET", "/readyz", {"headers": admin}),
            ("GET", "/metrics", {"headers": admin}),
            ("GET", "/openapi.json", {"headers": admin}),
            ("GET", "/docs", {"headers": admin}),
        ):
            send(method, path, **options)
        assert statuses >= {200, 401, 403, 404, 405, 413, 421, 422, 500}
        malformed = f"GET /v1/status HTTP/1.1\r\nauthorization {made[0]['key']}\r\n\r\n"
        with service.connect(malformed.encode()) as sock:
            captured.add("malformed header", sock.recv(65_536).decode())
    log = next(text for door, text in captured.texts if door == "log")
    assert "Traceback" in log  # of the internal errors
    assert QUESTION in log  # at level debug
    assert captured.leaks() == []


def test_a_command_shows_no_secret(
    index: Path, settings: dict[str, str], model_server: Any, models: Any, tmp_path: Path
) -> None:
    captured, data = Captured(), ("--data", index / "data")
    failures = upstream_failures(models)
    for name in ("401", "page", "error in mid-stream", "words"):
        model_server.behave = failures[name]
        assert captured.command("ask", QUESTION, *data, cwd=tmp_path, **settings).returncode == 0
    assert model_server.requests
    for arguments in (
        ("ask", QUESTION, "--llm", "--json"),
        ("search", QUESTION, "--json"),
        ("status", "--json"),
        ("status",),
        ("doctor", "--json"),
    ):
        assert captured.command(*arguments, *data, cwd=tmp_path, **settings).returncode == 0
    assert captured.command("search", DEFECT, *data, cwd=tmp_path, **settings).returncode != 0
    for wrong in (
        {"NONMUN_LLM_TIMEOUT": LLM_KEY},
        {"NONMUN_LLM_KYE": LLM_KEY},
        {"NONMUN_LLM_URL": f"ftp://{USER}:{PASSWORD}@127.0.0.1/v1"},
        {"NONMUN_LLM_URL": f"http://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:x/v1"},
        {"NONMUN_LLM_MODEL": ""},
        {"NONMUN_LLM_URL": f"{USER}:{PASSWORD}@127.0.0.1/v1"},
    ):
        done = captured.command("ask", QUESTION, *data, cwd=tmp_path, **settings | wrong)
        assert (done.returncode, "Traceback" in done.stderr, bool(done.stderr)) == (1, False, True), (wrong, done)
    for text in (
        f'llm_key = "{LLM_KEY}\n',
        f'llm_key = ["{LLM_KEY}"]\n',
        f'llm_key = {{ secret = "{LLM_KEY}" }}\n',
        f'llm_url = ["http://{USER}:{PASSWORD}@127.0.0.1/v1"]\n',
        f'llm_password = "{PASSWORD}"\n',
    ):
        (tmp_path / "wrong.toml").write_text(text, "utf-8")
        named = {"NONMUN_CONFIG": "wrong.toml"}
        done = captured.command("status", *data, cwd=tmp_path, **with_embedding("narrow:Letters", index) | named)
        assert (done.returncode, "Traceback" in done.stderr, bool(done.stderr)) == (1, False, True), (text, done)
    assert captured.leaks() == []
