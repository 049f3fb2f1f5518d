"""Measure the time from the start of a process to its first answer, step by step.

    python benchmarks/cold.py DATA [QUESTION] [--runs N]

Each run is a separate process that imports the command, opens the library, searches and answers; the whole command
`nonmun ask` is timed as well. Medians are printed: wall-clock time, and CPU time of all threads.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

_QUESTION = "정상 이미지 한 장만으로 이상을 찾는 논문이 있어?"


def child(started: float, data: str, question: str) -> None:
    """Run the steps of `nonmun ask` and print the wall-clock and CPU milliseconds of each."""
    laps: list[tuple[str, float, float]] = []
    last = [started, 0.0]

    def lap(step: str) -> None:
        wall, cpu = time.clock_gettime(time.CLOCK_MONOTONIC), time.process_time()
        laps.append((step, (wall - last[0]) * 1000, (cpu - last[1]) * 1000))
        last[:] = wall, cpu

    lap("interpreter")
    import nonmun.cli  # noqa: F401 - what the command imports

    lap("imports")
    from nonmun import Library

    library = Library.open(data, create=False)
    lap("catalog")
    library.search(question, 1)
    lap("model, analyzer, generation, first search")
    library.search(question)
    lap("warm search")
    library.ask(question)
    lap("answer")
    print(json.dumps(laps))


def main() -> None:
    """Run the processes one after another and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("question", nargs="?", default=_QUESTION)
    parser.add_argument("--runs", type=int, default=7)
    args = parser.parse_args()
    totals: list[float] = []
    steps: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for _ in range(args.runs):
        begin = time.perf_counter()
        command = [sys.executable, "-m", "nonmun", "ask", args.question, "--data", args.data]
        subprocess.run(command, check=True, capture_output=True)
        totals.append(time.perf_counter() - begin)
        started = str(time.clock_gettime(time.CLOCK_MONOTONIC))
        command = [sys.executable, str(Path(__file__)), "--child", started, args.data, args.question]
        result = subprocess.run(command, check=True, capture_output=True, text=True)
        for step, wall, cpu in json.loads(result.stdout.splitlines()[-1]):
            steps[step].append((wall, cpu))
    print(f"`nonmun ask`: {min(totals):.2f} s best, {np.median(totals):.2f} s median of {args.runs}\n")
    print("| step | wall ms | CPU ms |\n|---|---|---|")
    for step, times in steps.items():
        wall, cpu = np.median(times, axis=0)
        print(f"| {step} | {wall:.0f} | {cpu:.0f} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(float(sys.argv[2]), *sys.argv[3:5])
    else:
        main()
