"""`nonmun mcp`: what it writes to standard output, and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nonmun import Library

from ...cli.conftest import environment
from ...service_process import with_embedding
from .conftest import PATIENCE, connected, over_stdio

KO = "보상 모델 없이 선호에 맞추는 학습은?"
ABOUT = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
NOISY = """
import os, subprocess, sys
from letters import Letters

print("imported on standard output")


class Noisy(Letters):
    def _get_query_embedding(self, query):
        print("printed on standard output", flush=True)
        os.write(1, b"written to descriptor 1\\n")
        subprocess.run([sys.executable, "-c", "print('printed by a child'); assert not input()"], input="", text=True)
        return super()._get_query_embedding(query)
"""


@dataclass(slots=True)
class Process:
    """A `nonmun mcp` process that is spoken to in lines.

    Attributes:
        process: the process.
        log_file: what it writes to standard error.
    """

    process: subprocess.Popen[str]
    log_file: Path
    _last: int = 0

    def send(self, method: str, **params: Any) -> int:
        """Send a request and return its id."""
        self._last += 1
        self.send_line(json.dumps({"jsonrpc": "2.0", "id": self._last, "method": method, "params": params}))
        return self._last

    def call(self, tool: str, **arguments: Any) -> int:
        """Call a tool and return the id of the request."""
        return self.send("tools/call", name=tool, arguments=arguments)

    def send_line(self, line: str) -> None:
        """Send a line."""
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def receive(self) -> Any:
        """Return the next message."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.log
        return json.loads(line)

    def initialize(self) -> None:
        """Begin the conversation."""
        assert self.send("initialize", **ABOUT) == self.receive()["id"]
        self.send_line(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}))

    def close(self) -> None:
        """Close its standard input, as a client that disappears does."""
        assert self.process.stdin
        self.process.stdin.close()

    def ended(self) -> int:
        """Wait for the end and return the exit status."""
        return self.process.wait(PATIENCE)

    def rest(self) -> str:
        """Return what is left on standard output."""
        assert self.process.stdout
        return self.process.stdout.read()

    @property
    def log(self) -> str:
        """What it has written to standard error."""
        return self.log_file.read_text("utf-8")


@contextmanager
def started(data: Path, folder: Path, **settings: str) -> Generator[Process]:
    """Start `nonmun mcp` in a folder, which receives its log."""
    log_file, pipe = folder / "log", subprocess.PIPE
    command = [sys.executable, "-m", "nonmun", "mcp", "--data", str(data)]
    with log_file.open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(**settings), stdin=pipe, stdout=pipe, stderr=log, text=True
        )
    with process:  # closes the pipes and waits
        try:
            yield Process(process, log_file)
        finally:
            if process.poll() is None:
                process.kill()


@pytest.fixture
def process(sample_library: Library, tmp_path: Path) -> Generator[Process]:
    with started(sample_library.settings.data, tmp_path) as process:
        yield process


def test_standard_output_carries_the_protocol_and_nothing_else(tmp_path: Path, samples: Path) -> None:
    (tmp_path / "noisy.py").write_text(NOISY, "utf-8")
    settings = with_embedding("noisy:Noisy", tmp_path)
    run = [sys.executable, "-m", "nonmun", "ingest", str(samples / "digests"), "--data", str(tmp_path / "data")]
    subprocess.run(run, env=environment(**settings), check=True, capture_output=True, timeout=PATIENCE)
    with started(tmp_path / "data", tmp_path, **settings) as process:
        process.initialize()
        requests = {process.call("ask_papers", question=KO), process.call("search", query="attention")}
        answers = [process.receive(), process.receive()]
        assert {answer["id"] for answer in answers} == requests
        assert not any(answer["result"].get("isError") for answer in answers), answers
        process.close()
        assert (process.ended(), process.rest()) == (0, "")
        for noise in ("printed on standard output", "written to descriptor 1", "printed by a child"):
            assert noise in process.log


def test_invalid_lines_are_ignored_or_refused(process: Process) -> None:
    for line in ("", "no JSON", "[]", '{"jsonrpc": "2.0"}', '{"jsonrpc": "2.0", "id": 1, "method": "nothing"}'):
        process.send_line(line)
    refused = process.receive()
    assert refused["error"]
    process.initialize()
    process.close()
    assert (process.ended(), process.rest(), "Traceback" in process.log) == (0, "", False)


def test_an_error_names_what_the_user_can_do(sample_library: Library, tmp_path: Path) -> None:
    with (
        (tmp_path / "log").open("w") as log,
        connected(
            over_stdio(sample_library.settings.data, log, NONMUN_EMBEDDING="sentence-transformers:/none")
        ) as connection,
    ):
        assert "/none" in connection.error("search", query=KO)
    assert "Traceback" not in (tmp_path / "log").read_text("utf-8")


def test_a_directory_without_an_index(tmp_path: Path) -> None:
    with started(tmp_path / "none", tmp_path) as process:
        assert (process.ended(), process.rest()) == (1, "")
        (line,) = process.log.splitlines()
        assert line.startswith("nonmun: ")
        assert "nonmun ingest" in line


# --- clients that disappear


def test_the_end_of_standard_input_ends_the_process(process: Process) -> None:
    process.initialize()
    process.close()
    assert (process.ended(), process.rest(), process.log) == (0, "", "")


def test_a_client_that_never_speaks(process: Process) -> None:
    process.close()
    assert (process.ended(), process.rest(), process.log) == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process(process: Process, number: signal.Signals) -> None:
    process.initialize()
    process.process.send_signal(number)
    assert (process.ended(), process.rest(), process.log) == (-number, "", "")


class Silent:
    """A language model that begins its reply and sends nothing."""

    def __init__(self) -> None:
        self.begun, self.ended = threading.Event(), threading.Event()

    def __call__(self, exchange: Any) -> None:
        exchange.begin()
        self.begun.set()
        if exchange.wait_for_disconnect(PATIENCE):
            self.ended.set()


@contextmanager
def asking(library: Library, folder: Path, model_server: Any) -> Generator[tuple[Process, Silent, int]]:
    """Start a process whose language model is about to answer; yield it, the model and the id of the request."""
    model_server.behave = silent = Silent()
    endless = dict.fromkeys(("NONMUN_LLM_FIRST_TOKEN", "NONMUN_LLM_GAP", "NONMUN_LLM_TIMEOUT"), "3000")
    settings = {"NONMUN_LLM_URL": model_server.url, "NONMUN_LLM_MODEL": "m", **endless}
    with started(library.settings.data, folder, **settings) as process:
        process.initialize()
        request = process.call("ask_papers", question=KO)
        assert silent.begun.wait(PATIENCE)
        yield process, silent, request


def test_a_client_that_disappears_ends_an_answer_in_progress(
    sample_library: Library, tmp_path: Path, model_server: Any
) -> None:
    with asking(sample_library, tmp_path, model_server) as (process, silent, _):
        process.close()
        assert process.ended() == 0
        assert silent.ended.wait(PATIENCE)
        assert "Traceback" not in process.log


def test_a_client_that_dies_ends_an_answer_in_progress(
    sample_library: Library, tmp_path: Path, model_server: Any
) -> None:
    with asking(sample_library, tmp_path, model_server) as (process, silent, _):
        assert process.process.stdout
        process.process.stdout.close()  # the answer to what is cancelled cannot be written
        process.close()
        assert process.ended() in {0, 141}
        assert silent.ended.wait(PATIENCE)
        assert "Traceback" not in process.log


def test_a_cancelled_call_ends_the_work_and_is_not_answered(
    sample_library: Library, tmp_path: Path, model_server: Any
) -> None:
    with asking(sample_library, tmp_path, model_server) as (process, silent, request):
        cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": request}}
        process.send_line(json.dumps(cancelled))
        assert silent.ended.wait(PATIENCE)
        later = process.call("get_paper", paper_id="2010.11929")
        assert process.receive()["id"] == later
        process.close()
        assert (process.ended(), process.rest()) == (0, "")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_cancels_a_call(sample_library: Library, tmp_path: Path, model_server: Any, mode: str) -> None:
    model_server.behave = silent = Silent()
    settings = {"NONMUN_LLM_URL": model_server.url, "NONMUN_LLM_MODEL": "m", "NONMUN_LLM_FIRST_TOKEN": "3000"}
    with (
        (tmp_path / "log").open("w") as log,
        connected(over_stdio(sample_library.settings.data, log, **settings), mode) as connection,
    ):
        future = connection.start("ask_papers", question=KO)
        assert silent.begun.wait(PATIENCE)
        future.cancel()
        assert silent.ended.wait(PATIENCE)
        assert connection.output("search", query=KO)["results"]


def test_calls_run_at_once(sample_library: Library, tmp_path: Path, model_server: Any) -> None:
    with asking(sample_library, tmp_path, model_server) as (process, silent, _):
        other = process.call("search", query=KO)  # a model that is slow to reply holds nothing up
        answer = process.receive()
        assert answer["id"] == other
        assert answer["result"]["structuredContent"]["results"]
        assert not silent.ended.is_set()
