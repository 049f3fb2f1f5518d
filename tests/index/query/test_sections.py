"""Questions for a section of a paper, and questions in which the name of a section is part of the topic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.query.sections import SECTION_RULES, detect_section

SECTIONS = """
limitations | 이 논문의 한계는?
limitations | 2505.09264 논문의 한계를 설명해 줘
limitations | AdaptCLIP의 단점이 뭐야?
limitations | 이 방법에 약점이 있어?
limitations | 저자들이 말한 한계점 알려줘
limitations | 이 모델의 실패 사례는 무엇인가
limitations | What are the limitations of this paper?
limitations | which limitations does AdaptCLIP have?
limitations | and the limitations of the second one?
limitations | limitations of the last paper
limitations | Where does the method fail?
limitations | tell me about the weaknesses of 2505.09264
limitations | limitations of this paper
limitations | What are AdaptCLIP's limitations?
limitations | and its limitations?
limitations | limitations?
results | what about the results?
experiments | and the datasets?
future_work | 후속 연구는 뭐가 있을까?
future_work | 이 논문의 향후 연구 방향은?
future_work | What future work do the authors see? Explain the future work.
future_work | what are the next steps?
results | 2505.09264 실험 결과 알려줘
results | 이 모델의 성능은 어때?
results | MVTec에서 정확도는 얼마야?
results | 이 논문의 결론은 무엇인가요?
results | V-ToolRL의 성능이 얼마나 좋나
results | What results does the paper report? Show the results.
results | What is the accuracy of AdaptCLIP on MVTec?
results | how well does AdaptCLIP perform on MVTec?
results | summarize the main results of 2505.09264
experiments | 어떤 데이터셋을 사용했어?
experiments | 이 논문은 무슨 데이터로 학습했나?
experiments | 평가 지표는 무엇인가
experiments | 실험 설정을 요약해 줘
experiments | AdaptCLIP은 어떤 벤치마크에서 평가했어?
experiments | 비교 대상은 뭐였지?
experiments | which datasets does AdaptCLIP use?
experiments | What data is the model trained on?
experiments | what benchmarks are used?
experiments | 2505.09264 datasets
experiments | describe the experimental setup
contributions | 이 논문의 기여는 무엇인가?
contributions | 핵심 기여를 정리해 줘
contributions | 기존 연구와의 차별점은?
contributions | What are the main contributions of the paper?
contributions | what is new in this paper?
contributions | what is the novelty here?
architecture | 이 논문의 방법을 설명해 줘
architecture | 제안하는 방법은 뭐야?
architecture | 모델 구조는 어떻게 되나
architecture | AdaptCLIP의 아키텍처를 알려 줘
architecture | 학습 방법은 무엇인가
architecture | What is the proposed method?
architecture | How does AdaptCLIP work?
architecture | how was it trained?
architecture | explain the architecture
motivation | 이 연구의 동기는 뭐야?
motivation | 연구 배경을 설명해 줘
motivation | what is the motivation behind it?
motivation | What problem does AdaptCLIP solve?
"""
TOPICS = """
데이터셋 증류 방법
데이터셋 증류란?
이상 탐지 모델을 추천해 줘
환각을 줄이는 방법은?
성능을 높이는 방법은 무엇인가
한계를 넘어서는 확산 모델
결과를 설명하는 모델
그래프 구조를 배우는 논문
구조를 예측하는 모델이 있나?
벤치마크 오염을 다룬 논문을 찾아줘
합성 데이터로 학습하는 언어 모델
데이터 요약 모델
평가 방법을 다룬 연구
실험 없이 성능을 예측하기
인과 구조 발견
정확도와 속도의 균형
미래 예측 모델
동기 부여를 돕는 챗봇
기여도 분석
결론 추론
어제 나온 논문 뭐 있어?
dataset distillation
What is dataset distillation?
benchmark contamination
performance prediction for neural architecture search
neural architecture search
how do we reduce hallucination?
method of moments estimators
result diversification in retrieval
limitation-aware planning
what is the best approach to pruning?
papers about training data attribution
which papers study motivation in reinforcement learning?
contribution of experts in mixture models
future frame prediction
accuracy of quantized models under attack
problem solving with language models
How does pruning help?
novel view synthesis
baseline wander removal
"""


@pytest.mark.parametrize("line", SECTIONS.strip().splitlines())
def test_sections(line: str) -> None:
    section, question = line.split(" | ")
    assert detect_section(question) == section


@pytest.mark.parametrize("question", TOPICS.strip().splitlines())
def test_section_names_within_a_topic_are_ignored(question: str) -> None:
    assert detect_section(question) is None


@pytest.mark.parametrize("line", f"{SECTIONS}{TOPICS}".strip().splitlines())
def test_prefilters_hold(line: str) -> None:
    matches = [match.span() for match, _ in SECTION_RULES.finditer(line)]
    assert matches == [match.span() for row, _ in SECTION_RULES.rows for match in row.compiled.finditer(line)]


def test_two_sections_are_ambiguous() -> None:
    assert detect_section("이 논문의 한계는? 그리고 기여는?") is None


def test_real_questions_without_a_section(shared_data: Path) -> None:
    with (shared_data / "queries" / "ko2en_dev.jsonl").open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    assert [text for text in texts if detect_section(text)] == []


@given(st.text(max_size=100))
def test_any_text_is_accepted(text: str) -> None:
    detect_section(text)
