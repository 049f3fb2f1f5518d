"""The MCP inspector's command line over both transports."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from nonmun import Library
from nonmun.api.keys import KeyStore

from ..conftest import served

pytestmark = pytest.mark.clients

KO = "보상 모델 없이 선호에 맞추는 학습은?"
PAPER = "2010.11929"
TOOLS = ["search", "fetch", "ask_papers", "get_paper", "list_digests", "find_similar", "export_citations"]
LIST = ["--method", "tools/list"]
Inspect = Callable[..., list[Any]]


def call(tool: str, **arguments: str) -> list[str]:
    pairs = [part for name, value in arguments.items() for part in ("--tool-arg", f"{name}={value}")]
    return ["--method", "tools/call", "--tool-name", tool, *pairs]


@pytest.fixture
def inspect(run_node: Callable[..., Any]) -> Inspect:
    """Run requests against a target and return what each printed, as JSON where it succeeded."""

    def inspect(target: Sequence[str], *requests: Sequence[str], **environment: str) -> list[Any]:
        arguments = [json.dumps(part) for part in (target, *requests)]
        results = run_node("mcp-inspector", "mcp_inspector.mjs", *arguments, **environment)
        return [json.loads(done["output"]) if done["status"] == 0 else done for done in results]

    return inspect


@pytest.fixture(params=["stdio", "http"])
def target(request: pytest.FixtureRequest, sample_library: Library, client: httpx.Client) -> list[str]:
    if request.param == "http":
        return [f"{client.base_url}".rstrip("/") + "/mcp", "--transport", "http"]
    return [sys.executable, "-m", "nonmun", "mcp", "--data", str(sample_library.settings.data)]


def test_the_inspector_sees_and_uses_everything(
    inspect: Inspect, target: list[str], sample_library: Library, model_cache: Path
) -> None:
    tools, found, answer, resources, status, prompts, prompt = inspect(
        target,
        LIST,
        call("search", query=KO),
        call("ask_papers", question=KO, k="3"),
        ["--method", "resources/list"],
        ["--method", "resources/read", "--uri", "nonmun://status"],
        ["--method", "prompts/list"],
        ["--method", "prompts/get", "--prompt-name", "compare_papers", "--prompt-args", "papers=LoRA, ViT"],
        NONMUN_CACHE=str(model_cache),
        PYTHONPATH=os.environ.get("PYTHONPATH", ""),
    )
    assert [tool["name"] for tool in tools["tools"]] == TOOLS
    assert all(tool["annotations"]["readOnlyHint"] for tool in tools["tools"])
    ids = [result["id"] for result in found["structuredContent"]["results"]]
    assert ids == [hit.paper_id for hit in sample_library.search(KO).hits]
    cited = sample_library.ask(KO, 3).citations
    assert [one["quote"] for one in answer["structuredContent"]["citations"]] == [one.quote for one in cited]
    assert {resource["uri"] for resource in resources["resources"]} == {"nonmun://digests", "nonmun://status"}
    assert json.loads(status["contents"][0]["text"])["papers"] == sample_library.status().papers
    assert {one["name"] for one in prompts["prompts"]} == {"compare_papers", "weekly_briefing"}
    assert "LoRA, ViT" in prompt["messages"][0]["content"]["text"]


def test_the_inspector_sends_a_key(inspect: Inspect, sample_library: Library, keys: KeyStore) -> None:
    secret, _ = keys.create("a test", ["read"])
    with served(sample_library, keys) as client:
        target = [f"{client.base_url}".rstrip("/") + "/mcp", "--transport", "http"]
        header = ["--header", f"Authorization: Bearer {secret}"]
        listed, refused = inspect([*target, *header], LIST, call("ask_papers", question=KO))
        assert [tool["name"] for tool in listed["tools"]] == TOOLS
        assert "the key lacks the scope ask" in json.dumps(refused)
        (refused,) = inspect(target, LIST)
        assert refused["status"] != 0
        assert secret not in json.dumps(refused)
