"""Explanations: the shares add up to the score, and the ranks are those of the search."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nonmun import InputError, Library
from nonmun.index.analysis.analyzer import terms
from nonmun.index.analysis.language import language
from nonmun.index.analysis.weighted_terms import WeightedTerms
from nonmun.index.domain.chunks import ChunkInfo
from nonmun.index.query.question import parse_question
from nonmun.index.retrieval.channels import DEFAULT_CHANNELS
from nonmun.index.retrieval.config import SearchConfig
from nonmun.index.retrieval.explanation import Explanation, QueryTerms, explain_paper
from nonmun.index.retrieval.fusion import SECONDARY_WEIGHT, RankedPaper, ScoredChunk
from nonmun.index.util.timing import Stopwatch

SAMPLES = Path(__file__).parents[3] / "samples"
QUESTIONS = [
    "어텐션만으로 번역하는 모델의 BLEU",
    "low-rank adaptation of language models",
    "2212.04356의 한계",
    "오늘 날씨",
]
INVENTED = "2312.00752"
RANKINGS = [
    SearchConfig(),
    SearchConfig(lexical_weight=3),
    SearchConfig(dense=False),
    SearchConfig(lexical=False),
    SearchConfig(lexicon=False),
    SearchConfig(lexicon_weight=0.1),
    SearchConfig(candidates=5),
    SearchConfig(dense=False, lexical=False),
    SearchConfig(dense=False, lexical=False, lexicon=False),
]
CHANNELS = ["dense", "lexical", "lexicon"]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, hash_embedder: Any) -> Iterator[Library]:
    with Library.open(tmp_path_factory.mktemp("explained"), embedding=hash_embedder()) as library:
        # The samples alone are too few papers for a lexicon; those of the evaluation dataset suffice.
        library.ingest([SAMPLES / "digests", SAMPLES / "evaluation" / "digests"], SAMPLES / "abstracts.jsonl")
        library.ingest(SAMPLES / "digests", SAMPLES / "evaluation" / "papers.jsonl", all_abstracts=True)
        assert library.translations("강화 학습").pairs > 20
        yield library


@pytest.fixture(params=RANKINGS, ids=lambda config: config.model_dump_json(exclude_defaults=True))
def library(request: pytest.FixtureRequest, filled: Library, embedder: Any) -> Iterator[Library]:
    settings = filled.settings.model_copy(update={"search": request.param})
    with Library.open(settings=settings, embedding=embedder) as library:
        yield library


def everything(library: Library, question: str) -> tuple[Explanation, ...]:
    return library.explain(question, [paper.paper_id for paper in library.papers()])


@pytest.mark.parametrize("question", QUESTIONS)
def test_shares_add_up_to_the_score(library: Library, question: str) -> None:
    """Of the lexical and the lexicon channel, the higher score has full weight and the other a part."""
    ranking = library.settings.search.for_language(language(question))
    for paper in everything(library, question):
        assert [channel.channel for channel in paper.channels] == CHANNELS
        assert sum(channel.share for channel in paper.channels) == pytest.approx(paper.score, abs=3e-6)
        dense, lexical, lexicon = paper.channels
        assert dense.share == dense.value
        by_words, by_translation = ranking.lexical_weight * lexical.value, ranking.lexicon_weight * lexicon.value
        more, less = max(by_words, by_translation), min(by_words, by_translation)
        assert lexical.share + lexicon.share == pytest.approx(more + SECONDARY_WEIGHT * less, abs=1e-5)
        if abs(by_words - by_translation) > 1e-4:
            assert (lexical.share > lexicon.share) == (by_words > by_translation or lexical.share == more)


def test_every_channel_scores_some_papers(filled: Library) -> None:
    """Ensures that the other tests are not vacuous."""
    shares = [[channel.share for channel in paper.channels] for text in QUESTIONS for paper in everything(filled, text)]
    for at in range(3):
        assert sum(share[at] > 0 for share in shares) > 10


@pytest.mark.parametrize("question", QUESTIONS)
def test_disabled_channels_have_no_rank_and_no_score(library: Library, question: str) -> None:
    enabled = library.settings.search.model_dump()
    for paper in everything(library, question):
        for channel in paper.channels[1:]:
            assert enabled[channel.channel] or (channel.rank, channel.value, channel.chunk_id) == (None, 0, None)
        assert enabled["lexicon"] or not paper.translated


@pytest.mark.parametrize("question", QUESTIONS)
def test_ranks_and_scores_are_those_of_the_search(library: Library, question: str) -> None:
    hits = library.search(question, 100).hits
    found = {paper.paper_id: paper for paper in everything(library, question)}
    assert {key: paper.rank for key, paper in found.items() if paper.rank} == {
        hit.paper_id: place for place, hit in enumerate(hits, start=1)
    }
    assert {hit.paper_id: found[hit.paper_id].score for hit in hits} == {hit.paper_id: hit.score for hit in hits}


@pytest.mark.parametrize("question", QUESTIONS)
def test_ranks_in_each_channel(library: Library, question: str) -> None:
    found = [paper for paper in everything(library, question) if paper.rank]
    for at in range(3):
        ranked = [(paper.channels[at].rank, paper.channels[at].value) for paper in found if paper.channels[at].rank]
        for place, value in ranked:
            assert place == 1 + sum(other.channels[at].value > value for other in found)
        assert all(paper.channels[at].value == 0 for paper in found if paper.channels[at].rank is None)


@pytest.mark.parametrize("question", QUESTIONS)
def test_matched_words_occur_in_the_chunks(library: Library, question: str) -> None:
    with closing(sqlite3.connect(library.settings.data / "catalog.sqlite")) as connection:
        rows = connection.execute("SELECT paper_id, context || ' ' || text, text FROM chunks").fetchall()
    texts: dict[str, list[str]] = {}
    for paper_id, whole, _ in rows:
        texts.setdefault(paper_id, []).append(whole)
    for paper in everything(library, question):
        present = {term for text in texts[paper.paper_id] for term in terms(text)}
        assert set(paper.matched) <= present
        assert not set(paper.matched) & set(paper.missed)
        assert {term for found in paper.translated.values() for term in found} <= present
        assert all(paper.translated.values())
        assert not paper.translated.keys() & {*paper.matched, *paper.missed}
        assert bool(paper.translated) <= (paper.channels[2].value > 0)
        # Words of a translated bigram are not missed.
        assert not {word for name in paper.translated for word in name.split()} & set(paper.missed)
        if not library.settings.search.lexical:
            assert (paper.matched, paper.missed) == ({}, ())
            continue
        assert {*paper.matched, *paper.missed, *" ".join(paper.translated).split()} == set(
            parse_question(question).terms
        )
        assert sum(paper.matched.values()) <= 1.001
        if paper.rank is None:  # all of its chunks were scored
            assert not set(paper.missed) & present
        if any(channel.channel == "lexical" and channel.value > 0 for channel in paper.channels):
            assert paper.matched
        if any(channel.channel == "lexicon" and channel.value > 0 for channel in paper.channels):
            assert paper.matched or paper.translated


def test_translations_are_those_of_the_lexicon(filled: Library) -> None:
    question = "사람의 선호로 보상을 배우는 강화 학습"
    known = {
        term: {translation.term for translation in found} for term, found in filled.translations(question).terms.items()
    }
    shown = [paper for paper in everything(filled, question) if paper.translated]
    assert len(shown) > 5
    for paper in shown:
        for name, found in paper.translated.items():
            assert set(found) <= known[name]


def test_words_of_a_translated_bigram_are_not_missed() -> None:
    spot = ChunkInfo(1, "a:abstract:0", "a", "abstract", "en")
    paper = RankedPaper("a", (ScoredChunk(spot, (0.1, 0.0, 0.5), 0.3),), (0.1, 0.0, 0.5), 0.7, 0.3)
    single = [WeightedTerms(term, {term: 1.0}) for term in ("이상", "탐지", "없다")]
    words = QueryTerms(
        {"이상": 1.0, "탐지": 1.0, "없다": 2.0}, single, [WeightedTerms("이상 탐지", {"anomali": 0.9, "outlier": 0.1})]
    )
    first = explain_paper(paper, {"anomali", "detect"}, [paper], words, DEFAULT_CHANNELS, SearchConfig())
    assert (first.matched, first.translated, first.missed) == (
        {},
        {"이상 탐지": ("anomali",)},
        ("없다",),
    )
    assert [channel.share for channel in first.channels] == [0.1, 0, 0.6]
    other = explain_paper(paper, {"detect"}, [paper], words, DEFAULT_CHANNELS, SearchConfig())
    assert (other.translated, other.missed) == ({}, ("이상", "탐지", "없다"))
    lexical = tuple(channel for channel in DEFAULT_CHANNELS if channel.name != "lexicon")
    paper = RankedPaper("a", (ScoredChunk(spot, (0.1, 0.5), 0.3),), (0.1, 0.5), 0.6, 0.3)
    without = explain_paper(paper, {"anomali", "detect"}, [paper], words, lexical, SearchConfig())
    assert (without.translated, without.missed) == ({}, ("이상", "탐지", "없다"))


def test_explains_papers_in_the_given_order(filled: Library) -> None:
    papers = ["2212.04356", "2401.99999", "1706.03762", "no id", "2302.13971"]
    assert [paper.paper_id for paper in filled.explain("어텐션", papers)][:2] == [
        "2212.04356",
        "1706.03762",
    ]
    assert filled.explain("어텐션", []) == ()


def test_rejects_an_invalid_question(filled: Library) -> None:
    with pytest.raises(InputError, match="question"):
        filled.explain(" ", ["1706.03762"])


def test_shares_include_the_penalty_for_an_invented_summary(filled: Library, embedder: Any) -> None:
    """The penalty for an invented summary is part of the shares, with the dense channel disabled too."""
    settings = filled.settings.model_copy(update={"search": SearchConfig(dense=False)})
    with Library.open(settings=settings, embedding=embedder) as library:
        [paper] = library.explain("Mamba 선택적 상태 공간 모델", [INVENTED])
    assert paper.score == pytest.approx(sum(channel.share for channel in paper.channels), abs=3e-6)
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
