"""Open WebUI as it is installed from PyPI, with nonmun as a connection: what it stores, and what its page receives.

Its packages for local models (torch and what needs it) are not installed: nothing here embeds or transcribes with them.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from nonmun import Library
from nonmun.api.keys import KeyStore

from ..conftest import served
from .conftest import Run, client_environment

pytestmark = [pytest.mark.clients, pytest.mark.timeout(1_800)]  # the first test installs it
QUESTION, FOLLOW_UP = "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법", "그 논문의 한계는?"
FOLLOW_UPS = [FOLLOW_UP, "그 논문의 실험 결과는?", "그 논문과 비슷한 논문은?"]
LORA = "2106.09685"
LINK = f"https://arxiv.org/abs/{LORA}"
SECONDS = 600  # that Open WebUI may take to start, and a service to notice that it has left


@pytest.fixture(scope="module")
def webui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running Open WebUI."""
    folder = tmp_path_factory.mktemp("openwebui")
    python = client_environment("openwebui") / "bin" / "python"
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("NONMUN_", "OPENAI_"))} | {
        "DATA_DIR": str(folder),
        "FROM_INIT_PY": "true",  # as `open-webui serve` sets it, which cannot serve a socket that listens already
        "WEBUI_SECRET_KEY": "a test's",
        "WEBUI_AUTH": "False",
        "RAG_EMBEDDING_ENGINE": "openai",
        "OFFLINE_MODE": "true",
        "ENABLE_OLLAMA_API": "False",
        "OPENAI_API_BASE_URLS": "http://127.0.0.1:9/v1",  # each test sets its own
        "OPENAI_API_KEYS": "unused",
    }
    log = folder / "log"
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as output:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        process = subprocess.Popen(
            [python, "-m", "uvicorn", "open_webui.main:app", "--fd", str(listener.fileno())],
            cwd=folder,
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[listener.fileno()],
        )
    try:
        # The socket listens already: the response comes once Open WebUI has started, or an error once it has ended.
        health = httpx.get(f"{address}/health", timeout=SECONDS, trust_env=False)
        assert health.json() == {"status": True}, log.read_text("utf-8")[-4_000:]
        yield address
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def page(webui: str, run_python: Run) -> Callable[..., Any]:
    """Have a page of Open WebUI connected to a service, and questions asked there; see `programs/openwebui_chat.py`."""

    def ask(
        client: httpx.Client, action: str, *questions: str, header: str = "with-header", key: str = "unused"
    ) -> Any:
        connection = {"OPENAI_BASE_URL": f"{client.base_url}".rstrip("/") + "/v1", "OPENAI_API_KEY": key}
        return run_python("openwebui", "openwebui_chat.py", webui, header, action, *questions, **connection)

    return ask


class Paused:
    """A language model that writes a sentence and the beginning of another one, and waits for its client to leave."""

    def __init__(self) -> None:
        self.left = threading.Event()

    def __call__(self, exchange: Any) -> None:
        exchange.begin()
        exchange.piece(f"{exchange.sentence()} [1]\n\n그리고 ")
        if exchange.wait_for_disconnect(SECONDS):
            self.left.set()


def emitted(turn: dict[str, Any], kind: str) -> list[Any]:
    """Return what came with the events of a kind."""
    return [event.get("data") for event in turn["events"] if event["type"] == kind]


def answer(turn: dict[str, Any]) -> dict[str, Any]:
    """Return the answer as the service extends its last chunk, which reaches the page."""
    return next(data["nonmun"] for data in emitted(turn, "chat:completion") if "nonmun" in data)


def documents(turn: dict[str, Any]) -> list[str]:
    """Return what the stored sources show."""
    return [document for source in turn["stored"]["sources"] for document in source["document"]]


def check_text(turn: dict[str, Any]) -> None:
    """Check a complete answer about one paper."""
    stored = turn["stored"]
    assert stored["done"] is True
    assert "error" not in stored
    assert stored["content"] == turn["streamed"]
    assert re.findall(r"^\d+\. .* \((\S+)\)$", stored["content"], re.MULTILINE) == [LINK]
    assert set(re.findall(r"\[\d+\]", stored["content"])) == {"[1]"}
    assert stored["sources"] == emitted(turn, "source")
    assert {source["source"]["url"] for source in stored["sources"]} == {LINK}
    assert {metadata["source"] for source in stored["sources"] for metadata in source["metadata"]} == {LINK}
    assert turn["running"] == []


def check_quotations(turn: dict[str, Any], samples: Path) -> None:
    """Check that the stored sources are the exact quotations, each in the chunk it names and in a sample."""
    extension = answer(turn)
    assert turn["stored"]["content"].startswith(extension["answer"].replace(f"[{LORA}]", "[1]"))
    assert documents(turn) == [citation["quote"] for citation in extension["citations"]] != []
    chunks = {found["chunk_id"]: found["text"] for hit in extension["hits"] for found in hit["evidence"]}
    texts = [path.read_text("utf-8") for path in (samples / "digests").rglob("*.*") if path.is_file()]
    texts += [json.loads(line)["text"] for line in (samples / "abstracts.jsonl").read_text("utf-8").splitlines()]
    for citation in extension["citations"]:
        assert citation["quote"] in chunks[citation["chunk_id"]]
        assert any(citation["quote"] in text for text in texts), citation["quote"]


def test_a_conversation_with_the_header(page: Callable[..., Any], client: httpx.Client, samples: Path) -> None:
    found = page(client, "converse", QUESTION, FOLLOW_UP)
    assert found["models"] == ["nonmun", "nonmun-extractive"]
    first, second = found["turns"]
    for turn in (first, second):
        check_text(turn)
        check_quotations(turn, samples)
    assert not set(documents(first)) & set(documents(second))


def test_without_the_header_sources_are_titles(page: Callable[..., Any], client: httpx.Client) -> None:
    (turn,) = page(client, "converse", QUESTION, header="without")["turns"]
    check_text(turn)
    (title,) = set(documents(turn))
    assert f"1. {title} ({LINK})" in turn["stored"]["content"]


def test_titles_tags_and_follow_up_questions(page: Callable[..., Any], client: httpx.Client) -> None:
    for _ in range(2):
        first, second = page(client, "converse", QUESTION, FOLLOW_UP)["turns"]
        assert emitted(first, "chat:title") == [QUESTION]
        assert emitted(first, "chat:tags") == [["AI", "논문"]]
        for turn in (first, second):
            assert turn["title"] == QUESTION
            assert turn["tags"] == ["AI", "논문"]
            assert turn["stored"]["followUps"] == FOLLOW_UPS
            assert emitted(turn, "chat:message:follow_ups") == [{"follow_ups": FOLLOW_UPS}]


def check_error(turn: dict[str, Any], said: str) -> None:
    """Check that an error is stored in the place of an answer, and shown at once."""
    stored = turn["stored"]
    assert (stored["content"], stored["done"]) == ("", True)
    assert said in str(stored["error"]["content"])
    assert [data["error"] for data in emitted(turn, "chat:message:error")] == [stored["error"]]
    assert turn["running"] == []


def test_a_wrong_key_is_an_error_that_is_shown(
    page: Callable[..., Any], sample_library: Library, keys: KeyStore
) -> None:
    secret, key = keys.create("Open WebUI", ["ask"])
    with served(sample_library, keys) as client:
        found = page(client, "converse", QUESTION, key=secret)
        check_text(found["turns"][0])
        keys.revoke(key.id)
        (turn,) = page(client, "stay", QUESTION)["turns"]
        check_error(turn, "a valid API key")
        assert secret not in str(turn)
        assert page(client, "converse", key=secret)["models"] == []


def test_a_stopped_service_is_an_error_that_is_shown(page: Callable[..., Any], sample_library: Library) -> None:
    with served(sample_library) as client:
        assert page(client, "converse")["models"]
    check_error(page(client, "stay", QUESTION)["turns"][0], "Server Connection Error")
    assert page(client, "converse")["models"] == []


def test_the_stop_button_ends_an_answer(page: Callable[..., Any], patient: Library, model_server: Any) -> None:
    model_server.behave = paused = Paused()
    with served(patient, writers=10) as client:
        (turn,) = page(client, "stop", QUESTION)["turns"]
        assert paused.left.wait(SECONDS)  # while Open WebUI lives on
    stored = turn["stored"]
    assert emitted(turn, "chat:tasks:cancel")
    assert stored["done"] is True
    assert "error" not in stored
    assert stored["content"] == turn["streamed"] != ""
    assert [item["status"] for item in stored["output"]] == ["incomplete"]
    assert stored["sources"] == emitted(turn, "source")
    assert turn["running"] == []
    assert "followUps" not in stored
