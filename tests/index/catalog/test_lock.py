"""The ingest lock between processes: a second ingest fails and names the first, a killed process releases it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from nonmun import BusyError, Library
from nonmun.index.catalog.lock import LockHolder, find_lock_holder, ingest_lock

HOLDING = """
import sys
from pathlib import Path
from nonmun.index.catalog.database import Catalog
from nonmun.ingest.job import IngestJob

def stop(step):
    if step.what == "check":  # in the middle of the run, until a line is read
        print("ingesting", flush=True)
        sys.stdin.readline()

folder = Path(sys.argv[1])
IngestJob(Catalog.open(folder / "catalog.sqlite"), folder, None, observe=stop).run([Path(sys.argv[2])])
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def digest(tmp_path: Path) -> Path:
    """A digest without entries, whose ingest needs no model."""
    path = tmp_path / "2025-03-03.md"
    path.write_text("# 2025-03-03\n", "utf-8")
    return path


@contextmanager
def holding(data: Path, digest: Path) -> Iterator[subprocess.Popen[str]]:
    command, pipe = [sys.executable, "-c", HOLDING, str(data), str(digest)], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ingesting\n"
        yield process
        process.kill()


def ingest(data: Path, digest: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nonmun", "ingest", str(digest), "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, "COLUMNS": "500"})


def test_a_second_command_fails_at_once_and_names_the_first(data: Path, digest: Path) -> None:
    with holding(data, digest) as first:
        second = ingest(data, digest)
        assert first.poll() is None
        assert second.returncode != 0
        assert f"process {first.pid} (since " in second.stderr
        assert "Traceback" not in second.stderr
        assert find_lock_holder(data)
    assert ingest(data, digest).returncode == 0
    assert find_lock_holder(data) is None


def test_a_second_ingest_does_not_wait(data: Path, digest: Path, embedder) -> None:
    with holding(data, digest) as first, Library.open(data, embedding=embedder) as library:
        began = time.monotonic()
        with pytest.raises(BusyError, match=rf"process {first.pid} "):
            library.ingest(digest)
        assert time.monotonic() - began < 1


def test_the_lock_of_a_killed_process_is_taken_over(data: Path, digest: Path, embedder) -> None:
    with holding(data, digest) as first:
        held = find_lock_holder(data)
        first.kill()
        first.wait()
        assert held
        assert held.alive
        assert find_lock_holder(data) == LockHolder(held.name, alive=False)
        with Library.open(data, embedding=embedder) as library:
            library.ingest(digest)
    assert find_lock_holder(data) is None
    assert not (data / "ingest.holder").exists()


def test_a_lock_without_a_name_is_still_held(data: Path) -> None:
    (data / "ingest.holder").mkdir()  # cannot be written
    second = ingest_lock(data, datetime.now())
    with ingest_lock(data, datetime.now()), pytest.raises(BusyError, match="another process is ingesting"), second:
        pass
