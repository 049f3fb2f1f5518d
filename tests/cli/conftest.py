"""Fixtures that run the command in a process and a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "samples"
# Restores the default handler of SIGINT, which a shell disables for background jobs.
CODE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from nonmun.cli import main; main()"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


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
        command = [sys.executable, "-c", CODE, *map(str, args)]
        env = environment(**({"NONMUN_DATA": str(folder / "data")} | more))
        return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=180)

    return run


@pytest.fixture(scope="module")
def ingested(run: Run) -> subprocess.CompletedProcess[str]:
    done = run("ingest", SAMPLES / "digests", "--abstracts", SAMPLES / "abstracts.jsonl")
    assert done.returncode == 0, done.stderr
    return done
