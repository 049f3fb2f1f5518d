"""Sections that questions ask for, by the words that name them, and questions in which such a word is a topic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.analyzer import terms
from nonmun.index.analysis.language import has_hangul
from nonmun.index.domain.papers import SectionName
from nonmun.index.linking.paper_names import PaperNames
from nonmun.index.linking.resolution import resolve_papers
from nonmun.index.query.question import Question, parse_question
from nonmun.index.query.sections import content_words, detect_section, section_terms

PAPER = "2505.09264"
NAMES = PaperNames({
    PAPER: "AdaptCLIP: Adapting CLIP for Universal Visual Anomaly Detection",
    "2505.00001": "V-ToolRL: Learning to Use Tools",
})  # fmt: skip

ALONE = """
limitations | 이 논문의 한계는?
limitations | 2505.09264 논문의 한계를 설명해 줘
limitations | 이 방법에 약점이 있어?
limitations | 한계요약
limitations | What are the limitations of this paper?
limitations | tell me about the weaknesses of 2505.09264
limitations | limitations?
limitations | and its limitations?
limitations | what are the drawbacks?
results | 이 논문의 결론은 무엇인가요?
results | what about the results?
results | 성능은 어때?
experiments | 평가 지표는 무엇인가
experiments | and the datasets?
experiments | what benchmarks are used?
experiments | 2505.09264 datasets
contributions | 이 논문의 기여는 무엇인가?
contributions | what is the novelty here?
architecture | 학습 방법은 무엇인가
architecture | how was it trained?
architecture | explain the architecture
future_work | what are the next steps?
future_work | 향후 과제는 뭐야?
motivation | 이 연구의 동기는 뭐야?
motivation | 연구 배경을 설명해 줘
"""
NAMED = """
limitations | AdaptCLIP의 단점이 뭐야?
limitations | AdaptCLIP 저자들이 말한 한계점 알려줘
limitations | which limitations does AdaptCLIP have?
limitations | AdaptCLIP 모델의 실패 사례는 무엇인가
results | V-ToolRL의 성능이 얼마나 좋나
results | What is the accuracy of AdaptCLIP on MVTec?
results | how well does AdaptCLIP perform on MVTec?
results | summarize the main results of 2505.09264
experiments | AdaptCLIP은 어떤 벤치마크에서 평가했어?
experiments | which datasets does AdaptCLIP use?
architecture | AdaptCLIP의 아키텍처를 알려 줘
motivation | What problem does AdaptCLIP solve?
future_work | AdaptCLIP의 향후 연구 방향은?
"""
REFERRING = """
limitations | 이 모델의 실패 사례는 무엇인가
limitations | and the limitations of the second one?
limitations | limitations of the last paper
results | 이 모델의 성능은 어때?
results | MVTec에서 정확도는 얼마야?
experiments | 어떤 데이터셋을 사용했어?
experiments | 실험 설정을 요약해 줘
contributions | 핵심 기여를 정리해 줘
contributions | 기존 연구와의 차별점은?
contributions | What are the main contributions of the paper?
architecture | 모델 구조는 어떻게 되나
motivation | what is the motivation behind it?
future_work | 이 논문의 향후 연구 방향은?
"""
TOPICS = """
데이터셋 증류 방법
이상 탐지 모델을 추천해 줘
환각을 줄이는 방법은?
한계를 넘어서는 확산 모델
결과를 설명하는 모델
그래프 구조를 배우는 논문
구조를 예측하는 모델이 있나?
벤치마크 오염을 다룬 논문을 찾아줘
합성 데이터로 학습하는 언어 모델
평가 방법을 다룬 연구
실험 없이 성능을 예측하기
정확도와 속도의 균형
동기 부여를 돕는 챗봇
기여도 분석
어제 나온 논문 뭐 있어?
dataset distillation
What is dataset distillation?
benchmark contamination
performance prediction for neural architecture search
method of moments estimators
result diversification in retrieval
what is the best approach to pruning?
papers about training data attribution
papers on limitations
which papers study motivation in reinforcement learning?
future frame prediction
accuracy of quantized models under attack
problem solving with language models
novel view synthesis
"""


def lines(table: str) -> list[tuple[str, str]]:
    return [(section, text) for section, text in (line.split(" | ") for line in table.strip().splitlines())]


def resolved(text: str, *context: str) -> Question:
    question = parse_question(text)
    return resolve_papers(question, NAMES.find_mentions(question.effective_text), context)


@pytest.mark.parametrize(("section", "text"), lines(ALONE))
def test_a_question_that_names_a_section_and_nothing_else_asks_for_it(section: str, text: str) -> None:
    question = parse_question(text)
    assert question.section == section
    assert resolved(text, PAPER).section == section


@pytest.mark.parametrize(("section", "text"), lines(NAMED))
def test_a_question_about_a_named_paper_may_hold_some_other_words(section: str, text: str) -> None:
    question = resolved(text)
    assert (question.section, len(question.paper_ids)) == (section, 1)


@pytest.mark.parametrize(("section", "text"), lines(REFERRING))
def test_so_may_one_about_a_paper_of_the_conversation(section: str, text: str) -> None:
    assert resolved(text, PAPER).section == section
    assert resolved(text).section is None


@pytest.mark.parametrize("text", TOPICS.strip().splitlines())
def test_the_name_of_a_section_within_a_topic_asks_for_none(text: str) -> None:
    assert parse_question(text).section is None
    assert resolved(text).section is None


def test_the_section_that_most_words_name_is_asked_for() -> None:
    assert detect_section(["한계", "약점", "결과"], others=1) == "limitations"
    assert detect_section(["limit", "dataset", "benchmark"], others=1) == "experiments"


@pytest.mark.parametrize("others", range(4))
def test_more_other_words_than_allowed_make_a_topic(others: int) -> None:
    topic = ["anomali", "detect", "prompt", "imag"][:others]
    assert detect_section(["limit", *topic], others=others) == "limitations"
    assert detect_section(["limit", *topic, "segment"], others=others) is None


def test_verbs_everyday_words_and_compounds_are_no_other_words() -> None:
    assert detect_section(["한계", "높이다", "방법", "알리다"], others=0) == "limitations"
    assert detect_section(["핵심", "한계", "핵심한계"], others=1) == "limitations"
    assert detect_section(["핵심", "한계", "핵심한계"], others=0) is None
    assert detect_section([], others=3) is None


def test_content_words() -> None:
    question = ["이상", "탐지", "이상탐지", "높이다", "방법", "cook"]
    assert content_words(question) == ["이상", "탐지"]
    assert "이상탐지" in content_words(["이상탐지", "이상"])


@pytest.mark.parametrize("section", section_terms())
def test_every_section_has_names_in_both_languages(section: SectionName) -> None:
    found = [term for term in section_terms()[section] if detect_section([term], others=0) == section]
    assert {has_hangul(term) for term in found} == {True, False}


def test_every_section_has_names_but_the_rest_of_a_summary() -> None:
    assert section_terms().keys() == {*get_args(SectionName)} - {"other"}


def test_real_questions_without_a_section(shared_data: Path) -> None:
    with (shared_data / "queries" / "ko2en_dev.jsonl").open(encoding="utf-8") as rows:
        texts = [json.loads(row)["text"] for row in rows]
    assert [text for text in texts if parse_question(text).section] == []


@given(st.text(max_size=100), st.integers(0, 5))
def test_any_text_is_accepted(text: str, others: int) -> None:
    section = detect_section(terms(text), others)
    assert section is None or section in section_terms()


@given(st.lists(st.sampled_from(["limit", "한계", "result", "dataset", "imag", "방법", "높이다"])), st.integers(0, 5))
def test_allowing_more_other_words_changes_no_section(question: list[str], others: int) -> None:
    found = detect_section(question, others)
    assert found is None or detect_section(question, others + 1) == found
