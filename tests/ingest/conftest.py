"""What the crash tests share: ingests in processes that can be killed, and what an index looks like from outside."""

from __future__ import annotations

import json
import queue
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from nonmun import Library
from nonmun.index.catalog.database import Catalog
from nonmun.index.engine.generation import Generation
from nonmun.index.engine.store import GenerationStore
from nonmun.ingest.maintenance.repair import examine

SERVER = Path(__file__).parent / "kill_server.py"
STATE = {
    "documents": "SELECT digest_date, name, text, text_hash, recipe FROM documents ORDER BY 1, 2",
    "problems": "SELECT digest_date, name, line, message FROM problems ORDER BY 1, 2, 3, 4",
    "papers": "SELECT paper_id, standalone FROM papers ORDER BY 1",
    "sources": "SELECT paper_id, status, title, abstract, origin FROM sources ORDER BY 1",
    "entries": "SELECT digest_date, paper_id, name, url, title, body, sections, line FROM entries ORDER BY 1, 2",
    "trust": "SELECT digest_date, paper_id, lang, label, wrong_paper, reasons, judged FROM entries ORDER BY 1, 2",
    "revisions": "SELECT digest_date, paper_id, name, title, body, why FROM revisions ORDER BY 1, 2, 3, 4, 5",
    "removals": "SELECT digest_date, paper_id, text_hash FROM removals ORDER BY 1, 2, 3",
    "chunks": "SELECT chunk_id, section, ordinal, lang, text, context, passage_hash FROM chunks ORDER BY 1",
    "vectors": "SELECT passage_hash, model_id, hex(vector) FROM vectors ORDER BY 1",
    "lexical": "SELECT chunk_id, terms FROM chunks JOIN lexical ON lexical.rowid = chunks.row ORDER BY 1",
    "orphans": "SELECT count(*) FROM lexical WHERE rowid NOT IN (SELECT row FROM chunks)",
    "meta": "SELECT key, value FROM meta WHERE key NOT IN ('rev', 'catalog') ORDER BY 1",
    "integrity": "PRAGMA integrity_check",
}
QUESTIONS = ("어텐션만으로 된 구조", "attention translation model", "1706.03762")


class Server:
    """A process that forks one ingest for every request."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([sys.executable, str(SERVER)], stdin=pipe, stdout=pipe, text=True)

    def ingest(self, folder: Path, files: dict[str, Any], **at: Any) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        stdin.write(json.dumps({"folder": str(folder), **files, **at}) + "\n")
        stdin.flush()
        return json.loads(stdout.readline())  # {"error": ..., "message": ...} where nonmun said what is wrong

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


def write(folder: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")


@pytest.fixture(scope="module")
def versions(samples: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Three short digests; then one of them edited, a paper of it gone, and one more digest."""
    parts = {path.name: path.read_text("utf-8").split("\n---\n")[:2] for path in (samples / "digests").iterdir()}
    later = parts.pop("2025-03-06.md")
    before = {name: "\n---\n".join(entries) for name, entries in parts.items()}
    edited = parts["2025-03-05.md"][0].replace("1.3B", "1.4B")
    return before, before | {"2025-03-05.md": edited, "2025-03-06.md": later[0]}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, samples: Path, versions) -> dict[str, dict[str, Any]]:
    """What a first ingest reads, and what a later one does: the files that `started` read, as they are by then."""
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    write(first, versions[0])
    write(second, versions[0])
    abstracts = str(samples / "abstracts.jsonl")
    return {"first": {"paths": [str(first)]}, "second": {"paths": [str(second)], "abstracts": abstracts}}


@pytest.fixture(scope="module")
def started(servers, files, versions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that holds the first version of files that have changed since."""
    folder = tmp_path_factory.mktemp("started") / "data"
    paths = files["second"]["paths"]
    server = servers.get()
    assert server.ingest(folder, {"paths": paths})["exit"] == 0
    servers.put(server)
    write(Path(paths[0]), versions[1])
    return folder


def read_state(folder: Path, embedder: Any) -> dict[str, Any]:
    """Everything that two runs over the same files must agree on, checked for health on the way."""
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        found: dict[str, Any] = {name: connection.execute(sql).fetchall() for name, sql in STATE.items()}
    generations = GenerationStore(folder / "generations")
    number = generations.current()
    assert number is not None
    assert len(list(generations.folder.glob("[0-9]*"))) <= 2
    with closing(Generation.open(generations.path(number))) as generation:
        assert generation.collection.count() == generation.manifest.rows
        found["generation"] = generation.collection.count(), generation.manifest.model_id
    with Library.open(folder, embedding=embedder) as library:
        for question in QUESTIONS:
            hits = library.search(question).hits
            found[question] = [(hit.paper_id, round(hit.score, 4)) for hit in hits]
    with closing(Catalog.open(folder / "catalog.sqlite")) as catalog:
        sick = examine(catalog, folder, thorough=True)
        assert [one for one in sick if one.code != "disk-low"] == []  # some of the disks here are small
    return found


@pytest.fixture(scope="session")
def state() -> Callable[[Path, Any], dict[str, Any]]:
    return read_state


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except OSError as error:
        pytest.skip(f"a small disk cannot be mounted: {error}")
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=30)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    with small_disk(tmp_path / "disk", 24) as folder:
        yield folder
