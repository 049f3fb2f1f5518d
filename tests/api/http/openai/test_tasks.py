"""Prompts of chat applications: titles, tags and the like get a fixed answer without a search."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from nonmun import Library

from ...conftest import Failing, served
from .conftest import BERT, CHAT, COMPLETIONS, EN, KO, LORA, RESPONSES, assistant, chat, content_of, frames, user

# The first lines and the formats that the prompts of Open WebUI 0.12.4 ask for.
ASKED_FOR = {
    "title": 'Generate a concise title summarizing the chat history.\n### Output:\nJSON format: { "title": "here" }',
    "tags": 'Generate 1-3 broad tags.\n\n### Output:\nJSON format: { "tags": ["tag1", "tag2", "tag3"] }',
    "follow_ups": 'Suggest 3-5 relevant questions.\n### Output:\nJSON format: { "follow_ups": ["Question 1?"] }',
    "queries": "Analyze the chat history to determine the necessity of generating search queries.\n"
    '### Output:\nStrictly return in JSON format: \n{\n  "queries": ["query1", "query2"]\n}',
    "prompt": 'Generate a detailed prompt.\n### Output:\nStrictly return in JSON format:\n{\n    "prompt": "Your"\n}',
}


def task(name: str, *spoken: tuple[str, str]) -> str:
    history = "\n".join(f"{speaker}: {text}" for speaker, text in spoken)
    return f"### Task:\n{ASKED_FOR[name]}\n### Chat History:\n<chat_history>\n{history}\n</chat_history>"


AUTOCOMPLETE = """### Task:
You are an autocompletion system. Continue the text in `<text>` based on the **completion type** in `<type>`.
5. If unsure, return: `{ "text": "" }`.
### Context:
<chat_history>
USER: { "title": "x" }
</chat_history>
<type>General</type>
<text>Which papers</text>
#### Output:
"""
EMOJI = (
    "Your task is to reflect the speaker's likely facial expression through a fitting emoji. Interpret emotions from "
    "the message.\n\nMessage: ```hi```"
)
RAG = """### Task:
Respond to the user query using the provided context, incorporating inline citations in the format [id].
### Guidelines:
- If you don't know the answer, clearly state that.
<context>
<source id="1" name="notes">Nothing about { "title": "x" } in here.</source>
</context>

"""


def ask_task(client: httpx.Client, prompt: str) -> Any:
    completion = chat(client, prompt)
    assert completion["nonmun"] is None
    assert completion["choices"][0]["message"]["annotations"] == []
    return json.loads(content_of(completion))


@pytest.fixture
def unsearchable(sample_library: Library) -> Any:
    """A client of a service whose searches fail."""
    embedder = Failing(sample_library.embedder, AssertionError("this searched"))
    settings = sample_library.settings
    with Library.open(settings=settings, embedding=embedder, create=False) as library, served(library) as client:
        assert client.post("/v1/ask", json={"question": KO}).status_code == 500
        yield client


def test_tasks_are_answered_without_a_search(unsearchable: httpx.Client) -> None:
    spoken = [("USER", KO), ("ASSISTANT", f"…\n1. LoRA (https://arxiv.org/abs/{LORA})")]
    assert ask_task(unsearchable, task("title", *spoken)) == {"title": KO}
    assert ask_task(unsearchable, task("tags", *spoken)) == {"tags": ["AI", "논문"]}
    assert ask_task(unsearchable, task("queries", *spoken)) == {"queries": []}
    assert ask_task(unsearchable, task("prompt", *spoken)) == {"prompt": ""}
    assert ask_task(unsearchable, AUTOCOMPLETE) == {"text": ""}
    assert len(ask_task(unsearchable, task("follow_ups", *spoken))["follow_ups"]) == 3
    assert content_of(chat(unsearchable, EMOJI)) == "📄"
    tools = {"role": "system", "content": 'Available Tools: [{"name": "f"}]\n\nYour task is to choose …'}
    assert json.loads(content_of(chat(unsearchable, tools, f"Query: History:\nUSER: x\nQuery: {KO}"))) == {
        "tool_calls": []
    }
    for counted in ("nonmun_answers_total{", "nonmun_stage_duration_seconds_count{"):
        assert counted not in unsearchable.get("/metrics").text


def test_tasks_are_answered_in_every_format(unsearchable: httpx.Client) -> None:
    prompt, expected = task("title", ("USER", EN)), {"title": EN}
    completion = unsearchable.post(COMPLETIONS, json={"prompt": prompt}).json()
    assert json.loads(completion["choices"][0]["text"]) == expected
    response = unsearchable.post(RESPONSES, json={"input": prompt}).json()
    assert json.loads(response["output"][0]["content"][0]["text"]) == expected
    *chunks, done = frames(unsearchable, CHAT, messages=[user(prompt)])
    assert done == "[DONE]"
    assert json.loads("".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)) == expected
    *chunks, _ = frames(unsearchable, COMPLETIONS, prompt=prompt)
    assert json.loads("".join(chunk["choices"][0]["text"] for chunk in chunks)) == expected
    events = frames(unsearchable, RESPONSES, input=prompt)
    assert json.loads("".join(event["delta"] for event in events if "delta" in event)) == expected
    assert events[-1]["response"]["nonmun"] is None


@pytest.mark.parametrize(
    ("spoken", "title"),
    [
        ([("USER", f"{EN}\n{EN} {EN}")], "attention without recurrence for translation attention …"),
        ([("USER", EN), ("ASSISTANT", "USER: x"), ("USER", KO)], EN),
        ([("USER", "x" * 100)], f"{'x' * 60} …"),
        ([("ASSISTANT", "hello")], "nonmun"),
        ([], "nonmun"),
    ],
)
def test_a_title_is_the_first_question(client: httpx.Client, spoken: list[tuple[str, str]], title: str) -> None:
    assert ask_task(client, task("title", *spoken)) == {"title": title}


@pytest.mark.parametrize(
    ("question", "count", "asked"),
    [
        (KO, 3, LORA),
        (EN, 3, "1706.03762"),
        (f"compare {LORA} and {BERT}", 4, LORA),
        ("김치찌개 맛있게 끓이는 방법", 0, ""),
    ],
)
def test_suggested_questions_are_answered_from_the_papers(
    client: httpx.Client, question: str, count: int, asked: str
) -> None:
    answer = content_of(chat(client, question))
    suggested = ask_task(client, task("follow_ups", ("USER", question), ("ASSISTANT", answer)))["follow_ups"]
    assert len(suggested) == count
    for follow_up in suggested:
        completion = chat(client, question, assistant(answer), follow_up)
        assert not completion["nonmun"]["abstained"], follow_up
        papers = completion["nonmun"]["interpretation"]["papers"]
        assert papers == [asked] or "similar" in follow_up or "비슷한" in follow_up or count == 4, follow_up


@pytest.mark.parametrize(
    "prompt",
    [
        RAG + KO,
        f"{RAG}<user_query>\n{KO}\n</user_query>",
        RAG.replace("</context>", f"</context>\n{KO}").rstrip(),
    ],
)
def test_a_question_in_a_template_is_answered(client: httpx.Client, prompt: str) -> None:
    completion = chat(client, prompt)
    assert completion["nonmun"]["question"] == KO
    assert content_of(completion) == content_of(chat(client, KO))


@pytest.mark.parametrize("prompt", ["### Task: what is LoRA?", "Tell me about the title of LoRA", f"Query: {KO}"])
def test_what_only_looks_like_a_task_is_a_question(client: httpx.Client, prompt: str) -> None:
    assert chat(client, prompt)["nonmun"]["question"] == prompt


@pytest.mark.parametrize(
    "prompt",
    [
        "### Task:" + "<chat_history>" * 40_000,
        "### Task:" + "<user_query>" + " " * 500_000,
        "### Task:" + "{ " * 250_000,
        "user: " * 80_000 + "\nassistant:" * 10_000,
    ],
    ids=["histories", "spaces", "braces", "speakers"],
)
def test_long_prompts_are_read_in_linear_time(client: httpx.Client, prompt: str) -> None:
    for path, body in ((CHAT, {"messages": [user(prompt)]}), (COMPLETIONS, {"prompt": prompt})):
        assert client.post(path, json=body).status_code in {200, 422}
