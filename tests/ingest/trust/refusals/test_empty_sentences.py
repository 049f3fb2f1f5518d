"""Sentences that say nothing, sentences that apologise, and those that only look like either."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nonmun.ingest.trust.refusals.detector as trust  # the function's own name would be taken for a test
from nonmun.index.domain.papers import Entry
from nonmun.ingest.trust.refusals.empty_sentences import apologises, says_nothing

SILENT = """
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

SPEAKING = """
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


def is_guessed(body: str) -> bool:
    found = trust.testimony(Entry("2025-01-01", "2501.00001", None, "", "", body, (), 1))
    return found is not None and found[1][0].code != "no_content"


@pytest.mark.parametrize("sentence", SILENT)
def test_silence_is_heard(sentence: str) -> None:
    assert says_nothing(sentence)


@pytest.mark.parametrize("sentence", SPEAKING)
def test_findings_are_not_silence(sentence: str) -> None:
    assert not says_nothing(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "죄송하지만 논문 페이지가 열리지 않습니다.",
        "제목에서 짐작한 내용을 적습니다.",
        "I apologize, I could not open the PDF.",
    ],
)
def test_apologies_are_admissions_too(sentence: str) -> None:
    assert apologises(sentence)
    assert is_guessed(f"앞의 문장입니다.\n{sentence}")


@pytest.mark.parametrize(
    "sentence",
    ["모델이 사과하는 횟수를 셉니다.", "제목을 바탕으로 학회를 맞히는 분류기입니다.", "SORRY-Bench measures refusals."],
)
def test_papers_about_refusals_are_not_apologies(sentence: str) -> None:
    assert not is_guessed(sentence)


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    assert says_nothing(text) in (True, False)
    assert apologises(text) in (True, False)
    assert is_guessed(text) in (True, False)
