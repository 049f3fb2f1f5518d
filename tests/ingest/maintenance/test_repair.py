"""Repair: cures what doctor finds, asks the model only for vectors that are missing, and can be killed anywhere."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from nonmun import BusyError, ConfigError, Library
from nonmun.index.catalog.database import Catalog
from nonmun.index.catalog.lock import ingest_lock
from nonmun.index.domain.findings import Finding
from nonmun.ingest.maintenance.repair import examine, repair

Damage = Callable[[Path], object]
ONE = "(SELECT min(passage_hash) FROM vectors)"


def sql(*statements: str) -> Damage:
    def damage(data: Path) -> None:
        with closing(sqlite3.connect(data / "catalog.sqlite", isolation_level=None)) as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount != 0

    return damage


def text(name: str, content: str) -> Damage:
    return lambda data: (data / name).write_text(content, "utf-8")


def manifest(**changes: Any) -> Damage:
    def damage(data: Path) -> None:
        path = data / "generations" / "1" / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")

    return damage


def lose_a_row(data: Path) -> None:
    """A chunk that the generation says it holds, and does not."""
    sql("UPDATE chunks SET row = 9999 WHERE row = 3", "UPDATE chunk_terms SET row = 9999 WHERE row = 3")(data)


def other_vectors(data: Path) -> None:
    """Two passages' vectors the wrong way round."""
    sql(
        f"CREATE TABLE kept AS SELECT passage_hash, vector FROM vectors WHERE passage_hash IN ({ONE}, "
        "(SELECT max(passage_hash) FROM vectors))",
        "UPDATE vectors SET vector = (SELECT vector FROM kept WHERE kept.passage_hash != vectors.passage_hash) "
        "WHERE passage_hash IN (SELECT passage_hash FROM kept)",
    )(data)


DAMAGES: dict[str, tuple[Damage, set[str]]] = {
    "terms gone": (sql("DELETE FROM chunk_terms WHERE row < 4"), {"lexical-missing"}),
    "terms of nothing": (sql("INSERT INTO chunk_terms VALUES (9999, 'x')"), {"lexical-orphans"}),
    "terms of bytes": (sql("UPDATE chunk_terms SET terms = x'ff' WHERE row = 1"), {"lexical-damaged"}),
    "no table of terms": (sql("DROP TABLE chunk_terms"), {"lexical-unreadable"}),
    "other terms": (sql("UPDATE chunk_terms SET terms = 'other' WHERE row = 1"), {"lexical-damaged"}),
    "vector gone": (sql(f"DELETE FROM vectors WHERE passage_hash = {ONE}"), {"vectors-missing"}),
    "all vectors gone": (sql("DELETE FROM vectors"), {"vectors-missing", "generation-rows"}),
    "vector of nothing": (sql("INSERT INTO vectors VALUES ('0', 'hash-64', zeroblob(256))"), {"vectors-orphaned"}),
    "vector of another model": (
        sql(f"INSERT INTO vectors SELECT passage_hash, 'x', vector FROM vectors WHERE passage_hash = {ONE}"),
        {"vectors-foreign"},
    ),
    "short vector": (sql(f"UPDATE vectors SET vector = x'00' WHERE passage_hash = {ONE}"), {"vectors-damaged"}),
    "vector of text": (sql(f"UPDATE vectors SET vector = 'no' WHERE passage_hash = {ONE}"), {"vectors-damaged"}),
    "vector of nan": (
        sql(f"UPDATE vectors SET vector = x'{'0000c07f' * 64}' WHERE passage_hash = {ONE}"),
        {"vectors-damaged"},
    ),
    "long vector": (
        sql(f"UPDATE vectors SET vector = x'{'00000040' * 64}' WHERE passage_hash = {ONE}"),
        {"vectors-damaged"},
    ),
    "old revision": (sql("UPDATE meta SET value = '1' WHERE key = 'rev'"), {"revision-behind", "generation-foreign"}),
    "no revision": (sql("DELETE FROM meta WHERE key = 'rev'"), {"revision-behind", "generation-foreign"}),
    "no model": (sql("DELETE FROM meta WHERE key IN ('model_id', 'dimension')"), {"model-unnamed"}),
    "empty paper": (sql("INSERT INTO papers (paper_id, rev) VALUES ('2505.99999', 1)"), {"papers-empty"}),
    "no current": (lambda data: (data / "generations" / "CURRENT").unlink(), {"generation-missing", "leftovers"}),
    "odd current": (text("generations/CURRENT", "?"), {"generation-missing", "leftovers"}),
    "current of nothing": (text("generations/CURRENT", "8"), {"generation-unreadable"}),
    "odd manifest": (text("generations/1/manifest.json", "{"), {"generation-unreadable"}),
    "no store": (lambda data: shutil.rmtree(data / "generations" / "1" / "chroma"), {"generation-unreadable"}),
    "no generations": (lambda data: shutil.rmtree(data / "generations"), {"generation-missing"}),
    "manifest of another": (manifest(number=2), {"generation-unreadable"}),
    "another model": (manifest(model_id="other"), {"generation-model"}),
    "another space": (manifest(space="l2"), {"generation-space"}),
    "another catalog": (manifest(catalog="other"), {"generation-foreign"}),
    "a later catalog": (manifest(rev=999), {"generation-foreign"}),
    "an earlier catalog": (manifest(rev=1), {"generation-foreign"}),
    "too few rows": (manifest(rows=5), {"generation-count"}),
    "another checksum": (manifest(checksum="0"), {"generation-checksum"}),
    "a row of its own": (lose_a_row, {"generation-rows", "lexical-damaged"}),
    "revisions of words": (manifest(rev="x"), {"generation-unreadable"}),
    "half built": (lambda data: (data / "generations" / "7").mkdir(), {"leftovers"}),
    "half switched": (text("generations/CURRENT.new", "2"), {"leftovers"}),
    "dead holder": (text("ingest.holder", "process 1"), {"holder-dead"}),
    "half restored": (text("catalog.sqlite.unfinished", ""), {"restore-unfinished"}),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, hash_embedder, samples: Path) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    with Library.open(folder, embedding=hash_embedder()) as library:
        for day in sorted((samples / "digests").iterdir())[:2]:
            library.ingest(day, samples / "abstracts.jsonl")
    shutil.rmtree(folder / "generations")
    with Library.open(folder, embedding=hash_embedder()) as library:
        assert library.ingest(samples / "digests" / "2025-03-03.md").generation == 1
    return folder


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "data"))


@pytest.fixture
def catalog(data: Path) -> Iterator[Catalog]:
    catalog = Catalog.open(data / "catalog.sqlite")
    yield catalog
    catalog.close()


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_and_cured(data: Path, whole: Path, catalog: Catalog, embedder, state, name: str) -> None:
    damage, codes = DAMAGES[name]
    damage(data)
    found = examine(catalog, data, thorough=True)
    assert {one.code for one in found} & codes
    assert {one.code for one in found} <= codes | {"generation-checksum"}
    assert all(one.repairable for one in found)
    left = found
    for _ in range(2):  # what hides behind other damage comes to light with the second look
        left = left and repair(catalog, data, lambda: embedder, left, thorough=True)
    assert left == ()
    assert state(data, embedder) == state(whole, embedder)


def test_generation_follows_the_catalog(data: Path, catalog: Catalog, embedder) -> None:
    other_vectors(data)
    found = examine(catalog, data)
    assert [one.code for one in found] == ["generation-checksum"]
    assert repair(catalog, data, lambda: embedder, found, thorough=True) == ()
    assert embedder.read == []


def test_model_is_asked_for_missing_vectors_only(data: Path, catalog: Catalog, embedder) -> None:
    sql(f"DELETE FROM vectors WHERE passage_hash = {ONE}")(data)
    repair(catalog, data, lambda: embedder, examine(catalog, data))
    assert len(embedder.read) == 1


def test_another_model_is_refused_before_anything_is_forgotten(data: Path, catalog: Catalog, hash_embedder) -> None:
    sql(f"UPDATE vectors SET vector = x'00' WHERE passage_hash = {ONE}")(data)
    found = examine(catalog, data)
    with pytest.raises(ConfigError, match="the index was made with"):
        repair(catalog, data, lambda: hash_embedder("other"), found)
    assert examine(catalog, data) == found


def test_what_cannot_be_cured_is_left(data: Path, catalog: Catalog, embedder) -> None:
    text("generations/mine", "")(data)
    left = repair(catalog, data, lambda: embedder, examine(catalog, data))
    assert [one.code for one in left] == ["strangers"]


def test_damaged_catalog_is_not_touched(data: Path, catalog: Catalog, embedder) -> None:
    sql("DELETE FROM documents WHERE name = '2025-03-03.md'", f"DELETE FROM vectors WHERE passage_hash = {ONE}")(data)
    found = examine(catalog, data)
    assert {one.code for one in found} >= {"catalog-dangling", "vectors-missing"}
    assert repair(catalog, data, lambda: embedder, found) == found


def test_repair_waits_for_no_ingest(data: Path, catalog: Catalog, embedder) -> None:
    with ingest_lock(data, datetime.now()), pytest.raises(BusyError, match="is ingesting into"):
        repair(catalog, data, lambda: embedder, ())


def test_running_ingest_is_no_damage(data: Path, catalog: Catalog) -> None:
    (data / "generations" / "2").mkdir()
    with ingest_lock(data, datetime.now()):
        assert examine(catalog, data) == ()
    assert [one.code for one in examine(catalog, data)] == ["leftovers"]


def test_kills_of_a_repair(servers, whole: Path, tmp_path: Path, embedder, state) -> None:
    """Everything damaged at once; a repair killed anywhere is completed by the next one."""
    damaged = Path(shutil.copytree(whole, tmp_path / "damaged"))
    for name in ("terms gone", "vector gone", "vector of nothing", "old revision", "odd manifest", "empty paper"):
        DAMAGES[name][0](damaged)
    server = servers.get()

    def mend(folder: Path, **at: int) -> dict[str, Any]:
        return server.ingest(folder, {"paths": [], "what": "repair"}, **at)

    clean = Path(shutil.copytree(damaged, tmp_path / "clean"))
    done = mend(clean)
    assert (done["exit"], done["left"]) == (0, [])
    expected = state(whole, embedder)
    assert state(clean, embedder) == expected
    for kind, every in (("steps", 4), ("statements", 120)):
        for number in range(1, done[kind] + 1, every):
            folder = Path(shutil.copytree(damaged, tmp_path / f"{kind}{number}"))
            assert mend(folder, **{kind.removesuffix("s"): number})["exit"] == -signal.SIGKILL
            assert mend(folder)["left"] == []
            assert state(folder, embedder) == expected
            shutil.rmtree(folder)
    servers.put(server)


def test_findings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Finding("a", "b", "c", repairable=True).code = "x"  # type: ignore[misc]
