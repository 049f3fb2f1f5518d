"""Migrations: a catalog of an older schema keeps its contents, and an interrupted migration changes nothing."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from nonmun import ConfigError, Library
from nonmun.index.catalog.database import Catalog
from nonmun.index.catalog.schema import MIGRATIONS, migrate
from nonmun.ingest.maintenance.repair import examine

DAY = "2025-03-03"
QUESTIONS = ("어텐션만으로 번역하는 모델", "reinforcement learning from human feedback", "1706.03762의 한계는?")


@contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def schema(path: Path) -> tuple[int, set[str]]:
    with connected(path) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return version, {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def terms(path: Path) -> list[tuple[int, bool, str]]:
    with closing(Catalog.open(path)) as catalog, catalog.view() as view:
        return list(view.terms.all())


def results(data: Path, embedder: Any) -> list[Any]:
    with Library.open(data, embedding=embedder) as library:
        return [library.search(question).hits for question in QUESTIONS]


@pytest.fixture(scope="module")
def current(tmp_path_factory: pytest.TempPathFactory, hash_embedder: Any, samples: Path) -> Path:
    """A data directory of today's schema, with its generation."""
    folder = tmp_path_factory.mktemp("current")
    with Library.open(folder, embedding=hash_embedder()) as library:
        library.ingest(samples / "digests", samples / "abstracts.jsonl")
    return folder


@pytest.fixture
def older(current: Path, tmp_path: Path) -> Path:
    """The same data directory with a catalog of schema 2, in which FTS5 held the terms."""
    folder = Path(shutil.copytree(current, tmp_path / "older"))
    path = folder / "catalog.sqlite"
    source = path.rename(tmp_path / "source.sqlite")
    with connected(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        migrate(connection, MIGRATIONS[:2])
        connection.execute("ATTACH ? AS source", (str(source),))
        connection.execute("DELETE FROM meta")
        names = "meta documents problems papers sources entries revisions removals chunks vectors"
        connection.execute("BEGIN")
        for name in names.split():
            columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({name})"))
            connection.execute(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM source.{name}")
        connection.execute("INSERT INTO lexical (rowid, terms) SELECT row, terms FROM source.chunk_terms")
        connection.execute("COMMIT")
    return folder


def test_third_schema_keeps_every_term(current: Path, older: Path) -> None:
    path = older / "catalog.sqlite"
    assert schema(path)[0] == 2
    assert {"lexical", "lexical_vocabulary", "lexical_content"} <= schema(path)[1]
    assert terms(path) == terms(current / "catalog.sqlite") != []
    version, tables = schema(path)
    assert version == len(MIGRATIONS)
    assert "chunk_terms" in tables
    assert not [name for name in tables if name.startswith("lexical")]


def test_third_schema_searches_the_same(current: Path, older: Path, embedder: Any, tmp_path: Path) -> None:
    expected = results(Path(shutil.copytree(current, tmp_path / "copy")), embedder)
    assert all(expected)
    assert results(older, embedder) == expected
    with closing(Catalog.open(older / "catalog.sqlite")) as catalog:
        # Sentences are made by the next ingest; the vectors of the newer catalog's sentences belong to none until then.
        codes = [finding.code for finding in examine(catalog, older, thorough=True)]
        assert codes == ["sentence-vectors-missing", "vectors-orphaned"]


def test_third_schema_takes_less_space(older: Path) -> None:
    def pages(path: Path) -> int:
        with connected(path) as connection:
            total, free = (
                connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count")
            )
            return total - free

    path = older / "catalog.sqlite"
    before = pages(path)
    Catalog.open(path).close()
    assert pages(path) < before


@pytest.mark.parametrize("damage", ["DELETE FROM lexical_data WHERE id > 10", "DELETE FROM lexical_docsize"])
def test_a_damaged_full_text_index_does_not_prevent_the_migration(current: Path, older: Path, damage: str) -> None:
    path = older / "catalog.sqlite"
    with connected(path) as connection:
        assert connection.execute(damage).rowcount > 0
    assert terms(path) == terms(current / "catalog.sqlite")


@pytest.mark.parametrize("after", range(len(MIGRATIONS[2]) + 1))
def test_interrupted_migration_leaves_the_older_schema(older: Path, after: int) -> None:
    path = older / "catalog.sqlite"
    before = schema(path)
    with connected(path) as connection:
        content = connection.execute("SELECT rowid, terms FROM lexical ORDER BY rowid").fetchall()
        with pytest.raises(sqlite3.OperationalError, match="no such table: nowhere"):
            migrate(connection, [*MIGRATIONS[:2], (*MIGRATIONS[2][:after], "SELECT * FROM nowhere")])
    assert schema(path) == before
    with connected(path) as connection:
        assert connection.execute("SELECT rowid, terms FROM lexical ORDER BY rowid").fetchall() == content != []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


KILLED = """
import os, signal, sys
from pathlib import Path
from nonmun.index.catalog.database import Catalog

def trace(statement):
    if statement.startswith(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

Catalog.open(Path(sys.argv[1]), trace=trace)
"""


@pytest.mark.parametrize("statement", ["INSERT INTO chunk_terms", "DROP TABLE lexical", "PRAGMA user_version = 3"])
def test_killed_migration_leaves_the_older_schema(current: Path, older: Path, statement: str) -> None:
    path = older / "catalog.sqlite"
    before = schema(path)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path), statement], timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert schema(path) == before
    assert terms(path) == terms(current / "catalog.sqlite")


def test_first_schema_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    with connected(path) as connection:
        migrate(connection, MIGRATIONS[:1])
        connection.execute("INSERT INTO papers VALUES ('2505.00001', 'T', 'A', 1), ('2505.00002', '', '', 1)")
        connection.execute("INSERT INTO papers VALUES ('2505.00003', 'U', 'B', 1)")
        connection.execute("INSERT INTO documents VALUES (?, 'a.md', '', '', '1', 'then', 1)", (DAY,))
        for paper_id in ("2505.00001", "2505.00002"):
            values = (DAY, paper_id)
            connection.execute("INSERT INTO entries VALUES (?, ?, 'a.md', NULL, '', '', '하나.', '[]', 1, 1)", values)
    with closing(Catalog.open(path)) as catalog, catalog.view() as view:
        assert [entry.ingested_at for entry in view.entries.of_paper("2505.00002")] == ["then"]
        assert view.papers.status_counts() == {"found": 2, "never_tried": 1}
        assert view.papers.standalone(["2505.00001", "2505.00002", "2505.00003"]) == {"2505.00003"}
        assert view.papers.by_ids(["2505.00003"])["2505.00003"].abstract == "B"


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    Catalog.open(path).close()
    with connected(path) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(ConfigError, match="upgrade nonmun"):
        Catalog.open(path)


def test_each_migration_runs_once(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    with closing(Catalog.open(path)) as catalog, catalog.write() as transaction:
        transaction.papers.put("2505.00001", standalone=True)
    steps = [*MIGRATIONS, ("ALTER TABLE papers ADD COLUMN venue TEXT", "UPDATE papers SET venue = 'arXiv'")]
    with connected(path) as connection:
        migrate(connection, steps)
        migrate(connection, steps)
        assert connection.execute("SELECT paper_id, venue FROM papers").fetchall() == [("2505.00001", "arXiv")]
        assert connection.execute("PRAGMA user_version").fetchone() == (len(steps),)


def test_failed_migration_leaves_the_older_schema(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    Catalog.open(path).close()
    steps = [*MIGRATIONS, ("CREATE TABLE venues (name TEXT)", "no statement")]
    with connected(path) as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, steps)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert connection.execute("SELECT * FROM sqlite_master WHERE name = 'venues'").fetchall() == []
