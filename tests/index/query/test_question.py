"""A parsed question separates days, section, papers and misspellings from its topic."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.domain.errors import InputError
from nonmun.index.query.dates.window import today_in_seoul
from nonmun.index.query.question import Question, parse_question

TODAY = date(2025, 5, 21)


@pytest.mark.parametrize(
    "text",
    [
        "어제 나온 논문 뭐 있어?",
        "어제",
        "이번 주 소식",
        "5월 16일 다이제스트 요약해 줘",
        "오늘 새로 올라온 논문 알려줘",
        "지난주 논문 목록 보여 줘",
        "djwp skdhs shsans",
        "What came out today?",
        "papers from Friday's digest",
        "What papers appeared this week?",
        "show me yesterday's papers",
    ],
)
def test_questions_for_a_window_only(text: str) -> None:
    question = parse_question(text, TODAY)
    assert question.window
    assert (question.topic, question.terms) == ("", ())


@pytest.mark.parametrize(
    ("text", "topic", "bare"),
    [
        ("어제 나온 이상 탐지 논문", "이상 탐지 논문", "이상 탐지"),
        ("이상 탐지 논문 중 지난주에 발표된 것", "이상 탐지 논문 중 것", "이상 탐지"),
        ("2025년 5월 셋째 주에 나온 확산 모델 논문", "확산 모델 논문", "확산 모델"),
        ("papers published on arXiv since May 12 about robots", "papers about robots", "robots"),
        ("2505.09264 어제 논문", "2505.09264 논문", "2505.09264"),
        ("오늘날 언어 모델", "오늘날 언어 모델", "오늘날 언어 모델"),
        ("dltkd xkawl", "이상 탐지", "이상 탐지"),
        ("이상 탐 지 모델", "이상 탐지 모델", "이상 탐지 모델"),
        ("모델 한계 요약", "모델 한계 요약", "모델 한계"),
    ],
)
def test_topic_and_terms_exclude_the_window(text: str, topic: str, bare: str) -> None:
    question = parse_question(text, TODAY)
    assert question.topic == topic
    assert set(question.terms) == set(parse_question(bare, TODAY).terms)


def test_keeps_the_typed_text_with_the_corrected_one() -> None:
    question = parse_question("  djwp dltkd xkawl?  ", TODAY)
    assert (question.text, question.corrected) == ("djwp dltkd xkawl?", "어제 이상 탐지?")
    assert question.effective_text == question.corrected
    assert question.lang == "ko"
    assert question.window
    assert question.effective_text[slice(*question.window.span)] == question.window.text == "어제"
    assert parse_question("확산 모델", TODAY).corrected is None


def test_section_window_and_paper_together() -> None:
    question = parse_question("지난주에 나온 2505.09264의 한계는?", TODAY)
    assert (question.section, question.paper_ids) == ("limitations", ("2505.09264",))
    assert question.window
    assert question.window.start == date(2025, 5, 12)
    assert question.terms == ("한계",)


def test_default_day_is_today_in_seoul() -> None:
    before = today_in_seoul()
    window = parse_question("오늘 나온 논문").window
    assert window
    assert before <= window.start <= today_in_seoul()


def test_vocabulary_decides_between_two_layouts() -> None:
    assert "video" not in parse_question("퍙대 생성", TODAY).terms
    assert set(parse_question("퍙대 생성", TODAY, {"video", "생성"}.__contains__).terms) == {"video", "생성"}


@pytest.mark.parametrize(
    ("inflected", "bare"),
    [
        ("트랜스포머에서는 무엇이 다른가", "트랜스포머 무엇 다른가"),
        ("GPT-4.1에서만 되는 추론", "GPT-4.1 되는 추론"),
        ("LoRA를 병합하기", "LoRA 병합하기"),
        ("MVTec이라는 데이터셋", "MVTec 데이터셋"),
        ("어텐션으로부터의 증류", "어텐션, 증류"),
        ("디퓨전과의 결합", "디퓨전, 결합"),
        ("강화학습만으로도 추론", "강화학습, 추론"),
        ("AdaptCLIP이나 MetaUAS처럼", "AdaptCLIP MetaUAS"),
        ("Qwen2.5-VL까지의 발전", "Qwen2.5-VL 발전"),
        ("에이전트들에게서 배운 보상", "에이전트 배운 보상"),
    ],
)
def test_particles_do_not_change_the_terms(inflected: str, bare: str) -> None:
    assert set(parse_question(inflected, TODAY).terms) == set(parse_question(bare, TODAY).terms)


PIECES = st.lists(st.sampled_from("어제 |논문|dltkd |모델|은 |2505.09264|May 16 |?|이 |탐 지 |ㅅㄱ문".split("|"))).map(
    "".join
)


@given(st.one_of(st.text(max_size=60), PIECES))
def test_any_text_is_parsed_or_rejected(text: str) -> None:
    try:
        question = parse_question(text, TODAY)
    except InputError:
        return
    assert question.text == text.strip()
    assert question.corrected != question.text
    assert question.topic or question.window
    assert question.window is None or question.effective_text[slice(*question.window.span)] == question.window.text


def _parts(question: Question) -> tuple[object, ...]:
    return question.topic, question.terms, question.window, question.section


@given(PIECES)
def test_composed_and_decomposed_are_the_same_question(text: str) -> None:
    if not text.strip():
        return
    composed, decomposed = (parse_question(unicodedata.normalize(form, text), TODAY) for form in ("NFC", "NFD"))
    assert _parts(composed) == _parts(decomposed)


@pytest.mark.parametrize("piece", ["A", "a", "1", "가", "2505.12345", "A-", "- "])
def test_longest_words_are_parsed_quickly(piece: str) -> None:
    """With an expression that can divide a word in many ways, this takes minutes."""
    longest = (piece * 2_000)[:2_000].strip()
    assert parse_question(longest).text == longest
