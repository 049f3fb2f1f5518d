"""Processes of `nonmun` in tests: commands, and a service with its sockets and CPU time as the kernel counts them."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from .cli.conftest import command_server, environment

_URL = re.compile(r"http://[\w.]+:(\d+)")
PATIENT = {  # settings by which a service refuses nothing and ends nothing by itself while a test runs
    "NONMUN_HTTP__AUTH": "off",
    "NONMUN_LLM_FIRST_TOKEN": "3000",
    "NONMUN_LLM_GAP": "3000",
    "NONMUN_LLM_TIMEOUT": "3000",
    "NONMUN_HTTP__WAIT": "600",
    "NONMUN_HTTP__QUEUE": "10000",
    "NONMUN_HTTP__WRITERS": "1000",
    "NONMUN_HTTP__BODY_TIMEOUT": "3000",
    "NONMUN_HTTP__HEADER_TIMEOUT": "3000",
    "NONMUN_HTTP__IDLE_TIMEOUT": "3000",
}


def with_embedding(spec: str = "letters:Letters", *folders: Path) -> dict[str, str]:
    """Return settings that name a llama-index embedding of a module in this folder, or in some others."""
    path = os.pathsep.join([str(Path(__file__).parent), *map(str, folders), os.environ.get("PYTHONPATH", "")])
    return {"NONMUN_EMBEDDING": f"llama-index:{spec}", "PYTHONPATH": path.rstrip(os.pathsep)}


def run_command(*args: str | Path, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command of nonmun in a process of its own.

    Args:
        args: the arguments.
        cwd: the working directory.
        settings: NONMUN_* variables, and others.
    """
    return command_server().run(args, cwd, environment(**settings))


@dataclass(frozen=True, slots=True)
class ServiceProcess:
    """A running service.

    Attributes:
        process: the process.
        port: where it listens.
        client: a client of it.
        log_file: what it writes to standard error.
    """

    process: subprocess.Popen[str]
    port: int
    client: httpx.Client
    log_file: Path

    def connect(self, data: bytes = b"") -> socket.socket:
        """Open a connection and send some bytes."""
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=120)
        sock.sendall(data)
        return sock

    def ask(self, question: str, **body: Any) -> socket.socket:
        """Ask a question and return the connection on which the answer comes."""
        content = json.dumps({"question": question, **body}).encode()
        head = "POST /v1/ask HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        return self.connect(head.encode() + b"content-length: %d\r\n\r\n" % len(content) + content)

    @property
    def log(self) -> str:
        """What it has written to standard error."""
        return self.log_file.read_text("utf-8")

    @property
    def sockets(self) -> int:
        """How many sockets it has open."""
        count = 0
        for descriptor in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                count += str(descriptor.readlink()).startswith("socket:")
        return count

    def is_idle(self, seconds: float = 1.0) -> bool:
        """Return whether it uses no CPU time, in ticks of the kernel, for some seconds."""
        before = self._cpu_ticks()
        time.sleep(seconds)
        return self._cpu_ticks() == before

    def end(self) -> str:
        """Terminate it, which has to end normally; return what it wrote to standard output after its URL."""
        self.process.terminate()
        output, _ = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, self.log
        return output

    def _cpu_ticks(self) -> int:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])  # utime and stime


@contextmanager
def serving_process(data: Path, *args: str, cwd: Path, **settings: str) -> Generator[ServiceProcess]:
    """Serve a data directory in a process of its own until the block ends.

    Args:
        data: the data directory.
        args: further arguments of `nonmun serve`.
        cwd: the working directory, which receives the log.
        settings: NONMUN_* variables, and others.
    """
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("there is no /proc to count sockets and CPU time")
    command = [sys.executable, "-m", "nonmun", "serve", "--port", "0", "--data", str(data), *args]
    log_file = cwd / "service.log"
    with log_file.open("w") as log:  # a pipe that nobody reads would block the process
        process = subprocess.Popen(
            command, cwd=cwd, env=environment(**settings), stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        assert process.stdout
        found = _URL.search(process.stdout.readline())
        assert found, log_file.read_text("utf-8")
        url = f"http://127.0.0.1:{found[1]}"
        with httpx.Client(base_url=url, timeout=300, trust_env=False) as client:
            yield ServiceProcess(process, int(found[1]), client, log_file)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
