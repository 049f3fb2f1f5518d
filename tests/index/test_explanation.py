"""Why a paper stands where it stands: the shares make the score, the places are those of the search."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nonmun import InputError, Library
from nonmun.index.explanation import Explanation
from nonmun.index.korean import terms
from nonmun.index.ranking import Ranking
from nonmun.index.stopwatch import Stopwatch

SAMPLES = Path(__file__).parents[2] / "samples"
QUESTIONS = [
    "어텐션만으로 번역하는 모델의 BLEU",
    "low-rank adaptation of language models",
    "2212.04356의 한계",
    "오늘 날씨",
]
INVENTED = "2312.00752"
RANKINGS = [
    Ranking(),
    Ranking(lexical_weight=3),
    Ranking(dense=False),
    Ranking(lexical=False),
    Ranking(candidates=5),
    Ranking(dense=False, lexical=False),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, hash_embedder: Any) -> Iterator[Library]:
    with Library.open(tmp_path_factory.mktemp("explained"), embedding=hash_embedder()) as library:
        library.ingest(SAMPLES / "digests", SAMPLES / "abstracts.jsonl")
        yield library


@pytest.fixture(params=RANKINGS, ids=lambda one: one.model_dump_json(exclude_defaults=True))
def library(request: pytest.FixtureRequest, filled: Library, embedder: Any) -> Iterator[Library]:
    settings = filled.settings.model_copy(update={"search": request.param})
    with Library.open(settings=settings, embedding=embedder) as library:
        yield library


def everything(library: Library, question: str) -> tuple[Explanation, ...]:
    return library.explain(question, [one.paper_id for one in library.papers()])


@pytest.mark.parametrize("question", QUESTIONS)
def test_shares_make_the_score(library: Library, question: str) -> None:
    weights = {"dense": 1.0, "lexical": library.settings.search.lexical_weight}
    for one in everything(library, question):
        assert [channel.channel for channel in one.channels] == ["dense", "lexical"]
        assert sum(channel.share for channel in one.channels) == pytest.approx(one.score, abs=3e-6)
        for channel in one.channels:
            assert channel.share == pytest.approx(weights[channel.channel] * channel.value, abs=1e-5)


@pytest.mark.parametrize("question", QUESTIONS)
def test_places_and_scores_are_those_of_the_search(library: Library, question: str) -> None:
    hits = library.search(question, 100).hits
    found = {one.paper_id: one for one in everything(library, question)}
    assert {key: one.rank for key, one in found.items() if one.rank} == {
        hit.paper_id: place for place, hit in enumerate(hits, start=1)
    }
    assert {hit.paper_id: found[hit.paper_id].score for hit in hits} == {hit.paper_id: hit.score for hit in hits}


@pytest.mark.parametrize("question", QUESTIONS)
def test_places_in_each_channel(library: Library, question: str) -> None:
    found = [one for one in everything(library, question) if one.rank]
    for at in range(2):
        ranked = [(one.channels[at].rank, one.channels[at].value) for one in found if one.channels[at].rank]
        for place, value in ranked:
            assert place == 1 + sum(other.channels[at].value > value for other in found)
        assert all(one.channels[at].value == 0 for one in found if one.channels[at].rank is None)


@pytest.mark.parametrize("question", QUESTIONS)
def test_matched_words_stand_in_the_chunks(library: Library, question: str) -> None:
    with closing(sqlite3.connect(library.settings.data / "catalog.sqlite")) as connection:
        rows = connection.execute("SELECT paper_id, context || ' ' || text, text FROM chunks").fetchall()
    texts: dict[str, list[str]] = {}
    for paper_id, whole, _ in rows:
        texts.setdefault(paper_id, []).append(whole)
    for one in everything(library, question):
        held = {term for text in texts[one.paper_id] for term in terms(text)}
        assert set(one.matched) <= held
        assert not set(one.matched) & set(one.missed)
        if not library.settings.search.lexical:
            assert (one.matched, one.missed) == ({}, ())
            continue
        assert sum(one.matched.values()) <= 1.001
        if one.rank is None:  # all of its chunks were looked at
            assert not set(one.missed) & held
        if any(channel.channel == "lexical" and channel.value > 0 for channel in one.channels):
            assert one.matched


def test_papers_in_the_order_asked_for(filled: Library) -> None:
    papers = ["2212.04356", "2401.99999", "1706.03762", "no id", "2302.13971"]
    assert [one.paper_id for one in filled.explain("어텐션", papers)][:2] == ["2212.04356", "1706.03762"]
    assert filled.explain("어텐션", []) == ()


def test_a_question_that_is_none(filled: Library) -> None:
    with pytest.raises(InputError, match="question"):
        filled.explain(" ", ["1706.03762"])


def test_doubt_is_a_share_too(filled: Library, embedder: Any) -> None:
    """A summary made up from a title is worth less, whether the vectors are asked or not."""
    settings = filled.settings.model_copy(update={"search": Ranking(dense=False)})
    with Library.open(settings=settings, embedding=embedder) as library:
        [one] = library.explain("Mamba 선택적 상태 공간 모델", [INVENTED])
    assert one.score == pytest.approx(sum(channel.share for channel in one.channels), abs=3e-6)
    summaries = [entry.trust.label for entry in filled.entries() if entry.paper_id == INVENTED and entry.trust]
    assert "invented" in summaries


def test_stopwatch() -> None:
    watch = Stopwatch()
    watch.lap("a")
    sum(range(300_000))
    watch.lap("b")
    watch.lap("a")
    assert list(watch.laps) == ["a", "b"]
    assert watch.laps["b"] > watch.laps["a"] >= 0
