"""Run the HTTP service under mixed load for an hour while its index changes, and judge its memory and its failures.

    python benchmarks/soak.py DATA [--seconds 3600] [--clients 8] [--cycle 60] [--warm-up 300]

DATA is copied. Clients search, ask, stream (and leave some streams), read papers and chunks, and send requests that are
refused. In every cycle one process ingests a digest, and another removes the paper of the one before. Memory is the
proportional set size of the server's process (PSS, /proc/PID/smaps_rollup), to which a line is fitted after the
warm-up.

The exit status is 1 if the line rises by more than 1 % an hour, if a request fails with a status from 500 on that is no
overload (503 with Retry-After), or if a command fails. A line through less than half an hour is shown, not judged.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from load import QUESTIONS, Service
from rich.console import Console
from rich.table import Table

_LIMIT = 0.01  # rise of the memory an hour
_SHORTEST = 1_800  # seconds of measurements from which on the line is judged
_SAMPLE_INTERVAL = 5.0  # seconds
_LEFT_SHARE = 0.2  # share of the streams that their client leaves
_ENTRY = """# {day}

## {paper}
🔗 https://arxiv.org/abs/{paper}

**Summary**:
## 1. 핵심 동기와 문제 정의
이 논문은 {number}번째 센서 배열에서 잡음을 줄이는 방법을 다룹니다.

## 5. 정량적 결과
오류가 {number}.5% 줄었습니다.
"""
console = Console(width=160)


@dataclass
class Soak:
    """What was measured.

    Attributes:
        statuses: number of responses by kind of request and status; 0 is a connection that failed.
        seconds: latencies of admitted requests by kind.
        unintended: failures that are no overload.
        memory: seconds since the start and PSS in bytes.
        cycles: how many digests were ingested.
        failed: commands that failed, with their errors.
    """

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    seconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    unintended: list[str] = field(default_factory=list[str])
    memory: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    cycles: int = 0
    failed: list[str] = field(default_factory=list[str])

    def slope(self, warm_up: float) -> tuple[float, float, float]:
        """Fit a line to the memory after the warm-up.

        Returns:
            Seconds of measurements; rise an hour and its standard error, as shares of the memory at the beginning of
            the line. The error takes samples as independent, so it is a lower bound.
        """
        times, sizes = np.array([sample for sample in self.memory if sample[0] >= warm_up], float).reshape(-1, 2).T
        if len(times) < 3:
            return 0.0, float("nan"), float("nan")
        (rise, start), covariance = np.polyfit(times - times[0], sizes, 1, cov=True)
        return times[-1] - times[0], 3_600 * rise / start, 3_600 * float(np.sqrt(covariance[0, 0])) / start


class Clients:
    """Clients of a service that send requests of all kinds.

    Args:
        client: sends the requests.
        soak: records what comes of them.
        questions: what is asked.
        papers: what is looked up.
    """

    def __init__(self, client: httpx.AsyncClient, soak: Soak, questions: Sequence[str], papers: Sequence[str]) -> None:
        self._client, self._soak, self._papers = client, soak, papers
        self._questions, self._random = itertools.cycle(questions), random.Random(0)
        self._chunks: list[str] = []

    async def work(self, end: float) -> None:
        """Send one request after another until a time, in monotonic seconds."""
        kinds = [self._search, self._ask, self._stream, self._paper, self._chunk, self._refused]
        while time.monotonic() < end:
            send = self._random.choice(kinds)
            kind, begin = send.__name__.strip("_"), time.monotonic()
            try:
                response = await send()
            except httpx.HTTPError as error:
                self._soak.statuses[kind, 0] += 1
                self._soak.unintended.append(f"{kind}: {error!r}")
                continue
            status = response.status_code
            self._soak.statuses[kind, status] += 1
            if status < 500:
                self._soak.seconds.setdefault(kind, []).append(time.monotonic() - begin)
            elif status == 503 and "retry-after" in response.headers:
                await asyncio.sleep(float(response.headers["retry-after"]))
            else:
                self._soak.unintended.append(f"{kind}: {status} {response.text[:200]}")

    async def _search(self) -> httpx.Response:
        return await self._client.post("/v1/search", json={"question": next(self._questions)})

    async def _ask(self) -> httpx.Response:
        response = await self._client.post("/v1/ask", json={"question": next(self._questions)})
        if response.status_code == 200:
            self._chunks = [citation["chunk_id"] for citation in response.json()["citations"]] or self._chunks
        return response

    async def _stream(self) -> httpx.Response:
        leaves = self._random.random() < _LEFT_SHARE
        body = {"question": next(self._questions), "stream": True}
        async with self._client.stream("POST", "/v1/ask", json=body) as response:
            async for line in response.aiter_lines():
                if leaves and line.startswith("event: "):
                    break
                if line == "event: error":
                    self._soak.unintended.append("stream: an event of an error")
        return response

    async def _paper(self) -> httpx.Response:
        return await self._client.get(f"/v1/papers/{self._random.choice(self._papers)}", params={"history": "true"})

    async def _chunk(self) -> httpx.Response:
        chunk = self._random.choice(self._chunks) if self._chunks else "none"
        return await self._client.get(f"/v1/chunks/{chunk}")

    async def _refused(self) -> httpx.Response:
        requests: list[tuple[str, str, Any]] = [
            ("POST", "/v1/ask", {"question": ""}),
            ("POST", "/v1/search", {"question": "x", "k": 1_000}),
            ("GET", "/v1/papers/nothing", None),
            ("GET", "/v1/papers/0101.00001", None),
            ("DELETE", "/v1/status", None),
        ]
        method, path, body = self._random.choice(requests)
        return await self._client.request(method, path, json=body)


async def change_index(data: Path, folder: Path, soak: Soak, end: float, cycle: float) -> None:
    """Ingest a digest and remove the paper of the one before, in every cycle until a time."""
    for number in itertools.count(1):
        next_cycle = time.monotonic() + cycle
        if next_cycle > end:
            return
        day, paper = f"2031-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}", f"3101.{number:05}"
        digest = folder / f"{day}-{number}.md"
        digest.write_text(_ENTRY.format(day=day, paper=paper, number=number), "utf-8")
        await _run(soak, "ingest", str(digest), "--data", str(data))
        soak.cycles += 1
        if number > 1:
            await _run(soak, "remove", f"3101.{number - 1:05}", "--data", str(data))
        await asyncio.sleep(max(0.0, next_cycle - time.monotonic()))


async def _run(soak: Soak, *arguments: str) -> None:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "nonmun", *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=pipe
    )
    _, errors = await process.communicate()
    if process.returncode:
        soak.failed.append(f"nonmun {' '.join(arguments)}: {errors.decode(errors='replace')[-300:]}")


async def watch_memory(service: Service, soak: Soak, end: float) -> None:
    """Record the memory of a service until a time."""
    start = time.monotonic()
    while time.monotonic() < end:
        soak.memory.append((time.monotonic() - start, service.memory()))
        await asyncio.sleep(_SAMPLE_INTERVAL)


async def run(service: Service, data: Path, folder: Path, given: argparse.Namespace) -> Soak:
    """Put the service under load and change its index."""
    soak, end = Soak(), time.monotonic() + given.seconds
    questions = [json.loads(line)["text"] for line in QUESTIONS.read_text("utf-8").splitlines()]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=service.url, timeout=120, limits=limits, trust_env=False) as client:
        found = (await client.post("/v1/search", json={"question": questions[0], "k": 100})).json()
        clients = Clients(client, soak, questions, [hit["paper_id"] for hit in found["hits"]])
        await asyncio.gather(
            watch_memory(service, soak, end),
            change_index(data, folder, soak, end, given.cycle),
            *(clients.work(end) for _ in range(given.clients)),
        )
    return soak


def report(soak: Soak, warm_up: float) -> bool:
    """Print what was measured; return whether it is within the limits."""
    table = Table("request", "responses", "p50 ms", "p99 ms")
    for kind in sorted({kind for kind, _ in soak.statuses}):
        counts = {status: count for (other, status), count in sorted(soak.statuses.items()) if other == kind}
        p50, p99 = 1000 * np.quantile(soak.seconds.get(kind) or [float("nan")], (0.5, 0.99))
        responses = ", ".join(f"{status}: {count:,}" for status, count in counts.items())
        table.add_row(kind, responses, f"{p50:.0f}", f"{p99:.0f}")
    console.print(table)
    measured, rise, error = soak.slope(warm_up)
    sizes = [size / (1 << 20) for _, size in soak.memory]
    console.print(f"{soak.cycles} digests ingested; {len(soak.failed)} commands failed")
    shown = ", ".join(f"{size:.0f}" for size in sizes[:: max(1, len(sizes) // 12)])
    console.print(f"PSS in MiB, in equal steps: {shown}; {max(sizes):.0f} at most")
    console.print(f"{100 * rise:+.2f} % an hour (standard error {100 * error:.2f}) over {measured:.0f} s")
    console.print(f"{len(soak.unintended)} failures that are no overload")
    for text in [*soak.unintended[:10], *soak.failed[:10]]:
        console.print(f"  {text}", markup=False)
    is_judged = measured >= _SHORTEST
    if not is_judged:
        console.print(f"the memory is not judged: it was measured for less than {_SHORTEST} s after the warm-up")
    return not soak.unintended and not soak.failed and (not is_judged or rise <= _LIMIT)


def main() -> int:
    """Run the soak and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seconds", type=float, default=3_600)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--cycle", type=float, default=60, help="seconds between two digests")
    parser.add_argument("--warm-up", type=float, default=300, help="seconds before memory counts")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = Path(shutil.copytree(given.data, folder / "data"))
        service = Service([sys.executable, "-m", "nonmun", "serve", "--data", str(data), "--port", "0"])
        try:
            soak = asyncio.run(run(service, data, folder, given))
        finally:
            service.stop()
    return 0 if report(soak, given.warm_up) else 1


if __name__ == "__main__":
    sys.exit(main())
