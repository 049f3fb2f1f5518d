"""The ingest lock between processes: a second ingest fails and names the first, a killed process releases it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from nonmun import BusyError, Library
from nonmun.index.catalog.lock import LockHolder, LockWait, find_lock_holder, ingest_lock
from nonmun.settings import load_settings

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
    with ingest_lock(data, datetime.now()), pytest.raises(BusyError, match="another process is writing"), second:
        pass


def released_while_waiting(data: Path, wait_for_it: Callable[[LockWait], object], during: Callable[[], object]) -> str:
    """Hold the lock until something waits for it; return what that reported."""
    reported: list[str] = []
    is_waiting = threading.Event()

    def report(line: str) -> None:
        reported.append(line)
        is_waiting.set()

    with ThreadPoolExecutor(1) as pool:
        with ingest_lock(data, datetime.now()):
            waiting = pool.submit(wait_for_it, LockWait(3_600, report))
            while not (waiting.done() or is_waiting.wait(0.05)):
                pass
            during()
        waiting.result()
    (line,) = reported
    return line


def test_the_time_of_the_holder_is_that_of_the_acquisition(data: Path) -> None:
    called = datetime(2025, 3, 3, 12)
    names: list[str] = []

    def acquire(wait: LockWait) -> None:
        with ingest_lock(data, called, wait):
            holder = find_lock_holder(data)
            assert holder
            names.append(holder.name)

    line = released_while_waiting(data, acquire, lambda: time.sleep(1.5))
    assert f"process {os.getpid()} (since " in line
    (since,) = re.findall(r"since (.*)\)", names[0])
    assert datetime.fromisoformat(since) > called


def test_files_that_come_and_go_during_the_wait_are_considered(data: Path, tmp_path: Path, embedder) -> None:
    """The other process may have ingested a new file: `prune` would remove what it added."""
    digests = tmp_path / "digests"
    digests.mkdir()
    for day in ("2025-03-03", "2025-03-04"):
        (digests / f"{day}.md").write_text(f"# {day}\n", "utf-8")

    def change() -> None:
        (digests / "2025-03-03.md").unlink()
        (digests / "2025-03-05.md").write_text("# 2025-03-05\n", "utf-8")

    def ingest_all(wait: LockWait) -> None:
        settings = load_settings(data=data, lock_wait=wait.seconds)
        with Library.open(settings=settings, embedding=embedder, report=wait.report) as library:
            report = library.ingest(digests)
            assert report.failed == 0
            assert [problem.file for problem in report.problems] == ["2025-03-04.md", "2025-03-05.md"]

    assert f"is writing to {data}; waiting up to 3600 s" in released_while_waiting(data, ingest_all, change)
