"""Reading of sentences: stored vectors where there are any, the first papers embedded on use, the rest by chunk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nonmun import Library
from nonmun.index.analysis.chunk_sentences import split_chunk
from nonmun.index.analysis.sentences import sentences
from nonmun.index.catalog.database import Catalog
from nonmun.index.domain.filters import Filter
from nonmun.index.domain.sentences import sentence_passage
from nonmun.index.retrieval.request import RetrievalRequest, SearchResult
from nonmun.index.retrieval.sentence_reader import PaperChunks, SentenceReader
from nonmun.index.retrieval.understanding import understand
from nonmun.index.util.timing import Stopwatch

QUESTION = "어텐션만으로 번역하는 모델의 구조"
TOPICS = ("anomalies in images", "speech of children", "waves of the sea", "proteins in cells", "graphs of roads")


def search(library: Library, question: str = QUESTION, k: int = 5, **options: Any) -> SearchResult:
    return library.searcher.search(RetrievalRequest(question, **options), k, sentences=True)


def write_abstracts(folder: Path) -> Path:
    """Write the abstracts of papers that are in no digest."""
    rows = [
        {
            "id": f"2505.0000{at}",
            "title": f"Networks for {topic}",
            "abstract": f"We propose a network for {topic}. It learns {topic} from few examples.",
        }
        for at, topic in enumerate(TOPICS)
    ]
    file = folder / "abstracts.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return file


@pytest.fixture
def summaries(library: Library, embedder: Any, samples: Path) -> Library:
    """The library of one day of the samples; what the embedder has read is forgotten."""
    library.ingest(samples / "digests" / "2025-03-03.md", samples / "abstracts.jsonl")
    embedder.read.clear()
    return library


@pytest.fixture
def abstracts(library: Library, embedder: Any, tmp_path: Path) -> Library:
    (tmp_path / "none.jsonl").touch()
    library.ingest(tmp_path / "none.jsonl", write_abstracts(tmp_path), all_abstracts=True)
    embedder.read.clear()
    return library


@pytest.fixture
def catalog(library: Library) -> Iterator[Catalog]:
    with closing(Catalog.open(library.settings.data / "catalog.sqlite")) as catalog:
        yield catalog


def test_only_a_search_for_sentences_reads_them(summaries: Library) -> None:
    result = summaries.searcher.search(RetrievalRequest(QUESTION), 5)
    assert (result.sentences, result.assessment.scores) == ({}, {})
    assert result.hits


def test_the_sentences_are_those_of_the_evidence(summaries: Library) -> None:
    result = search(summaries)
    assert result.sentences.keys() == {hit.paper_id for hit in result.hits}
    for hit in result.hits:
        scored = result.sentences[hit.paper_id]
        expected = [(place, *span) for place, chunk in enumerate(hit.evidence) for span in sentences(chunk.text)]
        assert list(scored.spans) == expected
        assert scored.vectors.shape == (len(expected), 64)
        assert np.linalg.norm(scored.vectors, axis=1) == pytest.approx(1, abs=1e-5)
        assert len(scored.relevance) == len(scored.specificity) == len(scored.centrality) == len(expected)
        assert len(scored.held) == len(result.words.names)


def test_all_chunks_of_a_paper_are_read(summaries: Library, catalog: Catalog) -> None:
    result = search(summaries, k=1)
    (hit,) = result.hits
    with catalog.view() as view:
        chunks = view.chunks.of_papers([hit.paper_id])
    assert {chunk.chunk_id for chunk in hit.evidence} == {chunk.chunk_id for chunk in chunks.values()}
    assert len(chunks) > 3


def test_stored_sentences_are_not_embedded(summaries: Library, embedder: Any) -> None:
    assert search(summaries).sentences
    assert embedder.read == []


def test_embedded_sentences_score_as_stored_ones(summaries: Library, catalog: Catalog, embedder: Any) -> None:
    stored = search(summaries, k=3)
    with catalog.write() as transaction:
        transaction.sentences.clear()
        transaction.vectors.remove_unusable("hash-64", 64)
        transaction.touch()
    embedded = search(summaries, k=3)
    assert embedder.read
    assert embedded.sentences.keys() == stored.sentences.keys()
    for paper_id, scored in embedded.sentences.items():
        before = stored.sentences[paper_id]
        assert (scored.spans, scored.support) == (before.spans, pytest.approx(before.support))
        for name in ("vectors", "relevance", "specificity", "centrality", "held"):
            assert np.allclose(getattr(scored, name), getattr(before, name), atol=1e-5)


def test_a_missing_vector_is_the_only_one_embedded(summaries: Library, catalog: Catalog, embedder: Any) -> None:
    result = search(summaries, k=1)
    with catalog.view() as view:
        ((row, chunk),) = [
            (row, chunk)
            for row, chunk in view.chunks.of_papers([result.hits[0].paper_id]).items()
            if chunk.chunk_id == result.hits[0].evidence[0].chunk_id
        ]
        sentence = view.sentences.of_rows([row])[row][0]
    with catalog.write() as transaction:
        transaction.session.write("DELETE FROM vectors WHERE passage_hash = ?", (sentence.passage_hash,))
        transaction.touch()
    search(summaries, k=1)
    assert embedder.read == [sentence_passage(chunk, sentence.start, sentence.end)]


def test_sentences_of_abstracts_are_embedded_on_first_use_alone(abstracts: Library, embedder: Any) -> None:
    first = search(abstracts, "networks for speech", 2)
    assert len(embedder.read) == 4
    embedder.read.clear()
    second = search(abstracts, "networks for speech", 2)
    assert embedder.read == []
    for paper_id, scored in first.sentences.items():
        assert np.array_equal(scored.vectors, second.sentences[paper_id].vectors)


def test_sentences_of_the_first_papers_alone_are_embedded(abstracts: Library, catalog: Catalog, embedder: Any) -> None:
    result = search(abstracts, "networks for speech", 5)
    with catalog.view() as view:
        chunks = [chunk for hit in result.hits[:3] for chunk in view.chunks.of_papers([hit.paper_id]).values()]
    wanted = [
        sentence_passage(chunk, sentence.start, sentence.end) for chunk in chunks for sentence in split_chunk(chunk)
    ]
    assert sorted(embedder.read) == sorted(wanted)
    assert len(result.hits) == len(result.sentences) == 5
    for rank, hit in enumerate(result.hits):
        vectors = result.sentences[hit.paper_id].vectors
        assert np.array_equal(vectors[0], vectors[1]) == (rank >= 3)  # those of the others' chunks


def test_scores_do_not_depend_on_what_was_searched_before(abstracts: Library) -> None:
    first = search(abstracts, "networks for speech").sentences
    for _ in range(2):
        again = search(abstracts, "networks for speech").sentences
        assert {paper: scored.relevance.tolist() for paper, scored in again.items()} == {
            paper: scored.relevance.tolist() for paper, scored in first.items()
        }


def test_excluded_chunks_have_no_sentences(summaries: Library) -> None:
    hit = search(summaries, k=1).hits[0]
    hidden = [chunk.chunk_id for chunk in hit.evidence[:2]]
    result = search(summaries, k=1, without=hidden, papers=(hit.paper_id,))
    assert result.hits[0].paper_id == hit.paper_id
    shown = [chunk.chunk_id for chunk in result.hits[0].evidence]
    assert len(shown) == len(hit.evidence) - 2
    assert not set(hidden) & set(shown)
    assert max(place for place, _, _ in result.sentences[hit.paper_id].spans) < len(shown)


def test_a_filter_admits_the_sentences_of_its_chunks_alone(summaries: Library) -> None:
    result = search(summaries, where=Filter(sections=("limitations",)))
    assert result.sentences
    for hit in result.hits:
        assert {chunk.section for chunk in hit.evidence} == {"limitations"}


def test_papers_without_sentences_are_left_out(library: Library, embedder: Any, tmp_path: Path) -> None:
    rows = [
        {"id": "2505.00001", "title": "Waves", "abstract": "..."},
        {"id": "2505.00002", "title": "Waves of the sea"},
    ]
    rows[1]["abstract"] = "We forecast waves."
    (tmp_path / "abstracts.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (tmp_path / "none.jsonl").touch()
    library.ingest(tmp_path / "none.jsonl", tmp_path / "abstracts.jsonl", all_abstracts=True)
    with library.searcher.index.snapshot() as snapshot:
        chunks = snapshot.view.chunks.of_papers(["2505.00001", "2505.00002"])
        papers = {
            paper_id: PaperChunks(
                "Waves", [(row, chunk) for row, chunk in chunks.items() if chunk.paper_id == paper_id]
            )
            for paper_id in ("2505.00001", "2505.00002", "2505.00003")
        }
        request, config = RetrievalRequest("waves"), library.searcher.config
        query = understand(request, snapshot, embedder, config, Stopwatch())
        assert SentenceReader(embedder).score(query, snapshot, papers).keys() == {"2505.00002"}
        assert SentenceReader(embedder).score(query, snapshot, {}) == {}


def test_the_question_finds_the_sentence_that_repeats_it(summaries: Library) -> None:
    sentence = "셀프 어텐션의 계산량과 메모리는 문장 길이의 제곱에 비례하므로 아주 긴 입력에는 부담이 됩니다."
    result = search(summaries, sentence, k=1)
    (hit,) = result.hits
    place, start, end = result.sentences[hit.paper_id].spans[int(result.sentences[hit.paper_id].relevance.argmax())]
    assert sentence in hit.evidence[place].text[start:end]
