"""Exceptions at every step, failing SQL, a full disk: clear errors, nothing lost, and the next run succeeds."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nonmun import ConfigError, Library, NonmunError
from nonmun.index.catalog.database import Catalog
from nonmun.ingest.job import IngestJob

QUESTIONS = ("어텐션만으로 된 구조", "attention translation model")


class StopError(Exception):
    """Raised by a caller's `observe`."""


class Fault:
    """Counts calls, and raises at a given one."""

    def __init__(self, at: int, error: BaseException) -> None:
        self.at, self.seen, self.error = at, 0, error

    def __call__(self, _: object = None) -> None:
        self.seen += 1
        if self.seen == self.at:
            raise self.error


class FaultyConnection:
    """A SQLite connection that counts statements; the fault comes before one, or just after it."""

    def __init__(self, connection: sqlite3.Connection, before: Fault, after: Fault) -> None:
        self._connection, self._before, self._after = connection, before, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        return self._run("execute", sql, *values)

    def executemany(self, sql: str, *values: Any) -> sqlite3.Cursor:
        return self._run("executemany", sql, *values)

    def _run(self, how: str, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql == "ROLLBACK":
            return self._connection.execute(sql)
        self._before()
        cursor = getattr(self._connection, how)(sql, *values)
        self._after()
        return cursor


class FaultyCatalog(Catalog):
    """A catalog with such connections."""

    before = after = Fault(0, StopError())

    def _connect(self) -> Any:
        return FaultyConnection(super()._connect(), self.before, self.after)


def ingest(folder: Path, files: dict[str, Any], embedder: Any, step: Fault, before: Fault, after: Fault) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Catalog.open(folder / "catalog.sqlite").close()
    catalog = FaultyCatalog(folder / "catalog.sqlite")
    catalog.before, catalog.after = before, after
    abstracts = files.get("abstracts")
    with closing(catalog):
        job = IngestJob(catalog, folder, lambda: embedder, observe=step)
        job.run([Path(path) for path in files["paths"]], Path(abstracts) if abstracts else None)


def attempt(*job: Any) -> BaseException | None:
    try:
        ingest(*job)
    except (StopError, NonmunError, KeyboardInterrupt) as error:
        return error
    return None


def none() -> Fault:
    return Fault(0, StopError())


def check_faults(
    start: Path | None, files: dict[str, Any], tmp: Path, embedder: Any, read: Callable[[Path], Any], most: int
) -> int:
    """Fail at up to `most` steps, and before and after as many statements; return the number of faults."""

    def fresh(name: str) -> Path:
        return Path(shutil.copytree(start, tmp / name)) if start else tmp / name

    counted = none(), none(), none()
    ingest(fresh("clean"), files, embedder, *counted)
    expected = read(tmp / "clean")
    faults = 0
    errors = (StopError("stop"), sqlite3.OperationalError("disk I/O error"), KeyboardInterrupt())
    for kind, error in enumerate(errors):
        last = counted[kind].seen
        for at in range(1, last + 1, max(1, last // most)):
            folder = fresh(f"{kind}-{at}")
            planned = [none(), none(), none()]
            planned[kind] = Fault(at, error)
            raised = attempt(folder, files, embedder, *planned)
            assert raised, f"fault {at} of {last} of kind {kind} was not reached: {planned[kind].seen}"
            if kind == 1:  # raised by SQLite: converted to an error that names the file
                assert isinstance(raised, ConfigError)
                assert "catalog.sqlite" in str(raised)
            else:
                assert raised is error
            assert not (folder / "ingest.holder").exists()
            ingest(folder, files, embedder, none(), none(), none())
            assert read(folder) == expected, (kind, at)
            shutil.rmtree(folder)
            faults += 1
    return faults


def test_exceptions_in_a_first_ingest(files, tmp_path: Path, embedder, state) -> None:
    assert check_faults(None, files["first"], tmp_path, embedder, lambda folder: state(folder, embedder), 3) >= 9


def test_exceptions_in_a_later_ingest(files, started: Path, tmp_path: Path, embedder, state) -> None:
    assert check_faults(started, files["second"], tmp_path, embedder, lambda folder: state(folder, embedder), 3) >= 9


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", ["first", "second"])
def test_exceptions_everywhere(files, started: Path, tmp_path: Path, embedder, state, name: str) -> None:
    start = None if name == "first" else started
    faults = check_faults(start, files[name], tmp_path, embedder, lambda folder: state(folder, embedder), 100_000)
    print(f"\nexceptions in the {name} ingest: {faults}")


def fill(disk: Path, free: int) -> Path:
    """Create a file that leaves `free` bytes on a disk."""
    stats = os.statvfs(disk)
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        file.truncate(0)
        os.posix_fallocate(file.fileno(), 0, max(1, stats.f_bavail * stats.f_bsize - free))
    return ballast


def documents(folder: Path) -> dict[str, str]:
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return dict(connection.execute("SELECT digest_date, text FROM documents"))


def check_full_disk(servers, files, started: Path, disk: Path, read: Any, embedder: Any, sizes: list[int]) -> list[str]:
    """Ingest with each number of KB free; return the errors."""
    server = servers.get()
    clean = Path(shutil.copytree(started, disk / "clean"))
    assert server.ingest(clean, files["second"])["exit"] == 0
    expected, after, before = read(clean), documents(clean), documents(started)
    shutil.rmtree(clean)
    errors: list[str] = []
    for free in sizes:
        folder = Path(shutil.copytree(started, disk / "data"))
        with Library.open(folder, embedding=embedder) as library:
            assert all(library.search(question).hits for question in QUESTIONS)
            ballast = fill(disk, free * 1024)
            done = server.ingest(folder, files["second"])
            assert all(library.search(question).hits for question in QUESTIONS), free
            stored = documents(folder)
            assert all(text in (before.get(day), after.get(day)) for day, text in stored.items()), free
            assert before.keys() <= stored.keys()
            if done.get("error"):
                assert done["error"] == "ConfigError", done
                assert "disk" in done["message"], done
                assert str(disk) in done["message"]
                errors.append(done["message"])
            assert done["exit"] == 0, done
            ballast.unlink()
            assert server.ingest(folder, files["second"])["exit"] == 0
            assert all(library.search(question).hits for question in QUESTIONS), free
        assert read(folder) == expected, free
        shutil.rmtree(folder)
    servers.put(server)
    return errors


def test_full_disk(servers, files, started: Path, disk: Path, embedder, state) -> None:
    sizes = [0, 16, 64, 300, 600, 900, 4_000]
    errors = check_full_disk(servers, files, started, disk, lambda folder: state(folder, embedder), embedder, sizes)
    assert len(errors) >= 4
    assert any("generations" in error for error in errors)
    assert any("catalog.sqlite" in error or "locked" in error for error in errors)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_disk_full_at_every_size(servers, files, started: Path, disk: Path, embedder, state) -> None:
    sizes = list(range(0, 1_600, 12))
    errors = check_full_disk(servers, files, started, disk, lambda folder: state(folder, embedder), embedder, sizes)
    generations = sum("generations" in error for error in errors)
    print(f"\nfull disk: {len(sizes)} sizes, {len(errors)} errors, {generations} of them in a generation")


def test_full_disk_at_the_first_ingest(servers, files, disk: Path, embedder, state) -> None:
    server = servers.get()
    for free in (0, 40, 400):
        ballast = fill(disk, free * 1024)
        done = server.ingest(disk / "data", files["first"])
        assert (done["error"], done["exit"]) == ("ConfigError", 0), done
        ballast.unlink()
        assert server.ingest(disk / "data", files["first"])["exit"] == 0
        assert state(disk / "data", embedder)
        shutil.rmtree(disk / "data")
    servers.put(server)


def test_full_disk_in_one_process(files, started: Path, disk: Path, embedder, state) -> None:
    """The process continues, and its next ingest succeeds."""
    folder = Path(shutil.copytree(started, disk / "data"))
    paths, abstracts = files["second"]["paths"], files["second"]["abstracts"]
    with Library.open(folder, embedding=embedder) as library:
        ballast = fill(disk, 450 * 1024)
        with pytest.raises(ConfigError, match="disk"):
            library.ingest(paths, abstracts)
        ballast.unlink()
        report = library.ingest(paths, abstracts)
        assert library.search("2004.04906").hits[0].paper_id == "2004.04906"
        assert library.search("2004.04906").generation == report.generation
    assert state(folder, embedder)
