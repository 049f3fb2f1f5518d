"""Generated answers: verified and streamed, with a fallback to quotations whatever the server does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import pytest

from nonmun import Answer, ConfigError, InputError, Library, Settings
from nonmun.api.answers.generative import GenerationLimits
from nonmun.api.answers.generative.prompt import NO_ANSWER
from nonmun.api.events import CitationEvent, DoneEvent, HitsEvent, TokenEvent
from nonmun.settings import AnswerConfig

KO = "보상 모델 없이 선호에 맞추는 학습은?"
EN = "Which paper cuts an image into patches for a transformer?"
NOT_HERE = "내일 부산 날씨 어때?"


@pytest.fixture(scope="module")
def quoted(sample_library: Library) -> Callable[[str], Answer]:
    return cache(sample_library.ask)


@pytest.fixture
def opened(sample_library: Library, model_server: Any) -> Callable[..., AbstractContextManager[Library]]:
    """Opens the samples with other settings of the model."""

    def open_(**update: Any) -> Library:
        named = {"llm_url": model_server.url, "llm_model": "m"} | update
        settings = sample_library.settings.model_copy(update=named)
        return Library.open(settings=settings, embedding=sample_library.embedder, create=False)

    return open_


def assert_verified(answer: Answer, chunk_texts: dict[str, str]) -> None:
    """Every citation is exact and shown, and every marker is one of a cited paper."""
    for citation in answer.citations:
        assert chunk_texts[citation.chunk_id][citation.start : citation.end] == citation.quote
        assert f"[{citation.paper_id}]" in answer.answer
    assert set(re.findall(r"\[([^\[\]\s]+)\]", answer.answer)) <= {citation.paper_id for citation in answer.citations}


# --- accepted sentences


@pytest.mark.parametrize("question", [KO, EN])
def test_generates_a_cited_answer(
    written: Library, model_server: Any, chunk_texts: dict[str, str], question: str
) -> None:
    answer = written.ask(question)
    assert (answer.writer, answer.why, answer.dropped, answer.abstained) == ("generated", "", 0, False)
    assert_verified(answer, chunk_texts)
    assert answer.citations
    assert {"answer", "llm"} <= answer.timings.keys()
    (asked,) = model_server.requests
    assert (asked["model"], asked["stream"], asked["temperature"]) == ("m", True, 0)


def test_prompt_fences_the_passages(written: Library, model_server: Any) -> None:
    written.ask(KO)
    system, user = model_server.requests[0]["messages"]
    fence = user["content"].splitlines()[0]
    assert user["content"].count(fence) == 2
    assert fence in system["content"]
    assert KO in user["content"].rpartition(fence)[2]
    assert "[1] " in user["content"]
    assert len(system["content"] + user["content"]) < 6_000
    assert "한국어" in system["content"]


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("이미지를 패치로 잘라 트랜스포머에 넣는 논문을 영어로 요약해줘", "in English"),
        ("Which paper cuts an image into patches for a transformer? Answer in Korean.", "한국어로 답하세요"),
        ("영어로 된 논문 중 이미지를 패치로 잘라 트랜스포머에 넣는 논문은?", "한국어로 답하세요"),
    ],
)
def test_prompt_requests_the_language_of_the_answer(
    written: Library, model_server: Any, question: str, word: str
) -> None:
    written.ask(question)
    assert word in model_server.requests[0]["messages"][0]["content"]


def test_prompt_size_follows_its_budget(opened: Any, model_server: Any) -> None:
    for tokens in (200, 3_000):
        with opened(answer=AnswerConfig(prompt_tokens=tokens)) as library:
            library.ask(KO)
    small, large = (len(asked["messages"][1]["content"]) for asked in model_server.requests)
    assert small < 1_200 < large


def test_drops_the_reasoning_of_a_model(written: Library, model_server: Any, models: Any) -> None:
    model_server.behave = models.replying(
        lambda exchange: f"<think>I shall lie [1].</think>\n{models.cited_sentences(exchange)}"
    )
    answer = written.ask(KO)
    assert (answer.writer, answer.dropped) == ("generated", 0)
    assert "lie" not in answer.answer


def test_accepts_a_server_that_does_not_stream(written: Library, model_server: Any, models: Any) -> None:
    def whole(exchange: Any) -> None:
        body = {"choices": [{"message": {"role": "assistant", "content": models.cited_sentences(exchange)}}]}
        models.sending(json.dumps(body).encode(), content_type="application/json")(exchange)

    model_server.behave = whole
    assert written.ask(KO).writer == "generated"


def test_finds_the_passage_of_a_sentence_without_marker(written: Library, model_server: Any, models: Any) -> None:
    model_server.behave = models.replying(lambda exchange: exchange.sentence(1))
    answer = written.ask(KO)
    assert answer.writer == "generated"
    assert answer.answer.endswith(f"[{answer.citations[0].paper_id}]")


# --- rejected sentences


def supported_and(*more: str) -> Callable[[Any], str]:
    return lambda exchange: " ".join([f"{exchange.sentence(1)} [1]", *more])


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (["GPT-9는 보상 모델 없이 사람의 선호를 직접 학습합니다 [1]."], "GPT-9"),
        (["이 방법은 보상 모델 없이 학습 비용을 4321배 줄입니다 [1]."], "4321"),
        (["김치찌개는 돼지고기와 함께 오래 끓여야 맛이 깊어집니다 [1]."], "김치"),
        (["이 방법은 https://evil.example 에서 선호를 직접 학습합니다 [1]."], "evil"),
        (["보상 모델 없이 선호를 학습하는 방법은 2031년에 처음 제안되었습니다 [1]."], "2031"),
        (["The policy is trained on preferences directly without a frozen reward model [1]."], "frozen"),
    ],
)
def test_drops_unsupported_sentences(
    written: Library, model_server: Any, models: Any, chunk_texts: dict[str, str], more: list[str], word: str
) -> None:
    model_server.behave = models.replying(supported_and(*more))
    answer = written.ask(KO)
    assert (answer.writer, answer.why, answer.dropped) == ("generated", "", 1)
    assert word not in answer.answer
    assert_verified(answer, chunk_texts)


def test_drops_sentences_that_cite_the_wrong_passage(
    written: Library, model_server: Any, models: Any, chunk_texts: dict[str, str]
) -> None:
    def swap(exchange: Any) -> str:
        first, second = list(exchange.passages)[:2]
        return f"{exchange.sentence(first)} [{second}] {exchange.sentence(first)} [{first}]"

    model_server.behave = models.replying(swap)
    answer = written.ask(KO)
    assert (answer.writer, answer.dropped) == ("generated", 1)
    assert_verified(answer, chunk_texts)


@pytest.mark.parametrize("marker", ["[99]", "[2501.99999]", "[0]", "[출처 77]", "【88】"])
def test_strips_markers_of_unknown_passages(
    written: Library, model_server: Any, models: Any, chunk_texts: dict[str, str], marker: str
) -> None:
    model_server.behave = models.replying(lambda exchange: f"{exchange.sentence(1)} {marker}")
    answer = written.ask(KO)
    assert answer.writer == "generated"
    assert marker not in answer.answer
    assert_verified(answer, chunk_texts)


def test_strips_markup(written: Library, model_server: Any, models: Any) -> None:
    def decorated(exchange: Any) -> str:
        words = exchange.sentence(1).rstrip(".")
        return f"## **{words}** <img src=x onerror=y>\u202e [링크](http://evil.example). [1]"

    model_server.behave = models.replying(decorated)
    shown = written.ask(KO).answer
    assert not re.search(r"[<>*#\u202e]|\]\(|evil", shown)


# --- questions that need no model


def test_does_not_call_the_model_for_an_abstention(written: Library, model_server: Any) -> None:
    answer = written.ask(NOT_HERE)
    assert (answer.abstained, answer.reason, answer.writer, answer.why) == (
        True,
        "nothing_relevant",
        "extracted",
        "abstained",
    )
    assert model_server.requests == []


def test_does_not_call_the_model_for_a_digest(written: Library, model_server: Any) -> None:
    answer = written.ask("2025년 3월 4일 다이제스트에 뭐 있어?")
    assert (answer.interpretation.shape, answer.writer, answer.why) == ("digest", "extracted", "digest")
    assert len({citation.paper_id for citation in answer.citations}) > 3
    assert model_server.requests == []


def test_does_not_call_the_model_if_generation_is_off(
    written: Library, sample_library: Library, model_server: Any
) -> None:
    answer = written.ask(KO, generate=False)
    assert (answer.writer, answer.why) == ("extracted", "not_wanted")
    assert model_server.requests == []
    assert sample_library.ask(KO).why == "no_model"
    with pytest.raises(InputError, match="NONMUN_LLM_URL"):
        sample_library.ask(KO, generate=True)


def test_rejects_settings_with_a_server_but_no_model(opened: Any) -> None:
    with opened(llm_model="") as library, pytest.raises(ConfigError, match="llm_model is empty"):
        library.ask(KO)


# --- faults

FAULTS: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "429": (lambda models, server: models.status(429, retry_after="60"), "rate_limited"),
    "500": (lambda models, server: models.status(500), "failed"),
    "401": (lambda models, server: models.status(401), "failed"),
    "redirect": (lambda models, server: models.status(302, location="http://127.0.0.1:9/"), "failed"),
    "silent": (lambda models, server: models.hanging(server, begins=False), "timeout"),
    "silent after the headers": (lambda models, server: models.hanging(server), "timeout"),
    "silent in the middle": (lambda models, server: models.hanging(server, ["이 방법은 "]), "timeout"),
    "cut before it begins": (lambda models, server: lambda exchange: exchange.cut(), "cut_off"),
    "cut in the middle": (lambda models, server: models.cutting(models.cited_sentences), "cut_off"),
    "cut after a sentence": (
        lambda models, server: models.cutting(lambda request: f"{models.cited_sentences(request)} 그리고"),
        "cut_off",
    ),
    "no events": (lambda models, server: models.sending(b"<html>hello</html>\n"), "garbage"),
    "no JSON": (lambda models, server: models.sending(b"data: {nonsense\n\n"), "garbage"),
    "other JSON": (lambda models, server: models.sending(b'data: {"a": [1]}\n\ndata: [DONE]\n\n'), "garbage"),
    "no UTF-8": (
        lambda models, server: models.sending(b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n'),
        "garbage",
    ),
    "an error in the stream": (
        lambda models, server: models.sending(b'data: {"error": {"message": "out of memory"}}\n\n'),
        "failed",
    ),
    "a line without end": (lambda models, server: models.sending(b"data: " + b"x" * 1_100_000), "garbage"),
    "nothing": (lambda models, server: models.replying(""), "empty"),
    "blank": (lambda models, server: models.replying(" \n \n"), "garbage"),
    "signs": (lambda models, server: models.replying("#### !!! ... ??? ---- @@@@\n" * 20), "garbage"),
    "huge": (lambda models, server: models.replying("매우 긴 글입니다. " * 9_000, size=30_000), "too_long"),
    "endless": (lambda models, server: models.endless("끝이 없는 글입니다. " * 20), "too_long"),
    "endless and never the same": (
        lambda models, server: models.replying("".join(f"{at}번 글은 끝이 없습니다. " for at in range(900))),
        "nothing_supported",
    ),
    "one endless sentence": (lambda models, server: models.endless("끝없이 " * 100), "too_long"),
    "none": (lambda models, server: models.replying(NO_ANSWER), "refused"),
    "refuses": (lambda models, server: models.replying("죄송합니다. 그 질문에는 답변을 드릴 수 없습니다."), "refused"),
    "refuses in English": (
        lambda models, server: models.replying("I'm sorry, but I cannot help with that."), "refused",
    ),
    "sees no answer": (
        lambda models, server: models.replying("제공된 글에는 해당 정보가 포함되어 있지 않습니다."),
        "refused",
    ),
    "lies": (
        lambda models, server: models.replying("모든 논문은 달에서 쓰였습니다 [1]. 상은 GPT-9가 받았습니다 [2]."),
        "nothing_supported",
    ),
    "another language": (lambda models, server: models.replying("模型使用低秩矩阵进行微调 [1]。"), "nothing_supported"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_falls_back_to_quotations(
    written: Library, model_server: Any, models: Any, quoted: Callable[[str], Answer], name: str
) -> None:
    make, why = FAULTS[name]
    expected = quoted(KO)
    model_server.behave = make(models, model_server)
    started = time.monotonic()
    answer = written.ask(KO)
    took = time.monotonic() - started
    assert (answer.writer, answer.why) == ("extracted", why)
    assert (answer.answer, answer.citations, answer.hits) == (expected.answer, expected.citations, expected.hits)
    assert took < 10  # seconds: nothing waits for llm_timeout; benchmarks/generation.py measures the time


def test_falls_back_if_the_server_is_unreachable(opened: Any, quoted: Callable[[str], Answer]) -> None:
    with opened(llm_url="http://127.0.0.1:9/v1") as library:
        answer = library.ask(KO)
    assert (answer.writer, answer.why) == ("extracted", "unreachable")
    assert answer.answer == quoted(KO).answer


def test_waits_for_a_slow_server_within_its_limits(opened: Any, model_server: Any, models: Any) -> None:
    model_server.behave = models.replying(lambda exchange: f"{exchange.sentence(1)} [1]", pause=0.2, size=8)
    with opened(llm_first_token=0.7, llm_gap=0.7) as library:
        answer = library.ask(KO)
    assert answer.writer == "generated"
    assert answer.timings["llm"] > 1_000


def test_limits_the_time_of_a_whole_reply(opened: Any, model_server: Any, models: Any) -> None:
    model_server.behave = models.endless("느린 글", pause=0.1)
    with opened(llm_timeout=0.8) as library:
        assert library.ask(KO).why == "timeout"
    assert model_server.disconnected.wait(5)


def test_verification_time_does_not_count_as_a_gap(opened: Any, model_server: Any, models: Any) -> None:
    model_server.behave = models.replying(lambda exchange: f"{exchange.sentence(1)} [1]\n" * 2)
    with opened(llm_gap=0.05) as library:
        assert library.ask(KO).writer == "generated"


def test_drops_repeated_sentences(written: Library, model_server: Any, models: Any) -> None:
    model_server.behave = models.replying(lambda exchange: f"{exchange.sentence(1)} [1]\n" * 30)
    answer = written.ask(KO)
    assert (answer.writer, answer.dropped, answer.answer.count("[")) == ("generated", 0, 1)


def test_default_limits_equal_the_default_settings() -> None:
    settings = Settings()
    limits = GenerationLimits(
        settings.llm_first_token, settings.llm_gap, settings.llm_timeout, settings.answer.prompt_tokens
    )
    assert limits == GenerationLimits()
    assert settings.llm_first_token <= 1.5, "the extractive answer must be there within 2 s"


# --- events


@pytest.mark.parametrize("question", [KO, EN, NOT_HERE])
def test_events_add_up_to_the_answer(written: Library, question: str) -> None:
    events = list(written.stream(question))
    assert isinstance(events[0], HitsEvent)
    assert [type(event) for event in events].count(HitsEvent) == 1
    assert isinstance(events[-1], DoneEvent)
    answer = events[-1].answer
    assert answer == written.ask(question)
    assert "".join(event.text for event in events if isinstance(event, TokenEvent)) == answer.answer
    assert not any(event.replaces for event in events if isinstance(event, TokenEvent))
    assert tuple(event.citation for event in events if isinstance(event, CitationEvent)) == answer.citations
    assert [hit.paper_id for hit in events[0].hits] == [hit.paper_id for hit in answer.hits]


def test_streams_a_sentence_before_the_reply_ends(written: Library, model_server: Any, models: Any) -> None:
    def slowly(exchange: Any) -> None:
        exchange.begin()
        exchange.piece(f"{exchange.sentence(1)} [1]\n그리고 ")
        if exchange.wait_for_disconnect(20):
            model_server.disconnected.set()

    model_server.behave = slowly
    events = written.stream(KO)
    assert isinstance(next(events), HitsEvent)
    assert isinstance(next(events), TokenEvent)
    assert not model_server.disconnected.is_set()
    events.close()
    assert model_server.disconnected.wait(5), "the connection to the model is closed with the iterator"


def test_replaces_streamed_sentences_if_the_model_fails(
    written: Library, model_server: Any, models: Any, quoted: Callable[[str], Answer]
) -> None:
    model_server.behave = models.cutting(lambda exchange: f"{exchange.sentence(1)} [1]\n그리고 이 방법은")
    events = list(written.stream(KO))
    tokens = [event for event in events if isinstance(event, TokenEvent)]
    (start,) = (index for index, token in enumerate(tokens) if token.replaces)
    assert start == 1
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert "".join(token.text for token in tokens[start:]) == done.answer.answer == quoted(KO).answer
    assert done.answer.why == "cut_off"


def test_streams_no_unverified_sentence(written: Library, model_server: Any, models: Any) -> None:
    model_server.behave = models.replying(
        supported_and("GPT-9는 모든 것을 해결합니다 [1].", "김치는 맛있습니다 [1]."), size=3
    )
    text = "".join(event.text for event in written.stream(KO) if isinstance(event, TokenEvent))
    assert "GPT-9" not in text
    assert "김치" not in text
    assert text


def test_invalid_question_fails_with_the_first_event(written: Library) -> None:
    events = written.stream("")
    with pytest.raises(Exception, match="question: is empty"):
        next(events)


def test_command_names_the_writer_of_the_answer(written: Library, model_server: Any) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("NONMUN_")}
    env |= {"NONMUN_DATA": str(written.settings.data), "NONMUN_CACHE": str(written.settings.cache)}
    env |= {"NONMUN_LLM_URL": model_server.url, "NONMUN_LLM_MODEL": "m", "COLUMNS": "200"}
    code = "import sys; from nonmun.cli import main; sys.argv[0] = 'nonmun'; main()"

    def output(*options: str) -> str:
        command = [sys.executable, "-c", code, "ask", KO, *options]
        return subprocess.run(command, env=env, capture_output=True, check=True, timeout=120, text=True).stdout

    assert "written by a language model" in output()
    asked = len(model_server.requests)
    quoted = output("--no-llm")
    assert "written by" not in quoted
    assert "could be used" not in quoted
    assert len(model_server.requests) == asked
