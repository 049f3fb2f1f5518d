"""Maintenance while clients ask: no request fails for it, and what was removed is in no later response."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from ...service_process import PATIENT, ServiceProcess, run_command, serving_process, with_embedding
from ..conftest import wait_until

REMOVED, READMITTED, REMOVED_DAY = "1810.04805", "2205.14135", "2025-03-04"  # the second one is in that day only
NEW = "2212.04356"
SETTINGS = with_embedding() | PATIENT | {"NONMUN_SEARCH__SCANNED": "0", "NONMUN_HTTP__LOG_LEVEL": "warning"}
QUESTIONS = (
    f"{REMOVED}의 방법은?",
    f"What does {READMITTED} report?",
    f"{NEW}의 결과는?",
    "양방향으로 문맥을 읽어 사전 학습하는 언어 모델",
    "exact attention with fewer reads and writes of GPU memory",
    "weakly supervised speech recognition on 680,000 hours",
    "3월 4일에는 어떤 논문이 있었어?",
    "2106.09685의 한계는?",
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what came of it.

    Attributes:
        request: what was requested.
        begin, end: monotonic seconds.
        status: the status; 0 where the connection failed.
        code: code of the problem, or the name of the exception.
        papers: the papers in the response.
    """

    request: str
    begin: float
    end: float
    status: int
    code: str
    papers: frozenset[str]


class Clients:
    """Clients that send one request after another until the end.

    Args:
        url: the service.
        count: how many clients.
    """

    def __init__(self, url: httpx.URL, count: int) -> None:
        self._url, self._count = url, count
        self._is_over = threading.Event()
        self.exchanges: list[Exchange] = []

    @contextmanager
    def running(self) -> Generator[None]:
        """Send requests during the block."""
        thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            thread.join(1_200)
        assert not thread.is_alive()

    def wait_for_more(self) -> None:
        """Wait until every kind of request has been sent and answered again."""
        wanted = len(self.exchanges) + self._count + len(_requests())
        wait_until(lambda: len(self.exchanges) >= wanted, 1_200)

    async def _run(self) -> None:
        requests = itertools.cycle(_requests())
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(base_url=self._url, timeout=600, limits=limits, trust_env=False) as client:

            async def work() -> None:
                while not self._is_over.is_set():
                    method, path, body = next(requests)
                    begin = time.monotonic()
                    try:
                        response = await client.request(method, path, json=body)
                        status, code, papers = response.status_code, _problem(response), _papers(response)
                    except httpx.HTTPError as error:
                        status, code, papers = 0, repr(error), frozenset[str]()
                    name = f"{method} {path} {body or ''}"
                    self.exchanges.append(Exchange(name, begin, time.monotonic(), status, code, papers))

            await asyncio.gather(*(work() for _ in range(self._count)))


def _requests() -> list[tuple[str, str, dict[str, Any] | None]]:
    """Return one request of every kind."""
    asked = [("POST", "/v1/ask", {"question": text, "k": 20}) for text in QUESTIONS]
    streamed = [("POST", "/v1/ask", {"question": text, "stream": True}) for text in QUESTIONS[:3]]
    searched = [("POST", "/v1/search", {"question": text, "k": 20}) for text in QUESTIONS]
    papers = [("GET", f"/v1/papers/{paper}", None) for paper in (REMOVED, READMITTED, NEW)]
    chunk = ("GET", f"/v1/chunks/{REMOVED}:summary@2025-03-03:results:0", None)
    return [*asked, *streamed, *searched, *papers, chunk, ("GET", "/v1/status", None)]


def _problem(response: httpx.Response) -> str:
    """Return the code of an error, also of one in a stream; empty for none."""
    if response.headers.get("content-type") == "application/problem+json":
        return response.json()["code"]
    if "\nevent: error\n" in f"\n{response.text}":
        return f"in a stream: {response.text[-500:]}"
    return ""


def _papers(response: httpx.Response) -> frozenset[str]:
    """Return the papers that a response shows, in evidence or by itself."""
    if response.status_code != 200:
        return frozenset()
    if response.headers["content-type"].startswith("text/event-stream"):
        events = [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: {")]
    else:
        events = [response.json()]
    shown: set[str] = set()
    for event in events:
        shown |= {part["paper_id"] for name in ("hits", "citations") for part in event.get(name) or ()}
        shown |= {event["paper_id"]} if "paper_id" in event else set()  # of a chunk
        shown |= {event["paper"]["paper_id"]} if "paper" in event else set()
    return frozenset(shown)


class Operations:
    """Commands that change the index while clients ask.

    Attributes:
        times: begin and end of each command, monotonic seconds.
    """

    def __init__(self, folder: Path, service: ServiceProcess, clients: Clients) -> None:
        self._folder, self._service, self._clients = folder, service, clients
        self.times: list[tuple[float, float]] = []

    def run(self, *args: str | Path) -> tuple[float, float]:
        """Run a command, and wait for requests of every kind after it; return when it began and ended."""
        begin = time.monotonic()
        done = run_command(*args, "--data", self._folder / "data", cwd=self._folder, **SETTINGS)
        self.times.append((begin, time.monotonic()))
        assert done.returncode == 0, (args, done.stdout, done.stderr)
        self._clients.wait_for_more()
        return self.times[-1]

    def publish(self, *args: str | Path) -> tuple[float, float]:
        """Run a command that publishes a version of the index."""
        before = self._service.client.get("/v1/status").json()["generation"]
        times = self.run(*args)
        assert self._service.client.get("/v1/status").json()["generation"] > before
        return times


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    """A folder with an index of three days."""
    folder = tmp_path_factory.mktemp("maintained")
    digests = sorted((samples / "digests").iterdir())[:3]
    arguments = ("ingest", *digests, "--abstracts", samples / "abstracts.jsonl", "--data", folder / "data")
    done = run_command(*arguments, cwd=folder, **SETTINGS)
    assert done.returncode == 0, done.stderr
    return folder


def maintain(folder: Path, samples: Path, count: int, *, everything: bool) -> None:
    """Change an index while clients ask, and check every response.

    Args:
        folder: holds the index.
        samples: the samples, one day of which is not in the index.
        count: number of clients.
        everything: whether to purge and to change the model as well.
    """
    with serving_process(folder / "data", cwd=folder, **SETTINGS) as service:
        assert service.client.get("/readyz").status_code == 200
        clients = Clients(service.client.base_url, count)
        with clients.running():
            clients.wait_for_more()
            operations = Operations(folder, service, clients)
            digests, abstracts = samples / "digests", ("--abstracts", samples / "abstracts.jsonl")
            ingest = operations.publish("ingest", digests, *abstracts)
            removal = operations.run("remove", REMOVED)
            backup = folder / "backup.sqlite"
            operations.run("backup", backup, "--force")
            day_removal = operations.publish("remove", REMOVED_DAY)
            foreign = (float("inf"), float("inf"))  # when the index is, or may be, of another model than the service's
            if everything:
                operations.run("purge", "--yes")
                to_other = operations.run("reembed", "--embedding", "llama-index:letters:other")
                foreign = to_other[0], operations.run("reembed")[1]
            restoration = operations.run("restore", backup, "--force")
            operations.publish("doctor", "--repair", "--thorough")
        service.end()
        assert "Traceback" not in service.log
    exchanges, always = clients.exchanges, float("inf")
    check_failures(exchanges, foreign)
    check_absence(exchanges, REMOVED, removal, (always, always))
    check_absence(exchanges, READMITTED, day_removal, restoration)
    check_absence(exchanges, NEW, (-always, -always), ingest)
    assert any(exchange.status == 503 for exchange in exchanges) == everything
    for times in operations.times:
        assert any(overlaps(exchange, times) for exchange in exchanges)


def check_failures(exchanges: Sequence[Exchange], foreign: tuple[float, float]) -> None:
    """Check that nothing failed, but for want of the model while the index may belong to another one."""
    unavailable = {exchange for exchange in exchanges if (exchange.status, exchange.code) == (503, "unavailable")}
    assert [exchange for exchange in unavailable if not overlaps(exchange, foreign)] == []
    others = set(exchanges) - unavailable
    assert [exchange for exchange in others if exchange.status not in {200, 404}] == []
    assert [exchange for exchange in others if exchange.status == 200 and exchange.code] == []


def check_absence(
    exchanges: Sequence[Exchange], paper: str, removal: tuple[float, float], addition: tuple[float, float]
) -> None:
    """Check that a paper is in no response between its removal and its addition, and is found otherwise.

    Args:
        exchanges: the requests and their responses.
        paper: the paper.
        removal: begin and end of the command that removed it.
        addition: begin and end of the command that added it again.
    """
    assert [
        exchange
        for exchange in exchanges
        if paper in exchange.papers and exchange.begin > removal[1] and exchange.end < addition[0]
    ] == []
    own = [exchange for exchange in exchanges if paper in exchange.request]
    missing = [exchange for exchange in own if exchange.status == 404]
    assert [exchange for exchange in missing if exchange.end < removal[0] or exchange.begin > addition[1]] == []
    assert missing
    assert any(paper in exchange.papers for exchange in own)


def overlaps(exchange: Exchange, times: tuple[float, float]) -> bool:
    return exchange.begin < times[1] and exchange.end > times[0]


@pytest.mark.timeout(3_600)
def test_maintenance_fails_no_request(index: Path, samples: Path, tmp_path: Path) -> None:
    maintain(Path(shutil.copytree(index, tmp_path / "copy")), samples, 8, everything=False)


@pytest.mark.slow
@pytest.mark.timeout(14_400)
def test_maintenance_fails_no_request_of_many_clients(index: Path, samples: Path, tmp_path: Path) -> None:
    maintain(index, samples, 64, everything=True)
