"""Latency of search and ask: cold start apart, then one warm process.

    python benchmarks/query.py DATA [QUESTIONS.txt]

QUESTIONS.txt has one question a line; without it, 100 of those of benchmarks/abstention are asked.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from questions import plain_questions

from nonmun import Library


def main(data: str, source: str | None = None) -> None:
    """Print the start-up time of a process that answers one question, then medians and p95 of 100 in this one."""
    questions = Path(source).read_text("utf-8").splitlines() if source else plain_questions()
    questions = (questions * (100 // len(questions) + 1))[:100]
    command = [sys.executable, "-m", "nonmun", "ask", questions[0], "--data", data]
    cold = [_seconds(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(3)]
    print(f"cold `nonmun ask`: {min(cold):.2f} s best, {max(cold):.2f} s worst of 3")
    with Library.open(data, create=False) as library:
        library.ask(questions[0])
        for name, call in (("search", library.search), ("ask", library.ask)):
            times = [_seconds(lambda question=question, call=call: call(question)) * 1000 for question in questions]
            median, tail = np.median(times), np.quantile(times, 0.95)
            print(f"{name:6} median {median:6.1f} ms   p95 {tail:6.1f} ms   (100 questions)")


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(*sys.argv[1:3])
