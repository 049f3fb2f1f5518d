"""Conversations over the samples: what follow-up questions inherit, in Python and over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import httpx
import pytest

from nonmun import Answer, InputError, Library, Turn
from nonmun.api.conversation.resolution import ResolvedQuestion, lacks_paper, resolve_follow_up
from nonmun.api.conversation.turns import MAX_TURNS

AS_OF = date(2025, 3, 10)
ATTENTION, LORA, DPO = "1706.03762", "2106.09685", "2305.18290"


def converse(library: Library, *questions: str) -> list[Answer]:
    answers: list[Answer] = []
    for question in questions:
        history = [Turn.of(answer) for answer in answers]
        answers.append(library.ask(question, as_of=AS_OF, history=history))
    return answers


def cited(answer: Answer) -> set[str]:
    return {citation.paper_id for citation in answer.citations}


def test_a_follow_up_inherits_the_paper(sample_library: Library) -> None:
    first, limits, again = converse(
        sample_library, "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법", "그 논문의 한계는?", "영어로"
    )
    assert first.citations[0].paper_id == LORA
    assert (limits.interpretation.shape, limits.interpretation.section) == ("section", "limitations")
    assert cited(limits) == {LORA}
    interpretation = again.interpretation
    assert (interpretation.answer_lang, interpretation.repeats, interpretation.papers) == (
        "en",
        "그 논문의 한계는?",
        (LORA,),
    )
    assert again.question == "영어로"
    assert cited(again) == {LORA}


def test_english_follow_ups_inherit_the_paper(sample_library: Library) -> None:
    answers = converse(
        sample_library, "attention without recurrence for translation", "and its limitations?", "in Korean"
    )
    assert answers[0].citations[0].paper_id == ATTENTION
    assert answers[1].interpretation.papers == answers[2].interpretation.papers == (ATTENTION,)
    assert (answers[1].interpretation.answer_lang, answers[2].interpretation.answer_lang) == ("en", "ko")


def test_a_new_question_inherits_nothing(sample_library: Library) -> None:
    question = "보상 모델과 강화 학습 없이 사람의 선호에 맞추는 학습"
    alone = sample_library.ask(question, as_of=AS_OF)
    _, later = converse(sample_library, "지난주 다이제스트에서 저랭크 행렬로 미세 조정하는 논문", question)
    assert later == alone
    assert cited(later) >= {DPO}


def test_dates_narrow_the_previous_question(sample_library: Library) -> None:
    _, narrowed, wide = converse(
        sample_library, "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법", "3월 3일 것만", "그럼 음성 인식은?"
    )
    interpretation = narrowed.interpretation
    assert (interpretation.since, interpretation.until) == ("2025-03-03", "2025-03-03")
    assert interpretation.repeats == "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법"
    assert cited(narrowed) == {LORA}
    assert (wide.interpretation.since, wide.interpretation.repeats) == ("2025-03-03", None)


def test_refers_to_papers_of_a_list_by_ordinal(sample_library: Library) -> None:
    digest, second, both = converse(sample_library, "3월 3일 다이제스트", "두 번째 논문은?", "두 논문을 비교해 줘")
    papers = tuple(hit.paper_id for hit in digest.hits)
    assert second.interpretation.papers == (papers[1],)
    assert both.interpretation.papers == papers[:2]  # those of the latest answer about two papers
    _, both = converse(sample_library, "3월 3일 다이제스트", "두 논문을 비교해 줘")
    assert (both.interpretation.shape, both.interpretation.papers) == ("compare", papers[:2])


def test_searches_among_the_papers_of_the_last_answer(sample_library: Library) -> None:
    digest, among = converse(sample_library, "3월 3일 다이제스트", "그 중에서 저랭크 행렬을 학습하는 것은?")
    assert {hit.paper_id for hit in among.hits} <= {hit.paper_id for hit in digest.hits}
    assert cited(among) == {LORA}


def test_resolves_references_against_the_papers_of_the_last_turn() -> None:
    turns = [Turn("어텐션 논문", (ATTENTION,))]
    assert resolve_follow_up("그 중에서 번역하는 것은?", turns).where.papers == (ATTENTION,)
    assert resolve_follow_up("세 번째 논문은?", turns).papers == ()
    assert resolve_follow_up("마지막 논문은?", turns).papers == (ATTENTION,)
    turns = [Turn("어텐션과 저랭크 논문", (ATTENTION, LORA))]
    assert resolve_follow_up("세 번째 논문", turns).papers == ()
    assert resolve_follow_up("두 번째 논문", turns).papers == (LORA,)


def test_an_abstention_keeps_the_papers_of_the_answer_before(sample_library: Library) -> None:
    answers = converse(
        sample_library,
        "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법",
        "김치찌개 맛있게 끓이는 방법",
        "그 논문의 한계는?",
    )
    assert answers[1].abstained
    assert answers[2].interpretation.papers == (LORA,)


def test_without_history_a_question_stands_alone(sample_library: Library) -> None:
    resolved = resolve_follow_up("  그 논문의 한계는? ", [])
    assert resolved == ResolvedQuestion("그 논문의 한계는?", "그 논문의 한계는?")
    assert lacks_paper(resolved.question, [])
    assert sample_library.ask("그 논문의 한계는?").reason == "which_paper"
    assert resolve_follow_up("영어로", []).answer_lang is None
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
def test_rejects_an_invalid_turn(sample_library: Library, turn: Turn, field: str) -> None:
    with pytest.raises(InputError) as caught:
        sample_library.ask("그 논문의 한계는?", history=[turn])
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")


def test_ignores_turns_beyond_the_limit() -> None:
    old, new = Turn("어텐션", (ATTENTION,)), Turn("김치찌개")
    assert resolve_follow_up("한계는?", [old, *[new] * (MAX_TURNS - 1)]).papers == (ATTENTION,)
    assert resolve_follow_up("한계는?", [old, *[new] * MAX_TURNS]).papers == ()


def test_an_http_client_sends_back_what_it_received(client: httpx.Client, sample_library: Library) -> None:
    first = client.post("/v1/ask", json={"question": "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법"}).json()
    turn = {
        "question": first["question"],
        "papers": list(dict.fromkeys(item["paper_id"] for item in first["citations"])),
    }
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
def test_rejects_an_invalid_turn_over_http(client: httpx.Client, history: object, field: str) -> None:
    got = client.post("/v1/ask", json={"question": "한계는?", "history": history})
    assert (got.status_code, got.json()["field"]) == (422, field)
