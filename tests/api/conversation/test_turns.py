"""Conversations over the samples: what follow-ups take along, by Python and over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import httpx
import pytest

from nonmun import Answer, InputError, Library, Turn
from nonmun.api.conversation.turns import MAX_TURNS, Meant, meant

AS_OF = date(2025, 3, 10)
ATTENTION, LORA, DPO = "1706.03762", "2106.09685", "2305.18290"


def talk(library: Library, *questions: str) -> list[Answer]:
    answers: list[Answer] = []
    for question in questions:
        history = [Turn.of(answer) for answer in answers]
        answers.append(library.ask(question, as_of=AS_OF, history=history))
    return answers


def cited(answer: Answer) -> set[str]:
    return {citation.paper_id for citation in answer.citations}


def test_the_paper_carries_over(sample_library: Library) -> None:
    first, limits, again = talk(
        sample_library, "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법", "그 논문의 한계는?", "영어로"
    )
    assert first.citations[0].paper_id == LORA
    assert (limits.interpretation.shape, limits.interpretation.section) == ("section", "limitations")
    assert cited(limits) == {LORA}
    understood = again.interpretation
    assert (understood.answer_lang, understood.repeats, understood.papers) == ("en", "그 논문의 한계는?", (LORA,))
    assert again.question == "영어로"
    assert cited(again) == {LORA}


def test_english_follow_ups(sample_library: Library) -> None:
    answers = talk(sample_library, "attention without recurrence for translation", "and its limitations?", "in Korean")
    assert answers[0].citations[0].paper_id == ATTENTION
    assert answers[1].interpretation.papers == answers[2].interpretation.papers == (ATTENTION,)
    assert (answers[1].interpretation.answer_lang, answers[2].interpretation.answer_lang) == ("en", "ko")


def test_a_new_question_inherits_nothing(sample_library: Library) -> None:
    question = "보상 모델과 강화 학습 없이 사람의 선호에 맞추는 학습"
    alone = sample_library.ask(question, as_of=AS_OF)
    _, later = talk(sample_library, "지난주 다이제스트에서 저랭크 행렬로 미세 조정하는 논문", question)
    assert later == alone
    assert cited(later) >= {DPO}


def test_days_narrow_the_last_question(sample_library: Library) -> None:
    _, narrowed, wide = talk(
        sample_library, "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법", "3월 3일 것만", "그럼 음성 인식은?"
    )
    understood = narrowed.interpretation
    assert (understood.since, understood.until) == ("2025-03-03", "2025-03-03")
    assert understood.repeats == "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법"
    assert cited(narrowed) == {LORA}
    assert (wide.interpretation.since, wide.interpretation.repeats) == ("2025-03-03", None)


def test_papers_of_a_list_by_number(sample_library: Library) -> None:
    digest, second, both = talk(sample_library, "3월 3일 다이제스트", "두 번째 논문은?", "두 논문을 비교해 줘")
    papers = tuple(hit.paper_id for hit in digest.hits)
    assert second.interpretation.papers == (papers[1],)
    assert both.interpretation.papers == (papers[1],)  # the last answer spoke of one
    _, both = talk(sample_library, "3월 3일 다이제스트", "두 논문을 비교해 줘")
    assert (both.interpretation.shape, both.interpretation.papers) == ("compare", papers[:2])


def test_among_them(sample_library: Library) -> None:
    digest, among = talk(sample_library, "3월 3일 다이제스트", "그 중에서 저랭크 행렬을 학습하는 것은?")
    assert {hit.paper_id for hit in among.hits} <= {hit.paper_id for hit in digest.hits}
    assert cited(among) == {LORA}


def test_a_filter_of_the_caller_counts_before_that_of_the_turns() -> None:
    turns = [Turn("어텐션 논문", (ATTENTION,))]
    assert meant("그 중에서 번역하는 것은?", turns).where.papers == (ATTENTION,)
    assert meant("세 번째 논문은?", turns) == Meant("세 번째 논문은?", "세 번째 논문은?")
    assert meant("마지막 논문은?", turns).papers == (ATTENTION,)


def test_papers_of_an_answer_that_abstained_are_those_before(sample_library: Library) -> None:
    answers = talk(
        sample_library,
        "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법",
        "김치찌개 맛있게 끓이는 방법",
        "그 논문의 한계는?",
    )
    assert answers[1].abstained
    assert answers[2].interpretation.papers == (LORA,)


def test_nothing_before_nothing_taken(sample_library: Library) -> None:
    assert meant("  그 논문의 한계는? ", []) == Meant("그 논문의 한계는?", "그 논문의 한계는?")
    assert meant("영어로", []).lang is None
    assert sample_library.ask("그 논문의 한계는?", history=[]) == sample_library.ask("그 논문의 한계는?")


@pytest.mark.parametrize(
    ("turn", "field"),
    [
        (Turn("x", ("no id",)), "history.0.papers"),
        (Turn("x", (), "yesterday"), "history.0.since"),
        (Turn("x", (), "2025-03-04", "2025-03-03"), "history.0.since"),
        (Turn(""), "history.0.question"),
        (Turn("x", (), by="never"), "history.0.by"),  # pyright: ignore[reportArgumentType]
    ],
)
def test_a_turn_that_is_none(sample_library: Library, turn: Turn, field: str) -> None:
    with pytest.raises(InputError) as caught:
        sample_library.ask("그 논문의 한계는?", history=[turn])
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")


def test_only_the_latest_turns_count() -> None:
    old, new = Turn("어텐션", (ATTENTION,)), Turn("김치찌개")
    assert meant("한계는?", [old, *[new] * (MAX_TURNS - 1)]).papers == (ATTENTION,)
    assert meant("한계는?", [old, *[new] * MAX_TURNS]).papers == ()


def test_over_http_a_client_sends_back_what_it_got(client: httpx.Client, sample_library: Library) -> None:
    first = client.post("/v1/ask", json={"question": "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법"}).json()
    turn = {"question": first["question"], "papers": list(dict.fromkeys(one["paper_id"] for one in first["citations"]))}
    turn |= {name: first["interpretation"][name] for name in ("since", "until", "by")}
    body = client.post("/v1/ask", json={"question": "그 논문의 한계는?", "history": [turn]}).json()
    assert body["interpretation"]["papers"] == [LORA]
    assert body["interpretation"]["shape"] == "section"
    python = sample_library.ask("큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법")
    assert asdict(Turn.of(python)) == turn | {"papers": tuple(turn["papers"])}


@pytest.mark.parametrize(
    ("history", "field"),
    [
        ("none", "history"),
        ([{}], "history.0.question"),
        ([{"question": "x", "colour": 1}], "history.0.colour"),
        ([{"question": "x", "papers": "2505.09264"}], "history.0.papers"),
        ([{"question": "x"}] * (MAX_TURNS + 1), "history"),
        ([{"question": "x", "since": "never"}], "history.0.since"),
        ([{"question": "x", "papers": ["nothing"]}], "history.0.papers"),
    ],
)
def test_over_http_a_turn_that_is_none(client: httpx.Client, history: object, field: str) -> None:
    got = client.post("/v1/ask", json={"question": "한계는?", "history": history})
    assert (got.status_code, got.json()["error"]["field"]) == (422, field)
