"""Helpers of the tests of the OpenAI-compatible routes."""

from __future__ import annotations

import json
from typing import Any

import httpx

LORA, ATTENTION, BERT, DPO = "2106.09685", "1706.03762", "1810.04805", "2305.18290"
KO = "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법"
EN = "attention without recurrence for translation"
CHAT, COMPLETIONS, RESPONSES = "/v1/chat/completions", "/v1/completions", "/v1/responses"
AS_OF = {"as_of": "2025-03-10"}


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


def chat(client: httpx.Client, *messages: dict[str, Any] | str, **fields: Any) -> dict[str, Any]:
    """Return the chat completion of a conversation; a text is a user message."""
    spoken = [user(message) if isinstance(message, str) else message for message in messages]
    content = json.dumps({"model": "nonmun", "messages": spoken, **fields})  # ASCII, so that anything can be sent
    response = client.post(CHAT, content=content, headers={"content-type": "application/json"})
    assert response.status_code == 200, response.text
    return response.json()


def content_of(completion: dict[str, Any]) -> str:
    """Return the text of a chat completion."""
    return completion["choices"][0]["message"]["content"]


def frames(client: httpx.Client, path: str, *, headers: dict[str, str] | None = None, **body: Any) -> list[Any]:
    """Return the data of a stream's events, JSON decoded except for [DONE]."""
    with client.stream("POST", path, json=body | {"stream": True}, headers=headers) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        lines = [line for line in response.iter_lines() if line.startswith("data: ")]
    data = [line.removeprefix("data: ") for line in lines]
    return [text if text == "[DONE]" else json.loads(text) for text in data]


def error_of(response: httpx.Response, status: int) -> dict[str, Any]:
    """Return the error of a response in OpenAI's shape."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body.keys() == {"error"}
    assert list(body["error"]) == ["message", "type", "param", "code"]
    assert body["error"]["message"]
    assert int(response.headers["content-length"]) == len(response.content)
    return body["error"]
