"""Repair: fixes what doctor finds, embeds only passages without a vector, and may be killed at any point."""

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
FIRST_HASH = "(SELECT passage_hash FROM chunks ORDER BY row LIMIT 1)"


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


def change_a_row(data: Path) -> None:
    """Give a chunk a row that the generation does not have."""
    sql("UPDATE chunks SET row = 9999 WHERE row = 3", "UPDATE chunk_terms SET row = 9999 WHERE row = 3")(data)


def swap_vectors(data: Path) -> None:
    """Swap the vectors of two passages."""
    sql(
        f"CREATE TABLE swapped AS SELECT passage_hash, vector FROM vectors WHERE passage_hash IN ({FIRST_HASH}, "
        "(SELECT max(passage_hash) FROM vectors))",
        "UPDATE vectors SET vector = (SELECT vector FROM swapped WHERE swapped.passage_hash != vectors.passage_hash) "
        "WHERE passage_hash IN (SELECT passage_hash FROM swapped)",
    )(data)


DAMAGES: dict[str, tuple[Damage, set[str]]] = {
    "missing terms": (sql("DELETE FROM chunk_terms WHERE row < 4"), {"lexical-missing"}),
    "terms of no chunk": (sql("INSERT INTO chunk_terms VALUES (9999, 'x')"), {"lexical-orphans"}),
    "binary terms": (sql("UPDATE chunk_terms SET terms = x'ff' WHERE row = 1"), {"lexical-damaged"}),
    "no table of terms": (sql("DROP TABLE chunk_terms"), {"lexical-unreadable"}),
    "other terms": (sql("UPDATE chunk_terms SET terms = 'other' WHERE row = 1"), {"lexical-damaged"}),
    "missing vector": (sql(f"DELETE FROM vectors WHERE passage_hash = {FIRST_HASH}"), {"vectors-missing"}),
    "no vectors": (sql("DELETE FROM vectors"), {"vectors-missing", "sentence-vectors-missing", "generation-rows"}),
    "vector of no chunk": (sql("INSERT INTO vectors VALUES ('0', 'hash-64', zeroblob(256))"), {"vectors-orphaned"}),
    "vector of another model": (
        sql(f"INSERT INTO vectors SELECT passage_hash, 'x', vector FROM vectors WHERE passage_hash = {FIRST_HASH}"),
        {"vectors-foreign"},
    ),
    "short vector": (sql(f"UPDATE vectors SET vector = x'00' WHERE passage_hash = {FIRST_HASH}"), {"vectors-damaged"}),
    "text instead of a vector": (
        sql(f"UPDATE vectors SET vector = 'no' WHERE passage_hash = {FIRST_HASH}"),
        {"vectors-damaged"},
    ),
    "vector of NaN": (
        sql(f"UPDATE vectors SET vector = x'{'0000c07f' * 64}' WHERE passage_hash = {FIRST_HASH}"),
        {"vectors-damaged"},
    ),
    "vector not of unit length": (
        sql(f"UPDATE vectors SET vector = x'{'00000040' * 64}' WHERE passage_hash = {FIRST_HASH}"),
        {"vectors-damaged"},
    ),
    "old revision": (sql("UPDATE meta SET value = '1' WHERE key = 'rev'"), {"revision-behind", "generation-foreign"}),
    "no revision": (sql("DELETE FROM meta WHERE key = 'rev'"), {"revision-behind", "generation-foreign"}),
    "no model": (sql("DELETE FROM meta WHERE key IN ('model_id', 'dimension')"), {"model-unnamed"}),
    "empty paper": (sql("INSERT INTO papers (paper_id, rev) VALUES ('2505.99999', 1)"), {"papers-empty"}),
    "no current file": (lambda data: (data / "generations" / "CURRENT").unlink(), {"generation-missing", "leftovers"}),
    "invalid current file": (text("generations/CURRENT", "?"), {"generation-missing", "leftovers"}),
    "current file of a missing generation": (text("generations/CURRENT", "8"), {"generation-unreadable"}),
    "invalid manifest": (text("generations/1/manifest.json", "{"), {"generation-unreadable"}),
    "no store": (lambda data: shutil.rmtree(data / "generations" / "1" / "chroma"), {"generation-unreadable"}),
    "no generations": (lambda data: shutil.rmtree(data / "generations"), {"generation-missing"}),
    "manifest of another generation": (manifest(number=2), {"generation-unreadable"}),
    "another model": (manifest(model_id="other"), {"generation-model"}),
    "another space": (manifest(space="l2"), {"generation-space"}),
    "another catalog": (manifest(catalog="other"), {"generation-foreign"}),
    "a later catalog": (manifest(rev=999), {"generation-foreign"}),
    "an earlier catalog": (manifest(rev=1), {"generation-foreign"}),
    "too few rows": (manifest(rows=5), {"generation-count"}),
    "another checksum": (manifest(checksum="0"), {"generation-checksum"}),
    "row of no chunk": (change_a_row, {"generation-rows", "lexical-damaged", "sentence-vectors-missing"}),
    "revision that is not a number": (manifest(rev="x"), {"generation-unreadable"}),
    "unfinished build": (lambda data: (data / "generations" / "7").mkdir(), {"leftovers"}),
    "unfinished switch": (text("generations/CURRENT.new", "2"), {"leftovers"}),
    "killed lock holder": (text("ingest.holder", "process 1"), {"holder-dead"}),
    "unfinished restore": (text("catalog.sqlite.unfinished", ""), {"restore-unfinished"}),
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
def test_damage_is_found_and_repaired(data: Path, whole: Path, catalog: Catalog, embedder, state, name: str) -> None:
    damage, codes = DAMAGES[name]
    damage(data)
    findings = examine(catalog, data, thorough=True)
    assert {finding.code for finding in findings} & codes
    assert {finding.code for finding in findings} <= codes | {"generation-checksum"}
    assert all(finding.repairable for finding in findings)
    remaining = findings
    for _ in range(2):  # damage that other damage conceals shows up after the first repair
        remaining = remaining and repair(catalog, data, lambda: embedder, remaining, thorough=True)
    assert remaining == ()
    assert state(data, embedder) == state(whole, embedder)


def test_generation_follows_the_catalog(data: Path, catalog: Catalog, embedder) -> None:
    swap_vectors(data)
    findings = examine(catalog, data)
    assert [finding.code for finding in findings] == ["generation-checksum"]
    assert repair(catalog, data, lambda: embedder, findings, thorough=True) == ()
    assert embedder.read == []


def test_embeds_only_missing_vectors(data: Path, catalog: Catalog, embedder) -> None:
    sql(f"DELETE FROM vectors WHERE passage_hash = {FIRST_HASH}")(data)
    repair(catalog, data, lambda: embedder, examine(catalog, data))
    assert len(embedder.read) == 1


def test_another_model_is_rejected_before_vectors_are_removed(data: Path, catalog: Catalog, hash_embedder) -> None:
    sql(f"UPDATE vectors SET vector = x'00' WHERE passage_hash = {FIRST_HASH}")(data)
    findings = examine(catalog, data)
    with pytest.raises(ConfigError, match="the index was built with"):
        repair(catalog, data, lambda: hash_embedder("other"), findings)
    assert examine(catalog, data) == findings


def test_unrepairable_findings_remain(data: Path, catalog: Catalog, embedder) -> None:
    text("generations/mine", "")(data)
    remaining = repair(catalog, data, lambda: embedder, examine(catalog, data))
    assert [finding.code for finding in remaining] == ["strangers"]


def test_damaged_catalog_is_not_changed(data: Path, catalog: Catalog, embedder) -> None:
    lose_vector = f"DELETE FROM vectors WHERE passage_hash = {FIRST_HASH}"
    sql("DELETE FROM documents WHERE name = '2025-03-03.md'", lose_vector)(data)
    findings = examine(catalog, data)
    assert {finding.code for finding in findings} >= {"catalog-dangling", "vectors-missing"}
    assert repair(catalog, data, lambda: embedder, findings) == findings


def test_repair_is_refused_during_an_ingest(data: Path, catalog: Catalog, embedder) -> None:
    with ingest_lock(data, datetime.now()), pytest.raises(BusyError, match="is writing to"):
        repair(catalog, data, lambda: embedder, ())


def test_running_ingest_is_not_damage(data: Path, catalog: Catalog) -> None:
    (data / "generations" / "2").mkdir()
    with ingest_lock(data, datetime.now()):
        assert examine(catalog, data) == ()
    assert [finding.code for finding in examine(catalog, data)] == ["leftovers"]


def test_kills_of_a_repair(servers, whole: Path, tmp_path: Path, embedder, state) -> None:
    """The next repair completes a killed one, whatever is damaged."""
    damaged = Path(shutil.copytree(whole, tmp_path / "damaged"))
    for name in (
        "missing terms",
        "missing vector",
        "vector of no chunk",
        "old revision",
        "invalid manifest",
        "empty paper",
    ):
        DAMAGES[name][0](damaged)
    server = servers.get()

    def run_repair(folder: Path, **at: int) -> dict[str, Any]:
        return server.ingest(folder, {"paths": [], "what": "repair"}, **at)

    clean = Path(shutil.copytree(damaged, tmp_path / "clean"))
    done = run_repair(clean)
    assert (done["exit"], done["remaining"]) == (0, [])
    expected = state(whole, embedder)
    assert state(clean, embedder) == expected
    for kind, every in (("steps", 4), ("statements", 120)):
        for number in range(1, done[kind] + 1, every):
            folder = Path(shutil.copytree(damaged, tmp_path / f"{kind}{number}"))
            assert run_repair(folder, **{kind.removesuffix("s"): number})["exit"] == -signal.SIGKILL
            assert run_repair(folder)["remaining"] == []
            assert state(folder, embedder) == expected
            shutil.rmtree(folder)
    servers.put(server)


def test_findings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Finding("a", "b", "c", repairable=True).code = "x"  # type: ignore[misc]
