"""Language models without a server: those of llama-index, and any object that streams."""

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
from nonmun.api.llm import ReplyError, open_reply
from nonmun.api.llm.base import MAX_REPLY

KO = "보상 모델 없이 선호에 맞추는 학습은?"


@pytest.fixture
def opened(sample_library: Library) -> Any:
    def open_(llm: Any, **update: Any) -> Library:
        settings = sample_library.settings.model_copy(update=update)
        return Library.open(settings=settings, embedding=sample_library.embedder, llm=llm, create=False)

    return open_


class Repeating(CustomLLM):
    """Repeats the first Korean sentence of the prompt, a word at a time."""

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


class Broken(Repeating):
    """Fails like a model whose server is unreachable."""

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        raise ConnectionError("no route to host")


def test_a_llama_index_model_writes_the_answer(opened: Any) -> None:
    with opened(Repeating()) as library:
        answer = library.ask(KO)
        assert (answer.writer, answer.dropped) == ("generated", 0)
        assert answer.citations
        streamed = "".join(event.text for event in library.stream(KO) if isinstance(event, TokenEvent))
        assert streamed == answer.answer


@pytest.mark.parametrize(
    ("llm", "why"),
    [(MockLLM(max_tokens=20), "nothing_supported"), (Broken(), "failed")],
    ids=["mock", "broken"],
)
def test_falls_back_to_quotations_if_a_llama_index_model_is_of_no_use(opened: Any, llm: Any, why: str) -> None:
    with opened(llm) as library:
        answer = library.ask(KO)
        assert answer.writer == "extracted"
        assert answer.why == why
        assert answer.answer == library.ask(KO, generate=False).answer


def test_drops_the_prompt_from_a_model_that_repeats_it(opened: Any) -> None:
    with opened(MockLLM()) as library:
        answer = library.ask(KO)
    assert "=====" not in answer.answer
    assert "번호가 붙은 글" not in answer.answer
    assert answer.citations


class Hanging:
    """Yields empty pieces for ever, and records when its iterator is closed."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def stream(self, messages: Sequence[Any]) -> Iterator[str]:
        try:
            while True:
                time.sleep(0.05)
                yield ""
        finally:
            self.closed.set()


def test_times_out_a_model_that_yields_no_text(opened: Any) -> None:
    model = Hanging()
    with opened(model, llm_timeout=0.5) as library:
        answer = library.ask(KO)
    assert (answer.writer, answer.why) == ("extracted", "timeout")
    assert model.closed.wait(5)


def test_closing_the_events_stops_the_model(opened: Any) -> None:
    model = Hanging()
    with opened(model) as library:
        events = library.events(KO, 5)
        assert isinstance(next(events), HitsEvent)
        assert next(events) is None, "the model is at work"
        events.close()
        assert model.closed.wait(5)


class Endless:
    """Yields text for ever."""

    def stream(self, messages: Sequence[Any]) -> Iterator[str]:
        while True:
            yield "x" * 1_000


def test_bounds_the_length_of_a_reply() -> None:
    reply = open_reply(Endless(), [])
    with pytest.raises(ReplyError, match=f"{MAX_REPLY:,}"):
        list(reply)


def test_closing_a_reply_ends_it_for_the_reader() -> None:
    reply = open_reply(Hanging(), [])
    assert reply.take(5) == ""
    reply.close()
    while reply.take(5) is not None:
        pass
    assert reply.take(0) is None
