"""Names of papers in questions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.weighted_terms import WeightedTerms
from nonmun.index.linking.paper_names import PaperNames

ADAPT, META, GAME, MAMBA, TWIN, OTHER_TWIN, CUBE, PLAIN = (f"2505.0000{number}" for number in range(1, 9))
NAMES = PaperNames({
    ADAPT: "AdaptCLIP: Adapting CLIP for Universal Visual Anomaly Detection",
    META: "MetaUAS: Universal Anomaly Segmentation",
    GAME: "Hunyuan-Game: Industrial-grade Intelligent Game Creation Model",
    MAMBA: "Mamba: Linear-Time Sequence Modeling",
    TWIN: "TwinNet: One",
    OTHER_TWIN: "TwinNet: Another",
    CUBE: "H^{3}DP: Triply-Hierarchical Diffusion Policy",
    PLAIN: "Not All Correct Answers Are Equal: Why Your Source Matters",
    "2505.00011": "Qwen3 Technical Report",
    "2505.00009": "Position: Everybody Has One",
    "2505.00010": "A Title without a Name that Goes On for Rather Many Words Indeed",
})  # fmt: skip


@pytest.mark.parametrize(
    ("question", "papers"),
    [
        ("AdaptCLIP의 한계는?", [ADAPT]),
        ("adaptclip", [ADAPT]),
        ("Adapt-CLIP이 뭐야", [ADAPT]),
        ("compare AdaptCLIP, MetaUAS and Hunyuan Game", [ADAPT, META, GAME]),
        ("Mamba의 구조는?", [MAMBA]),
        ("mamba snakes", []),
        ("TwinNet results", [TWIN, OTHER_TWIN]),
        ("H^{3}DP의 결과", [CUBE]),
        ("H3DP의 결과", [CUBE]),
        ("not all correct answers are equal 요약", [PLAIN]),
        ("AdaptCLIPs and xAdaptCLIP", []),
        ("Position papers", []),
        ("CLIP", []),
        ("Qwen3의 한계", ["2505.00011"]),
        ("technical report", []),
        ("", []),
    ],
)
def test_finds_names_in_latin_letters(question: str, papers: list[str]) -> None:
    mentions = NAMES.find_mentions(question)
    assert [paper_id for mention in mentions for paper_id in mention.paper_ids] == papers
    assert all(question[mention.start : mention.end] == mention.name for mention in mentions)


def test_finds_names_by_their_alternatives_in_the_index() -> None:
    words = [WeightedTerms("어댑트클립", {"adaptclip": 0.8, "adapter": 0.2})]
    (mention,) = NAMES.find_mentions("어댑트클립의 한계는?", words)
    assert (mention.name, mention.paper_ids) == ("어댑트클립", (ADAPT,))
    uncertain = [WeightedTerms("어댑트클립", {"adaptclip": 0.4, "adapter": 0.3, "adaptor": 0.3})]
    assert NAMES.find_mentions("어댑트클립의 한계는?", uncertain, lambda _: True) == []
    assert NAMES.find_mentions("한계는?", [WeightedTerms("한계", {"한계": 1.0})]) == []


def test_ignores_a_name_that_more_than_three_papers_share() -> None:
    names = PaperNames({f"2505.0000{number}": f"BenchX: Part {number}" for number in range(4)})
    assert names.find_mentions("BenchX의 결과") == []


@given(st.dictionaries(st.from_regex(r"25\d\d\.\d{5}", fullmatch=True), st.text(max_size=40), max_size=5), st.text())
def test_mentions_occur_in_the_question_for_any_titles(titles: dict[str, str], question: str) -> None:
    for mention in PaperNames(titles).find_mentions(question):
        assert question[mention.start : mention.end] == mention.name
        assert set(mention.paper_ids) <= titles.keys()


def test_latin_words_of_a_hangul_title_are_no_name() -> None:
    names = PaperNames(
        {ADAPT: "LLM을 쓰는 추천", META: "GPT-4 기반 요약: 한 연구", GAME: "WaterDrum: 데이터를 위한 기법"}
    )
    assert names.find_mentions("LLM의 한계는?") == names.find_mentions("GPT-4의 한계는?") == []
    assert [mention.paper_ids for mention in names.find_mentions("WaterDrum의 한계는?")] == [(GAME,)]


def test_ignores_a_hangul_spelling_in_parentheses() -> None:
    assert [
        mention.paper_ids
        for mention in PaperNames({ADAPT: "AdaptCLIP(어댑트클립): 이상 탐지"}).find_mentions("AdaptCLIP")
    ] == [(ADAPT,)]


def test_finds_a_camel_case_name_by_its_stem() -> None:
    names = PaperNames({ADAPT: "InfoVids: Videos that Inform", META: "Refine: A Plain Word"})
    words = [WeightedTerms("인포비즈", {"infovid": 1.0}), WeightedTerms("리파인", {"refin": 1.0})]
    assert [mention.paper_ids for mention in names.find_mentions("인포비즈가 뭐야?", words)] == [(ADAPT,)]
    assert names.find_mentions("리파인 단어 뜻이 뭐야?", words) == []
