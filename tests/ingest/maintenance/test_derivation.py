"""Records that are not those of their digests, abstracts or chunks: a thorough examination finds each."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nonmun import IndexDamagedError, Library, NotFoundError

PAPER = "2106.09685"
QUESTION = f"{PAPER}의 방법은?"
DAMAGES = {
    "title": ("UPDATE entries SET title = title || '!'", "entries-changed"),
    "body": ("UPDATE entries SET body = replace(body, '랭크', '행렬')", "entries-changed"),
    "sections": ("UPDATE entries SET sections = replace(sections, 'results', 'other')", "entries-changed"),
    "url": ("UPDATE entries SET url = replace(url, 'https', 'http')", "entries-changed"),
    "label": ("UPDATE entries SET label = 'suppOrted'", "entries-changed"),
    "title of an abstract": ("UPDATE sources SET title = title || '!'", "chunks-changed"),
    "abstract": ("UPDATE sources SET abstract = abstract || '!'", "chunks-changed"),
    "digest of a chunk": ("UPDATE chunks SET digest_date = '2025-03-13' WHERE source = 'summary'", "chunks-changed"),
    "section of a chunk": ("UPDATE chunks SET section = 'results'", "chunks-changed"),
    "ordinal of a chunk": ("UPDATE chunks SET ordinal = ordinal + 1", "chunks-changed"),
    "terms of a sentence": ("UPDATE sentences SET terms = terms || 'x'", "sentences-changed"),
    "end of a sentence": ('UPDATE sentences SET "end" = "end" - 1', "sentences-changed"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, hash_embedder: Callable[[], Any], samples: Path) -> Path:
    """An index of Markdown and of JSONL, with a file of two days."""
    folder = tmp_path_factory.mktemp("whole")
    entry = {"paper_id": "2501.00001", "text": "## 결과\n확산 모델로 음성을 인식한다.", "lang": "ko"}
    lines = [entry | {"digest_date": f"2025-03-0{day}", "title": f"Sound {day}"} for day in (7, 8)]
    (folder / "entries.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    with Library.open(folder / "data", embedding=hash_embedder()) as library:
        library.ingest([samples / "digests", folder / "entries.jsonl"], samples / "abstracts.jsonl")
    return folder / "data"


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "data"))


@pytest.fixture
def library(data: Path, hash_embedder: Callable[[], Any]) -> Iterator[Library]:
    with Library.open(data, embedding=hash_embedder()) as library:
        yield library


def run(data: Path, *statements: str) -> None:
    with closing(sqlite3.connect(data / "catalog.sqlite", isolation_level=None)) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0


def codes(library: Library, *, thorough: bool = True) -> set[str]:
    return {finding.code for finding in library.examine(thorough=thorough)} - {"disk-low"}


@pytest.mark.parametrize(("sql", "code"), DAMAGES.values(), ids=DAMAGES)
def test_a_changed_record_is_found(library: Library, data: Path, sql: str, code: str) -> None:
    assert codes(library) == set()
    run(data, sql)
    assert code in codes(library)
    assert code not in codes(library, thorough=False)


def test_records_of_other_versions_are_no_defect(library: Library, data: Path) -> None:
    """The next ingest makes them again."""
    run(data, "UPDATE entries SET title = title || '!'", "UPDATE documents SET recipe = 'older'")
    run(data, "UPDATE sources SET abstract = abstract || '!'", "UPDATE meta SET value = 'older' WHERE key = 'chunker'")
    run(data, "UPDATE sentences SET terms = 'x'", "UPDATE meta SET value = 'older' WHERE key = 'sentences'")
    assert codes(library) == set()


def test_entries_of_an_erased_digest_are_no_defect(library: Library) -> None:
    library.remove([f"{PAPER}@2025-03-03"])
    library.purge()
    assert codes(library) == set()


def test_sentences_are_repaired(library: Library, data: Path) -> None:
    before = library.ask(QUESTION)
    with closing(sqlite3.connect(data / "catalog.sqlite")) as connection:
        stored = connection.execute("SELECT * FROM sentences ORDER BY 1, 2").fetchall()
    run(data, 'UPDATE sentences SET terms = terms || "x", passage_hash = passage_hash || start')
    findings = library.examine(thorough=True)
    assert "sentences-changed" in {finding.code for finding in findings}
    assert library.repair(findings, thorough=True) == ()
    with closing(sqlite3.connect(data / "catalog.sqlite")) as connection:
        assert connection.execute("SELECT * FROM sentences ORDER BY 1, 2").fetchall() == stored
    assert library.ask(QUESTION).citations == before.citations


@pytest.mark.parametrize(
    "damage",
    ["UPDATE entries SET body = CAST(x'ff' AS TEXT)", "UPDATE sentences SET terms = CAST(x'ff' AS TEXT)"],
)
def test_a_text_that_is_not_utf8_is_damage(library: Library, data: Path, damage: str) -> None:
    run(data, damage)
    with pytest.raises(IndexDamagedError, match="is damaged"):
        library.ask(QUESTION)
    assert codes(library, thorough=False) == {"catalog-unreadable"}


def test_chunks_of_no_paper_are_not_shown(library: Library, data: Path) -> None:
    [first, *_] = (chunk.chunk_id for chunk in library.chunks() if chunk.paper_id == PAPER)
    run(data, f"DELETE FROM entries WHERE paper_id = '{PAPER}'", f"DELETE FROM papers WHERE paper_id = '{PAPER}'")
    for question in (QUESTION, "저랭크 행렬만 학습하는 방법", "3월 3일 논문"):
        answer = library.ask(question)
        assert PAPER not in {part.paper_id for part in (*answer.hits, *answer.citations)}
        assert PAPER not in {hit.paper_id for hit in library.search(question).hits}
    with pytest.raises(NotFoundError):
        library.chunk(first)
    assert "catalog-dangling" in codes(library)


def test_no_chunk_is_shown_as_another_papers(library: Library, data: Path) -> None:
    run(data, f"UPDATE chunks SET paper_id = '1706.03762' WHERE paper_id = '{PAPER}'")
    for question in ("1706.03762의 방법은?", QUESTION, "저랭크 행렬만 학습하는 방법"):
        answer = library.ask(question)
        assert all(citation.chunk_id.startswith(citation.paper_id) for citation in answer.citations)
        assert all(chunk.chunk_id.startswith(hit.paper_id) for hit in answer.hits for chunk in hit.evidence)
    assert "chunks-changed" in codes(library)
