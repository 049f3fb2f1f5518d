"""Completions and responses: their shapes, whole and streamed."""

from __future__ import annotations

from itertools import count
from typing import Any

import httpx
import pytest

from .conftest import COMPLETIONS, KO, RESPONSES, chat, content_of, frames

REFUSED = "김치찌개 맛있게 끓이는 방법"


@pytest.mark.parametrize("prompt", [KO, [KO], REFUSED])
def test_a_completion_has_the_text_of_the_chat_completion(client: httpx.Client, prompt: str | list[str]) -> None:
    completion = client.post(COMPLETIONS, json={"model": "nonmun", "prompt": prompt, "max_tokens": 16}).json()
    assert list(completion) == ["id", "object", "created", "model", "choices", "usage", "nonmun"]
    assert completion["id"].startswith("cmpl-")
    assert completion["object"] == "text_completion"
    whole = chat(client, prompt if isinstance(prompt, str) else prompt[0])
    text = content_of(whole)
    assert completion["choices"] == [{"index": 0, "text": text, "logprobs": None, "finish_reason": "stop"}]
    assert completion["usage"] == whole["usage"]
    assert completion["nonmun"] | {"timings": {}} == whole["nonmun"] | {"timings": {}}


@pytest.mark.parametrize("include_usage", [False, True])
def test_chunks_make_up_the_completion(client: httpx.Client, include_usage: bool) -> None:
    whole = client.post(COMPLETIONS, json={"prompt": KO}).json()
    options = {"stream_options": {"include_usage": include_usage}}
    *chunks, done = frames(client, COMPLETIONS, prompt=KO, **options)
    assert done == "[DONE]"
    if include_usage:
        assert chunks.pop()["usage"] == whole["usage"]
    assert {chunk["object"] for chunk in chunks} == {"text_completion"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert "".join(chunk["choices"][0]["text"] for chunk in chunks) == whole["choices"][0]["text"]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert chunks[-1]["nonmun"]["citations"] == whole["nonmun"]["citations"]


def flat(annotation: dict[str, Any]) -> dict[str, Any]:
    return annotation["url_citation"] | {"type": annotation["type"]}


@pytest.mark.parametrize("question", [KO, REFUSED])
def test_a_response_has_the_text_of_the_chat_completion(client: httpx.Client, question: str) -> None:
    response = client.post(RESPONSES, json={"model": "nonmun", "input": question, "instructions": "x"}).json()
    assert response["id"].startswith("resp_")
    assert (response["object"], response["status"], response["store"]) == ("response", "completed", False)
    assert (response["error"], response["incomplete_details"]) == (None, None)
    (message,) = response["output"]
    assert message["id"].startswith("msg_")
    assert (message["type"], message["role"], message["status"]) == ("message", "assistant", "completed")
    whole = chat(client, question)
    (text,) = message["content"]
    assert (text["type"], text["text"]) == ("output_text", content_of(whole))
    assert text["annotations"] == [flat(annotation) for annotation in whole["choices"][0]["message"]["annotations"]]
    usage = response["usage"]
    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == tuple(whole["usage"].values())
    assert response["nonmun"] | {"timings": {}} == whole["nonmun"] | {"timings": {}}


@pytest.mark.parametrize("question", [KO, REFUSED])
def test_events_make_up_the_response(client: httpx.Client, question: str) -> None:
    whole = client.post(RESPONSES, json={"input": question}).json()
    events = frames(client, RESPONSES, input=question)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    names = [event["type"].removeprefix("response.") for event in events]
    assert names[:4] == ["created", "in_progress", "output_item.added", "content_part.added"]
    assert names[-4:] == ["output_text.done", "content_part.done", "output_item.done", "completed"]
    assert set(names[4:-4]) <= {"output_text.delta", "output_text.annotation.added"}
    (message,) = whole["output"]
    (text,) = message["content"]
    deltas = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
    assert "".join(deltas) == text["text"] == events[-4]["text"]
    added = [event for event in events if event["type"] == "response.output_text.annotation.added"]
    assert [event["annotation"] for event in added] == text["annotations"] == events[-3]["part"]["annotations"]
    assert [event["annotation_index"] for event in added] == [index for index, _ in zip(count(), added, strict=False)]
    completed = events[-1]["response"]
    created = events[0]["response"]
    assert (created["id"], created["status"], created["output"]) == (completed["id"], "in_progress", [])
    assert completed["output"][0]["content"] == message["content"]
    assert events[-2]["item"] == completed["output"][0]
    assert completed["usage"] == whole["usage"]
    assert completed["nonmun"] | {"timings": {}} == whole["nonmun"] | {"timings": {}}
    places = {
        (event["item_id"], event["output_index"], event["content_index"]) for event in events if "item_id" in event
    }
    assert places == {(completed["output"][0]["id"], 0, 0)}


def test_events_are_named(client: httpx.Client) -> None:
    with client.stream("POST", RESPONSES, json={"input": KO, "stream": True}) as response:
        lines = [line for line in response.iter_lines() if line]
    names = [line.removeprefix("event: ") for line in lines[::2]]
    assert all(f'"type": "{name}"' in data for name, data in zip(names, lines[1::2], strict=True))
