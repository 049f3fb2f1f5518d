"""Latency of answers with and without a language model, and how soon the quotations are there when its server fails.

    python benchmarks/generation.py DATA

DATA is a data directory that holds the digests of 2025-05-06 to 2025-05-21. The server is one of this machine that
streams at once, so what is measured is our own work beside it: the prompt, the connection, the check of each sentence.
The rule: where a server is of no use, the answer is there within 2 s over the time of the search.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nonmun import Library
from nonmun.api.events import DoneEvent, TokenEvent
from nonmun.settings import load_settings

_HERE = Path(__file__).parent
_TIMES = 5  # of each fault
_QUESTIONS = 20


def main(data: str) -> None:
    """Print medians and worst cases in milliseconds over the time of the search."""
    sys.path.insert(0, str(_HERE.parent / "tests" / "api"))
    import model_server as models

    questions = (_HERE / "abstention" / "answerable.txt").read_text("utf-8").splitlines()[:_QUESTIONS]
    with models.ModelServer() as server:
        settings = load_settings(data=data, llm_url=server.url, llm_model="m")
        with Library.open(settings=settings, create=False) as library:
            library.ask(questions[0])
            _print("quoted", [_over_search(library, one, generate=False) for one in questions])
            _print("written", [_over_search(library, one) for one in questions])
            _print("first sentence", [_first(library, one) for one in questions])
            for name, behaviour in _faults(models, server).items():
                server.behave = behaviour
                _print(name, [_over_search(library, questions[at]) for at in range(_TIMES)])
            server.__exit__()
            _print("no server", [_over_search(library, questions[at]) for at in range(_TIMES)])


def _faults(models: Any, server: Any) -> dict[str, Callable[[Any], None]]:
    return {
        "429": models.status(429, retry_after="60"),
        "500": models.status(500),
        "refuses": models.replying("죄송합니다. 답변드릴 수 없습니다."),
        "cut in the middle": models.cutting(models.cited_sentences),
        "garbage": models.sending(b"\xff\xfe\xfd\n"),
        "lies": models.replying("모든 논문은 달에서 쓰였습니다 [1]. 상은 GPT-9가 받았습니다 [2]."),
        "endless": models.endless("끝이 없는 글입니다. " * 20),
        "never answers": models.hanging(server, begins=False),
        "silent after headers": models.hanging(server),
        "silent in the middle": models.hanging(server, ["이 방법은 "]),
    }


def _over_search(library: Library, question: str, **how: bool) -> float:
    """Milliseconds of an answer beyond its search."""
    start = time.perf_counter()
    answer = library.ask(question, **how)
    searching = sum(value for stage, value in answer.timings.items() if stage not in {"answer", "llm"})
    return (time.perf_counter() - start) * 1000 - searching


def _first(library: Library, question: str) -> float:
    """Milliseconds beyond the search until the first sentence is told."""
    start = time.perf_counter()
    told = 0.0
    for event in library.stream(question):
        if isinstance(event, TokenEvent) and not told:
            told = (time.perf_counter() - start) * 1000
        if isinstance(event, DoneEvent):
            stages = event.answer.timings.items()
            return told - sum(value for stage, value in stages if stage not in {"answer", "llm"})
    return told


def _print(name: str, times: list[float]) -> None:
    print(f"{name:22} median {np.median(times):7.1f} ms   worst {max(times):7.1f} ms   ({len(times)})")


if __name__ == "__main__":
    main(sys.argv[1])
