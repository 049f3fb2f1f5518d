"""Measure the HTTP service under load: throughput, latency and CPU time by number of clients.

    python benchmarks/load.py DATA [--against NAME=COMMAND] [--clients 1,8,64,256] [--seconds 10] [--rounds 2]

Each contender is a command that serves DATA and prints its URL: this version (`nonmun serve`), any `--against`, and
llama-index's tutorial pipeline behind FastAPI (`benchmarks/tutorial_service.py`; it can only search). They take turns,
so that the load of the machine is shared. Clients ask one question after another; one more client asks for `/healthz`
ten times a second. CPU time is that of the server's process and its children.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table

QUESTIONS = Path(__file__).parent / "answers" / "questions.jsonl"
_URL = re.compile(r"http://\S+?:\d+")
_HEALTH_INTERVAL = 0.1
console = Console(width=160)


@dataclass
class Load:
    """What clients saw.

    Attributes:
        seconds: latencies of admitted questions.
        health: latencies of `/healthz`.
        refused: number of questions turned away (503).
        failed: number of other failures.
        cpu: CPU seconds of the server.
        elapsed: seconds that the load lasted.
    """

    seconds: list[float] = field(default_factory=list[float])
    health: list[float] = field(default_factory=list[float])
    refused: int = 0
    failed: int = 0
    cpu: float = 0.0
    elapsed: float = 0.0


class Service:
    """A server in a process of its own."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout
        for line in self._process.stdout:
            if match := _URL.search(line):
                self.url = match[0]
                break
        else:
            raise RuntimeError(f"{' '.join(command)}: ended without a URL")

    def cpu_seconds(self) -> float:
        """Return the CPU time of the process so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / 100

    def memory(self) -> int:
        """Return the proportional set size of the process, in bytes."""
        lines = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait(30)


async def put_load(service: Service, route: str, clients: int, seconds: float, questions: Sequence[str]) -> Load:
    """Ask from a number of clients for some seconds."""
    load, queue = Load(), itertools.cycle(questions)
    start, cpu = time.monotonic(), service.cpu_seconds()
    end = start + seconds

    def open_client() -> httpx.AsyncClient:
        # Each has its own: the pool of a shared one looks through all of its connections for every request.
        return httpx.AsyncClient(base_url=service.url, timeout=120, trust_env=False, verify=False)

    async def ask() -> None:
        async with open_client() as client:
            while time.monotonic() < end:
                begin = time.monotonic()
                try:
                    response = await client.post(f"/v1/{route}", json={"question": next(queue)})
                except httpx.HTTPError:
                    load.failed += 1
                    continue
                if response.status_code == 200:
                    load.seconds.append(time.monotonic() - begin)
                elif response.status_code == 503:
                    load.refused += 1
                    await asyncio.sleep(float(response.headers.get("retry-after", 1)))
                else:
                    load.failed += 1

    async def watch_health() -> None:
        async with open_client() as client:
            while time.monotonic() < end:
                begin = time.monotonic()
                await client.get("/healthz")
                load.health.append(time.monotonic() - begin)
                await asyncio.sleep(_HEALTH_INTERVAL)

    await asyncio.gather(watch_health(), *(ask() for _ in range(clients)))
    load.elapsed, load.cpu = time.monotonic() - start, service.cpu_seconds() - cpu
    return load


def main() -> None:
    """Measure all contenders and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--against", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--clients", default="1,8,64,256")
    parser.add_argument("--routes", default="ask,search")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--tutorial", action=argparse.BooleanOptionalAction, default=True)
    given = parser.parse_args()
    lines = QUESTIONS.read_text("utf-8").splitlines()
    questions = [item["text"] for line in lines if (item := json.loads(line))["split"] == "dev"]
    serve = [sys.executable, "-m", "nonmun", "serve", "--data", str(given.data), "--port", "0"]
    commands: dict[str, list[str]] = {"nonmun": serve}
    for other in given.against:
        name, _, command = other.partition("=")
        commands[name] = command.split()
    if given.tutorial:
        script = str(Path(__file__).parent / "tutorial_service.py")
        commands["tutorial"] = [sys.executable, script, str(given.data)]
    services = {name: Service(command) for name, command in commands.items()}
    loads: dict[tuple[str, int, str], Load] = {}
    try:
        for service in services.values():  # warm
            asyncio.run(put_load(service, "search", 2, 3, questions))
        for route in given.routes.split(","):
            for clients in map(int, given.clients.split(",")):
                for _ in range(given.rounds):
                    for name, service in services.items():
                        if name == "tutorial" and route != "search":
                            continue
                        new = asyncio.run(put_load(service, route, clients, given.seconds, questions))
                        total = loads.setdefault((route, clients, name), Load())
                        total.seconds += new.seconds
                        total.health += new.health
                        total.refused += new.refused
                        total.failed += new.failed
                        total.cpu += new.cpu
                        total.elapsed += new.elapsed
    finally:
        for service in services.values():
            service.stop()
    table = Table(
        "route",
        "clients",
        "service",
        "answers/s",
        "per CPU s",
        "p50 ms",
        "p99 ms",
        "refused",
        "failed",
        "health p99 ms",
    )
    for (route, clients, name), load in loads.items():
        p50, p99 = 1000 * np.quantile(load.seconds or [float("nan")], (0.5, 0.99))
        table.add_row(
            route,
            str(clients),
            name,
            f"{len(load.seconds) / load.elapsed:.1f}",
            f"{len(load.seconds) / load.cpu:.1f}",
            f"{p50:.0f}",
            f"{p99:.0f}",
            str(load.refused),
            str(load.failed),
            f"{1000 * np.quantile(load.health or [float('nan')], 0.99):.0f}",
        )
    console.print(table)


if __name__ == "__main__":
    main()
