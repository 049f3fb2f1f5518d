"""The table of sentences: kept with their chunks, embedded once a passage, removed with the last that needs them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nonmun.index.analysis.chunk_sentences import split_chunk
from nonmun.index.catalog.database import Catalog
from nonmun.index.catalog.documents import StoredDocument
from nonmun.index.domain.chunks import Chunk
from nonmun.index.domain.papers import Entry
from nonmun.index.domain.sentences import Sentence

DAY, PAPER = "2025-05-16", "2505.00001"
TEXT = "모델은 빠르다. 데이터는 적다."


def chunk(ordinal: int = 0, text: str = TEXT, paper_id: str = PAPER) -> Chunk:
    chunk_id = f"{paper_id}:summary@{DAY}:results:{ordinal}"
    return Chunk(chunk_id, paper_id, "summary", DAY, "results", ordinal, "ko", text, "제목")


def abstract(text: str = "It is fast.", paper_id: str = PAPER) -> Chunk:
    return Chunk(f"{paper_id}:abstract:abstract:0", paper_id, "abstract", None, "abstract", 0, "en", text, "제목")


def put_chunks(catalog: Catalog, *chunks: Chunk, paper_id: str = PAPER, is_in_digest: bool = True) -> list[int]:
    """Make these the chunks of a paper; return the rows of all its chunks."""
    with catalog.write() as transaction:
        transaction.papers.put(paper_id, standalone=True)
        if is_in_digest:
            transaction.documents.put(StoredDocument(DAY, "a.md", "hash", "1", ""), "text", "now", [])
            transaction.entries.put(Entry(DAY, paper_id, None, "", "제목", TEXT, (), 1), "a.md", "now")
        transaction.chunks.replace(paper_id, chunks, {chunk.chunk_id: "term" for chunk in chunks})
        return list(transaction.view.chunks.of_papers([paper_id]))


def split(catalog: Catalog, *rows: int) -> dict[int, list[Sentence]]:
    """Split and store the chunks of some rows."""
    with catalog.view() as view:
        sentences = {row: split_chunk(chunk) for row, chunk in view.chunks.by_rows(rows).items()}
    with catalog.write() as transaction:
        transaction.sentences.put(sentences)
    return sentences


def put_vectors(catalog: Catalog, *passage_hashes: str, model_id: str = "m") -> None:
    with catalog.write() as transaction:
        transaction.vectors.put(passage_hashes, model_id, np.eye(len(passage_hashes), 4, dtype=np.float32))


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.open(tmp_path / "catalog.sqlite")
    yield catalog
    catalog.close()


def test_a_new_catalog_has_no_sentences(catalog: Catalog) -> None:
    with catalog.view() as view:
        assert (view.sentences.count(), view.sentences.of_rows([1]), view.sentences.unsplit_rows()) == (0, {}, [])
        assert view.sentences.without_vectors("m") == {}


def test_sentences_are_returned_in_reading_order_by_row(catalog: Catalog) -> None:
    first, second = put_chunks(catalog, chunk(0), chunk(1, "셋째 문장이다."))
    stored = split(catalog, first, second)
    with catalog.write() as transaction:
        transaction.sentences.put({first: list(reversed(stored[first]))})
    with catalog.view() as view:
        assert view.sentences.count() == 3
        assert view.sentences.of_rows([second, first, 9999]) == stored
        assert view.sentences.of_rows([]) == {}
    assert [TEXT[sentence.start : sentence.end] for sentence in stored[first]] == ["모델은 빠르다.", "데이터는 적다."]


def test_a_chunk_without_sentences_counts_as_split(catalog: Catalog) -> None:
    (row,) = put_chunks(catalog, chunk(text="- "))
    assert split(catalog, row) == {row: []}
    with catalog.view() as view:
        assert (view.sentences.unsplit_rows(), view.sentences.of_rows([row])) == ([], {})


def test_only_chunks_of_digest_papers_are_to_be_split(catalog: Catalog) -> None:
    (row,) = put_chunks(catalog, chunk())
    put_chunks(catalog, abstract(paper_id="2505.00002"), paper_id="2505.00002", is_in_digest=False)
    with catalog.view() as view:
        assert view.sentences.unsplit_rows() == [row]
    rows = put_chunks(catalog, abstract(paper_id="2505.00002"), paper_id="2505.00002")
    with catalog.view() as view:
        assert view.sentences.unsplit_rows() == [row, *rows]
    split(catalog, row)
    with catalog.view() as view:
        assert view.sentences.unsplit_rows() == rows


def test_sentences_without_a_vector_of_the_model(catalog: Catalog) -> None:
    (row,) = put_chunks(catalog, chunk())
    first, second = split(catalog, row)[row]
    put_vectors(catalog, first.passage_hash)
    with catalog.view() as view:
        assert view.sentences.without_vectors("m") == {second.passage_hash: (row, second.start, second.end)}
        assert view.sentences.without_vectors("other").keys() == {first.passage_hash, second.passage_hash}


def test_equal_passages_need_one_vector(catalog: Catalog) -> None:
    rows = put_chunks(catalog, chunk(0, "모델은 빠르다."), chunk(1, "모델은 빠르다. 데이터는 적다."))
    sentences = split(catalog, *rows)
    hashes = [sentence.passage_hash for of_chunk in sentences.values() for sentence in of_chunk]
    assert len(hashes) == 3
    with catalog.view() as view:
        assert view.sentences.without_vectors("m").keys() == set(hashes)
    assert len(set(hashes)) == 2


def test_a_changed_chunk_loses_its_sentences_and_an_unchanged_one_does_not(catalog: Catalog) -> None:
    first, second = put_chunks(catalog, chunk(0), chunk(1, "셋째 문장이다."))
    stored = split(catalog, first, second)
    _, changed = put_chunks(catalog, chunk(0), chunk(1, "넷째 문장이다."))
    assert changed != second
    with catalog.view() as view:
        assert view.sentences.of_rows([first, second, changed]) == {first: stored[first]}
        assert view.sentences.unsplit_rows() == [changed]


def test_removed_sentences_leave_no_vectors_that_nothing_else_needs(catalog: Catalog) -> None:
    both, other = put_chunks(catalog, chunk(0), chunk(1, "모델은 빠르다."))
    sentences = split(catalog, both, other)
    hashes = [sentence.passage_hash for sentence in sentences[both]]
    put_vectors(catalog, *hashes)
    put_chunks(catalog, chunk(1, "모델은 빠르다."))
    with catalog.view() as view:
        assert view.vectors.existing(hashes, "m") == {hashes[0]}
        assert view.vectors.orphan_count() == 0


def test_a_vector_of_a_sentence_is_no_orphan(catalog: Catalog) -> None:
    (row,) = put_chunks(catalog, chunk())
    hashes = [sentence.passage_hash for sentence in split(catalog, row)[row]]
    put_vectors(catalog, *hashes, "of nothing")
    with catalog.view() as view:
        assert view.vectors.orphan_count() == 1
    with catalog.write() as transaction:
        transaction.vectors.remove_unusable("m", 4)
    with catalog.view() as view:
        assert view.vectors.existing([*hashes, "of nothing"], "m") == set(hashes)


def test_vectors_of_sentences_are_not_searched(catalog: Catalog) -> None:
    (row,) = put_chunks(catalog, chunk())
    (sentence, _) = split(catalog, row)[row]
    put_vectors(catalog, chunk().passage_hash, sentence.passage_hash)
    with catalog.view() as view:
        assert view.vectors.all("m", 4).rows.tolist() == [row]


def test_clear_removes_all_sentences_and_keeps_their_vectors(catalog: Catalog) -> None:
    (row,) = put_chunks(catalog, chunk())
    hashes = [sentence.passage_hash for sentence in split(catalog, row)[row]]
    put_vectors(catalog, *hashes)
    with catalog.write() as transaction:
        transaction.sentences.clear()
    with catalog.view() as view:
        assert (view.sentences.count(), view.sentences.unsplit_rows()) == (0, [row])
        assert view.vectors.existing(hashes, "m") == set(hashes)


def test_sentences_change_no_revision(catalog: Catalog) -> None:
    (row,) = put_chunks(catalog, chunk())
    with catalog.view() as view:
        before = view.revision
    split(catalog, row)
    with catalog.view() as view:
        assert view.revision == before


def test_a_view_cannot_write_sentences(catalog: Catalog) -> None:
    with catalog.view() as view:
        for write in (lambda: view.sentences.put({1: []}), view.sentences.clear, lambda: view.sentences.remove(1)):
            with pytest.raises(RuntimeError, match="a view cannot change the catalog"):
                write()
