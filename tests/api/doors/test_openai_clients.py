"""Clients of the OpenAI-compatible routes: text, links, exact quotations, streams, errors and clients that leave."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from nonmun import Library, ModelError
from nonmun.api.keys import KeyStore
from nonmun.index.domain.vectors import Matrix

from ..conftest import served

HERE, DOCS = Path(__file__).parent, Path(__file__).parents[3] / "docs"
QUESTION, FOLLOW_UP = "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법", "그 논문의 한계는?"
LORA = "2106.09685"
LINK = f"https://arxiv.org/abs/{LORA}"
Run = Callable[..., Any]


def at(client: httpx.Client, key: str = "unused") -> dict[str, str]:
    """Return the variables that lead OpenAI's clients to a service."""
    return {"OPENAI_BASE_URL": f"{client.base_url}".rstrip("/") + "/v1", "OPENAI_API_KEY": key}


@pytest.fixture
def expected(client: httpx.Client) -> dict[str, Any]:
    """The answers as POST /v1/ask gives them, and as chat completions show them."""
    first = client.post("/v1/ask", json={"question": QUESTION}).json()
    turn = {"question": QUESTION, "papers": [LORA]}
    second = client.post("/v1/ask", json={"question": FOLLOW_UP, "history": [turn]}).json()
    return {
        "content": numbered(first),
        "quotations": [citation["quote"] for citation in first["citations"]],
        "follow-up": numbered(second),
        "follow-up quotations": [citation["quote"] for citation in second["citations"]],
    }


def numbered(answer: dict[str, Any]) -> str:
    """Return the text that clients show for an answer about one paper."""
    assert {citation["paper_id"] for citation in answer["citations"]} == {LORA}
    title = next(hit["title"] for hit in answer["hits"] if hit["paper_id"] == LORA)
    return f"{answer['answer'].replace(f'[{LORA}]', '[1]')}\n\n출처:\n1. {title} ({LINK})"


class FailsLater:
    """An embedder that fails once its language model, which it is as well, has been called."""

    def __init__(self, embedder: Any) -> None:
        self._embedder, self.fails = embedder, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def passages(self, texts: Sequence[str]) -> Matrix:
        if self.fails:
            raise ModelError("out of memory")
        return self._embedder.passages(texts)

    def stream(self, messages: object) -> Iterator[str]:
        self.fails = True
        yield "아무 말이나 합니다. "


@pytest.fixture
def broken(sample_library: Library) -> Iterator[httpx.Client]:
    """A service whose streams fail after their first event; each stream needs the service anew."""
    failing = FailsLater(sample_library.embedder)
    settings = sample_library.settings
    with (
        Library.open(settings=settings, embedding=failing, llm=failing, create=False) as library,
        served(library) as client,
    ):
        yield client


@pytest.fixture
def silent(patient: Library, model_server: Any, models: Any) -> Iterator[httpx.Client]:
    """A service whose language model never completes a reply."""
    model_server.behave = models.Silent()
    with served(patient, writers=10) as client:
        yield client


# The openai package


@pytest.mark.clients
@pytest.mark.parametrize("version", ["openai-2", "openai-3"])
def test_openai_chat(run_python: Run, client: httpx.Client, expected: dict[str, Any], version: str) -> None:
    found = run_python(version, "openai_chat.py", **at(client))
    assert found["models"] == ["nonmun", "nonmun-extractive"]
    assert found["content"] == expected["content"]
    assert found["links"] == [LINK]
    assert found["quotations"] == expected["quotations"]
    assert [each["url_citation"]["quote"] for each in found["annotations"]] == expected["quotations"]
    for annotation in found["annotations"]:
        cited = annotation["url_citation"]
        assert found["content"][cited["start_index"] : cited["end_index"]] == "[1]"
    assert found["hits"] == 5
    assert found["streamed"] == found["joined"] == expected["follow-up"]
    assert [each["url_citation"]["quote"] for each in found["streamed annotations"]] == expected["follow-up quotations"]
    assert found["streamed quotations"] == expected["follow-up quotations"]
    assert found["streamed usage"] > found["usage"] > 0


@pytest.mark.clients
@pytest.mark.parametrize("version", ["openai-2", "openai-3"])
def test_openai_async(run_python: Run, client: httpx.Client, expected: dict[str, Any], version: str) -> None:
    found = run_python(version, "openai_async.py", **at(client))
    assert found == {"content": expected["content"], "streamed": expected["content"]}


@pytest.mark.clients
@pytest.mark.parametrize("version", ["openai-2", "openai-3"])
def test_openai_responses(run_python: Run, client: httpx.Client, expected: dict[str, Any], version: str) -> None:
    found = run_python(version, "openai_responses.py", **at(client))
    assert found["text"] == found["completion"] == found["completion streamed"] == expected["content"]
    assert set(found["links"]) == {LINK}
    assert found["quotations"] == expected["quotations"]
    assert found["answer"] == found["completion answer"]
    assert found["answer"] in found["text"].replace("[1]", f"[{LORA}]")
    assert found["streamed"] == found["joined"] == expected["follow-up"]
    assert found["joined annotations"] == len(expected["follow-up quotations"])
    assert found["last type"] == "response.completed"


@pytest.mark.clients
@pytest.mark.parametrize("version", ["openai-2", "openai-3"])
def test_openai_exceptions(
    run_python: Run, client: httpx.Client, sample_library: Library, keys: KeyStore, broken: httpx.Client, version: str
) -> None:
    def raised(service: httpx.Client, *arguments: str, key: str = "unused") -> Any:
        return run_python(version, "openai_errors.py", *arguments, **at(service, key))

    error = raised(client, QUESTION, "gpt-4o")
    assert (error["class"], error["status"], error["code"]) == ("NotFoundError", 404, "model_not_found")
    assert error["request id"]
    error = raised(client, "", "nonmun")
    assert (error["class"], error["status"], error["param"]) == ("UnprocessableEntityError", 422, "messages")
    assert "is empty" in error["message"]
    reader, _ = keys.create("reader", ["read"])
    asker, _ = keys.create("asker", ["ask"])
    with served(sample_library, keys, rate="2/hour") as guarded:
        assert raised(guarded, QUESTION, "nonmun")["class"] == "AuthenticationError"
        assert raised(guarded, QUESTION, "nonmun", key=reader)["class"] == "PermissionDeniedError"
        assert run_python(version, "openai_async.py", **at(guarded, asker))["content"]  # two requests
        error = raised(guarded, QUESTION, "nonmun", key=asker)
        assert (error["class"], error["type"]) == ("RateLimitError", "rate_limit_error")
        assert int(error["retry after"]) > 0
    error = raised(broken, QUESTION, "nonmun", "--stream")
    assert (error["class"], error["code"], error["status"]) == ("APIError", "unavailable", None)


@pytest.mark.clients
@pytest.mark.parametrize("version", ["openai-2", "openai-3"])
def test_openai_cancellation(run_python: Run, silent: httpx.Client, version: str) -> None:
    found = run_python(version, "openai_cancel.py", **at(silent))
    assert found == {"sync": [1.0, True], "async": [1.0, True]}


# langchain-openai


@pytest.mark.clients
def test_langchain(run_python: Run, client: httpx.Client, expected: dict[str, Any]) -> None:
    found = run_python("langchain-openai", "langchain_chat.py", **at(client))
    assert found["content"] == found["response"] == expected["content"]
    assert found["streamed"] == found["response streamed"] == expected["follow-up"]
    assert found["usage"] > 0
    assert not {"annotations", "nonmun"} & set(found["extra"])
    assert [citation["extras"]["quote"] for citation in found["citations"]] == expected["quotations"]
    assert {citation["url"] for citation in found["citations"]} == {LINK}
    assert found["citations streamed"] == len(expected["follow-up quotations"])


@pytest.mark.clients
def test_langchain_faults(run_python: Run, client: httpx.Client, broken: httpx.Client, silent: httpx.Client) -> None:
    found = run_python("langchain-openai", "langchain_faults.py", "refused", **at(client))
    assert found["model"][1:] == ["model_not_found", 404]
    assert found["field"] == ["UnprocessableEntityError", "invalid_input", 422]
    found = run_python("langchain-openai", "langchain_faults.py", "broken", **at(broken))
    assert found["broken"] == ["APIError", "unavailable"]
    found = run_python("langchain-openai", "langchain_faults.py", "cancel", **at(silent))
    assert found["cancelled"] == [1.0, True]


@pytest.mark.clients
def test_langchain_js(
    run_node: Run, client: httpx.Client, broken: httpx.Client, silent: httpx.Client, expected: dict[str, Any]
) -> None:
    found = run_node("langchain-openai-js", "langchain_chat.mjs", **at(client))
    assert found["content"] == found["response"] == expected["content"]
    assert found["streamed"] == expected["follow-up"]
    assert not {"annotations", "nonmun"} & set(found["extra"])
    assert {citation["url"] for citation in found["citations"]} == {LINK}
    assert not any("quote" in citation for citation in found["citations"])
    assert found["refused"] == [404, "model_not_found"]
    found = run_node("langchain-openai-js", "langchain_chat.mjs", "broken", **at(broken))
    assert "the index cannot answer now" in found["broken"][2]
    found = run_node("langchain-openai-js", "langchain_chat.mjs", "cancel", **at(silent))
    assert found == {"began": 1, "ended": True}


# llama-index-llms-openai-like


@pytest.mark.clients
def test_openailike(run_python: Run, client: httpx.Client, expected: dict[str, Any]) -> None:
    found = run_python("openailike", "openailike_chat.py", "converse", **at(client))
    assert found.pop("refused") == ["NotFoundError", "model_not_found"]
    assert found.keys() == {"False", "True"}
    for conversation in found.values():
        assert conversation["content"] == expected["content"]
        assert conversation["quotations"] == expected["quotations"]
        assert conversation["reply"] == conversation["streamed"] == expected["follow-up"]


@pytest.mark.clients
def test_openailike_faults(run_python: Run, broken: httpx.Client, silent: httpx.Client) -> None:
    found = run_python("openailike", "openailike_chat.py", "broken", **at(broken))
    assert found["False"] == ["APIError", "unavailable"]
    found = run_python("openailike", "openailike_chat.py", "cancel", **at(silent))
    assert found == {"False": [1.0, True], "True": [1.0, True]}


# Haystack's OpenAIChatGenerator


@pytest.mark.clients
def test_haystack(
    run_python: Run, client: httpx.Client, broken: httpx.Client, silent: httpx.Client, expected: dict[str, Any]
) -> None:
    found = run_python("haystack", "haystack_chat.py", "converse", **at(client))
    assert found["content"] == expected["content"]
    assert found["streamed"] == found["pieces"] == expected["follow-up"]
    assert not {"annotations", "nonmun"} & set(found["meta"])
    assert found["refused"] == ["NotFoundError", "model_not_found"]
    found = run_python("haystack", "haystack_chat.py", "broken", **at(broken))
    assert found["broken"] == ["APIError", "unavailable"]
    found = run_python("haystack", "haystack_chat.py", "cancel", **at(silent))
    assert found["cancelled"] == [1.0, True]


# The documentation


def plain(code: str) -> str:
    """Return code without indentation and comments."""
    lines = (line.split("  # ")[0].split(" // ")[0].strip() for line in textwrap.dedent(code).splitlines())
    return "\n".join(line for line in lines if line)


def test_the_snippets_of_the_documentation_are_those_that_are_run() -> None:
    programs = [plain(path.read_text("utf-8")) for path in (HERE / "programs").iterdir() if path.is_file()]
    text = (DOCS / "clients.md").read_text("utf-8")
    snippets = re.findall(r"^```(?:python|js)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert len(snippets) >= 6
    for snippet in snippets:
        for part in re.split(r"\n\n+", snippet.strip()):
            assert any(plain(part) in program for program in programs), part
