"""Tables of follow-up questions with what they take from earlier turns, and of questions that take nothing."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.api.conversation.follow_ups import FollowUp, detect_follow_up

TODAY = date(2025, 5, 21)  # a Wednesday
LAST_WEEK = (date(2025, 5, 12), date(2025, 5, 18))

ONE_PAPER = [
    "그 논문의 한계는?",
    "이 논문 결과 알려줘",
    "해당 논문은 어떤 데이터를 썼어?",
    "그 방법은 다른 분야에도 쓸 수 있나?",
    "위 논문을 요약해 줘",
    "방금 논문에서 쓴 벤치마크는?",
    "그것의 한계는 뭐야?",
    "그거 자세히 설명해 줘",
    "그건 어떤 데이터를 썼어?",
    "한계는?",
    "그럼 결과는 어때?",
    "데이터셋은 뭐야?",
    "한계점이랑 후속 연구는?",
    "더 자세히 알려줘",
    "왜?",
    "요약해 줘",
    "실험 결과 보여줘",
    "and its limitations?",
    "What are its limitations?",
    "Does it work on video?",
    "How many parameters does it have?",
    "what about the results?",
    "And the datasets?",
    "What does that paper say about data?",
    "Which benchmarks are used in this paper?",
    "tell me more",
    "more details please",
    "why?",
    "How well does it perform?",
]
ORDINALS = [
    ("첫 번째 논문은?", 0),
    ("두 번째 논문의 한계는?", 1),
    ("세번째 거 설명해 줘", 2),
    ("2번 논문 결과는?", 1),
    ("두 번째 한계는?", 1),
    ("두 번째는?", 1),
    ("세 번째 좀 더 설명해 줘", 2),
    ("마지막 논문 요약해 줘", -1),
    ("the first one?", 0),
    ("What are the limitations of the second paper?", 1),
    ("summarize the last one", -1),
    ("paper 2 results", 1),
    ("tell me about the third paper", 2),
]
ALL_PAPERS = [
    "두 논문을 비교해 줘",
    "이 논문들의 공통점은?",
    "그 논문들은 어떤 데이터를 써?",
    "둘의 차이는?",
    "차이점은 뭐야?",
    "비교해 줘",
    "compare them",
    "What do they have in common?",
    "What are their limitations?",
    "how do these papers differ?",
    "What is the difference between the two?",
]
AMONG = [
    "그 중에서 강화 학습을 쓰는 것은?",
    "이 중 코드를 공개한 논문은?",
    "Which of them use reinforcement learning?",
    "among these, which ones are about video?",
]
OTHER_LANGUAGE = [
    ("영어로", "en"),
    ("영어로 답해 줘", "en"),
    ("다시 한국어로 알려줘", "ko"),
    ("그걸 영어로 번역해 줘", "en"),
    ("in English", "en"),
    ("In English, please.", "en"),
    ("can you say that in Korean?", "ko"),
    ("now in Korean", "ko"),
]
OTHER_DATES = [
    "지난주 것만",
    "지난주 것만 보여줘",
    "지난주 논문만",
    "그럼 지난주는?",
    "지난주 다이제스트로 좁혀 줘",
    "only last week's",
    "just last week",
    "what about last week?",
    "only papers from last week",
]
OTHER_TOPIC = [
    "그럼 이미지 생성은?",
    "그러면 로봇 조작 연구는?",
    "What about video diffusion?",
    "how about speech recognition?",
]
STANDALONE = [
    "강화 학습으로 추론 능력을 높인 논문은?",
    "정상 이미지 한 장으로 이상을 찾는 방법의 한계는?",
    "지난주 논문 보여줘",
    "지난주에 뭐 나왔어?",
    "지난주 강화 학습 논문",
    "어제 올라온 다이제스트 요약해 줘",
    "2505.09264의 한계는?",
    "2505.09264와 2505.09926을 비교해 줘",
    "이 논문 말고 2505.10527은 뭐야?",
    "AdaptCLIP의 한계는?",
    "한국어를 영어로 번역하는 모델이 있어?",
    "영어로 학습한 모델을 한국어로 옮기는 논문",
    "두 단계로 학습하는 방법은?",
    "두 가지 보상을 함께 쓰는 논문",
    "첫 번째 단계에서 지도 학습을 하는 논문",
    "두 번째 미분을 쓰는 최적화",
    "세 번의 실험으로 검증한 연구가 있어?",
    "이미지와 텍스트를 함께 다루는 모델",
    "그림을 그리는 모델",
    "이 분야에서 가장 큰 데이터셋은?",
    "데이터셋 증류 논문",
    "비교 학습 논문",
    "결과를 재현하기 어려운 이유를 다룬 논문",
    "한계를 극복한 확산 모델은?",
    "그래프 신경망 논문",
    "저작권을 다룬 논문이 있어?",
    "What came out last week?",
    "papers from last week on robots",
    "What was in last week's digest?",
    "How does LoRA reduce memory and does it hurt accuracy?",
    "What is attention and why does it scale?",
    "Which papers translate Korean to English?",
    "models trained only in English",
    "Is there a first paper on diffusion policies?",
    "the first paper to use attention only",
    "papers that compare them with humans",
    "Which paper studies limitations of reward models?",
    "results of AdaptCLIP",
    "What datasets does BrowseComp-ZH use?",
    "methods that explain themselves",
    "Do language models know what they know?",
]


@pytest.mark.parametrize("question", ONE_PAPER)
def test_refers_to_one_paper(question: str) -> None:
    assert detect_follow_up(question, TODAY) == FollowUp(papers="one")


@pytest.mark.parametrize(("question", "position"), ORDINALS)
def test_refers_to_a_paper_by_ordinal(question: str, position: int) -> None:
    assert detect_follow_up(question, TODAY) == FollowUp(papers="one", position=position)


@pytest.mark.parametrize("question", ALL_PAPERS)
def test_refers_to_all_papers(question: str) -> None:
    follow_up = detect_follow_up(question, TODAY)
    assert follow_up
    assert (follow_up.papers, follow_up.position) == ("all", None)
    assert (follow_up.repeats, follow_up.keeps_dates) == (False, False)


@pytest.mark.parametrize(
    ("question", "count"),
    [("두 논문을 비교해 줘", 2), ("둘의 차이는?", 2), ("compare both", 2), ("비교해 줘", None), ("compare them", None)],
)
def test_refers_to_a_number_of_papers(question: str, count: int | None) -> None:
    assert detect_follow_up(question, TODAY) == FollowUp(papers="all", count=count)


@pytest.mark.parametrize("question", AMONG)
def test_asks_which_among_the_papers(question: str) -> None:
    assert detect_follow_up(question, TODAY) == FollowUp(papers="among")


@pytest.mark.parametrize(("question", "lang"), OTHER_LANGUAGE)
def test_repeats_the_question_in_another_language(question: str, lang: str) -> None:
    follow_up = detect_follow_up(question, TODAY)
    assert follow_up
    assert (follow_up.repeats, follow_up.lang, follow_up.papers) == (True, lang, None)


@pytest.mark.parametrize("question", OTHER_DATES)
def test_repeats_the_question_for_other_dates(question: str) -> None:
    follow_up = detect_follow_up(question, TODAY)
    assert follow_up
    assert follow_up.window
    assert (follow_up.repeats, follow_up.window.start, follow_up.window.end) == (True, *LAST_WEEK)


@pytest.mark.parametrize("question", OTHER_TOPIC)
def test_keeps_the_dates_for_another_topic(question: str) -> None:
    assert detect_follow_up(question, TODAY) == FollowUp(keeps_dates=True)


@pytest.mark.parametrize("question", STANDALONE)
def test_a_standalone_question_is_no_follow_up(question: str) -> None:
    assert detect_follow_up(question, TODAY) is None


@given(st.text(max_size=200))
def test_accepts_any_text(text: str) -> None:
    follow_up = detect_follow_up(text, TODAY)
    assert follow_up is None or follow_up != FollowUp()
