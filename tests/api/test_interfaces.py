"""Python, HTTP and the command line return exactly the same result for a question."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from nonmun import Library
from nonmun.api.results import as_json

QUESTIONS = ["GPU 메모리 읽기와 쓰기를 줄여 정확한 어텐션을 계산하는 알고리즘", "recipe for kimchi stew", "2501.99999?"]


def plain(result: Any) -> dict[str, Any]:
    return untimed(json.loads(json.dumps(as_json(result))))


def untimed(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result without its timings, once it is clear that they are there."""
    if "hits" in result:
        assert set(result.pop("timings")) >= {"terms", "embedding", "dense", "lexical", "fusion", "evidence"}
    return result


def command(library: Library, cache: Path, *args: str) -> dict[str, Any]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("NONMUN_")}
    env |= {"NONMUN_DATA": str(library.settings.data), "NONMUN_CACHE": str(cache)}
    code = "from nonmun.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, *args], env=env, capture_output=True, check=True, timeout=120)
    return untimed(json.loads(done.stdout))


@pytest.mark.parametrize("question", QUESTIONS)
def test_interfaces_agree_on_an_answer(
    sample_library: Library, model_cache: Path, client: httpx.Client, question: str
) -> None:
    python = plain(sample_library.ask(question, 4))
    assert untimed(client.post("/v1/ask", json={"question": question, "k": 4}).json()) == python
    assert command(sample_library, model_cache, "ask", question, "-k", "4", "--json") == python


def test_interfaces_agree_on_a_search(sample_library: Library, model_cache: Path, client: httpx.Client) -> None:
    python = plain(sample_library.search(QUESTIONS[0]))
    assert untimed(client.post("/v1/search", json={"question": QUESTIONS[0]}).json()) == python
    assert command(sample_library, model_cache, "search", QUESTIONS[0], "--json") == python


def test_interfaces_agree_on_a_paper(sample_library: Library, model_cache: Path, client: httpx.Client) -> None:
    python = plain(sample_library.paper("1706.03762"))
    assert client.get("/v1/papers/1706.03762").json() == python
    assert command(sample_library, model_cache, "paper", "1706.03762", "--json") == python


def test_interfaces_agree_on_the_status(sample_library: Library, model_cache: Path) -> None:
    status = command(sample_library, model_cache, "status", "--json")
    assert status.pop("engine") == "openvino"
    assert status == plain(sample_library.status())
