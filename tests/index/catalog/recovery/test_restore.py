"""Restore: a verified backup or no change, visible to readers at once, never mixed with later row numbers."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from nonmun import BusyError, ConfigError, FileError, InputError, Library
from nonmun.index.catalog.database import Catalog
from nonmun.index.catalog.lock import ingest_lock
from nonmun.index.catalog.recovery.backup import backup
from nonmun.index.catalog.recovery.restore import restore
from nonmun.index.catalog.schema import MIGRATIONS
from nonmun.ingest.maintenance.repair import examine, repair

ENTRY = "## {0}\n🔗 https://arxiv.org/abs/{0}\n\n**Summary**:\n{1}\n"


@pytest.fixture(scope="module")
def early(tmp_path_factory: pytest.TempPathFactory, hash_embedder, samples: Path) -> Path:
    """A data directory with three days."""
    folder = tmp_path_factory.mktemp("early")
    with Library.open(folder, embedding=hash_embedder()) as library:
        library.ingest(sorted((samples / "digests").iterdir())[:3], samples / "abstracts.jsonl")
    return folder


@pytest.fixture(scope="module")
def saved(early: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("saved") / "backup.sqlite"
    with closing(Catalog.open(early / "catalog.sqlite")) as catalog:
        backup(catalog, target)
    return target


@pytest.fixture
def data(early: Path, tmp_path: Path, hash_embedder, samples: Path) -> Path:
    """The same three days and one more, in a second generation."""
    folder = Path(shutil.copytree(early, tmp_path / "data"))
    with Library.open(folder, embedding=hash_embedder()) as library:
        assert library.ingest(samples / "digests", samples / "abstracts.jsonl").generation == 2
    return folder


def catalog_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("catalog.sqlite"))


def rows(path: Path, sql: str = "SELECT row, chunk_id, text FROM chunks ORDER BY row") -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def reader(data: Path, embedder) -> Iterator[Library]:
    with Library.open(data, embedding=embedder) as library:
        assert library.search("2004.04906").hits[0].paper_id == "2004.04906"
        yield library


def test_an_open_reader_sees_the_backup_with_its_next_query(data: Path, saved: Path, reader: Library) -> None:
    kept = restore(saved, data, force=True)
    assert not any(hit.paper_id == "2004.04906" for hit in reader.search("2004.04906 DPR", 100).hits)
    results = reader.search("어텐션만으로 번역")
    assert results.hits
    assert results.generation is None
    assert rows(data / "catalog.sqlite") == rows(saved)
    assert kept
    assert len(rows(kept)) > len(rows(saved))


def test_row_numbers_allocated_after_the_backup_are_not_mixed_up(
    data: Path, saved: Path, reader: Library, tmp_path: Path, embedder, state
) -> None:
    """New chunks get row numbers that the old generation holds for other chunks, so it must not be used."""
    before = {row: text for row, _, text in rows(data / "catalog.sqlite")}
    restore(saved, data, force=True)
    for number in range(1, 40):
        day = f"2025-04-{number % 28 + 1:02}"
        text = f"# {day}\n\n" + ENTRY.format(f"2504.{number:05}", f"펭귄 {number}마리가 걷는다.")
        (tmp_path / f"{day}-{number}.md").write_text(text, "utf-8")
    old = (data / "generations" / "CURRENT").read_text("ascii")
    report = reader.ingest(sorted(tmp_path.glob("*.md")))
    assert report.generation == int(old) + 1
    after = {row: text for row, _, text in rows(data / "catalog.sqlite")}
    assert any(before[row] != after[row] for row in before.keys() & after.keys())
    hits = reader.search("펭귄 7마리가 걷는다", 3)
    assert hits.hits[0].paper_id == "2504.00007"
    assert hits.generation == report.generation
    reader.close()
    assert state(data, embedder)


def test_an_ingest_after_a_restore_publishes_even_if_nothing_changed(data: Path, saved: Path, reader, samples) -> None:
    restore(saved, data, force=True)
    report = reader.ingest(sorted((samples / "digests").iterdir())[:3], samples / "abstracts.jsonl")
    assert (report.did_nothing, report.generation) == (True, 3)


def test_doctor_finds_and_repairs_the_foreign_generation_after_a_restore(data: Path, saved: Path, embedder) -> None:
    restore(saved, data, force=True)
    with closing(Catalog.open(data / "catalog.sqlite")) as catalog:
        findings = examine(catalog, data)
        assert [finding.code for finding in findings] == ["generation-foreign"]
        assert repair(catalog, data, lambda: embedder, findings, thorough=True) == ()
    assert embedder.read == []


def test_restores_into_a_new_directory(saved: Path, tmp_path: Path, embedder) -> None:
    assert restore(saved, tmp_path / "new" / "data") is None
    with Library.open(tmp_path / "new" / "data", embedding=embedder) as library:
        assert library.search("어텐션만으로 번역").hits
    assert catalog_files(tmp_path / "new" / "data") == ["catalog.sqlite"]


def test_replaces_an_empty_catalog_without_force(saved: Path, tmp_path: Path) -> None:
    Catalog.open(tmp_path / "catalog.sqlite").close()
    assert restore(saved, tmp_path) is None
    assert rows(tmp_path / "catalog.sqlite") == rows(saved)


def test_replaces_a_catalog_only_with_force(data: Path, saved: Path) -> None:
    before = rows(data / "catalog.sqlite")
    with pytest.raises(InputError, match="--force replaces it"):
        restore(saved, data)
    assert rows(data / "catalog.sqlite") == before
    assert catalog_files(data) == ["catalog.sqlite"]


def test_replaces_and_keeps_a_damaged_catalog(data: Path, saved: Path, embedder) -> None:
    for suffix in ("", "-wal", "-shm"):
        (data / f"catalog.sqlite{suffix}").write_bytes(b"\xa5" * 8_192)
    kept = restore(saved, data, force=True)
    assert kept
    assert kept.read_bytes() == b"\xa5" * 8_192
    assert rows(data / "catalog.sqlite") == rows(saved)
    with Library.open(data, embedding=embedder) as library:
        assert library.search("어텐션만으로 번역").hits


def test_migrates_a_backup_of_an_older_schema(tmp_path: Path) -> None:
    source = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(source)) as connection:
        for statement in MIGRATIONS[0]:
            connection.execute(statement)
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    restore(source, tmp_path / "data")
    assert rows(tmp_path / "data" / "catalog.sqlite", "PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert rows(source, "PRAGMA user_version") == [(1,)]


def garbage(path: Path, _: Path) -> None:
    path.write_bytes(b"no database " * 999)


def truncated(path: Path, saved: Path) -> None:
    path.write_bytes(saved.read_bytes()[: saved.stat().st_size // 2])


def damaged(path: Path, saved: Path) -> None:
    raw = bytearray(saved.read_bytes())
    for page in range(len(raw) // 8192, len(raw) // 4096 - 1):
        raw[page * 4096 : page * 4096 + 200] = b"\xa5" * 200
    path.write_bytes(raw)


def empty(path: Path, _: Path) -> None:
    path.write_bytes(b"")


def another(path: Path, _: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (name TEXT)")


def newer(path: Path, saved: Path) -> None:
    shutil.copy(saved, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (garbage, "is not a catalog"),
        (truncated, "is damaged|is not a catalog"),
        (damaged, "is damaged|is not a catalog"),
        (empty, "another program"),
        (another, "another program"),
        (newer, "upgrade nonmun"),
        (lambda path, saved: None, "does not exist"),
    ],
)
def test_refuses_other_files_and_changes_nothing(data: Path, saved: Path, tmp_path: Path, make, message) -> None:
    source = tmp_path / "source.sqlite"
    make(source, saved)
    before, raw = rows(data / "catalog.sqlite"), source.read_bytes() if source.exists() else None
    with pytest.raises(FileError, match=message) as error:
        restore(source, data, force=True)
    assert str(source) in str(error.value)
    assert rows(data / "catalog.sqlite") == before
    assert catalog_files(data) == ["catalog.sqlite"]
    assert (source.read_bytes() if source.exists() else None) == raw
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["data", *(["source.sqlite"] if raw is not None else [])]
    )


def test_refuses_the_catalog_itself(data: Path) -> None:
    with pytest.raises(InputError, match="is the catalog itself"):
        restore(data / "catalog.sqlite", data, force=True)


def test_restores_the_open_catalog_of_another_directory(data: Path, early: Path, tmp_path: Path) -> None:
    with closing(Catalog.open(data / "catalog.sqlite")) as catalog, catalog.view() as view:
        assert view.chunks.count()
        restore(data / "catalog.sqlite", tmp_path / "other")
    assert rows(tmp_path / "other" / "catalog.sqlite") == rows(data / "catalog.sqlite")


def test_does_not_wait_for_a_running_ingest(data: Path, saved: Path) -> None:
    with ingest_lock(data, datetime.now()), pytest.raises(BusyError, match="is writing to"):
        restore(saved, data, force=True)


def test_a_full_disk_changes_nothing(disk: Path, data: Path, saved: Path) -> None:
    folder = Path(shutil.copytree(data, disk / "data"))
    before = rows(folder / "catalog.sqlite")
    ballast = disk / "ballast"
    for free in (0, 200, 1_000):
        ballast.write_bytes(b"x" * (shutil.disk_usage(disk).free - free * 1024))
        with pytest.raises(ConfigError, match="is the disk full"):
            restore(saved, folder, force=True)
        ballast.unlink()
        assert rows(folder / "catalog.sqlite") == before
        assert catalog_files(folder) == ["catalog.sqlite"]


def test_a_killed_restore_leaves_the_old_or_the_new_catalog(
    servers, data: Path, saved: Path, tmp_path: Path, embedder
) -> None:
    """Killed at any moment, while a reader queries continuously."""
    server = servers.get()
    old, new = rows(data / "catalog.sqlite"), rows(saved)
    assert old != new
    seen: set[str] = set()
    stop = threading.Event()
    errors: list[str] = []
    folder = Path(shutil.copytree(data, tmp_path / "copy"))
    with Library.open(folder, embedding=embedder) as library:

        def query() -> None:
            while not stop.wait(0.01):
                try:
                    if not library.search("어텐션만으로 번역").hits:
                        errors.append("no hits")
                except Exception as error:
                    errors.append(repr(error))

        thread = threading.Thread(target=query)
        thread.start()
        for turn in range(8):
            job = {"paths": [], "what": "restore", "source": str(saved), "after": 0.004 + 0.01 * turn, "exactly": True}
            killed = server.ingest(folder, job)["exit"] == -signal.SIGKILL
            content = rows(folder / "catalog.sqlite")
            assert content in (old, new)
            assert rows(folder / "catalog.sqlite", "PRAGMA integrity_check") == [("ok",)]
            seen.add("new" if content == new else "old")
            if content == new and killed:
                restore(data / "catalog.sqlite", folder, force=True)
        stop.set()
        thread.join()
    assert errors == []
    assert "old" in seen
    restore(saved, folder, force=True)
    assert rows(folder / "catalog.sqlite") == new
    assert not list(folder.glob("*.unfinished*"))
    servers.put(server)


def test_the_next_generation_names_the_restored_catalog(data: Path, saved: Path, embedder) -> None:
    restore(saved, data, force=True)
    with closing(Catalog.open(data / "catalog.sqlite")) as catalog:
        repair(catalog, data, lambda: embedder, examine(catalog, data))
        with catalog.view() as view:
            catalog_id = view.catalog_id
    number = (data / "generations" / "CURRENT").read_text("ascii")
    manifest = json.loads((data / "generations" / number / "manifest.json").read_text("utf-8"))
    assert manifest["catalog"] == catalog_id != ""


@pytest.mark.parametrize(
    "program",
    [
        "CREATE TRIGGER evil AFTER INSERT ON chunks BEGIN DELETE FROM papers; END",
        "CREATE VIEW evil AS SELECT text FROM chunks",
        "DROP VIEW passages; CREATE VIEW passages AS SELECT 'x' AS passage_hash",
    ],
)
def test_refuses_a_backup_with_programs_of_its_own(data: Path, saved: Path, tmp_path: Path, program: str) -> None:
    changed = Path(shutil.copy(saved, tmp_path / "changed.sqlite"))
    with closing(sqlite3.connect(changed)) as connection:
        connection.executescript(program)
    before = (data / "catalog.sqlite").read_bytes()
    with pytest.raises(FileError, match="which no catalog of nonmun has"):
        restore(changed, data, force=True)
    assert (data / "catalog.sqlite").read_bytes() == before
