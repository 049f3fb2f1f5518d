"""Fixtures that run the command in a process and a folder of its own."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

SAMPLES = Path(__file__).parents[2] / "samples"
# Restores the default handler of SIGINT, which a shell disables for background jobs.
CODE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from nonmun.cli import main; main()"

SERVER = Path(__file__).parents[1] / "command_server.py"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


class CommandServer:
    """A process that forks one for every command."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        command = [sys.executable, str(SERVER)]
        self._process = subprocess.Popen(command, env=environment(), stdin=pipe, stdout=pipe, text=True)
        self._lock = threading.Lock()

    def run(self, args: Sequence[str | Path], cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a command.

        Args:
            args: the arguments.
            cwd: the working directory.
            env: the environment; settings of the interpreter itself have no effect, but for PYTHONPATH.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        with self._lock, TemporaryDirectory() as folder:
            output, errors = Path(folder, "stdout"), Path(folder, "stderr")
            request = {"args": [*map(str, args)], "cwd": str(cwd), "env": env}
            stdin.write(json.dumps(request | {"stdout": str(output), "stderr": str(errors)}) + "\n")
            stdin.flush()
            status = json.loads(stdout.readline())
            return subprocess.CompletedProcess(
                ["nonmun", *map(str, args)], status, output.read_text("utf-8"), errors.read_text("utf-8")
            )

    def close(self) -> None:
        self._process.communicate(timeout=30)


@cache
def command_server() -> CommandServer:
    """Return the server of this process; it ends with it."""
    server = CommandServer()
    atexit.register(server.close)
    return server


def environment(**more: str) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.upper().startswith("NONMUN_")}
    cache = os.environ.get("NONMUN_CACHE") or str(Path.home() / ".cache" / "nonmun")
    return env | {"NONMUN_CACHE": cache, "PYTHONUTF8": "1", "COLUMNS": "100"} | more


@pytest.fixture(scope="session")
def start() -> Callable[..., subprocess.Popen[str]]:
    def start(*args: str, cwd: Path, **more: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        command = [sys.executable, "-c", CODE, *args]
        return subprocess.Popen(command, cwd=cwd, env=environment(**more), stdout=pipe, stderr=pipe, text=True)

    return start


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    def run(*args: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        env = environment(**({"NONMUN_DATA": str(folder / "data")} | more))
        return command_server().run(args, folder, env)

    return run


@pytest.fixture(scope="session")
def sample_data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """An index of the samples, and how it was made."""
    data = tmp_path_factory.mktemp("samples") / "data"
    args = ("ingest", SAMPLES / "digests", "--abstracts", SAMPLES / "abstracts.jsonl")
    done = command_server().run(args, data.parent, environment(NONMUN_DATA=str(data)))
    assert done.returncode == 0, done.stderr
    return data, done


@pytest.fixture(scope="module")
def ingested(
    folder: Path, sample_data: tuple[Path, subprocess.CompletedProcess[str]]
) -> subprocess.CompletedProcess[str]:
    """An index of the samples of the module's own."""
    shutil.copytree(sample_data[0], folder / "data")
    return sample_data[1]
