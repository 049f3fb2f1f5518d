"""Models that write answers without a server: llama-index's own and anything that streams."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata, MockLLM
from llama_index.core.llms.callbacks import llm_completion_callback

from nonmun import Library
from nonmun.api.events import HitsEvent, TokenEvent
from nonmun.api.llm import ReplyError, replied
from nonmun.api.llm.base import MAX_REPLY

KO = "보상 모델 없이 선호에 맞추는 학습은?"


@pytest.fixture
def opened(sample_library: Library) -> Any:
    def open_(llm: Any, **update: Any) -> Library:
        settings = sample_library.settings.model_copy(update=update)
        return Library.open(settings=settings, embedding=sample_library.embedder, llm=llm, create=False)

    return open_


class Reading(CustomLLM):
    """Says the longest Korean line of the prompt, a word at a time."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata()

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        raise NotImplementedError

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        lines = [line for line in prompt.split("\n[1] ")[1].splitlines()[1:] if line.endswith("니다.")]
        words = [f"{word} " for word in f"{lines[0]} [1]".split()]
        return (CompletionResponse(text="".join(words[: at + 1]), delta=word) for at, word in enumerate(words))


class Broken(Reading):
    """Fails like a model whose server is gone."""

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        raise ConnectionError("no route to host")


def test_a_llama_index_model_writes(opened: Any) -> None:
    with opened(Reading()) as library:
        answer = library.ask(KO)
        assert (answer.writer, answer.dropped) == ("generated", 0)
        assert answer.citations
        told = "".join(one.text for one in library.stream(KO) if isinstance(one, TokenEvent))
        assert told == answer.answer


@pytest.mark.parametrize(
    ("llm", "why"),
    [(MockLLM(max_tokens=20), "nothing_supported"), (Broken(), "failed")],
    ids=["mock", "broken"],
)
def test_a_llama_index_model_that_is_of_no_use(opened: Any, llm: Any, why: str) -> None:
    with opened(llm) as library:
        answer = library.ask(KO)
        assert answer.writer == "extracted"
        assert answer.why == why
        assert answer.answer == library.ask(KO, generate=False).answer


def test_a_model_that_repeats_the_prompt(opened: Any) -> None:
    with opened(MockLLM()) as library:
        answer = library.ask(KO)
    assert "=====" not in answer.answer
    assert "번호가 붙은 글" not in answer.answer
    assert answer.citations


class Hanging:
    """Never says a word, and notices when nobody listens any more."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def stream(self, messages: Sequence[Any]) -> Iterator[str]:
        try:
            while True:
                time.sleep(0.05)
                yield ""
        finally:
            self.closed.set()


def test_a_model_of_ones_own_that_only_thinks(opened: Any) -> None:
    model = Hanging()
    with opened(model, llm_timeout=0.5) as library:
        answer = library.ask(KO)
    assert (answer.writer, answer.why) == ("extracted", "timeout")
    assert model.closed.wait(5)


def test_closing_stops_a_model_of_ones_own(opened: Any) -> None:
    model = Hanging()
    with opened(model) as library:
        events = library.events(KO, 5)
        assert isinstance(next(events), HitsEvent)
        assert next(events) is None, "the model is at work"
        events.close()
        assert model.closed.wait(5)


class Endless:
    """Says more than anybody reads."""

    def stream(self, messages: Sequence[Any]) -> Iterator[str]:
        while True:
            yield "x" * 1_000


def test_replies_are_bounded() -> None:
    reply = replied(Endless(), [])
    with pytest.raises(ReplyError, match=f"{MAX_REPLY:,}"):
        list(reply)


def test_whoever_waits_is_told_of_the_end() -> None:
    reply = replied(Hanging(), [])
    assert reply.take(5) == ""
    reply.close()
    while reply.take(5) is not None:
        pass
    assert reply.take(0) is None
