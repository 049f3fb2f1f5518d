"""Chat completions: their shape, whole and streamed, and the models that give them."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx
import pytest

from nonmun import Library
from nonmun.index.domain.papers import paper_url

from ...conftest import Serve
from .conftest import AS_OF, BERT, CHAT, EN, KO, LORA, chat, content_of, error_of, frames, user

QUESTIONS = [KO, EN, f"{LORA}와 {BERT}를 비교해 줘", "김치찌개 맛있게 끓이는 방법"]


def without_timings(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "timings"}


def assert_annotated(content: str, annotations: list[Any], answer: dict[str, Any]) -> None:
    """Every annotation encloses a marker, and has the link and an exact quotation of its paper."""
    quotes = {(paper_url(citation["paper_id"]), citation["quote"]) for citation in answer["citations"]}
    assert {(each["url_citation"]["url"], each["url_citation"]["quote"]) for each in annotations} == quotes
    listed = [line.partition(". ") for line in content.splitlines() if line[:1].isdigit()]
    links = {number: link for number, _, link in listed}
    for annotation in annotations:
        assert annotation["type"] == "url_citation"
        cited = annotation["url_citation"]
        marker = content[cited["start_index"] : cited["end_index"]]
        assert links[marker.strip("[]")] == f"{cited['title']} ({cited['url']})"


@pytest.mark.parametrize("question", QUESTIONS)
def test_shape_of_a_chat_completion(client: httpx.Client, question: str) -> None:
    completion = chat(client, question)
    assert list(completion) == ["id", "object", "created", "model", "choices", "usage", "nonmun"]
    assert completion["id"].startswith("chatcmpl-")
    assert (completion["object"], completion["model"]) == ("chat.completion", "nonmun")
    assert isinstance(completion["created"], int)
    (choice,) = completion["choices"]
    assert list(choice) == ["index", "message", "logprobs", "finish_reason"]
    assert (choice["index"], choice["finish_reason"]) == (0, "stop")
    message = choice["message"]
    assert list(message) == ["role", "content", "refusal", "annotations"]
    assert message["role"] == "assistant"
    answer = client.post("/v1/ask", json={"question": question}).json()
    assert without_timings(completion["nonmun"]) == without_timings(answer)
    assert_annotated(message["content"], message["annotations"], answer)
    assert bool(message["annotations"]) != answer["abstained"]
    usage = completion["usage"]
    assert usage["prompt_tokens"] > 0
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens"] > usage["prompt_tokens"] / 2


@pytest.mark.parametrize("include_usage", [False, True])
@pytest.mark.parametrize("question", QUESTIONS)
def test_chunks_make_up_the_chat_completion(client: httpx.Client, question: str, include_usage: bool) -> None:
    whole = chat(client, question)
    options = {"stream_options": {"include_usage": True}} if include_usage else {}
    *chunks, done = frames(client, CHAT, model="nonmun", messages=[user(question)], **options)
    assert done == "[DONE]"
    if include_usage:
        usage = chunks.pop()
        assert (usage["choices"], usage["usage"]) == ([], whole["usage"])
    assert all(("usage" in chunk) == include_usage and not chunk.get("usage") for chunk in chunks)
    assert len({(chunk["id"], chunk["created"], chunk["model"], chunk["object"]) for chunk in chunks}) == 1
    assert chunks[0]["object"] == "chat.completion.chunk"
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    assert len(choices) == len(chunks)
    assert {choice["index"] for choice in choices} == {0}
    first, *parts, last = choices
    assert first["delta"] == {"role": "assistant", "content": ""}
    assert [choice["finish_reason"] for choice in choices] == [None] * (len(choices) - 1) + ["stop"]
    assert all(part["delta"].keys() == {"content"} for part in parts)
    message = whole["choices"][0]["message"]
    assert "".join(part["delta"]["content"] for part in parts) == message["content"]
    assert last["delta"].get("annotations", []) == message["annotations"]
    assert without_timings(chunks[-1]["nonmun"]) == without_timings(whole["nonmun"])
    assert not any("nonmun" in chunk for chunk in chunks[:-1])


@pytest.mark.parametrize("stream", [False, True])
def test_a_language_model_writes_the_content(patient: Library, serve: Serve, stream: bool) -> None:
    question = "보상 모델 없이 선호에 맞추는 학습은?"
    with serve(patient) as client:
        whole = chat(client, question)
        assert whole["nonmun"]["writer"] == "generated"
        assert_annotated(content_of(whole), whole["choices"][0]["message"]["annotations"], whole["nonmun"])
        if stream:
            *chunks, _ = frames(client, CHAT, messages=[user(question)])
            text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
            assert text == content_of(whole)
            assert chunks[-1]["nonmun"]["writer"] == "generated"


def test_keep_alive_comments_are_sent_while_the_model_is_silent(
    patient: Library, serve: Serve, model_server: Any, models: Any
) -> None:
    go = threading.Event()

    def behave(exchange: Any) -> None:
        assert go.wait(280)
        models.citing(exchange)

    model_server.behave = behave
    body = {"messages": [user("보상 모델 없이 선호에 맞추는 학습은?")], "stream": True}
    with serve(patient) as client, client.stream("POST", CHAT, json=body) as response:
        lines = response.iter_lines()
        before = [line for line in iter(lambda: next(lines), ": ") if line]
        go.set()
        after = [line for line in lines if line.startswith("data: ")]
    assert len(before) == 1  # the role
    assert after[-1] == "data: [DONE]"
    assert "[1]" in "".join(after)


def test_models_choose_who_writes(patient: Library, serve: Serve) -> None:
    with serve(patient) as client:
        listed = client.get("/v1/models").json()
        names = [model["id"] for model in listed["data"]]
        assert (listed["object"], names) == ("list", ["nonmun", "nonmun-extractive", "nonmun-generative"])
        writers = [chat(client, KO, model=name)["nonmun"]["writer"] for name in names]
        assert writers == ["generated", "extracted", "generated"]
        assert [chat(client, KO, model=name)["model"] for name in names] == names


def test_without_a_language_model_only_quotations_are_listed(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = client.get("/v1/models").json()["data"]
    assert [model["id"] for model in models] == ["nonmun", "nonmun-extractive"]
    monkeypatch.setattr(time, "time", lambda: models[0]["created"] + 100.0)
    for model in models:
        assert list(model) == ["id", "object", "created", "owned_by"]
        retrieved = client.get(f"/v1/models/{model['id']}").json()
        assert retrieved == model
    for name in ("nonmun-generative", "gpt-4o", "x" * 10_000):
        body = {"model": name, "messages": [user(KO)]}
        for response in (client.get(f"/v1/models/{name}"), client.post(CHAT, json=body)):
            error = error_of(response, 404)
            assert (error["code"], error["param"]) == ("model_not_found", "model")
            assert "nonmun, nonmun-extractive" in error["message"]
            assert len(error["message"]) < 200


def test_the_model_may_be_left_out(client: httpx.Client) -> None:
    response = client.post(CHAT, json={"messages": [user(KO)]})
    assert response.json()["model"] == "nonmun"


IGNORED: dict[str, Any] = {
    "temperature": 0.2,
    "top_p": 1,
    "n": 3,
    "stop": ["\n"],
    "seed": 7,
    "user": "someone",
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
    "tool_choice": "auto",
    "response_format": {"type": "json_object"},
    "max_tokens": 1,
    "max_completion_tokens": 1,
    "metadata": {"chat_id": "x"},
    "logit_bias": None,
    "something_new": {"deep": [1, 2]},
}


def test_unknown_fields_are_ignored(client: httpx.Client) -> None:
    given = chat(client, KO, **IGNORED, stream_options=None, stream=None)
    assert content_of(given) == content_of(chat(client, KO))
    message = user(KO) | {"name": "someone", "tool_calls": [], "audio": None}
    parts = [{"type": "text", "text": KO, "cache_control": {}}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    assert content_of(chat(client, message)) == content_of(chat(client, user(parts))) == content_of(given)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"k": 2}, {}),
        ({"since": "2025-03-04", "until": "2025-03-05"}, {"since": "2025-03-04", "until": "2025-03-05"}),
        ({"papers": [BERT], "k": 5}, {"papers": [BERT]}),
        ({"sections": ["limitations"], "lang": "ko", "source": "summary", "trust": ["supported"]},
         {"sections": ["limitations"], "lang": "ko", "source": "summary", "trust": ["supported"]}),
        (AS_OF, {}),
    ],
)  # fmt: skip
def test_the_extension_filters_as_the_own_route_does(
    client: httpx.Client, options: dict[str, Any], where: dict[str, Any]
) -> None:
    question = "지난주 논문의 학습 방법" if "as_of" in options else "학습 방법"
    more = {name: options[name] for name in ("k", "as_of") if name in options}
    answer = client.post("/v1/ask", json={"question": question, "where": where, **more}).json()
    assert without_timings(chat(client, question, nonmun=options)["nonmun"]) == without_timings(answer)
    assert 0 < len(answer["hits"]) <= options.get("k", 10)


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"k": 0}, "nonmun.k"),
        ({"k": "5"}, "nonmun.k"),
        ({"since": "last week"}, "nonmun.since"),
        ({"since": "2025-03-05", "until": "2025-03-04"}, "nonmun.since"),
        ({"papers": ["x"]}, "nonmun.papers"),
        ({"as_of": "today"}, "nonmun.as_of"),
        ({"sinse": "2025-03-05"}, "nonmun.sinse"),
        ({"where": {"since": "2025-03-05"}}, "nonmun.where"),
        (7, "nonmun"),
    ],
)
def test_an_invalid_extension_is_refused(client: httpx.Client, options: Any, param: str) -> None:
    error = error_of(client.post(CHAT, json={"messages": [user(KO)], "nonmun": options}), 422)
    assert (error["param"], error["code"]) == (param, "invalid_input")
    assert error["message"].startswith(f"{param}: ")
