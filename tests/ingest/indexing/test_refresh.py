"""Embedding of sentences: after every ingest, in small transactions, once a passage, and anew for another version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nonmun import ConfigError, Library
from nonmun.index.analysis.chunk_sentences import SENTENCES_VERSION, split_chunk
from nonmun.index.catalog.base import CatalogView
from nonmun.index.catalog.database import Catalog
from nonmun.index.catalog.documents import StoredDocument
from nonmun.index.catalog.recovery.integrity import check_vectors
from nonmun.index.domain.chunks import Chunk
from nonmun.index.domain.papers import Entry
from nonmun.index.domain.sentences import Sentence, sentence_passage
from nonmun.ingest.indexing.refresh import embed_sentences

DAY, PAPER = "2025-05-16", "2505.00001"
TRANSFORMER, DIFFUSION = "1706.03762", "2006.11239"  # of the samples, in digests of two days
Progress = Callable[[int, int], object]


class StoppedError(Exception):
    """Raised from a progress callback."""


def passages(view: CatalogView) -> dict[str, str]:
    """Return the passages of all stored sentences by hash."""
    chunks = view.chunks.by_rows(view.chunks.of_papers(view.papers.ids()))
    return {
        sentence.passage_hash: sentence_passage(chunks[row], sentence.start, sentence.end)
        for row, sentences in view.sentences.of_rows(chunks).items()
        for sentence in sentences
    }


def findings(catalog: Catalog) -> list[str]:
    with catalog.view() as view:
        return [finding.code for finding in check_vectors(view)]


def embed(catalog: Catalog, embedder: Any, on_progress: Progress = lambda _done, _total: None) -> int:
    return embed_sentences(catalog, lambda: embedder, on_progress)


def store_chunks(catalog: Catalog, embedder: Any, texts: list[str]) -> None:
    """Store chunks of a digest paper with their vectors, as an ingest leaves them before it embeds sentences."""
    chunks = [
        Chunk(f"{PAPER}:summary@{DAY}:other:{at}", PAPER, "summary", DAY, "other", at, "ko", text, "제목")
        for at, text in enumerate(texts)
    ]
    with catalog.write() as transaction:
        transaction.documents.put(StoredDocument(DAY, "a.md", "hash", "1", ""), "text", "now", [])
        transaction.entries.put(Entry(DAY, PAPER, None, "", "제목", "\n".join(texts), (), 1), "a.md", "now")
        transaction.chunks.replace(PAPER, chunks, {chunk.chunk_id: "term" for chunk in chunks})
        hashes = [chunk.passage_hash for chunk in chunks]
        transaction.vectors.put(hashes, embedder.model_id, embedder.passages([chunk.passage for chunk in chunks]))
        transaction.metadata.set_model(embedder.model_id, embedder.dimension)
    embedder.read.clear()


def stop_at(call: int) -> Progress:
    """Return a progress callback that raises at a call, counted from 1."""
    calls: list[tuple[int, int]] = []

    def on_progress(done: int, total: int) -> None:
        calls.append((done, total))
        if len(calls) == call:
            raise StoppedError

    return on_progress


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.open(tmp_path / "catalog.sqlite")
    yield catalog
    catalog.close()


@pytest.fixture
def ingested(library: Library, samples: Path) -> Iterator[Catalog]:
    """The catalog of the samples, with the abstracts of papers in no digest."""
    library.ingest(samples / "digests" / "2025-03-03.md", samples / "abstracts.jsonl", all_abstracts=True)
    with closing(Catalog.open(library.settings.data / "catalog.sqlite")) as catalog:
        yield catalog


def test_an_ingest_embeds_the_sentences_of_digest_papers(
    library: Library, ingested: Catalog, embedder: Any, samples: Path
) -> None:
    with ingested.view() as view:
        chunks = view.chunks.of_papers(view.papers.ids())
        in_digests = {entry.paper_id for entry in view.entries.with_label(None)}
        assert view.sentences.of_rows(chunks) == {
            row: split_chunk(chunk) for row, chunk in chunks.items() if chunk.paper_id in in_digests
        }
        assert {chunk.paper_id for chunk in chunks.values()} - in_digests
        texts = passages(view)
        vectors = view.vectors.of_passages(texts, "hash-64", 64)
    assert vectors.keys() == texts.keys()
    assert np.allclose(list(vectors.values()), embedder.passages([texts[key] for key in vectors]), atol=1e-6)
    assert findings(ingested) == []
    embedder.read.clear()
    assert library.ingest(samples / "digests" / "2025-03-03.md").sentences == 0
    assert embedder.read == []


def test_the_report_counts_embedded_sentences(library: Library, samples: Path) -> None:
    report = library.ingest(samples / "digests" / "2025-03-03.md")
    with closing(Catalog.open(library.settings.data / "catalog.sqlite")) as catalog, catalog.view() as view:
        of_chunks = {chunk.passage_hash for chunk in view.chunks.all()}  # these have vectors already
        assert report.sentences == len(passages(view).keys() - of_chunks) > 0


def test_a_paper_gets_sentences_when_a_digest_brings_it(library: Library, ingested: Catalog, samples: Path) -> None:
    with ingested.view() as view:
        rows = view.chunks.of_papers([DIFFUSION])
        assert rows
        assert view.sentences.of_rows(rows) == {}
    library.ingest(samples / "digests" / "2025-03-04.md")
    with ingested.view() as view:
        chunks = view.chunks.of_papers([DIFFUSION])
        assert chunks.keys() > rows.keys()
        assert view.sentences.of_rows(chunks).keys() == chunks.keys()


def test_a_changed_summary_gets_new_sentences_and_leaves_no_vectors(
    library: Library, ingested: Catalog, embedder: Any, samples: Path, tmp_path: Path
) -> None:
    file = tmp_path / "2025-03-03.md"
    text = (samples / "digests" / file.name).read_text("utf-8")
    file.write_text(text, "utf-8")
    library.ingest(file)
    file.write_text(text.replace("BLEU 28.4로", "BLEU 28.5로"), "utf-8")
    embedder.read.clear()
    report = library.ingest(file)
    assert report.changed == 1
    assert len([passage for passage in embedder.read if " / " in passage and "BLEU 28.5로" in passage]) == 1
    assert findings(ingested) == []
    with ingested.view() as view:
        assert not [passage for passage in passages(view).values() if "BLEU 28.4로" in passage]
        (changed,) = [chunk for chunk in view.chunks.of_papers([TRANSFORMER]).values() if "28.5" in chunk.text]
    assert 0 < report.sentences <= len(split_chunk(changed))


def test_a_removed_paper_leaves_no_sentences(library: Library, ingested: Catalog, samples: Path) -> None:
    with ingested.view() as view:
        papers = {entry.paper_id for entry in view.entries.with_label(None)}
    library.remove(sorted(papers))
    with ingested.view() as view:
        assert view.sentences.count() == 0
    assert findings(ingested) == []


def test_sentences_change_no_revision_and_publish_nothing(
    library: Library, ingested: Catalog, embedder: Any, samples: Path
) -> None:
    with ingested.write() as transaction:
        transaction.sentences.clear()
        transaction.vectors.remove_unusable("hash-64", 64)
    with ingested.view() as view:
        before = view.revision
    generation = library.status().generation
    report = library.ingest(samples / "digests" / "2025-03-03.md")
    assert report.sentences > 0
    assert report.generation == generation
    with ingested.view() as view:
        assert view.revision == before


def test_nothing_is_opened_where_nothing_is_missing(catalog: Catalog) -> None:
    def fail() -> Any:
        raise AssertionError

    assert embed_sentences(catalog, fail, lambda done, total: None) == 0


def test_equal_passages_are_embedded_once(catalog: Catalog, embedder: Any) -> None:
    store_chunks(catalog, embedder, ["모델은 빠르다.", "모델은 빠르다. 데이터는 적다."])
    assert embed(catalog, embedder) == 2
    assert sorted(embedder.read) == ["제목 / 데이터는 적다.", "제목 / 모델은 빠르다."]


def test_short_passages_come_first(catalog: Catalog, embedder: Any) -> None:
    store_chunks(catalog, embedder, ["모델은 아주 많이 빠르다. 데이터는 적다.", "작은 모델."])
    embed(catalog, embedder)
    assert embedder.read == sorted(embedder.read, key=len)


def test_an_interrupted_run_is_completed_by_the_next(catalog: Catalog, embedder: Any) -> None:
    store_chunks(catalog, embedder, [f"문장 {number}." for number in range(600)])
    progress: list[tuple[int, int]] = []

    def stop_after_one_transaction(done: int, total: int) -> None:
        progress.append((done, total))
        if done:
            raise StoppedError

    with pytest.raises(StoppedError):
        embed(catalog, embedder, stop_after_one_transaction)
    assert progress[-1][1] == 600
    stored = progress[-1][0]
    assert 0 < stored < 600
    embedder.read.clear()
    assert embed(catalog, embedder) == len(embedder.read) == 600 - stored
    assert findings(catalog) == []


def test_progress_counts_from_nothing_to_all_but_the_last_transaction(catalog: Catalog, embedder: Any) -> None:
    store_chunks(catalog, embedder, [f"문장 {number}." for number in range(600)])
    progress: list[tuple[int, int]] = []
    embed(catalog, embedder, lambda done, total: progress.append((done, total)))
    embedding = [(done, total) for done, total in progress if total]
    assert [total for _, total in embedding] == [600] * len(embedding)
    done = [done for done, _ in embedding]
    assert done == sorted(set(done))
    assert done[0] == 0
    assert done[-1] < 600


def test_another_model_is_rejected(catalog: Catalog, embedder: Any, hash_embedder: Callable[[str], Any]) -> None:
    store_chunks(catalog, embedder, ["모델은 빠르다."])
    with pytest.raises(ConfigError, match="the index was built with"):
        embed(catalog, hash_embedder("other"))
    assert embed(catalog, embedder) == 1


def outdate(catalog: Catalog, embedder: Any) -> list[str]:
    """Make the sentences those of an earlier version, each but the first of a chunk with another passage."""
    outdated: dict[int, list[Sentence]] = {}
    with catalog.view() as view:
        rows = view.chunks.of_papers([PAPER])
        for row, sentences in view.sentences.of_rows(rows).items():
            outdated[row] = [
                Sentence(sentence.start, sentence.end, "old", f"old {row} {at}" if at else sentence.passage_hash)
                for at, sentence in enumerate(sentences)
            ]
    hashes = [sentence.passage_hash for sentences in outdated.values() for sentence in sentences[1:]]
    with catalog.write() as transaction:
        transaction.sentences.put(outdated)
        transaction.metadata.set("sentences", "0")
        transaction.vectors.put(hashes, embedder.model_id, embedder.passages(hashes))
        transaction.vectors.remove_unusable(embedder.model_id, embedder.dimension)
    embedder.read.clear()
    return hashes


def test_sentences_of_another_version_are_made_anew(catalog: Catalog, embedder: Any) -> None:
    store_chunks(catalog, embedder, ["모델은 빠르다. 데이터는 적다.", "작은 모델이다. 큰 데이터다."])
    embed(catalog, embedder)
    with catalog.view() as view:
        rows = view.chunks.of_papers([PAPER])
        expected = view.sentences.of_rows(rows)
    old = outdate(catalog, embedder)
    assert embed(catalog, embedder) == len(old) == 2  # the passages that are the same have kept their vectors
    with catalog.view() as view:
        assert view.sentences.of_rows(rows) == expected
        assert view.metadata.get("sentences") == SENTENCES_VERSION
        assert view.vectors.existing(old, embedder.model_id) == set()
    assert findings(catalog) == []
    assert embed(catalog, embedder) == 0


@pytest.mark.parametrize(
    "call",
    [
        1,
        pytest.param(
            2, marks=pytest.mark.xfail(strict=True, reason="the vectors of the earlier version stay for good")
        ),
    ],
)
def test_an_interrupted_change_of_version_is_completed_by_the_next_run(
    catalog: Catalog, embedder: Any, call: int
) -> None:
    store_chunks(catalog, embedder, [f"모델 {number}은 빠르다. 데이터 {number}은 적다." for number in range(300)])
    embed(catalog, embedder)
    outdate(catalog, embedder)
    with pytest.raises(StoppedError):
        embed(catalog, embedder, stop_at(call))
    embed(catalog, embedder)
    assert findings(catalog) == []
