"""Uninformative sentences and apologies, and sentences that only resemble them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.domain.papers import Entry
from nonmun.ingest.trust.refusals.detector import detect_refusal
from nonmun.ingest.trust.refusals.empty_sentences import is_apology, is_uninformative

UNINFORMATIVE = """
학습률과 배치 크기에 관한 구체적인 값은 제시되지 않았습니다.
**한계점**: 한계에 대한 구체적인 언급은 없었습니다.
평가 방식에 관한 설명이 부족하여 재현하기 어려울 수 있습니다.
자세한 실험 조건은 논문 본문을 참고하시기 바랍니다.
세부 사항은 논문에서 확인할 수 있습니다.
학습 일정은 논문에 상세히 설명되어 있습니다.
마스킹에 대한 언급은 없으나, 일반적으로 쓰이는 방식일 것으로 추정됩니다.
- 정보 없음
**결과**: 해당 없음
N/A
Limitations are not discussed.
No details are given about the hardware.
The authors do not report the number of runs.
See the paper for details.
""".strip().splitlines()

INFORMATIVE = """
초기화를 바꾸어도 효과는 확인되지 않았습니다.
이 논문은 조사 논문으로, 새로운 실험 결과를 포함하지 않습니다.
이전 연구들은 훈련 세부 사항을 공개하지 않았습니다.
별점 예측에서 오차를 9% 줄였으나, 구체적인 학습 시간은 제시되지 않았습니다.
내부 지식이 부족할 때만 검색을 부릅니다.
외부 데이터 없이 스스로 문제를 만들어 풉니다.
노드의 정보를 제공하는 부호기를 둡니다.
The data set is not publicly available.
No gradient is needed at test time.
""".strip().splitlines()


def has_admission(body: str) -> bool:
    refusal = detect_refusal(Entry("2025-01-01", "2501.00001", None, "", "", body, (), 1))
    return refusal is not None and refusal[1][0].code != "no_content"


@pytest.mark.parametrize("sentence", UNINFORMATIVE)
def test_uninformative_sentences(sentence: str) -> None:
    assert is_uninformative(sentence)


@pytest.mark.parametrize("sentence", INFORMATIVE)
def test_informative_sentences(sentence: str) -> None:
    assert not is_uninformative(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "죄송하지만 논문 페이지가 열리지 않습니다.",
        "제목에서 짐작한 내용을 적습니다.",
        "I apologize, I could not open the PDF.",
    ],
)
def test_apologies_are_admissions(sentence: str) -> None:
    assert is_apology(sentence)
    assert has_admission(f"앞의 문장입니다.\n{sentence}")


@pytest.mark.parametrize(
    "sentence",
    ["모델이 사과하는 횟수를 셉니다.", "제목을 바탕으로 학회를 맞히는 분류기입니다.", "SORRY-Bench measures refusals."],
)
def test_papers_about_refusals_are_not_apologies(sentence: str) -> None:
    assert not has_admission(sentence)


@given(st.text())
def test_accepts_any_text(text: str) -> None:
    assert is_uninformative(text) in (True, False)
    assert is_apology(text) in (True, False)
    assert has_admission(text) in (True, False)
