"""Hundreds of kills on one data directory, half of them inside the vector store's save, with readers at it all along.

`pytest -m slow -s tests/ingest/test_kill_loop.py` runs the long loop and prints what it counted.
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
# At its creation this file has room for a tenth of the rows; the save makes it grow row by row.
LEVEL, SAVING = "data_level0.bin", 0.2
RARE = "zebrafish xylophone quasar"
ENTRY = "## {0}\n🔗 https://arxiv.org/abs/{0}\n\n**Summary**:\nPaper {1} of the {2} about topic {3}.\n\n"


def digest(first: int, count: int, word: str) -> str:
    numbers = range(first, first + count)
    return "".join(ENTRY.format(f"2505.{one:05}", one, word, one * 7919 % 1_009) for one in numbers)


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], dict[str, Any]]:
    """Turns a folder of digests to its left or right side: the same thousand papers, and some that differ."""
    folder = tmp_path_factory.mktemp("digests")
    text = digest(1, STABLE, "middle").replace("about topic", f"about {RARE} and topic", 1)
    (folder / "2025-05-01.md").write_text(text, "utf-8")

    def turn(side: int) -> dict[str, Any]:
        (folder / "2025-05-02.md").write_text(digest(20_001, CHANGING, ("left", "right")[side]), "utf-8")
        return {"paths": [str(folder)], "dimension": DIMENSION}

    return turn


class Reader:
    """A library that was open before the first kill, asked without a pause."""

    def __init__(self, folder: Path, embedder: Any) -> None:
        self.answers, self.faults = 0, list[str]()
        self._library = Library.open(folder, embedding=embedder)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                for question in (RARE, "2505.00007"):
                    hits = self._library.search(question, 5).hits
                    wanted = "2505.00001" if question == RARE else question
                    if not hits or hits[0].paper_id != wanted:
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


def landed(folder: Path, whole: dict[str, int]) -> str:
    """Where a kill landed, by what lies on the disk: half of the index's files is what a save leaves behind."""
    generations = GenerationStore(folder / "generations")
    current = generations.current() or 0
    built = [path for path in generations.leftovers() if path.name.isdigit() and int(path.name) > current]
    if not built:
        return "elsewhere"
    found = sizes(built[0] / "chroma")
    if found.get(LEVEL, 0) <= whole[LEVEL] * SAVING:
        return "build"
    complete = found.keys() == whole.keys() and all(found[name] >= 0.98 * whole[name] for name in whole)
    return "after the save" if complete else "save"


def documents(folder: Path) -> dict[str, str]:
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return dict(connection.execute("SELECT digest_date, text FROM documents"))


def loop(servers: Any, sides: Any, folder: Path, embedder: Any, state: Any, wanted: int, saves: int) -> Counter[str]:
    """Kill until there were so many kills and so many of them in a save; everything counted."""
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
            assert at < 10 * wanted, counts  # a save takes a few milliseconds: many a kill misses it
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
            where = landed(folder, whole)
            counts[f"in {where}" if where == "save" else where] += 1
            held = documents(folder)
            assert all(text in (texts[0][day], texts[1][day]) for day, text in held.items())
            assert held.keys() == texts[0].keys()
            assert server.ingest(folder, side)["exit"] == 0
            counts["reruns"] += 1
            found = state(folder, embedder)
            differing = [name for name in found if found[name] != expected[at % 2][name]]
            # History tells every change of sides, once; everything else is as a clean run leaves it.
            assert set(differing) <= {"revisions"}, (at, where, differing)
            assert len(found["revisions"]) == CHANGING * (1 + at), (at, where)
            assert reader.faults == []
    counts["answers meanwhile"] = reader.answers
    servers.put(server)
    return counts


@pytest.fixture
def wide(embedder: Any) -> Iterator[Any]:
    embedder.dimension = DIMENSION
    return embedder


def test_kills_inside_the_save(servers, sides, tmp_path: Path, wide, state) -> None:
    counts = loop(servers, sides, tmp_path / "data", wide, state, 4, 2)
    assert counts["in save"] >= 2
    assert counts["answers meanwhile"] > counts["kills"]


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_hundreds_of_kills(servers, sides, tmp_path: Path, wide, state) -> None:
    counts = loop(servers, sides, tmp_path / "data", wide, state, 210, 110)
    print("\n" + ", ".join(f"{name}: {count}" for name, count in counts.items()))
    assert counts["kills"] >= 200
    assert counts["in save"] >= 100
    assert counts["reruns"] == counts["kills"]
