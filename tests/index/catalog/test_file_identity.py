"""The catalog's file: private, never made by a reader, and followed when another takes its place."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nonmun import ConfigError, IndexDamagedError, Library
from nonmun.index.catalog.database import Catalog

QUESTION = "LoRA가 뭐야?"


@pytest.fixture
def data(tmp_path: Path, hash_embedder: Callable[[], Any], samples: Path) -> Path:
    folder = tmp_path / "data"
    with Library.open(folder, embedding=hash_embedder()) as library:
        library.ingest(samples / "digests")
    return folder


@pytest.fixture
def serving(data: Path, hash_embedder: Callable[[], Any]) -> Any:
    with Library.open(data, embedding=hash_embedder(), create=False) as library:
        assert library.ask(QUESTION).citations
        yield library


def test_only_the_owner_can_read_it(data: Path) -> None:
    assert data.stat().st_mode & 0o077 == 0
    with closing(Catalog.open(data / "catalog.sqlite")) as catalog, catalog.view():
        for file in data.glob("catalog.sqlite*"):
            assert file.stat().st_mode & 0o077 == 0, file


def test_a_deleted_catalog_is_an_error_and_not_made_anew(data: Path, serving: Library) -> None:
    kept = data / "kept.sqlite"
    (data / "catalog.sqlite").rename(kept)
    for _ in range(2):
        with pytest.raises(ConfigError, match="is gone while it was in use"):
            serving.ask(QUESTION)
        assert not (data / "catalog.sqlite").exists()
    kept.rename(data / "catalog.sqlite")
    assert serving.ask(QUESTION).citations  # recovers by itself


def test_a_truncated_catalog_is_an_error(data: Path, serving: Library) -> None:
    os.truncate(data / "catalog.sqlite", 0)
    with pytest.raises(IndexDamagedError, match="is empty"):
        serving.ask(QUESTION)


def test_a_catalog_that_takes_its_place_is_read(
    data: Path, serving: Library, tmp_path: Path, hash_embedder: Callable[[], Any], samples: Path
) -> None:
    with Library.open(tmp_path / "other", embedding=hash_embedder()) as other:
        other.ingest(samples / "digests" / "2025-03-06.md")
        papers = other.status().papers
    with closing(sqlite3.connect(tmp_path / "other" / "catalog.sqlite")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert serving.status().papers != papers
    for suffix in ("-wal", "-shm"):
        (data / f"catalog.sqlite{suffix}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "other" / "catalog.sqlite", data / "new.sqlite")
    (data / "new.sqlite").replace(data / "catalog.sqlite")
    assert serving.status().papers == papers


def test_an_empty_catalog_beside_generations_is_refused(data: Path) -> None:
    os.truncate(data / "catalog.sqlite", 0)
    for create in (True, False):
        with pytest.raises(IndexDamagedError, match="is empty"):
            Library.open(data, create=create)


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(IndexDamagedError, match="another program"):
        Library.open(tmp_path)
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("bookmarks",)]


def test_a_read_only_catalog_is_read_without_files_beside_it(data: Path) -> None:
    for file in data.glob("catalog.sqlite-*"):
        file.unlink()
    with closing(Catalog.open(data / "catalog.sqlite", read_only=True)) as catalog:
        with catalog.view() as view:
            assert view.chunks.count()
        with pytest.raises(ConfigError, match=r"read-?only"), catalog.write() as transaction:
            transaction.touch()
    assert list(data.glob("catalog.sqlite-*")) == []


def test_a_read_only_catalog_follows_what_others_write(data: Path) -> None:
    path = data / "catalog.sqlite"
    with closing(Catalog.open(path)):
        pass  # leaves no log
    with closing(Catalog.open(path, read_only=True)) as catalog:
        with catalog.view() as view:
            before = view.revision
        writer = Catalog.open(path)
        with writer.write() as transaction:
            transaction.touch()
        with catalog.view() as view:
            assert view.revision == before  # what is only in the log is not seen, and does no harm
        log = path.with_name("catalog.sqlite-wal")
        saved = log.read_bytes()
        writer.close()
        log.write_bytes(saved)  # as if the writer were still writing back
        with pytest.raises(ConfigError, match="holds changes"), catalog.view():
            pass
        log.unlink()
        with catalog.view() as view:
            assert view.revision == before + 1


def test_a_read_only_catalog_with_a_log_is_refused(data: Path) -> None:
    (data / "catalog.sqlite-wal").write_bytes(b"x")
    with pytest.raises(ConfigError, match="holds changes"):
        Catalog.open(data / "catalog.sqlite", read_only=True)
