"""A kill at any step or statement of an ingest costs nothing: the next run ends where an undisturbed one does."""

from __future__ import annotations

import json
import queue
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import astuple
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from nonmun import Library
from nonmun.index.generation import Generation
from nonmun.index.generations import Generations

SERVER = Path(__file__).parent / "kill_server.py"
STATE = {
    "documents": "SELECT digest_date, name, text, text_hash, recipe FROM documents ORDER BY 1, 2",
    "problems": "SELECT digest_date, name, line, message FROM problems ORDER BY 1, 2, 3, 4",
    "papers": "SELECT paper_id, title, abstract FROM papers ORDER BY 1",
    "entries": "SELECT digest_date, paper_id, name, url, title, body, sections, line FROM entries ORDER BY 1, 2",
    "chunks": "SELECT chunk_id, section, ordinal, lang, text, context, passage_hash FROM chunks ORDER BY 1",
    "vectors": "SELECT passage_hash, model_id, hex(vector) FROM vectors ORDER BY 1",
    "lexical": "SELECT chunk_id, terms FROM chunks JOIN lexical ON lexical.rowid = chunks.row ORDER BY 1",
    "orphans": "SELECT count(*) FROM lexical WHERE rowid NOT IN (SELECT row FROM chunks)",
    "meta": "SELECT key, value FROM meta WHERE key != 'rev' ORDER BY 1",
    "integrity": "PRAGMA integrity_check",
}
QUESTIONS = ("어텐션만으로 된 구조", "attention translation model", "1706.03762")


class Server:
    """A process that forks one ingest for every request."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([sys.executable, str(SERVER)], stdin=pipe, stdout=pipe, text=True)

    def ingest(self, folder: Path, files: dict[str, Any], **at: int) -> dict[str, int]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        stdin.write(json.dumps({"folder": str(folder), **files, **at}) + "\n")
        stdin.flush()
        return json.loads(stdout.readline())

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture(scope="module")
def servers() -> Iterator[queue.Queue[Server]]:
    idle: queue.Queue[Server] = queue.Queue()
    both = [Server(), Server()]
    for server in both:
        idle.put(server)
    yield idle
    for server in both:
        server.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> dict[str, dict[str, Any]]:
    """Three short digests and their abstracts; then one of them edited, a paper of it gone, and one more digest."""
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    texts = {path.name: path.read_text("utf-8").split("\n---\n")[:2] for path in (samples / "digests").iterdir()}
    later = texts.pop("2025-03-06.md")
    for name, entries in texts.items():
        (first / name).write_text("\n---\n".join(entries), "utf-8")
    shutil.copytree(first, second, dirs_exist_ok=True)
    (second / "2025-03-05.md").write_text(texts["2025-03-05.md"][0].replace("1.3B", "1.4B"), "utf-8")
    (second / "2025-03-06.md").write_text(later[0], "utf-8")
    abstracts = str(samples / "abstracts.jsonl")
    return {
        "first": {"paths": [str(first)]},
        "second": {"paths": [str(second)], "abstracts": abstracts},
    }


def state(folder: Path, embedder: Any) -> dict[str, Any]:
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        found: dict[str, Any] = {name: connection.execute(sql).fetchall() for name, sql in STATE.items()}
    generations = Generations(folder / "generations")
    number = generations.current()
    assert number is not None
    assert len(list(generations.folder.glob("[0-9]*"))) <= 2
    with closing(Generation.open(generations.path(number))) as generation:
        assert generation.count() == generation.manifest.rows
        found["generation"] = generation.count(), generation.manifest.model_id
    with Library.open(folder, embedding=embedder) as library:
        for question in QUESTIONS:
            hits = library.search(question).hits
            found[question] = [(hit.paper_id, round(hit.score, 4)) for hit in hits]
    assert not (folder / "ingest.holder").exists()
    return found


def check_kills(
    servers: queue.Queue[Server], start: Path | None, files: dict[str, Any], tmp: Path, embedder: Any, every: int
) -> int:
    """Kill at every step and at every so manyth statement; how many kills that were."""

    def fresh(name: str) -> Path:
        folder = tmp / name
        if start:
            shutil.copytree(start, folder)
        return folder

    server = servers.get()
    clean = server.ingest(fresh("clean"), files)
    servers.put(server)
    assert clean["exit"] == 0
    expected = state(tmp / "clean", embedder)

    def kill(at: tuple[str, int]) -> str:
        kind, number = at
        folder = fresh(f"{kind}{number}")
        server = servers.get()
        try:
            killed = server.ingest(folder, files, **{kind: number})
            rerun = server.ingest(folder, files)
        finally:
            servers.put(server)
        if (killed["exit"], rerun["exit"]) != (-signal.SIGKILL, 0):
            return f"{at}: {killed}, {rerun}"
        found = state(folder, embedder)
        shutil.rmtree(folder)
        differing = [name for name in expected if found[name] != expected[name]]
        return f"{at}: {differing}" if differing else ""

    steps = (("step", number) for number in range(1, clean["steps"] + 1))
    statements = (("statement", number) for number in range(1, clean["statements"] + 1, every))
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(kill, chain(steps, statements)))
    assert [outcome for outcome in outcomes if outcome] == []
    return len(outcomes)


def test_kills_of_a_first_ingest(servers, files, tmp_path: Path, embedder) -> None:
    assert check_kills(servers, None, files["first"], tmp_path, embedder, 15) > 20


@pytest.fixture(scope="module")
def started(servers, files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("started") / "data"
    server = servers.get()
    assert server.ingest(folder, files["first"])["exit"] == 0
    servers.put(server)
    return folder


def test_kills_of_a_later_ingest(servers, files, started: Path, tmp_path: Path, embedder) -> None:
    assert check_kills(servers, started, files["second"], tmp_path, embedder, 15) > 20


def test_a_reader_answers_before_and_after_a_kill(servers, files, started: Path, tmp_path: Path, embedder) -> None:
    server = servers.get()
    steps = server.ingest(shutil.copytree(started, tmp_path / "clean"), files["second"])["steps"]
    for step in range(1, steps + 1, 2):
        folder = Path(shutil.copytree(started, tmp_path / str(step)))
        with Library.open(folder, embedding=embedder) as library:
            before = [astuple(library.search(question)) for question in QUESTIONS]
            assert all(before)
            assert server.ingest(folder, files["second"], step=step)["exit"] == -signal.SIGKILL
            assert all(library.search(question).hits for question in QUESTIONS)
            assert server.ingest(folder, files["second"])["exit"] == 0
            hits = library.search("2004.04906 질문과 단락을 벡터로").hits
            assert hits[0].paper_id == "2004.04906"
            assert not any(hit.paper_id == "1706.03762" and "2025-03-05" in hit.digest_dates for hit in hits)
    servers.put(server)
