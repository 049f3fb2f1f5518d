"""Things that neither a summary nor an abstract tends to say are answered only where a text holds them."""

from __future__ import annotations

import pytest

from nonmun import Library
from nonmun.api.answers.extractive.unstated_attributes import unstated
from nonmun.index.domain.hits import Evidence, Hit


def hit(text: str) -> Hit:
    evidence = Evidence("2503.00001:abstract:abstract:0", "abstract", "abstract", "en", text, 0.5)
    return Hit("2503.00001", "A title", 0.5, (), "https://arxiv.org/abs/2503.00001", (evidence,))


PLAIN = hit("We propose a network that forecasts waves. It is trained on 1,200 buoys and beats all baselines.")
ASKS = [
    "TideNet의 저자는 누구야?",
    "TideNet 제1저자 이메일 주소 알려 줘",
    "TideNet 저자들은 어느 대학 소속이야?",
    "TideNet은 어느 학회에 채택됐나요?",
    "TideNet 배치 크기가 얼마야?",
    "TideNet 학습에 H100을 며칠 썼어?",
    "TideNet 깃허브 별 개수는?",
    "TideNet 라이선스 비용이 얼마야?",
    "TideNet은 언제 출시돼?",
    "TideNet 인용 횟수",
    "Who wrote the TideNet paper?",
    "Which university do the TideNet authors come from?",
    "Which conference accepted TideNet?",
    "What batch size does TideNet use?",
    "How many GPU hours did TideNet take?",
    "When will TideNet 2 be released?",
    "Who funded TideNet?",
    "Did TideNet win an award?",
    "GitHub stars of TideNet",
    "carbon footprint of TideNet",
    "TideNet 논문은 수상했어?",
    "TideNet 저자는 누구?",
    "TideNet 저자는 어느 나라 사람이야?",
    "TideNet을 한 번 돌리는 비용이 얼마야?",
    "What labs are behind TideNet?",
    "How much does TideNet cost?",
    "How many times was TideNet cited?",
    "How long did TideNet train?",
]
ASKS_NOT = [
    "TideNet이 제안한 방법은?",
    "TideNet 저자들이 제안한 방법을 설명해 줘",
    "파도를 예측하는 논문이 있어?",
    "TideNet의 정확도는 몇 퍼센트야?",
    "TideNet은 어떤 데이터셋으로 학습했어?",
    "인용이 정확한지 검사하는 방법",
    "학습률을 스스로 바꾸는 방법이 있어?",
    "서로 다른 나라의 데이터로 학습한 모델",
    "보상을 받아 스스로 배우는 로봇",
    "What do the authors propose?",
    "How accurate is TideNet?",
    "papers that generate citations",
    "agents that buy and sell at the market",
    "How long are the videos?",
    "models that reward themselves",
    "How much faster is TideNet?",
    "추론 비용이 얼마나 줄었어?",
    "TideNet은 학습 비용이 얼마나 더 절감됐어?",
    "가장 시급한 과제는 뭐라고 해?",
    "수상한 행동을 탐지하는 논문 있어?",
    "수상 로봇을 다룬 논문",
    "소속감을 높이는 챗봇",
    "손실 값이 왜 커져?",
    "키와 값이 얼마나 압축돼?",
    "저자가 어느 부분을 개선했어?",
    "저자는 누구와 비교했어?",
    "언제 나오는 파도가 높아?",
    "How does TideNet reduce inference costs?",
    "How much does TideNet cut computational cost?",
    "Papers that lower training cost?",
    "How much memory does it cost?",
    "What labels does the dataset use?",
    "Which labels are predicted?",
    "How long are the training sequences?",
    "How long a window was TideNet trained on?",
    "How many days of data was it trained on?",
    "How often do models confuse a city with its suburbs?",
]


@pytest.mark.parametrize("question", ASKS)
def test_asked_and_not_there(question: str) -> None:
    assert unstated(question, [PLAIN])


@pytest.mark.parametrize("question", ASKS_NOT)
def test_asks_for_nothing_of_the_kind(question: str) -> None:
    assert not unstated(question, [PLAIN])


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("TideNet 배치 크기가 얼마야?", "We train with a batch size of 512."),
        ("What batch size does TideNet use?", "배치 크기 512로 학습했습니다."),
        ("How many GPU hours did TideNet take?", "학습에는 H100 여덟 장을 썼습니다."),
        ("Which conference accepted TideNet?", "This work was accepted at ICLR."),
        ("TideNet의 사용료는?", "The service has a price of two dollars a month."),
    ],
)
def test_asked_and_there(question: str, text: str) -> None:
    assert not unstated(question, [PLAIN, hit(text)])


def test_an_answer_says_so(sample_library: Library) -> None:
    answer = sample_library.ask("LoRA 논문의 배치 크기는 얼마야?")
    assert (answer.abstained, answer.reason, answer.citations) == (True, "not_stated", ())
    assert "2106.09685" in answer.answer
    answer = sample_library.ask("Which university do the authors of LoRA come from?")
    assert (answer.abstained, answer.reason) == (True, "not_stated")
    assert not sample_library.ask("LoRA는 어떻게 학습해?").abstained
