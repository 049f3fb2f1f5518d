"""Search for papers that are like another one: by its title and the vectors of its chunks, without itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from nonmun import Library
from nonmun.index.domain.filters import Filter
from nonmun.index.domain.vectors import unit_rows
from nonmun.index.retrieval.request import RetrievalRequest, SearchResult

WAVES, SEAS, LAKES, FIRES = (f"2505.0000{number}" for number in range(1, 5))
ABSTRACTS = {
    WAVES: ("Forecasting waves of the sea", "We forecast waves of the sea with buoys. Waves are high in winter."),
    SEAS: ("Waves of the sea in winter", "We forecast waves of the sea in winter with buoys."),
    LAKES: ("Waves of a lake", "We forecast waves of a lake with buoys."),
    FIRES: ("Smoke from space", "Satellites find smoke. Firemen put it out."),
}
REQUEST = RetrievalRequest("비슷한 논문 더 있어?")


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory, hash_embedder: Callable[[], Any]) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("similar")
    rows = [{"id": key, "title": title, "abstract": text} for key, (title, text) in ABSTRACTS.items()]
    (folder / "abstracts.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (folder / "none.jsonl").touch()
    with Library.open(folder / "data", embedding=hash_embedder()) as library:
        library.ingest(folder / "none.jsonl", folder / "abstracts.jsonl", all_abstracts=True)
        yield library


def found(result: SearchResult) -> list[str]:
    return [hit.paper_id for hit in result.hits]


def test_the_most_similar_papers_come_first_and_the_paper_itself_is_left_out(papers: Library) -> None:
    assert found(papers.searcher.search_similar(REQUEST, WAVES)) == [SEAS, LAKES, FIRES]
    assert found(papers.searcher.search_similar(REQUEST, SEAS))[0] == WAVES
    assert found(papers.searcher.search_similar(REQUEST, WAVES, 1)) == [SEAS]


def test_the_vector_is_the_mean_of_the_papers_own_chunks(papers: Library) -> None:
    result = papers.searcher.search_similar(REQUEST, WAVES)
    passages = [chunk.passage for chunk in papers.chunks() if chunk.paper_id == WAVES]
    expected = unit_rows(papers.embedder.passages(passages).mean(axis=0)[None])[0]
    assert np.allclose(result.vector, expected, atol=1e-6)


def test_every_paper_found_is_an_answer(papers: Library) -> None:
    result = papers.searcher.search_similar(REQUEST, WAVES)
    assert (result.assessment.confidence, result.assessment.relevant) == ("high", set(found(result)))
    assert result.sentences.keys() == set(found(result))
    assert (result.question.intent, result.known) == ("list", ())


def test_the_answer_is_in_the_language_of_the_question(papers: Library) -> None:
    assert papers.searcher.search_similar(REQUEST, WAVES).question.response_language == "ko"
    english = RetrievalRequest("more like this")
    assert papers.searcher.search_similar(english, WAVES).question.response_language == "en"
    asked = RetrievalRequest("more like this", lang="ko")
    assert papers.searcher.search_similar(asked, WAVES).question.response_language == "ko"


def test_filters_and_exclusions_hold(papers: Library) -> None:
    within = RetrievalRequest("more like this", Filter(papers=(LAKES, WAVES)))
    assert found(papers.searcher.search_similar(within, WAVES)) == [LAKES]
    hidden = [chunk.chunk_id for chunk in papers.chunks() if chunk.paper_id == SEAS]
    without = RetrievalRequest("more like this", without=hidden)
    assert SEAS not in found(papers.searcher.search_similar(without, WAVES))


def test_where_there_is_no_other_paper_nothing_answers(papers: Library) -> None:
    result = papers.searcher.search_similar(RetrievalRequest("more", Filter(papers=(WAVES,))), WAVES)
    assert (result.hits, result.assessment.confidence) == ((), "none")


def test_an_unknown_paper_is_searched_by_the_question_alone(papers: Library) -> None:
    result = papers.searcher.search_similar(RetrievalRequest("smoke from space"), "2505.99999")
    assert found(result)[0] == FIRES
