"""Kills at steps and statements of an ingest: the next run ends in the same state as an undisturbed one."""

from __future__ import annotations

import queue
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from nonmun import Library

QUESTIONS = ("어텐션만으로 된 구조", "attention translation model", "1706.03762")


def check_kills(
    servers: queue.Queue[Any], start: Path | None, files: dict[str, Any], tmp: Path, read: Any, most: int
) -> int:
    """Kill at up to `most` steps and as many statements that write; return the number of kills."""

    def fresh(name: str) -> Path:
        folder = tmp / name
        if start:
            shutil.copytree(start, folder)
        return folder

    server = servers.get()
    clean = server.ingest(fresh("clean"), files)
    servers.put(server)
    assert clean["exit"] == 0
    expected = read(tmp / "clean")

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
        state = read(folder)
        shutil.rmtree(folder)
        differing = [name for name in expected if state[name] != expected[name]]
        return f"{at}: {differing}" if differing else ""

    def positions(kind: str) -> Iterator[tuple[str, int]]:
        last = clean[f"{kind}s"]
        return ((kind, number) for number in range(1, last + 1, max(1, last // most)))

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(kill, chain(positions("step"), positions("statement"))))
    assert [outcome for outcome in outcomes if outcome] == []
    return len(outcomes)


def test_kills_of_a_first_ingest(servers, files, tmp_path: Path, embedder, state) -> None:
    assert check_kills(servers, None, files["first"], tmp_path, lambda folder: state(folder, embedder), 4) >= 8


def test_kills_of_a_later_ingest(servers, files, started: Path, tmp_path: Path, embedder, state) -> None:
    assert check_kills(servers, started, files["second"], tmp_path, lambda folder: state(folder, embedder), 4) >= 8


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_kills_everywhere(servers, files, started: Path, tmp_path: Path, embedder, state) -> None:
    for name, start in (("first", None), ("second", started)):
        (tmp_path / name).mkdir()
        read = lambda folder: state(folder, embedder)  # noqa: E731
        kills = check_kills(servers, start, files[name], tmp_path / name, read, 100_000)
        print(f"\nkills in the {name} ingest: {kills}")


def test_reader_answers_before_and_after_a_kill(servers, files, started: Path, tmp_path: Path, embedder) -> None:
    server = servers.get()
    steps = server.ingest(shutil.copytree(started, tmp_path / "clean"), files["second"])["steps"]
    for step in range(1, steps + 1, max(1, steps // 3)):
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
