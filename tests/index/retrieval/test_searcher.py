"""Searches: distinct papers, best first, named papers before all others, the expected paper for the samples."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun import InputError, Library
from nonmun.index.domain.filters import Filter
from nonmun.index.query.question import MAX_CHARACTERS, parse_question
from nonmun.index.retrieval.config import SearchConfig
from nonmun.index.retrieval.request import RetrievalRequest

QUESTIONS = (Path(__file__).parents[3] / "samples" / "questions.txt").read_text("utf-8").splitlines()


@pytest.fixture
def filled(library: Library, samples: Path) -> Library:
    library.ingest(samples / "digests", samples / "abstracts.jsonl")
    return library


@pytest.fixture(scope="module")
def with_model(tmp_path_factory: pytest.TempPathFactory, bundled, samples: Path) -> Iterator[Library]:
    with Library.open(tmp_path_factory.mktemp("with_model"), embedding=bundled) as library:
        library.ingest(samples / "digests", samples / "abstracts.jsonl")
        yield library


def test_ranks_each_paper_once_best_first(filled: Library) -> None:
    hits = filled.search("어텐션 번역 모델의 성능", 100).hits
    assert 10 < len({hit.paper_id for hit in hits}) == len(hits) <= 17
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    for hit in hits:
        assert 1 <= len(hit.evidence) <= 3
        assert all(item.chunk_id.startswith(f"{hit.paper_id}:") for item in hit.evidence)
        shares = [item.score for item in hit.evidence]
        assert shares == sorted(shares, reverse=True)


def test_a_smaller_k_returns_a_prefix(filled: Library) -> None:
    assert filled.search("어텐션", 3).hits == filled.search("어텐션", 100).hits[:3]


def test_named_papers_come_first_in_their_order(filled: Library) -> None:
    hits = filled.search("2212.04356과 2010.11929v2를 2999.00001과 비교", 5).hits
    assert [hit.paper_id for hit in hits[:2]] == ["2212.04356", "2010.11929"]


def test_reports_relevant_papers_at_every_rank(with_model: Library) -> None:
    """Including papers ranked below a named paper that is not relevant."""
    text = "Whisper는 파인튜닝 없이 음성을 어떻게 인식하나"
    alone = with_model.searcher.search(RetrievalRequest(text), sentences=True)
    assert (alone.hits[0].paper_id, "2212.04356" in alone.assessment.relevant) == ("2212.04356", True)
    found = with_model.searcher.search(RetrievalRequest(f"{text}, 2106.09685 말고"), sentences=True)
    assert found.hits[0].paper_id == "2106.09685"
    assert found.assessment.scores["2106.09685"] < found.assessment.scores["2212.04356"]
    assert found.assessment.relevant <= {hit.paper_id for hit in found.hits}
    weather = with_model.searcher.search(RetrievalRequest("부산 날씨는 어때"), sentences=True)
    assert (weather.assessment.confidence, weather.assessment.relevant) == ("none", frozenset())


def test_an_empty_index_has_no_hits(library: Library) -> None:
    assert library.search("어텐션").hits == ()


def test_concurrent_searches_return_the_same_hits(filled: Library) -> None:
    questions = ["어텐션", "확산 모델", "speech recognition", "1706.03762"] * 4
    expected = [filled.search(question).hits for question in questions]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda question: filled.search(question).hits, questions)) == expected


def test_a_rare_name_finds_its_paper(with_model: Library) -> None:
    assert with_model.search("newstest2014").hits[0].paper_id == "1706.03762"


@pytest.mark.parametrize("line", [line for line in QUESTIONS if line.strip()])
def test_questions_of_the_samples_find_their_paper(with_model: Library, line: str) -> None:
    question, paper_id = line.split("\t")
    assert paper_id in [hit.paper_id for hit in with_model.search(question, 3).hits]


def test_english_question_and_korean_summary(with_model: Library) -> None:
    hits = with_model.search("How does Whisper recognise speech without fine-tuning?", 3).hits
    assert hits[0].paper_id == "2212.04356"


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "\0", "\ud800 모델", "가" * (MAX_CHARACTERS + 1), 5, None, b"x"])
def test_rejects_invalid_questions(text: object) -> None:
    with pytest.raises(InputError) as error:
        parse_question(text)
    assert error.value.field == "question"


@pytest.mark.parametrize("k", [0, -1, 101, True, 1.0, "3", None])
def test_rejects_an_invalid_k(filled: Library, k: object) -> None:
    with pytest.raises(InputError) as error:
        filled.search("어텐션", k)
    assert error.value.field == "k"


@given(st.text(min_size=1, max_size=200))
def test_any_text_is_parsed_or_rejected(text: str) -> None:
    try:
        question = parse_question(text)
    except InputError:
        return
    assert question.text == text.strip()
    assert question.lang in {"ko", "en"}
    assert len(set(question.terms)) == len(question.terms)


@pytest.mark.parametrize(
    "text",
    ['"', "AND OR NOT", "NEAR(a b)", "terms:x", "a* -b", "모델)(", "'; DROP TABLE chunks", "x" * 2_000, "^모델", "{}"],
)
def test_query_syntax_is_plain_text(filled: Library, text: str) -> None:
    assert filled.search(text).hits


def test_question_words_are_no_terms() -> None:
    question = parse_question("2505.09264 논문의 한계를 설명해 줘")
    assert (question.terms, question.paper_ids) == (("한계",), ("2505.09264",))


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_restricts_the_dense_channel_to_one_language(with_model: Library, lang: str) -> None:
    """The dense channel scores chunks of the configured language only."""
    ranking = SearchConfig(dense_lang=lang, lexical=False, lexicon=False)
    settings = with_model.settings.model_copy(update={"search": ranking})
    with Library.open(settings=settings, embedding=with_model.embedder, create=False) as library:
        for explanation in library.explain("어텐션만으로 번역", [paper.paper_id for paper in library.papers()]):
            dense = explanation.channels[0]
            if dense.value > 0 and dense.chunk_id:
                assert dense.chunk_id in {chunk.chunk_id for chunk in library.chunks() if chunk.lang == lang}


def test_matching_of_names_can_be_disabled(with_model: Library) -> None:
    settings = with_model.settings.model_copy(update={"search": SearchConfig(names=False, dense=False)})
    with Library.open(settings=settings, embedding=with_model.embedder, create=False) as library:
        assert with_model.search("위스퍼").hits[0].paper_id == "2212.04356"
        assert library.search("위스퍼").hits == ()


@pytest.mark.parametrize(
    "question", ["어텐션", "language models", "2212.04356의 한계", "diffusion 모델의 이미지 생성 품질"]
)
def test_k_does_not_change_the_ranking(filled: Library, question: str) -> None:
    everything = filled.search(question, 100).hits
    order = [
        explanation.paper_id
        for explanation in sorted(
            filled.explain(question, [paper.paper_id for paper in filled.papers()]), key=lambda item: item.rank or 99
        )
    ]
    assert [hit.paper_id for hit in everything] == order[: len(everything)]
    for k in range(1, 12):
        assert filled.search(question, k).hits == everything[:k]


def test_korean_words_do_not_replace_translations_if_no_abstract_passes(filled: Library) -> None:
    """The paper without an abstract (2212.04356) gets no lexicon score if the filter excludes all abstracts."""
    question, papers = "어텐션만으로 번역하는 모델", [paper.paper_id for paper in filled.papers()]
    only = {"lang": Filter(lang="ko"), "source": Filter(source="summary"), "section": Filter(sections=("motivation",))}
    for where in only.values():
        found = {explanation.paper_id: explanation for explanation in filled.explain(question, papers, where=where)}
        assert found["2212.04356"].channels[2].value == 0
        assert found["2212.04356"].channels[1].value > 0
    some = filled.explain(question, papers, where=Filter(since=date(2025, 1, 1)))
    assert any(explanation.channels[2].value for explanation in some if explanation.paper_id == "2212.04356")


def test_korean_words_replace_translations_if_the_abstract_is_excluded(filled: Library) -> None:
    question, paper = "어텐션만으로 번역하는 모델", "1706.03762"
    english = [chunk.chunk_id for chunk in filled.chunks() if chunk.paper_id == paper and chunk.lang == "en"]
    [explanation] = filled.explain(question, [paper], without=english)
    assert english
    assert explanation.channels[2].value == explanation.channels[1].value > 0


def test_a_paper_without_an_abstract_matches_by_its_korean_words(library: Library, samples: Path) -> None:
    """Its lexicon score equals its lexical score, until it has an abstract."""
    library.ingest(samples / "digests")
    [hit, *_] = library.search("어텐션만으로 번역하는 모델", 1).hits
    [before] = library.explain("어텐션만으로 번역하는 모델", [hit.paper_id])
    _, lexical, lexicon = before.channels
    assert lexicon.value == lexical.value > 0
    library.ingest(samples / "digests", samples / "abstracts.jsonl")
    [after] = library.explain("어텐션만으로 번역하는 모델", [hit.paper_id])
    assert after.channels[2].value != after.channels[1].value
