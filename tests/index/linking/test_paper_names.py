"""Papers by their own names."""

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
def test_named(question: str, papers: list[str]) -> None:
    found = NAMES.find_mentions(question)
    assert [paper for one in found for paper in one.paper_ids] == papers
    assert all(question[one.start : one.end] == one.name for one in found)


def test_spelled_in_the_other_script() -> None:
    meant = [WeightedTerms("어댑트클립", {"adaptclip": 0.8, "adapter": 0.2})]
    (found,) = NAMES.find_mentions("어댑트클립의 한계는?", meant)
    assert (found.name, found.paper_ids) == ("어댑트클립", (ADAPT,))
    unsure = [WeightedTerms("어댑트클립", {"adaptclip": 0.4, "adapter": 0.3, "adaptor": 0.3})]
    assert NAMES.find_mentions("어댑트클립의 한계는?", unsure, lambda _: True) == []
    assert NAMES.find_mentions("한계는?", [WeightedTerms("한계", {"한계": 1.0})]) == []


def test_a_name_that_many_papers_have_names_none() -> None:
    titles = PaperNames({f"2505.0000{number}": f"BenchX: Part {number}" for number in range(4)})
    assert titles.find_mentions("BenchX의 결과") == []


@given(st.dictionaries(st.from_regex(r"25\d\d\.\d{5}", fullmatch=True), st.text(max_size=40), max_size=5), st.text())
def test_any_titles_and_any_question(titles: dict[str, str], question: str) -> None:
    for one in PaperNames(titles).find_mentions(question):
        assert question[one.start : one.end] == one.name
        assert set(one.paper_ids) <= titles.keys()


def test_a_title_in_hangul_does_not_lend_its_latin_words_as_a_name() -> None:
    titles = PaperNames(
        {ADAPT: "LLM을 쓰는 추천", META: "GPT-4 기반 요약: 한 연구", GAME: "WaterDrum: 데이터를 위한 기법"}
    )
    assert titles.find_mentions("LLM의 한계는?") == titles.find_mentions("GPT-4의 한계는?") == []
    assert [one.paper_ids for one in titles.find_mentions("WaterDrum의 한계는?")] == [(GAME,)]


def test_a_name_is_known_that_a_title_spells_in_hangul_as_well() -> None:
    assert [
        one.paper_ids for one in PaperNames({ADAPT: "AdaptCLIP(어댑트클립): 이상 탐지"}).find_mentions("AdaptCLIP")
    ] == [(ADAPT,)]


def test_a_name_is_found_by_its_stem() -> None:
    titles = PaperNames({ADAPT: "InfoVids: Videos that Inform", META: "Refine: A Plain Word"})
    meant = [WeightedTerms("인포비즈", {"infovid": 1.0}), WeightedTerms("리파인", {"refin": 1.0})]
    assert [one.paper_ids for one in titles.find_mentions("인포비즈가 뭐야?", meant)] == [(ADAPT,)]
    assert titles.find_mentions("리파인 단어 뜻이 뭐야?", meant) == []
