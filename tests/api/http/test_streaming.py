"""Answers over HTTP as server-sent events: the same answer, and no work for a client that has disconnected."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import httpx
import pytest

from nonmun import Library, ModelError
from nonmun.index.domain.vectors import Matrix

KO = "보상 모델 없이 선호에 맞추는 학습은?"
QUESTIONS = [KO, "Which paper cuts an image into patches for a transformer?", "내일 부산 날씨 어때?"]


def events_of(response: httpx.Response) -> Iterator[tuple[str, Any]]:
    """Yield the events of a stream without its comments."""
    name = ""
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))
        else:
            assert line in {"", ": ", ":"}


def streamed(client: httpx.Client, **body: Any) -> list[tuple[str, Any]]:
    with client.stream("POST", "/v1/ask", json=body | {"stream": True}) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        return list(events_of(response))


@pytest.mark.parametrize("generate", [None, False])
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_last_event_is_the_body_without_stream(
    written: Library, serve: Any, question: str, generate: bool | None
) -> None:
    with serve(written) as client:
        body = client.post("/v1/ask", json={"question": question, "generate": generate}).json()
        events = streamed(client, question=question, generate=generate)
    names = [name for name, _ in events]
    assert (names[0], names[-1], names.count("hits"), names.count("done")) == ("hits", "done", 1, 1)
    done = events[-1][1]
    assert done.pop("timings").keys() == body.pop("timings").keys()
    assert done == body
    assert body["writer"] == ("generated" if generate is None and not body["abstained"] else "extracted")
    assert "".join(data["text"] for name, data in events if name == "token") == body["answer"]
    assert [data for name, data in events if name == "citation"] == body["citations"]
    assert [hit["paper_id"] for hit in events[0][1]["hits"]] == [hit["paper_id"] for hit in body["hits"]]
    assert events[0][1]["interpretation"] == body["interpretation"]


@pytest.mark.parametrize(
    ("body", "field"),
    [({"question": " "}, "question"), ({"question": KO, "k": 0}, "k"), ({"question": KO, "as_of": "x"}, "as_of")],
)
def test_an_invalid_request_gets_a_status_instead_of_a_stream(
    client: httpx.Client, body: dict[str, Any], field: str
) -> None:
    response = client.post("/v1/ask", json=body | {"stream": True})
    assert response.status_code == 422
    assert response.json()["field"] == field


def test_generation_without_a_model_is_an_invalid_request(client: httpx.Client) -> None:
    for stream in (True, False):
        response = client.post("/v1/ask", json={"question": KO, "generate": True, "stream": stream})
        assert (response.status_code, response.json()["field"]) == (422, "generate")
        assert "llm_url" in response.json()["detail"]


def test_the_body_limit_applies_to_streams(client: httpx.Client) -> None:
    assert client.post("/v1/ask", json={"question": "가" * 40_000, "stream": True}).status_code == 413
    body = [b'{"stream": true, "question": "', *[b"x" * 1_000] * 100, b'"}']
    assert client.post("/v1/ask", content=iter(body), headers={"content-type": "application/json"}).status_code == 413


@pytest.mark.parametrize("begins", [False, True])
def test_a_disconnect_stops_a_silent_model(
    written: Library, serve: Any, model_server: Any, models: Any, begins: bool
) -> None:
    patient = written.settings.model_copy(update={"llm_first_token": 60.0, "llm_gap": 60.0})
    model_server.behave = models.hanging(model_server, begins=begins)
    with Library.open(settings=patient, embedding=written.embedder, create=False) as library, serve(library) as client:
        with client.stream("POST", "/v1/ask", json={"question": KO, "stream": True}) as response:
            assert next(response.iter_lines()) == "event: hits"
            assert not model_server.disconnected.is_set()
        assert model_server.disconnected.wait(10)
        assert client.get("/healthz").status_code == 200


def test_a_disconnect_stops_a_busy_model(written: Library, serve: Any, model_server: Any, models: Any) -> None:
    def write_on(exchange: Any) -> None:
        exchange.begin()
        exchange.piece(f"{exchange.sentence(1)} [1]\n")
        while True:
            exchange.piece("그리고 ")
            if exchange.wait_for_disconnect(0.05):
                model_server.disconnected.set()
                return

    model_server.behave = write_on
    with serve(written) as client:
        with (
            client.stream("POST", "/v1/ask", json={"question": KO, "stream": True}) as response,
            closing(events_of(response)) as events,
        ):
            assert [next(events)[0] for _ in range(3)] == ["hits", "token", "citation"]
        assert model_server.disconnected.wait(10)


class Failing:
    """An embedder that fails once its language model, which it is as well, has been called."""

    def __init__(self, embedder: Any) -> None:
        self._embedder, self.fails = embedder, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def passages(self, texts: Sequence[str]) -> Matrix:
        if self.fails:
            raise ModelError("the model is out of memory; restart it")
        return self._embedder.passages(texts)

    def stream(self, messages: object) -> Iterator[str]:
        self.fails = True
        yield "아무 말이나 합니다. "


def test_a_failure_in_mid_stream_is_an_event(
    sample_library: Library, serve: Any, caplog: pytest.LogCaptureFixture
) -> None:
    failing = Failing(sample_library.embedder)
    settings = sample_library.settings
    with (
        Library.open(settings=settings, embedding=failing, llm=failing, create=False) as library,
        serve(library) as client,
    ):
        events = streamed(client, question=KO)
    assert [name for name, _ in events] == ["hits", "error"]
    assert (events[-1][1]["code"], events[-1][1]["status"]) == ("unavailable", 503)
    assert "out of memory" not in events[-1][1]["detail"]  # the log has it
    assert "out of memory" in caplog.text
    assert "a streamed answer failed" in caplog.text


def test_openapi_declares_both_media_types(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    content = document["paths"]["/v1/ask"]["post"]["responses"]["200"]["content"]
    assert content.keys() >= {"application/json", "text/event-stream"}
