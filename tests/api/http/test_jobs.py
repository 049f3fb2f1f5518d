"""The states of jobs as files: those of other processes, of killed ones, and old ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest

from nonmun import ConfigError, NotFoundError
from nonmun.api.http.jobs.runner import Jobs
from nonmun.api.http.jobs.store import JobStore
from nonmun.api.threads import ThreadPool
from nonmun.index.catalog.lock import ingest_lock
from nonmun.ingest.report import IngestReport

from ...service_process import PATIENT, run_command, serving_process, with_embedding
from ..conftest import SAMPLES, wait_until
from .test_entries import ENTRY

WEEK = 7 * 86_400


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    store = JobStore(tmp_path / "jobs")
    yield store
    store.interrupt()


def test_a_job_is_read_as_it_was_stored(store: JobStore, tmp_path: Path) -> None:
    job = store.create(3)
    other = JobStore(tmp_path / "jobs")
    assert store.get(job.job_id) == other.get(job.job_id) == job
    running = store.put(replace(job, status="running"))
    assert running.started
    assert other.get(job.job_id) == running
    report = IngestReport(new=3, moved=[("2025-03-04", "a.md", "/a.md")])
    done = store.put(replace(running, status="done", report=report))
    assert other.get(job.job_id) == store.get(job.job_id) == done
    assert done.report == report


def test_reading_needs_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="kept for a week"):
        JobStore(tmp_path / "none").get("0" * 16)
    assert not (tmp_path / "none").exists()


def test_a_job_of_a_killed_process_was_interrupted(store: JobStore, tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from nonmun.api.http.jobs.store import JobStore;"
        "print(JobStore(Path(sys.argv[1])).create(1).job_id, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "jobs")], capture_output=True, text=True)
    assert done.returncode == -9
    job = store.get(done.stdout.strip())
    assert (job.status, bool(job.ended)) == ("interrupted", True)
    assert JobStore(tmp_path / "jobs").get(job.job_id) == job


def test_ending_twice_keeps_the_first_end(store: JobStore, tmp_path: Path) -> None:
    job = store.create(1)
    done = store.put(replace(job, status="done"))
    store.interrupt()
    assert JobStore(tmp_path / "jobs").get(job.job_id) == done


def test_old_jobs_are_forgotten(store: JobStore, tmp_path: Path) -> None:
    old, recent = (store.put(replace(store.create(1), status="done")) for _ in range(2))
    waiting = store.create(1)
    for job in (old, waiting):
        file = tmp_path / "jobs" / f"{job.job_id}.json"
        os.utime(file, (time.time() - WEEK - 60,) * 2)
    store.create(1)
    with pytest.raises(NotFoundError):
        store.get(old.job_id)
    assert (store.get(recent.job_id), store.get(waiting.job_id)) == (recent, waiting)
    names = {file.name for file in (tmp_path / "jobs").iterdir()}
    assert f"{recent.job_id}.lock" not in names


def test_damaged_state_is_named(store: JobStore, tmp_path: Path) -> None:
    job = store.put(replace(store.create(1), status="done"))
    file = tmp_path / "jobs" / f"{job.job_id}.json"
    for text in ("", "{", "[]", json.dumps({"job_id": 5})):
        file.write_text(text)
        with pytest.raises(ConfigError, match=file.name):
            store.get(job.job_id)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("a file")
    with pytest.raises(ConfigError, match="jobs: cannot be written"):
        JobStore(tmp_path / "jobs").create(1)


def test_a_job_that_ends_before_its_place_is_known_frees_it(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    submit = ThreadPool.submit

    def submit_and_wait(pool: ThreadPool, work: Callable[[threading.Event], None]) -> Any:
        ended = threading.Event()

        def run(abandoned: threading.Event) -> None:
            work(abandoned)
            ended.set()

        job = submit(pool, run)
        assert ended.wait(60)
        return job

    async def start_jobs() -> list[str]:
        jobs = Jobs(store, most=1)
        ids = [(await jobs.start(lambda _: IngestReport(), 1)).job_id for _ in range(3)]
        await jobs.close()
        return ids

    monkeypatch.setattr(ThreadPool, "submit", submit_and_wait)
    assert [store.get(job_id).status for job_id in anyio.run(start_jobs)] == ["done"] * 3


def test_jobs_of_a_service_with_several_workers(tmp_path: Path) -> None:
    """Every worker knows each job; those of a killed service are interrupted, and can be repeated."""
    settings = with_embedding() | PATIENT
    data = tmp_path / "data"
    run_command("ingest", SAMPLES / "digests", "--data", data, cwd=tmp_path, **settings).check_returncode()
    entries = [ENTRY | {"paper_id": f"2503.9999{number}"} for number in range(4)]
    with serving_process(data, "--workers", "2", cwd=tmp_path, **settings) as service:
        with ingest_lock(data, datetime.now(UTC)):
            ids = [service.client.post("/v1/entries", json=[entry]).json()["job_id"] for entry in entries]
            for job_id in ids * 8:  # each request may reach either worker
                with service.connect(_get(job_id)) as connection:
                    assert b'"status":"queued"' in _received(connection)
        for job_id in ids:
            path = f"/v1/jobs/{job_id}"
            wait_until(lambda path=path: service.client.get(path).json()["status"] == "done", seconds=600)
        with ingest_lock(data, datetime.now(UTC)):
            killed = service.client.post("/v1/entries", json=[ENTRY]).json()["job_id"]
            service.end()
    with serving_process(data, cwd=tmp_path, **settings) as service:
        assert service.client.get(f"/v1/jobs/{killed}").json()["status"] == "interrupted"
        papers = {paper["paper_id"] for paper in service.client.get("/v1/papers?limit=200").json()["papers"]}
        assert {entry["paper_id"] for entry in entries} <= papers


def _get(job_id: str) -> bytes:
    return f"GET /v1/jobs/{job_id} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode()


def _received(connection: object) -> bytes:
    parts = iter(lambda: connection.recv(65_536), b"")  # type: ignore[attr-defined]
    return b"".join(parts)
