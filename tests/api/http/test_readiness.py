"""Readiness: 503 whenever a search would fail, 200 with the time of the last ingest when it succeeds."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from nonmun import Library, Settings
from nonmun.api.http.readiness import Readiness
from nonmun.api.http.schemas import Health
from nonmun.api.http.work import Work
from nonmun.settings import HttpConfig

Serve = Callable[[Library], AbstractContextManager[httpx.Client]]


@pytest.fixture
def filled(library: Library, samples: Path) -> Library:
    library.ingest(samples / "digests", samples / "abstracts.jsonl")
    return library


class Clock:
    """Monotonic seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def becomes(client: httpx.Client, status: int) -> dict[str, Any]:
    """Return the body of /readyz once it has a status."""
    deadline = time.monotonic() + 120
    while (response := client.get("/readyz")).status_code != status:
        assert time.monotonic() < deadline, response.text
        time.sleep(0.05)
    return response.json()


def check(library: Library, *between: Callable[[], object]) -> list[Health]:
    """Check, and again after each of some changes, long after the last time."""

    async def test() -> list[Health]:
        clock = Clock()
        readiness = Readiness(Work(library, HttpConfig()), clock)
        found = [await readiness.check()]
        for change in between:
            change()
            clock.now += 1_000
            found.append(await readiness.check())
        return found

    return anyio.run(test)


def test_an_index_that_becomes_filled_is_ready_with_its_last_ingest(
    library: Library, samples: Path, serve: Serve
) -> None:
    with serve(library) as client:
        body = becomes(client, 503)
        assert (body["status"], body["generation"], body["last_ingest"]) == ("unavailable", None, None)
        assert "empty" in body["reason"]
        before = datetime.now(UTC).replace(microsecond=0)
        library.ingest(samples / "digests")
        body = becomes(client, 200)
        assert (body["status"], body["generation"], body["reason"]) == ("ok", 1, None)
        assert body["last_ingest"] == library.status().last_ingest
        assert before <= datetime.fromisoformat(body["last_ingest"]) <= datetime.now(UTC)
        metrics = client.get("/metrics").text
        assert "nonmun_papers 17.0" in metrics
        ingested = datetime.fromisoformat(body["last_ingest"]).timestamp()
        [line] = [line for line in metrics.splitlines() if line.startswith("nonmun_last_ingest_timestamp_seconds ")]
        assert float(line.split()[1]) == pytest.approx(ingested)
        library.remove(["1706.03762"])
        deadline = time.monotonic() + 120
        while becomes(client, 200)["generation"] != 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_an_index_that_is_embedded_with_another_model_is_not_ready(
    filled: Library, hash_embedder: Any, serve: Serve
) -> None:
    folder = filled.settings.data
    with serve(filled) as client:
        becomes(client, 200)
        with Library.open(folder, embedding=hash_embedder("hash-64-other")) as other:
            other.reembed()
        body = becomes(client, 503)
        assert "see the log" in body["reason"]
        assert str(folder) not in str(body)
        assert client.post("/v1/ask", json={"question": "What is attention?"}).json()["code"] == "unavailable"
        assert client.get("/healthz").status_code == 200
        with Library.open(folder, embedding=hash_embedder()) as back:
            back.reembed()
        assert becomes(client, 200)["status"] == "ok"
        assert client.post("/v1/ask", json={"question": "What is attention?"}).status_code == 200


def test_an_index_of_another_model_is_not_ready(filled: Library, hash_embedder: Any, serve: Serve) -> None:
    other = hash_embedder("hash-64-other")
    with Library.open(filled.settings.data, embedding=other) as library, serve(library) as client:
        assert becomes(client, 503)["status"] == "unavailable"
        assert client.get("/healthz").status_code == 200


def damage_pages(folder: Path) -> None:
    with (folder / "catalog.sqlite").open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(0)
        file.write(b"\xa5" * size)


def drop_a_table(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection, connection:
        connection.execute("DROP TABLE entries")


@pytest.mark.parametrize("damage", [damage_pages, drop_a_table])
def test_a_damaged_catalog_is_not_ready(
    filled: Library, serve: Serve, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], None]
) -> None:
    folder = filled.settings.data
    with serve(filled) as client:
        becomes(client, 200)
        with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        damage(folder)
        body = becomes(client, 503)
        assert body["status"] == "unavailable"
        assert str(folder) not in str(body)
        assert client.get("/healthz").status_code == 200
    assert "not ready" in caplog.text


def test_readiness_follows_the_index(library: Library, samples: Path, hash_embedder: Any) -> None:
    def reembed() -> None:
        with Library.open(library.settings.data, embedding=hash_embedder("hash-64-other")) as other:
            other.reembed()

    found = check(library, lambda: library.ingest(samples / "digests"), reembed, library.close)
    assert [health.status for health in found] == ["unavailable", "ok", "unavailable", "unavailable"]
    assert found[1].last_ingest
    assert [health.last_ingest for health in found if health.status != "ok"] == [None] * 3


def test_probes_in_quick_succession_search_once(filled: Library) -> None:
    async def test() -> None:
        clock, searches = Clock(), 0

        class Counting(Work):
            async def probe(self, work: Callable[[], Any]) -> Any:
                nonlocal searches
                searches += 1
                return await super().probe(work)

        readiness = Readiness(Counting(filled, HttpConfig()), clock)
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(readiness.check)
        assert searches == 1
        clock.now += 60
        assert (await readiness.check()).status == "ok"
        assert searches == 2

    anyio.run(test)


def test_the_bundled_model_is_warm_before_the_first_question(sample_library: Library) -> None:
    async def test() -> None:
        with Library.open(settings=sample_library.settings) as library:
            readiness = Readiness(Work(library, HttpConfig()))
            await readiness.check()
            health = await readiness.check()
            assert (health.status, health.last_ingest) == ("ok", library.status().last_ingest)

    anyio.run(test)


def test_a_model_that_cannot_be_loaded_is_not_ready(sample_library: Library, tmp_path: Path, serve: Serve) -> None:
    settings = Settings(data=sample_library.settings.data, embedding="llama-index:no.such.module:model")
    with Library.open(settings=settings) as library, serve(library) as client:
        assert becomes(client, 503)["status"] == "unavailable"
        assert client.get("/healthz").status_code == 200
