"""Where the time goes from the start of a process to its first answer.

    python benchmarks/cold.py DATA [QUESTION] [--runs N]

Each run is a process of its own that imports the command, opens the library, asks and answers; the whole command
`nonmun ask` is timed beside it. Printed are medians: of the clock, and of the processor time of all threads.
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
    """Take the steps of `nonmun ask`, and print what each took."""
    laps: list[tuple[str, float, float]] = []
    last = [started, 0.0]

    def lap(step: str) -> None:
        now, used = time.clock_gettime(time.CLOCK_MONOTONIC), time.process_time()
        laps.append((step, (now - last[0]) * 1000, (used - last[1]) * 1000))
        last[:] = now, used

    lap("interpreter")
    import nonmun.cli  # noqa: F401 - what the command imports

    lap("imports")
    from nonmun import Library

    library = Library.open(data, create=False)
    lap("catalog")
    library.search(question, 1)
    lap("model, analyser, generation, first search")
    library.search(question)
    lap("a search")
    library.ask(question)
    lap("an answer")
    print(json.dumps(laps))


def main() -> None:
    """Run the processes in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("question", nargs="?", default=_QUESTION)
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    whole: list[float] = []
    steps: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for _ in range(given.runs):
        begin = time.perf_counter()
        command = [sys.executable, "-m", "nonmun", "ask", given.question, "--data", given.data]
        subprocess.run(command, check=True, capture_output=True)
        whole.append(time.perf_counter() - begin)
        started = str(time.clock_gettime(time.CLOCK_MONOTONIC))
        command = [sys.executable, str(Path(__file__)), "--child", started, given.data, given.question]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        for step, clock, used in json.loads(done.stdout.splitlines()[-1]):
            steps[step].append((clock, used))
    print(f"`nonmun ask`: {min(whole):.2f} s best, {np.median(whole):.2f} s median of {given.runs}\n")
    print("| step | ms by the clock | ms of processor |\n|---|---|---|")
    for step, spent in steps.items():
        clock, used = np.median(spent, axis=0)
        print(f"| {step} | {clock:.0f} | {used:.0f} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(float(sys.argv[2]), *sys.argv[3:5])
    else:
        main()
