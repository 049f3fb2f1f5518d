"""Conversations: follow-up questions find their papers and dates in the text of earlier answers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from nonmun.api.conversation.turns import MAX_TURNS

from .conftest import (
    AS_OF,
    ATTENTION,
    BERT,
    CHAT,
    COMPLETIONS,
    KO,
    LORA,
    RESPONSES,
    assistant,
    chat,
    content_of,
    error_of,
    user,
)

CONVERSATIONS = [
    [KO, "그 논문의 한계는?", "영어로"],
    ["attention without recurrence for translation", "and its limitations?", "in Korean"],
    ["3월 3일 다이제스트", "두 번째 논문은?", "두 논문을 비교해 줘"],
    [KO, "3월 3일 것만", "그럼 음성 인식은?"],
    ["지난주 논문 중 어텐션", "그럼 확산 모델은?", "그 논문의 결과는?"],
    [f"{LORA}와 {BERT}를 비교해 줘", "둘 중 어느 게 나은데?", "이거랑 비슷한 거 더 있나?"],
    ["BERT에서 Cursor는 몇 %였어?", "그 논문의 한계는?", "김치찌개 맛있게 끓이는 방법"],
    ["papers published since 2020 about diffusion", "how about speech?", "What are its limitations?"],
]


def turn_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the turn of an answer, as a client of POST /v1/ask makes it."""
    interpretation = answer["interpretation"]
    cited = list(dict.fromkeys(citation["paper_id"] for citation in answer["citations"]))
    dates = {name: interpretation[name] for name in ("since", "until", "by")}
    return {"question": answer["question"], "papers": cited or interpretation["papers"], **dates}


@pytest.mark.parametrize("questions", CONVERSATIONS, ids=lambda questions: questions[0][:20])
def test_a_conversation_gets_the_answers_of_the_own_route(client: httpx.Client, questions: list[str]) -> None:
    history: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = [{"role": "system", "content": f"Talk about {ATTENTION}."}]
    for question in questions:
        answer = client.post("/v1/ask", json={"question": question, "history": history, **AS_OF}).json()
        messages.append(user(question))
        completion = chat(client, *messages, nonmun=AS_OF)
        assert completion["nonmun"] | {"timings": {}} == answer | {"timings": {}}
        history.append(turn_of(answer))
        messages.append(assistant(content_of(completion)))


@pytest.mark.parametrize("questions", CONVERSATIONS[:2], ids=lambda questions: questions[0][:20])
def test_a_response_continues_a_conversation(client: httpx.Client, questions: list[str]) -> None:
    items: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    for question in questions:
        items.append({"type": "message", "role": "user", "content": [{"type": "input_text", "text": question}]})
        messages.append(user(question))
        response = client.post(RESPONSES, json={"input": items, "nonmun": AS_OF}).json()
        completion = chat(client, *messages, nonmun=AS_OF)
        assert response["output"][0]["content"][0]["text"] == content_of(completion)
        items += [{"type": "reasoning", "summary": []}, *response["output"]]
        messages.append(assistant(content_of(completion)))


def test_a_transcript_in_a_prompt_is_a_conversation(client: httpx.Client) -> None:
    first = content_of(chat(client, KO))
    prompt = f"system: You are helpful.\nuser: {KO}\nassistant: {first}\nuser: 그 논문의 한계는?\nassistant: "
    text = client.post(COMPLETIONS, json={"prompt": prompt}).json()["choices"][0]["text"]
    assert text == content_of(chat(client, KO, assistant(first), "그 논문의 한계는?"))
    assert LORA in text


@pytest.mark.parametrize("prompt", [f"user: {KO}", f"{KO}\nassistant: "])
def test_other_prompts_are_questions(client: httpx.Client, prompt: str) -> None:
    completion = client.post(COMPLETIONS, json={"prompt": prompt}).json()
    assert completion["nonmun"]["question"] == prompt.strip()


def test_system_messages_are_not_searched_for(client: httpx.Client) -> None:
    alone = chat(client, KO)
    for role in ("system", "developer"):
        told = chat(client, {"role": role, "content": "Only talk about speech recognition in 2022."}, KO)
        assert content_of(told) == content_of(alone)
        assert told["usage"]["prompt_tokens"] > alone["usage"]["prompt_tokens"]


def test_other_messages_are_ignored(client: httpx.Client) -> None:
    answer = content_of(chat(client, KO))
    noise = [{"role": "tool", "content": "x", "tool_call_id": "1"}, {"role": "assistant", "content": None}]
    followed = chat(client, assistant("Hello!"), KO, *noise, assistant(answer), *noise, "그 논문의 한계는?", *noise)
    assert followed["nonmun"]["interpretation"]["papers"] == [LORA]


def test_a_question_without_an_answer_is_a_turn(client: httpx.Client) -> None:
    answer = content_of(chat(client, KO))
    followed = chat(client, KO, assistant(answer), "이 질문은 답을 받지 못했다", "그 논문의 한계는?")
    assert followed["nonmun"]["interpretation"]["papers"] == [LORA]


def test_what_was_refused_before_does_not_end_the_conversation(client: httpx.Client) -> None:
    answer = content_of(chat(client, KO))
    for refused in ("긴 질문 " * 1_000, "", " \n", "\ud800"):
        followed = chat(client, KO, assistant(answer), refused, "그 논문의 한계는?")
        assert followed["nonmun"]["interpretation"]["papers"] == [LORA]


def test_only_the_latest_turns_count(client: httpx.Client) -> None:
    answer = content_of(chat(client, KO))
    other = [user("김치찌개"), assistant("색인에 있는 논문 중에는 이 질문에 답하는 것이 없습니다.")]
    kept = chat(client, KO, assistant(answer), *other * (MAX_TURNS - 1), "그 논문의 한계는?")
    assert kept["nonmun"]["interpretation"]["papers"] == [LORA]
    forgotten = chat(client, KO, assistant(answer), *other * MAX_TURNS, "그 논문의 한계는?")
    assert forgotten["nonmun"]["reason"] == "which_paper"


def test_a_long_conversation_is_accepted(client: httpx.Client) -> None:
    answer = content_of(chat(client, KO))
    messages = [user(KO), assistant(answer)] * 150
    assert 100_000 < len(str(messages).encode()) < 900_000
    assert chat(client, *messages, "그 논문의 한계는?")["nonmun"]["interpretation"]["papers"] == [LORA]


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        (CHAT, {"messages": []}, "messages"),
        (CHAT, {"messages": [{"role": "system", "content": KO}]}, "messages"),
        (CHAT, {"messages": [user("")]}, "messages"),
        (CHAT, {"messages": [user(None)]}, "messages"),
        (CHAT, {"messages": [user([{"type": "image_url", "image_url": {"url": "data:,"}}])]}, "messages"),
        (CHAT, {"messages": [user("x" * 2_001)]}, "messages"),
        (CHAT, {"messages": [{"content": KO}]}, "messages.0.role"),
        (CHAT, {"messages": [user(7)]}, "messages.0.content.str"),
        (CHAT, {"messages": KO}, "messages"),
        (CHAT, {}, "messages"),
        (CHAT, {"messages": [user(KO)], "stream": "yes"}, "stream"),
        (CHAT, {"messages": [user(KO)], "model": 7}, "model"),
        (COMPLETIONS, {"prompt": []}, "prompt"),
        (COMPLETIONS, {"prompt": [KO, KO]}, "prompt"),
        (COMPLETIONS, {"prompt": [[1, 2, 3]]}, "prompt.str"),
        (COMPLETIONS, {"prompt": " "}, "prompt"),
        (RESPONSES, {"input": []}, "input"),
        (RESPONSES, {"input": ""}, "input"),
        (RESPONSES, {"input": KO, "previous_response_id": "resp_1"}, "previous_response_id"),
        (RESPONSES, {"input": KO, "conversation": "conv_1"}, "conversation"),
        (RESPONSES, {"input": KO, "conversation": {"id": "conv_1"}}, "conversation"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_request_without_a_question_is_refused(
    client: httpx.Client, path: str, body: dict[str, Any], param: str, stream: bool
) -> None:
    error = error_of(client.post(path, json={"stream": stream} | body), 422)
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", "invalid_input", param)
    assert error["message"].startswith(f"{param}: ")
