"""Hundreds of kills on one data directory, half of them while the vector store saves, with a concurrent reader.

`pytest -m slow -s tests/ingest/test_kill_loop.py` runs the long loop and prints its counts.
"""

from __future__ import annotations

import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nonmun import Library
from nonmun.index.engine.store import GenerationStore

DIMENSION = 256
STABLE, CHANGING = 1_000, 160  # more than 1,000 rows: then Chroma writes its graph to files
# This file is created with room for a tenth of the rows; the save makes it grow row by row.
LEVEL, SAVING = "data_level0.bin", 0.2
RARE = "zebrafish xylophone quasar"
ENTRY = "## {0}\n🔗 https://arxiv.org/abs/{0}\n\n**Summary**:\nPaper {1} of the {2} about topic {3}.\n\n"


def digest(first: int, count: int, word: str) -> str:
    numbers = range(first, first + count)
    return "".join(ENTRY.format(f"2505.{number:05}", number, word, number * 7919 % 1_009) for number in numbers)


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], dict[str, Any]]:
    """Writes the left or right version of a folder of digests: the same thousand papers, and some that differ."""
    folder = tmp_path_factory.mktemp("digests")
    text = digest(1, STABLE, "middle").replace("about topic", f"about {RARE} and topic", 1)
    (folder / "2025-05-01.md").write_text(text, "utf-8")

    def turn(side: int) -> dict[str, Any]:
        (folder / "2025-05-02.md").write_text(digest(20_001, CHANGING, ("left", "right")[side]), "utf-8")
        return {"paths": [str(folder)], "dimension": DIMENSION}

    return turn


class Reader:
    """A library that was opened before the first kill, and is searched all the time."""

    def __init__(self, folder: Path, embedder: Any) -> None:
        self.answers, self.faults = 0, list[str]()
        self._library = Library.open(folder, embedding=embedder)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._search)

    def _search(self) -> None:
        while not self._stop.is_set():
            try:
                for question in (RARE, "2505.00007"):
                    hits = self._library.search(question, 5).hits
                    expected = "2505.00001" if question == RARE else question
                    if not hits or hits[0].paper_id != expected:
                        self.faults.append(f"{question}: {[hit.paper_id for hit in hits]}")
                    self.answers += 1
            except Exception as error:
                self.faults.append(repr(error))
            time.sleep(0.02)  # the ingests need a core too

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()
        self._library.close()


def sizes(chroma: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in chroma.glob("*/*") if path.is_file()}


def interrupted_phase(folder: Path, whole: dict[str, int]) -> str:
    """Return the phase that a kill interrupted: an interrupted save leaves only a part of the index files."""
    generations = GenerationStore(folder / "generations")
    current = generations.current() or 0
    built = [path for path in generations.leftovers() if path.name.isdigit() and int(path.name) > current]
    if not built:
        return "elsewhere"
    present = sizes(built[0] / "chroma")
    if present.get(LEVEL, 0) <= whole[LEVEL] * SAVING:
        return "build"
    complete = present.keys() == whole.keys() and all(present[name] >= 0.98 * whole[name] for name in whole)
    return "after the save" if complete else "save"


def documents(folder: Path) -> dict[str, str]:
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return dict(connection.execute("SELECT digest_date, text FROM documents"))


def loop(servers: Any, sides: Any, folder: Path, embedder: Any, state: Any, wanted: int, saves: int) -> Counter[str]:
    """Repeat until there were `wanted` kills and `saves` of them during a save; return the counts."""
    server = servers.get()
    expected = []
    texts = []
    began = time.perf_counter()
    for number in (1, 0):
        began = time.perf_counter()
        assert server.ingest(folder, sides(number))["exit"] == 0
        expected.insert(0, state(folder, embedder))
        texts.insert(0, documents(folder))
    duration = time.perf_counter() - began
    generations = GenerationStore(folder / "generations")
    current = generations.current()
    assert current is not None
    whole = sizes(generations.path(current) / "chroma")
    assert whole["index_metadata.pickle"] > 0
    counts: Counter[str] = Counter()
    with Reader(folder, embedder) as reader:
        at = 0
        while counts["kills"] < wanted or counts["in save"] < saves:
            at += 1
            assert at < 10 * wanted, counts  # a save takes a few milliseconds: many kills miss it
            side = sides(at % 2)
            aim = (
                {"after": 0.003, "save": int(whole[LEVEL] * SAVING)}
                if counts["in save"] * wanted <= counts["kills"] * saves
                else {}
            )
            done = server.ingest(folder, side, **(aim or {"after": random.uniform(0, duration)}))
            if done["exit"] != -signal.SIGKILL:
                assert (done["exit"], done.get("error")) == (0, None), done
                counts["too late"] += 1
                continue
            counts["kills"] += 1
            where = interrupted_phase(folder, whole)
            counts[f"in {where}" if where == "save" else where] += 1
            stored = documents(folder)
            assert all(text in (texts[0][day], texts[1][day]) for day, text in stored.items())
            assert stored.keys() == texts[0].keys()
            assert server.ingest(folder, side)["exit"] == 0
            counts["reruns"] += 1
            current_state = state(folder, embedder)
            differing = [name for name in current_state if current_state[name] != expected[at % 2][name]]
            # The history holds every change of versions once; everything else is as after a clean run.
            assert set(differing) <= {"revisions"}, (at, where, differing)
            assert len(current_state["revisions"]) == CHANGING * (1 + at), (at, where)
            assert reader.faults == []
    counts["answers meanwhile"] = reader.answers
    servers.put(server)
    return counts


@pytest.fixture
def wide(embedder: Any) -> Iterator[Any]:
    embedder.dimension = DIMENSION
    return embedder


def test_kills_during_the_save(servers, sides, tmp_path: Path, wide, state) -> None:
    counts = loop(servers, sides, tmp_path / "data", wide, state, 2, 1)
    assert counts["in save"] >= 1
    assert counts["answers meanwhile"] > counts["kills"]


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_hundreds_of_kills(servers, sides, tmp_path: Path, wide, state) -> None:
    counts = loop(servers, sides, tmp_path / "data", wide, state, 210, 110)
    print("\n" + ", ".join(f"{name}: {count}" for name, count in counts.items()))
    assert counts["kills"] >= 200
    assert counts["in save"] >= 100
    assert counts["reruns"] == counts["kills"]
