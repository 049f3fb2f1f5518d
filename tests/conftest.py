"""Shared fixtures: samples, real data if present, a small embedder, and processes for crash tests."""

from __future__ import annotations

import json
import os
import queue
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from nonmun import Library
from nonmun.index.analysis.korean import KoreanAnalyzer, korean_analyzer
from nonmun.index.catalog.database import Catalog
from nonmun.index.domain.vectors import Matrix, unit_rows
from nonmun.index.engine.generation import Generation
from nonmun.index.engine.store import GenerationStore
from nonmun.ingest.maintenance.repair import examine

if TYPE_CHECKING:
    from nonmun.index.embeddings.e5 import E5

ROOT = Path(__file__).parents[1]
SERVER = ROOT / "tests" / "ingest" / "kill_server.py"
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
    "lexical": "SELECT chunk_id, terms FROM chunks JOIN chunk_terms USING (row) ORDER BY 1",
    "orphans": "SELECT count(*) FROM chunk_terms WHERE row NOT IN (SELECT row FROM chunks)",
    "meta": "SELECT key, value FROM meta WHERE key NOT IN ('rev', 'catalog') ORDER BY 1",
    "integrity": "PRAGMA integrity_check",
}
QUESTIONS = ("어텐션만으로 된 구조", "attention translation model", "1706.03762")


def remember_analyses() -> None:
    """Analyze each text once in this process: the tests ingest the same samples hundreds of times."""
    for name in ("_tokenize", "split_sentences"):
        analyze = getattr(KoreanAnalyzer, name)
        remembered = lru_cache(50_000)(analyze)

        def analyze_once(self: KoreanAnalyzer, text: str, analyze: Any = analyze, remembered: Any = remembered) -> Any:
            return (remembered if self is korean_analyzer() else analyze)(self, text)

        setattr(KoreanAnalyzer, name, analyze_once)


remember_analyses()

# No deadline: Kiwi loads its dictionaries in the first example.
hypothesis_settings.register_profile(
    "nonmun", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
hypothesis_settings.load_profile("nonmun")


class HashEmbedder:
    """A simple embedder: words and letter bigrams, hashed into 64 dimensions."""

    dimension = 64
    window = 100

    def __init__(self, model_id: str = "hash-64") -> None:
        self.model_id = model_id
        self.read: list[str] = []

    def queries(self, texts: Sequence[str]) -> Matrix:
        return self._embed(texts)

    def passages(self, texts: Sequence[str]) -> Matrix:
        self.read += texts
        return self._embed(texts)

    def count_tokens(self, text: str) -> int:
        return len(text) // 2

    def _embed(self, texts: Sequence[str]) -> Matrix:
        matrix = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for feature in [*text.lower().split(), *map("".join, pairwise(text)), text]:
                hashed = zlib.crc32(feature.encode("utf-8", "replace"))
                matrix[row, hashed % self.dimension] += 1.0 if hashed & 0x10000 else -1.0
        return unit_rows(matrix)


@pytest.fixture(scope="session")
def samples() -> Path:
    return ROOT / "samples"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data folder is not next to this checkout")
    return folder


@pytest.fixture(scope="session")
def hash_embedder() -> type[HashEmbedder]:
    return HashEmbedder


@pytest.fixture
def embedder() -> HashEmbedder:
    return HashEmbedder()


@pytest.fixture
def library(tmp_path: Path, embedder: HashEmbedder) -> Iterator[Library]:
    with Library.open(tmp_path / "data", embedding=embedder) as library:
        yield library


@pytest.fixture(scope="session")
def bundled() -> E5:
    from nonmun.index.embeddings.e5 import E5

    cache = Path(os.environ.get("NONMUN_CACHE") or Path.home() / ".cache" / "nonmun")
    return E5.open(cache / "models")


class IngestServer:
    """A process that forks one ingest for every request, so that it can be killed."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([sys.executable, str(SERVER)], stdin=pipe, stdout=pipe, text=True)

    def ingest(self, folder: Path, files: dict[str, Any], **at: Any) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        stdin.write(json.dumps({"folder": str(folder), **files, **at}) + "\n")
        stdin.flush()
        return json.loads(stdout.readline())  # {"error": ..., "message": ...} after a NonmunError

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture(scope="module")
def servers() -> Iterator[queue.Queue[IngestServer]]:
    idle: queue.Queue[IngestServer] = queue.Queue()
    both = [IngestServer(), IngestServer()]
    for server in both:
        idle.put(server)
    yield idle
    for server in both:
        server.close()


def read_state(folder: Path, embedder: Any) -> dict[str, Any]:
    """Return the state that all ingests of the same files must produce, and assert that the index is healthy."""
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        state: dict[str, Any] = {name: connection.execute(sql).fetchall() for name, sql in STATE.items()}
    generations = GenerationStore(folder / "generations")
    number = generations.current()
    assert number is not None
    assert len(list(generations.folder.glob("[0-9]*"))) <= 2
    with closing(Generation.open(generations.path(number))) as generation:
        assert generation.collection.count() == generation.manifest.rows
        state["generation"] = generation.collection.count(), generation.manifest.model_id
    with Library.open(folder, embedding=embedder) as library:
        for question in QUESTIONS:
            hits = library.search(question).hits
            state[question] = [(hit.paper_id, round(hit.score, 4)) for hit in hits]
    with closing(Catalog.open(folder / "catalog.sqlite")) as catalog:
        findings = examine(catalog, folder, thorough=True)
        assert [finding for finding in findings if finding.code != "disk-low"] == []  # some test disks are small
    return state


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
