"""`--wait`: commands that change an index wait for the ingest lock, which this process holds."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from nonmun.index.catalog.lock import find_lock_holder, ingest_lock

COMMANDS = {  # and what they print once they have the lock
    "ingest": (("ingest", "digests"), "nothing to do"),
    "fetch": (("fetch",), "the index holds 0 chunks"),
    "remove": (("remove", "2025-03-03"), "0 chunks are left"),
    "reembed": (("reembed",), "the index holds nothing yet"),
    "doctor": (("doctor", "--repair"), "no problems found"),
    "restore": (("restore", "saved.sqlite", "--force"), "restored"),
    "purge": (("purge", "--yes"), "erased"),
}
HOLDER = f"process {os.getpid()} (since "
ENDLESS = "86400"  # seconds; a wait ends when the lock is released
Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]
Begin = Callable[..., AbstractContextManager["subprocess.Popen[str]"]]


@pytest.fixture(scope="module")
def ingested_day(folder: Path, run: Run) -> Path:
    """An index of a digest without entries, whose maintenance needs no model, and a backup of it."""
    (folder / "digests").mkdir()
    (folder / "digests" / "2025-03-03.md").write_text("# 2025-03-03\n", "utf-8")
    for args in (("ingest", "digests"), ("backup", "saved.sqlite")):
        done = run(*args)
        assert done.returncode == 0, done.stderr
    return folder / "data"


@pytest.fixture
def data(ingested_day: Path, tmp_path: Path) -> Path:
    """A copy of the index, of a test's own."""
    return Path(shutil.copytree(ingested_day, tmp_path / "data"))


@pytest.fixture
def begin(start: Start, folder: Path, data: Path) -> Callable[..., AbstractContextManager[subprocess.Popen[str]]]:
    @contextmanager
    def begin(*args: str, **more: str) -> Generator[subprocess.Popen[str]]:
        """Start a command, and end it if it has not ended by itself."""
        process = start(*args, cwd=folder, **{"NONMUN_DATA": str(data), "COLUMNS": "500"} | more)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()

    return begin


def damage(data: Path) -> None:
    """Leave something that `doctor --repair` repairs without a model."""
    with closing(sqlite3.connect(data / "catalog.sqlite")) as connection, connection:
        connection.execute("INSERT INTO papers (paper_id, rev) VALUES ('2505.99999', 1)")


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    return process.stderr.readline()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_waits_until_the_lock_is_free(begin: Begin, data: Path, command: str) -> None:
    arguments, outcome = COMMANDS[command]
    if command == "doctor":
        damage(data)
    with ExitStack() as lock:
        lock.enter_context(ingest_lock(data, datetime.now()))
        with begin(*arguments, "--wait", ENDLESS) as process:
            line = first_line(process)
            assert HOLDER in line
            assert f" is writing to {data}; waiting up to 86400 s" in line
            lock.close()
            out, err = process.communicate(timeout=250)
    assert (process.returncode, outcome in out) == (0, True), (out, err)
    assert "waiting" not in err, "it tells once"
    assert find_lock_holder(data) is None


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_fails_after_the_wait(begin: Begin, data: Path, command: str) -> None:
    damage(data)
    with ingest_lock(data, datetime.now()), begin(*COMMANDS[command][0], "--wait", "0.3") as process:
        out, err = process.communicate(timeout=250)
    assert (process.returncode, out) == (1, "")
    told, failed = err.splitlines()
    assert "waiting up to 0.3 s" in told
    assert failed.startswith(f"nonmun: {HOLDER}")
    assert failed.endswith(f" is writing to {data}; wait for it to end")


@pytest.mark.parametrize(
    ("arguments", "variable", "lines"),
    [((), "", 1), ((), "0.1", 2), (("--wait", "0"), "86400", 1), (("--wait", "0.1"), "86400", 2)],
    ids=["default", "variable", "not", "option"],
)
def test_the_option_takes_precedence_over_the_variable(
    begin: Begin, data: Path, arguments: tuple[str, ...], variable: str, lines: int
) -> None:
    with (
        ingest_lock(data, datetime.now()),
        begin("ingest", "digests", *arguments, NONMUN_LOCK_WAIT=variable) as process,
    ):
        _, err = process.communicate(timeout=250)
    assert (process.returncode, len(err.splitlines())) == (1, lines), err


def test_an_interrupt_ends_the_wait(begin: Begin, data: Path) -> None:
    with ingest_lock(data, datetime.now()), begin("ingest", "digests", "--wait", ENDLESS) as process:
        assert "waiting" in first_line(process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=250)
        assert (process.returncode, "Traceback" in err) == (130, False), err
        assert "interrupted" in err
        holder = find_lock_holder(data)
        assert holder
        assert HOLDER in holder.name, "the lock is still ours"


def test_json_output_stays_json(begin: Begin, data: Path) -> None:
    with ExitStack() as lock:
        lock.enter_context(ingest_lock(data, datetime.now()))
        with begin("ingest", "digests", "--json", "--wait", ENDLESS) as process:
            assert "waiting" in first_line(process)
            lock.close()
            out, _ = process.communicate(timeout=250)
    assert json.loads(out)["new"] == 0


@pytest.mark.parametrize("seconds", ["-1", "1e9", "soon", "nan"])
def test_an_invalid_wait_is_an_error(begin: Begin, seconds: str) -> None:
    with begin("ingest", "digests", "--wait", seconds) as process:
        _, err = process.communicate(timeout=250)
    assert (process.returncode, "Traceback" in err) == (2, False), err
    assert "--wait" in err
