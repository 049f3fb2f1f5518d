"""Missing vectors of sentences: doctor finds them, and repair embeds them and nothing else."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nonmun import Library
from nonmun.index.catalog.database import Catalog
from nonmun.ingest.maintenance.repair import examine, repair

CODE = "sentence-vectors-missing"
OF_SENTENCES = "passage_hash IN (SELECT passage_hash FROM sentences EXCEPT SELECT passage_hash FROM chunks)"
ONE_OF_SENTENCES = f"passage_hash = (SELECT min(passage_hash) FROM vectors WHERE {OF_SENTENCES})"
NO_ORPHANS = "DELETE FROM vectors WHERE passage_hash NOT IN (SELECT passage_hash FROM passages)"
FIRST_ROW = "row = (SELECT min(row) FROM sentences)"
DAMAGES = {
    "no vectors of sentences": [f"DELETE FROM vectors WHERE {OF_SENTENCES}"],
    "one vector missing": [f"DELETE FROM vectors WHERE {ONE_OF_SENTENCES}"],
    "no sentences": ["DELETE FROM split_chunks", "DELETE FROM sentences", NO_ORPHANS],
    "one unsplit chunk": [
        f"DELETE FROM split_chunks WHERE {FIRST_ROW}",
        f"DELETE FROM sentences WHERE {FIRST_ROW}",
        NO_ORPHANS,
    ],
}


def run(data: Path, *statements: str) -> None:
    with closing(sqlite3.connect(data / "catalog.sqlite", isolation_level=None)) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0


def tables(data: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(data / "catalog.sqlite")) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
            for table in ("sentences", "split_chunks CROSS JOIN (SELECT 0)", "vectors", "meta")
        }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, hash_embedder: Callable[[], Any], samples: Path) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    with Library.open(folder, embedding=hash_embedder()) as library:
        library.ingest(samples / "digests" / "2025-03-03.md", samples / "abstracts.jsonl", all_abstracts=True)
    return folder


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "data"))


@pytest.fixture
def catalog(data: Path) -> Iterator[Catalog]:
    with closing(Catalog.open(data / "catalog.sqlite")) as catalog:
        yield catalog


def test_abstracts_of_papers_in_no_digest_need_no_sentences(data: Path, catalog: Catalog) -> None:
    with catalog.view() as view:
        in_digests = {entry.paper_id for entry in view.entries.with_label(None)}
        assert view.papers.ids() - in_digests
    assert examine(catalog, data, thorough=True) == ()


@pytest.mark.parametrize("name", DAMAGES)
def test_missing_sentences_are_found_and_repaired(
    data: Path, whole: Path, catalog: Catalog, embedder: Any, name: str
) -> None:
    run(data, *DAMAGES[name])
    (finding,) = examine(catalog, data, thorough=True)
    assert (finding.code, finding.repairable) == (CODE, True)
    assert repair(catalog, data, lambda: embedder, [finding], thorough=True) == ()
    assert embedder.read
    assert tables(data) == tables(whole)  # the revision included: no search changes, so nothing is published


def test_the_message_counts_sentences_and_unsplit_chunks(data: Path, catalog: Catalog) -> None:
    with catalog.view() as view:
        chunks = len(view.chunks.of_papers({entry.paper_id for entry in view.entries.with_label(None)}))
    run(data, *DAMAGES["one vector missing"])
    (finding,) = examine(catalog, data)
    assert finding.message.startswith("1 sentences or chunks of sentences")
    run(data, *DAMAGES["no sentences"])
    (finding,) = examine(catalog, data)
    assert finding.message.startswith(f"{chunks} sentences or chunks of sentences")


def test_only_the_missing_vector_is_embedded(data: Path, catalog: Catalog, embedder: Any) -> None:
    run(data, *DAMAGES["one vector missing"])
    repair(catalog, data, lambda: embedder, examine(catalog, data))
    assert len(embedder.read) == 1


def test_damaged_vectors_of_sentences_are_embedded_again(
    data: Path, whole: Path, catalog: Catalog, embedder: Any
) -> None:
    run(data, f"UPDATE vectors SET vector = x'00' WHERE {ONE_OF_SENTENCES}")
    (finding,) = examine(catalog, data)
    assert finding.code == "vectors-damaged"
    assert repair(catalog, data, lambda: embedder, [finding], thorough=True) == ()
    assert len(embedder.read) == 1
    assert tables(data)["vectors"] == tables(whole)["vectors"]


def test_the_next_ingest_repairs_as_well(data: Path, whole: Path, embedder: Any, samples: Path) -> None:
    run(data, *DAMAGES["no sentences"])
    with Library.open(data, embedding=embedder) as library:
        library.ingest(samples / "digests" / "2025-03-03.md")
    assert tables(data) == tables(whole)


def test_answers_do_without_the_stored_vectors(data: Path, whole: Path, embedder: Any) -> None:
    question = "어텐션만으로 된 번역 모델은?"
    run(data, *DAMAGES["no vectors of sentences"])
    with Library.open(whole, embedding=embedder) as library:
        expected = library.ask(question)
    with Library.open(data, embedding=embedder) as library:
        answer = library.ask(question)
    assert expected.citations
    assert answer.confidence == expected.confidence
    assert answer.citations[0] == expected.citations[0]
