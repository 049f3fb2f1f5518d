"""A damaged catalog: every read fails with a one-line error that names the remedy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from nonmun import IndexDamagedError
from nonmun.index.catalog.database import Catalog
from nonmun.index.domain.chunks import Chunk

PAPER = "2505.00001"
CHUNKS = [
    Chunk(f"{PAPER}:summary@2025-03-03:results:0", PAPER, "summary", "2025-03-03", "results", 0, "ko", "하나.", "제목"),
    Chunk(f"{PAPER}:abstract:0", PAPER, "abstract", None, "abstract", 0, "en", "One.", "Title"),
]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.open(tmp_path / "catalog.sqlite")
    with catalog.write() as transaction:
        transaction.papers.put(PAPER, standalone=True)
        transaction.chunks.replace(PAPER, CHUNKS, {chunk.chunk_id: chunk.text for chunk in CHUNKS})
        transaction.vectors.put([chunk.passage_hash for chunk in CHUNKS], "m", np.eye(2, 4, dtype=np.float32))
    yield catalog
    catalog.close()


@pytest.mark.parametrize(("start", "length"), [(0, 100), (100, 200), (4_096, 1_000_000)])
def test_damaged_pages_name_the_restore(catalog: Catalog, start: int, length: int) -> None:
    catalog.close()
    raw = catalog.path.read_bytes()
    catalog.path.write_bytes(raw[:start] + b"\xa5" * len(raw[start : start + length]) + raw[start + length :])
    with pytest.raises(IndexDamagedError, match=r"is damaged \(.*\); .*`nonmun restore FILE`") as error:
        Catalog.open(catalog.path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("blob", ["x'00'", "zeroblob(12)", "zeroblob(20)", "'no'"])
def test_damaged_vectors_name_the_repair(catalog: Catalog, blob: str) -> None:
    with closing(sqlite3.connect(catalog.path)) as connection, connection:
        connection.execute(f"UPDATE vectors SET vector = {blob}")
    with catalog.view() as view:
        for read in (view.vectors.all, view.vectors.of_abstracts):
            with pytest.raises(IndexDamagedError, match="`nonmun doctor --repair`"):
                read("m", 4)
