"""Doctor: silent about a healthy index, names what is wrong with another one, and touches neither."""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nonmun import Library
from nonmun.index.catalog.database import Catalog
from nonmun.index.embeddings.e5.model_cache import folder_of
from nonmun.index.health import doctor
from nonmun.index.health.doctor import Finding, examine, examine_model


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
def check(data: Path) -> Iterator[Callable[..., list[Finding]]]:
    catalog = Catalog.open(data / "catalog.sqlite")
    yield lambda **how: list(examine(catalog, data / "generations", **how))
    catalog.close()


def run(data: Path, sql: str, foreign_keys: str = "OFF") -> None:
    with closing(sqlite3.connect(data / "catalog.sqlite", isolation_level=None)) as connection:
        connection.execute(f"PRAGMA foreign_keys = {foreign_keys}")
        assert connection.execute(sql).rowcount != 0


def codes(found: list[Finding]) -> list[str]:
    return [one.code for one in found]


def test_healthy_index_has_no_findings(check) -> None:
    assert check() == check(thorough=True) == []


def test_empty_index_has_no_findings(tmp_path: Path) -> None:
    catalog = Catalog.open(tmp_path / "catalog.sqlite")
    assert examine(catalog, tmp_path / "generations", thorough=True) == ()
    catalog.close()


def test_index_with_rows_that_are_gone_or_newer_is_healthy(data: Path, samples: Path, tmp_path: Path, check, embedder):
    entries = (samples / "digests" / "2025-03-06.md").read_text("utf-8").split("\n---\n")
    shorter = tmp_path / "2025-03-06.md"
    shorter.write_text("\n---\n".join(entries[:-2]), "utf-8")
    body = "## 2505.00001\n🔗 https://arxiv.org/abs/2505.00001\n\n**Summary**:\n## 결과\n확산 모델로 음성을 인식한다."
    (tmp_path / "2025-03-07.md").write_text(body, "utf-8")
    with Library.open(data, embedding=embedder) as library:
        assert library.ingest([shorter, tmp_path / "2025-03-07.md"]).generation == 1
    assert check(thorough=True) == []


def test_nothing_is_written(data: Path, check) -> None:
    run(data, "DELETE FROM vectors WHERE passage_hash = (SELECT min(passage_hash) FROM vectors)")
    (data / "generations" / "7").mkdir()

    def hashes() -> dict[str, str]:
        # Chroma writes the files of a small index anew at every opening; it is not asked to change what they say.
        files = [one for one in data.rglob("*") if one.is_file() and "chroma" not in one.parts]
        files = [one for one in files if not one.name.endswith("-shm")]
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    before = hashes()
    assert codes(check(thorough=True)) == ["vectors-missing", "leftovers"]
    assert hashes() == before


def test_damaged_file_is_a_finding_that_names_a_backup(data: Path) -> None:
    file = data / "catalog.sqlite"
    raw = bytearray(file.read_bytes())
    for page in range(len(raw) // 8192, len(raw) // 4096 - 1):
        raw[page * 4096 : page * 4096 + 200] = b"\xa5" * 200
    file.write_bytes(raw)
    catalog = Catalog.open(file)
    found = examine(catalog, data / "generations", thorough=True)
    catalog.close()
    assert [one.code for one in found] in (["catalog-damaged"], ["catalog-unreadable"])
    assert not found[0].repairable
    assert "restore a backup" in found[0].cure


def test_dangling_rows_are_a_finding(data: Path, check) -> None:
    run(data, "DELETE FROM documents WHERE name = '2025-03-03.md'")
    (found,) = check()
    assert (found.code, found.repairable) == ("catalog-dangling", False)
    assert "entries" in found.message


def test_vectors_of_two_models_and_no_name_are_not_guessed_at(data: Path, check) -> None:
    run(data, "INSERT INTO vectors SELECT passage_hash, 'other', vector FROM vectors")
    run(data, "DELETE FROM meta WHERE key = 'model_id'")
    assert [(one.code, one.repairable) for one in check()] == [("model-unnamed", False)]


def test_strangers_are_left_alone(data: Path, check) -> None:
    (data / "generations" / "notes.txt").write_text("mine", "utf-8")
    (found,) = check()
    assert (found.code, found.repairable) == ("strangers", False)
    assert "notes.txt" in found.message


def test_half_built_folder_of_a_running_ingest_is_none_left_over(data: Path, check) -> None:
    (data / "generations" / "2").mkdir()
    assert codes(check()) == ["leftovers"]
    assert codes(check(building=True)) == []


def test_low_disk_is_said(data: Path, check, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(data)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1 << 20))
    (found,) = check()
    assert (found.code, found.repairable) == ("disk-low", False)


def test_findings_are_one_line_each(data: Path, check) -> None:
    for table in ("chunk_terms", "vectors"):
        run(data, f"DELETE FROM {table}")
    run(data, "UPDATE meta SET value = '1' WHERE key = 'rev'")
    (data / "generations" / "CURRENT").write_text("?", "utf-8")
    found = check(thorough=True)
    assert len(found) > 3
    assert not [one for one in found if "\n" in one.message + one.cure or not one.message or not one.cure]
    assert len(set(codes(found))) == len(found)
    assert all(re.fullmatch("[a-z-]+", one.code) for one in found)


def test_model_that_was_changed_on_the_disk(tmp_path: Path) -> None:
    assert examine_model(tmp_path) == ()
    folder_of(tmp_path).mkdir(parents=True)
    (found,) = examine_model(tmp_path)
    assert found.code == "model-damaged"
    assert str(tmp_path) in found.message


def test_face() -> None:
    assert doctor.__all__ == ["Finding", "examine", "examine_model"]
