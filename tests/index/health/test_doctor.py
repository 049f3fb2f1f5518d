"""Doctor: no findings for a healthy index, one per defect for another, and nothing is written."""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nonmun import Library, NotFoundError
from nonmun.index.catalog.database import Catalog
from nonmun.index.embeddings.e5.model_cache import model_folder
from nonmun.index.engine.base import EngineOptions
from nonmun.index.engine.local import LocalEngine
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
    yield lambda **options: list(examine(catalog, engine(data), **options))
    catalog.close()


def engine(data: Path) -> LocalEngine:
    return LocalEngine.open(EngineOptions(data / "generations", "", 0))


def run(data: Path, sql: str, foreign_keys: str = "OFF") -> None:
    with closing(sqlite3.connect(data / "catalog.sqlite", isolation_level=None)) as connection:
        connection.execute(f"PRAGMA foreign_keys = {foreign_keys}")
        assert connection.execute(sql).rowcount != 0


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def test_a_healthy_index_has_no_findings(check) -> None:
    assert check() == check(thorough=True) == []


def test_an_empty_index_has_no_findings(tmp_path: Path) -> None:
    catalog = Catalog.open(tmp_path / "catalog.sqlite")
    assert examine(catalog, engine(tmp_path), thorough=True) == ()
    catalog.close()


def test_rows_removed_or_added_since_the_generation_are_no_defect(
    data: Path, samples: Path, tmp_path: Path, check, embedder
):
    entries = (samples / "digests" / "2025-03-06.md").read_text("utf-8").split("\n---\n")
    shorter = tmp_path / "2025-03-06.md"
    shorter.write_text("\n---\n".join(entries[:-2]), "utf-8")
    body = "## 2505.00001\n🔗 https://arxiv.org/abs/2505.00001\n\n**Summary**:\n## 결과\n확산 모델로 음성을 인식한다."
    (tmp_path / "2025-03-07.md").write_text(body, "utf-8")
    with Library.open(data, embedding=embedder) as library:
        assert library.ingest([shorter, tmp_path / "2025-03-07.md"]).generation == 1
    assert check(thorough=True) == []


def test_nothing_is_written(data: Path, check) -> None:
    run(data, "DELETE FROM vectors WHERE passage_hash = (SELECT min(passage_hash) FROM chunks)")
    (data / "generations" / "7").mkdir()

    def hashes() -> dict[str, str]:
        # Chroma rewrites the files of a small index whenever it opens them.
        files = [path for path in data.rglob("*") if path.is_file() and "chroma" not in path.parts]
        files = [path for path in files if not path.name.endswith("-shm")]
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    before = hashes()
    assert codes(check(thorough=True)) == ["vectors-missing", "leftovers"]
    assert hashes() == before


def test_a_damaged_file_is_a_finding_that_names_the_restore(data: Path) -> None:
    file = data / "catalog.sqlite"
    raw = bytearray(file.read_bytes())
    for page in range(len(raw) // 8192, len(raw) // 4096 - 1):
        raw[page * 4096 : page * 4096 + 200] = b"\xa5" * 200
    file.write_bytes(raw)
    catalog = Catalog.open(file)
    findings = examine(catalog, engine(data), thorough=True)
    catalog.close()
    assert [finding.code for finding in findings] in (["catalog-damaged"], ["catalog-unreadable"])
    assert not findings[0].repairable
    assert "restore a backup" in findings[0].cure


def test_dangling_rows_are_a_finding(data: Path, check) -> None:
    run(data, "DELETE FROM documents WHERE name = '2025-03-03.md'")
    (finding,) = check()
    assert (finding.code, finding.repairable) == ("catalog-dangling", False)
    assert "entries" in finding.message


@pytest.mark.parametrize(
    ("sql", "quick", "thorough"),
    [
        ("DELETE FROM chunk_terms WHERE row < 4", ["lexical-missing"], ["lexical-missing"]),
        ("INSERT INTO chunk_terms VALUES (9999, 'x')", ["lexical-orphans"], ["lexical-orphans"]),
        ("UPDATE chunk_terms SET terms = terms || ' x' WHERE row = 1", [], ["lexical-damaged"]),
        ("UPDATE chunk_terms SET terms = 'x'", [], ["lexical-damaged"]),
    ],
)
def test_terms_are_checked(data: Path, check, sql: str, quick: list[str], thorough: list[str]) -> None:
    run(data, sql)
    assert codes(check()) == quick
    assert codes(check(thorough=True)) == thorough


def test_terms_of_another_tokenizer_are_no_defect(data: Path, check) -> None:
    """The next ingest replaces them."""
    run(data, "UPDATE chunk_terms SET terms = 'x'")
    run(data, "UPDATE meta SET value = 'older' WHERE key = 'terms'")
    assert codes(check(thorough=True)) == []


def test_a_missing_table_of_terms_is_repairable(data: Path, check) -> None:
    run(data, "DROP TABLE chunk_terms")
    (finding,) = check()
    assert (finding.code, finding.repairable) == ("lexical-unreadable", True)
    assert "no such table" in finding.message


def test_an_unnamed_model_is_not_guessed_from_vectors_of_two(data: Path, check) -> None:
    run(data, "INSERT INTO vectors SELECT passage_hash, 'other', vector FROM vectors")
    run(data, "DELETE FROM meta WHERE key = 'model_id'")
    assert [(finding.code, finding.repairable) for finding in check()] == [("model-unnamed", False)]


def test_a_foreign_file_is_an_unrepairable_finding(data: Path, check) -> None:
    (data / "generations" / "notes.txt").write_text("mine", "utf-8")
    (finding,) = check()
    assert (finding.code, finding.repairable) == ("strangers", False)
    assert "notes.txt" in finding.message


def test_an_unfinished_generation_of_a_running_ingest_is_no_leftover(data: Path, check) -> None:
    (data / "generations" / "2").mkdir()
    assert codes(check()) == ["leftovers"]
    assert codes(check(building=True)) == []


def test_low_disk_space_is_a_finding(data: Path, check, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(data)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1 << 20))
    (finding,) = check()
    assert (finding.code, finding.repairable) == ("disk-low", False)


def test_findings_are_one_line_each(data: Path, check) -> None:
    for table in ("chunk_terms", "vectors"):
        run(data, f"DELETE FROM {table}")
    run(data, "UPDATE meta SET value = '1' WHERE key = 'rev'")
    (data / "generations" / "CURRENT").write_text("?", "utf-8")
    findings = check(thorough=True)
    assert len(findings) > 3
    assert not [
        finding
        for finding in findings
        if "\n" in finding.message + finding.cure or not finding.message or not finding.cure
    ]
    assert len(set(codes(findings))) == len(findings)
    assert all(re.fullmatch("[a-z-]+", code) for code in codes(findings))


def test_a_changed_model_is_a_finding(tmp_path: Path) -> None:
    assert examine_model(tmp_path) == ()
    model_folder(tmp_path).mkdir(parents=True)
    (finding,) = examine_model(tmp_path)
    assert finding.code == "model-damaged"
    assert str(tmp_path) in finding.message


def test_public_names() -> None:
    assert doctor.__all__ == ["Finding", "examine", "examine_model"]


def test_a_changed_word_is_found_and_never_quoted(
    data: Path, embedder, check, caplog: pytest.LogCaptureFixture
) -> None:
    question = "LoRA는 무엇을 학습해?"
    with Library.open(data, embedding=embedder) as library:
        cited = library.ask(question).citations[0]
    with closing(sqlite3.connect(data / "catalog.sqlite")) as connection, connection:
        sql = "UPDATE chunks SET text = replace(text, ?, ?) WHERE chunk_id = ?"
        connection.execute(sql, (cited.quote, cited.quote[::-1], cited.chunk_id))
    with Library.open(data, embedding=embedder) as library:
        after = library.ask(question)
        assert after.citations
        assert cited.chunk_id not in {citation.chunk_id for citation in after.citations}
        assert cited.chunk_id not in {chunk.chunk_id for hit in after.hits for chunk in hit.evidence}
        with pytest.raises(NotFoundError):
            library.chunk(cited.chunk_id)
    assert cited.chunk_id in caplog.text
    assert "texts-changed" in codes(check())


def test_a_changed_digest_is_found(data: Path, check) -> None:
    run(data, "UPDATE documents SET text = replace(text, 'LoRA', 'LoRa')")
    assert codes(check()) == ["documents-changed"]
