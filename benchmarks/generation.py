"""Measure latency of answers with and without a language model, and of the fallback when its server fails.

    python benchmarks/generation.py DATA

DATA is a data directory that holds the digests of 2025-05-06 to 2025-05-21. The model server runs on
this machine and streams immediately, so that nonmun's own overhead is measured: prompt, connection, and verification of
each sentence. Target: if the server fails, the answer is complete within 2 s after the search.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from questions import judged_questions

from nonmun import Library
from nonmun.api.events import DoneEvent, TokenEvent
from nonmun.settings import load_settings

_HERE = Path(__file__).parent
_REPEATS = 5  # of each fault
_QUESTIONS = 20


def main(data: str) -> None:
    """Print median and worst milliseconds beyond the search."""
    sys.path.insert(0, str(_HERE.parent / "tests" / "api"))
    import model_server as models

    questions = [query.text for query in judged_questions().queries if query.answerable][:_QUESTIONS]
    with models.ModelServer() as server:
        settings = load_settings(data=data, llm_url=server.url, llm_model="m")
        with Library.open(settings=settings, create=False) as library:
            library.ask(questions[0])
            _print("quoted", [_latency(library, question, generate=False) for question in questions])
            _print("generated", [_latency(library, question) for question in questions])
            _print("first sentence", [_first_sentence(library, question) for question in questions])
            for name, behaviour in _faults(models, server).items():
                server.behave = behaviour
                _print(name, [_latency(library, questions[at]) for at in range(_REPEATS)])
            server.__exit__()
            _print("no server", [_latency(library, questions[at]) for at in range(_REPEATS)])


def _faults(models: Any, server: Any) -> dict[str, Callable[[Any], None]]:
    return {
        "429": models.status(429, retry_after="60"),
        "500": models.status(500),
        "refuses": models.replying("죄송합니다. 답변드릴 수 없습니다."),
        "cut in mid-stream": models.cutting(models.cited_sentences),
        "garbage": models.sending(b"\xff\xfe\xfd\n"),
        "unsupported claims": models.replying("모든 논문은 달에서 쓰였습니다 [1]. 상은 GPT-9가 받았습니다 [2]."),
        "endless reply": models.endless("끝이 없는 글입니다. " * 20),
        "no response": models.hanging(server, begins=False),
        "silent after headers": models.hanging(server),
        "silent in mid-stream": models.hanging(server, ["이 방법은 "]),
    }


def _latency(library: Library, question: str, **options: bool) -> float:
    """Return milliseconds of an answer beyond its search."""
    start = time.perf_counter()
    answer = library.ask(question, **options)
    searching = sum(value for stage, value in answer.timings.items() if stage not in {"answer", "llm"})
    return (time.perf_counter() - start) * 1000 - searching


def _first_sentence(library: Library, question: str) -> float:
    """Return milliseconds beyond the search until the first sentence is streamed."""
    start = time.perf_counter()
    elapsed = 0.0
    for event in library.stream(question):
        if isinstance(event, TokenEvent) and not elapsed:
            elapsed = (time.perf_counter() - start) * 1000
        if isinstance(event, DoneEvent):
            stages = event.answer.timings.items()
            return elapsed - sum(value for stage, value in stages if stage not in {"answer", "llm"})
    return elapsed


def _print(name: str, times: list[float]) -> None:
    print(f"{name:22} median {np.median(times):7.1f} ms   worst {max(times):7.1f} ms   ({len(times)})")


if __name__ == "__main__":
    main(sys.argv[1])
