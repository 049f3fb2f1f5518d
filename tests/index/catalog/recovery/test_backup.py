"""Backups: complete and verified while others write, and never a partial file under the target's name."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nonmun import ConfigError, FileError, IndexDamagedError, InputError, Library
from nonmun.index.catalog.database import Catalog
from nonmun.index.catalog.documents import StoredDocument
from nonmun.index.catalog.recovery.backup import backup, verify_catalog
from nonmun.index.catalog.recovery.restore import restore
from nonmun.index.catalog.schema import MIGRATIONS
from nonmun.ingest.job import IngestJob

WRITER = """
import sys
from nonmun.index.catalog.database import Catalog
from nonmun.index.catalog.documents import StoredDocument
catalog = Catalog.open(__import__("pathlib").Path(sys.argv[1]))
for number in range(100_000):
    with catalog.write() as transaction:
        document = StoredDocument(f"{number:06}", "a.md", str(number), "1", "")
        transaction.documents.put(document, "x" * 20_000, "now")
        transaction.papers.put(f"{number:06}.00001", standalone=True)
        transaction.metadata.set("number", str(number))
    print(number, flush=True)
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, hash_embedder, samples: Path) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    with Library.open(folder, embedding=hash_embedder()) as library:
        library.ingest(samples / "digests", samples / "abstracts.jsonl")
    return folder


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "data"))


@pytest.fixture
def catalog(data: Path) -> Iterator[Catalog]:
    catalog = Catalog.open(data / "catalog.sqlite")
    yield catalog
    catalog.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def content(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_a_backup_is_the_catalog_in_one_file(data: Path, catalog: Catalog, tmp_path: Path) -> None:
    target = tmp_path / "saved" / "a b#1?.sqlite"
    target.parent.mkdir()
    progress: list[tuple[int, int]] = []
    backup(catalog, target, progress=lambda done, total: progress.append((done, total)))
    assert list(target.parent.iterdir()) == [target]
    assert content(target) == content(catalog.path)
    assert progress[-1][0] == progress[-1][1] > 10
    target.chmod(0o400)
    verify_catalog(target)


def test_a_backup_answers_as_the_catalog_does(data: Path, catalog: Catalog, tmp_path: Path, embedder) -> None:
    backup(catalog, tmp_path / "b.sqlite")
    (tmp_path / "new").mkdir()
    shutil.copy(tmp_path / "b.sqlite", tmp_path / "new" / "catalog.sqlite")
    with Library.open(data, embedding=embedder) as library, Library.open(tmp_path / "new", embedding=embedder) as copy:
        hits = [[(hit.paper_id, round(hit.score, 3)) for hit in it.search("확산 모델").hits] for it in (library, copy)]
    assert hits[0] == hits[1] != []


@pytest.mark.parametrize("name", ["data/b.sqlite", "data/generations/b.sqlite", "data/catalog.sqlite", "", "no/b"])
def test_refuses_a_target_in_the_data_directory_or_a_folder(catalog: Catalog, tmp_path: Path, name: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError) as error:
        backup(catalog, tmp_path / name, force=True)
    assert error.value.field == "file"
    assert sorted(tmp_path.rglob("*")) == before


def test_refuses_a_link_into_the_data_directory(catalog: Catalog, data: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(data)
    with pytest.raises(InputError, match="lies in the data directory"):
        backup(catalog, tmp_path / "link" / "b.sqlite")


def test_replaces_an_existing_file_only_with_force(catalog: Catalog, tmp_path: Path) -> None:
    target = tmp_path / "b.sqlite"
    target.write_text("precious", "utf-8")
    with pytest.raises(InputError, match="exists; name another file, or add --force"):
        backup(catalog, target)
    assert target.read_text("utf-8") == "precious"
    backup(catalog, target, force=True)
    verify_catalog(target)


def test_does_not_back_up_a_damaged_catalog(catalog: Catalog, tmp_path: Path, data: Path) -> None:
    target = tmp_path / "b.sqlite"
    backup(catalog, target)
    saved = target.read_bytes()
    catalog.close()
    raw = bytearray(catalog.path.read_bytes())
    for page in range(len(raw) // 8192, len(raw) // 4096 - 1):
        raw[page * 4096 : page * 4096 + 200] = b"\xa5" * 200
    catalog.path.write_bytes(raw)
    with closing(Catalog.open(catalog.path)) as damaged, pytest.raises(IndexDamagedError, match="is damaged"):
        backup(damaged, target, force=True)
    assert target.read_bytes() == saved
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.sqlite", "data"]


def test_a_full_disk_leaves_no_file(catalog: Catalog, tmp_path: Path) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], check=False)
    if done.returncode:
        pytest.skip("a small disk cannot be mounted")
    try:
        with pytest.raises(ConfigError, match="is the disk full"):
            backup(catalog, folder / "b.sqlite")
        assert list(folder.iterdir()) == []
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def writing_process(data: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that commits one transaction after another."""
    command = [sys.executable, "-c", WRITER, str(data / "catalog.sqlite")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "0\n"
        yield process
        process.kill()


def test_backups_during_writes_are_committed_states(writing_process, catalog: Catalog, tmp_path: Path) -> None:
    seen: list[int] = []
    for number in range(12):
        target = tmp_path / f"{number}.sqlite"
        backup(catalog, target)
        with closing(sqlite3.connect(target)) as connection:
            last = int(connection.execute("SELECT value FROM meta WHERE key = 'number'").fetchone()[0])
            documents, papers = (
                {int(row[0]) for row in connection.execute(sql)}
                for sql in (
                    "SELECT digest_date FROM documents WHERE name = 'a.md'",
                    "SELECT substr(paper_id, 1, 6) FROM papers WHERE paper_id LIKE '%.00001' AND standalone",
                )
            )
        assert documents == set(range(last + 1))
        assert papers >= documents
        seen.append(last)
        target.unlink()
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]


def test_backups_during_an_ingest_are_consistent(tmp_path: Path, embedder, samples: Path) -> None:
    """Each backup holds the days up to some moment, each chunk with its vector."""
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    ingesting = Catalog.open(fresh / "catalog.sqlite")
    job = IngestJob(ingesting, fresh, lambda: embedder, observe=lambda _: time.sleep(0.003))
    thread = threading.Thread(target=job.run, args=([samples / "digests"],))
    thread.start()
    days: list[int] = []
    while thread.is_alive():
        target = tmp_path / "b.sqlite"
        backup(ingesting, target, force=True)
        with closing(Catalog.open(target)) as copy, copy.view() as view:
            days.append(len(view.entries.days()))
            assert view.chunks.without_vectors("hash-64") == []
    thread.join()
    ingesting.close()
    assert days == sorted(days)
    assert len(days) > 1


KILLED = """
import sys
from pathlib import Path
from nonmun.index.catalog.recovery.backup import backup
from nonmun.index.catalog.database import Catalog
catalog = Catalog.open(Path(sys.argv[1]))
def report(done, total):
    print(done, flush=True)
    sys.stdin.readline()
backup(catalog, Path(sys.argv[2]), force=True, progress=report)
"""


def test_a_killed_backup_leaves_the_previous_file(data: Path, catalog: Catalog, tmp_path: Path) -> None:
    target = tmp_path / "b.sqlite"
    with catalog.write() as transaction:
        document = StoredDocument("2025-03-09", "long.md", "0", "1", "")
        transaction.documents.put(document, "x" * 8_000_000, "now")
    backup(catalog, target)
    saved = target.read_bytes()
    for lines in (1, 4):
        command = [sys.executable, "-c", KILLED, str(data / "catalog.sqlite"), str(target)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert process.stdin
            for _ in range(lines):
                assert process.stdout.readline()
                process.stdin.write("\n")
                process.stdin.flush()
            process.send_signal(signal.SIGKILL)
        assert target.read_bytes() == saved
        assert len(list(tmp_path.glob(".b.sqlite.*.unfinished"))) == 1
    backup(catalog, target, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.sqlite", "data"]


def test_verification_refuses_other_files(catalog: Catalog, tmp_path: Path) -> None:
    good = tmp_path / "b.sqlite"
    backup(catalog, good)
    cases = {"garbage": b"no database " * 999, "empty": b"", "truncated": good.read_bytes()[: good.stat().st_size // 2]}
    for name, raw in cases.items():
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(FileError, match=name):
            verify_catalog(tmp_path / name)
    with closing(sqlite3.connect(tmp_path / "other")) as connection:
        connection.execute("CREATE TABLE songs (name TEXT)")
    with pytest.raises(FileError, match="a database of another program"):
        verify_catalog(tmp_path / "other")
    with closing(sqlite3.connect(good)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(FileError, match="upgrade nonmun"):
        verify_catalog(good)


def test_only_the_owner_reads_a_backup_or_what_a_restore_keeps(data: Path, tmp_path: Path, hash_embedder) -> None:
    target = tmp_path / "backup.sqlite"
    target.write_text("an older backup")
    target.chmod(0o644)
    previous = os.umask(0o022)
    try:
        with Library.open(data, embedding=hash_embedder()) as library:
            library.backup(target, force=True)
        kept = restore(target, data, force=True)
    finally:
        os.umask(previous)
    assert kept
    assert {mode(path) for path in (target, kept, data / "catalog.sqlite")} == {0o600}
