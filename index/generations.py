"""Published generations: Chroma directories built from the catalog, checked, switched atomically, then left alone."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from .centring import Means
from .embedding import Matrix
from .errors import IndexDamagedError
from .reading import Vectors

SPACE = "cosine, centred by language"
KEPT = 2
_COLLECTION = "chunks"
_CANARIES = 64
# Recall over speed: at these settings the 200 nearest of 100,000 agree with an exact scan in more than 99 of 100.
_HNSW = {"space": "cosine", "ef_construction": 200, "max_neighbors": 32, "ef_search": 400}

Step = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds: written last, so a directory with one is whole.

    Attributes:
        number: of the generation.
        model_id, dimension: of the vectors.
        space: how vectors are compared.
        recipe: version of the chunker.
        rows: how many vectors.
        rev: revision of the catalog's snapshot.
        checksum: over row numbers and vectors.
        files: SHA-256 of each file of the vector index, by its path in the generation's folder.
    """

    number: int
    model_id: str
    dimension: int
    space: str
    recipe: str
    rows: int
    rev: int
    checksum: str
    files: dict[str, str]


class Generation:
    """One published generation, open for queries. Row numbers in, row numbers out."""

    def __init__(self, folder: Path, manifest: Manifest, means: Means) -> None:
        self.manifest, self.means = manifest, means
        self._client = _client(folder)
        try:
            # The stored configuration is never read and no embedding function is attached: both could run code.
            self._collection = self._client.get_collection(_COLLECTION, embedding_function=None)
        except BaseException:
            self._client.close()
            raise

    @classmethod
    def open(cls, folder: Path) -> Generation:
        """Open a generation.

        Raises:
            IndexDamagedError: its manifest, means or vector store cannot be read.
        """
        try:
            manifest = Manifest(**json.loads((folder / "manifest.json").read_text("utf-8")))
            # Chroma maps these files as they are: damaged ones give wrong neighbours, or end the process.
            if _hashes(folder) != manifest.files:
                raise IndexDamagedError("its files are not those that were published")
            means = Means.load(folder / "means.npy")
            return cls(folder, manifest, means)
        except (
            Exception
        ) as error:  # chromadb raises what its Rust core raises; whatever it is, the directory is of no use
            raise IndexDamagedError(f"{folder}: cannot be opened ({error}); the next ingest rebuilds it") from error

    def nearest(self, vectors: Matrix, limit: int) -> list[dict[int, float]]:
        """The nearest chunks of each centred unit vector (n, d): cosine by row number, at most `limit` each.

        Raises:
            IndexDamagedError: the vector store cannot be read.
        """
        limit = min(limit, self.manifest.rows)
        try:
            found = self._collection.query(
                query_embeddings=cast("Any", vectors), n_results=limit, include=["distances"]
            )
        except Exception as error:
            raise IndexDamagedError(f"generation {self.manifest.number}: cannot be read ({error})") from error
        distances = found["distances"] or []
        return [
            {int(row): 1.0 - distance for row, distance in zip(ids, near, strict=True)}
            for ids, near in zip(found["ids"], distances, strict=True)
        ]

    def count(self) -> int:
        """How many vectors the store says it holds."""
        return int(self._collection.count())

    def close(self) -> None:
        """Release the store's files."""
        self._client.close()


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    return chromadb.PersistentClient(str(folder / "chroma"), settings=settings)


class Generations:
    """The folder of generations, and which one is current."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current(self) -> int | None:
        """Number of the published generation; None where nothing is published."""
        try:
            return int((self.folder / "CURRENT").read_text("ascii"))
        except (FileNotFoundError, ValueError):
            return None

    def path(self, number: int) -> Path:
        """Folder of a generation."""
        return self.folder / str(number)

    def publish(self, vectors: Vectors, *, model_id: str, recipe: str, rev: int, step: Step) -> Manifest:
        """Build, verify and publish a generation. Call it from one process at a time.

        A kill at any moment leaves the published generation as it was; what it leaves half built is swept away by
        the next call.

        Args:
            vectors: every chunk's vector, from one snapshot of the catalog.
            model_id: the model that made them.
            recipe: version of the chunker.
            rev: revision of that snapshot.
            step: called with a word before each step.

        Raises:
            IndexDamagedError: the built index does not give back what was put in.
        """
        step("sweep")
        # Numbers are never used twice, even when CURRENT is lost: another reader may hold the old folder open.
        number = max([*self._numbers(), self.current() or 0]) + 1
        self._sweep()
        folder = self.path(number)
        folder.mkdir(parents=True)
        means = Means.of(vectors)
        centred = means.centre(vectors)
        rows, dimension = vectors.matrix.shape
        step("build")
        _build(folder, vectors, centred, step)
        sums = checksum(vectors), _hashes(folder)
        manifest = Manifest(number, model_id, dimension, SPACE, recipe, rows, rev, *sums)
        means.save(folder / "means.npy")
        (folder / "manifest.json").write_text(json.dumps(asdict(manifest), indent=1), "utf-8")
        step("verify")
        with closing(Generation.open(folder)) as generation:
            verify(generation, vectors, centred)
        step("sync")
        _sync_tree(folder)
        step("switch")
        replace_text(self.folder / "CURRENT", str(number))
        step("tidy")
        self._sweep()
        return manifest

    def _numbers(self) -> list[int]:
        if not self.folder.exists():
            return []
        return sorted(int(path.name) for path in self.folder.iterdir() if path.name.isdigit())

    def _sweep(self) -> None:
        """Remove what is not the current generation or the ones published last before it."""
        current = self.current()
        whole = [number for number in self._numbers() if current is not None and number <= current]
        for number in set(self._numbers()) - set(whole[-KEPT:]):
            shutil.rmtree(self.path(number), ignore_errors=True)


def checksum(vectors: Vectors) -> str:
    """SHA-256 over row numbers and vectors."""
    digest = hashlib.sha256(vectors.rows.tobytes())
    digest.update(vectors.matrix.tobytes())
    return digest.hexdigest()


def _hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of the saved HNSW indexes' files.

    A folder without `index_metadata.pickle` holds nothing saved: its vectors are still in Chroma's SQLite file, and
    what else lies there is written anew at every opening. That SQLite file is left out for the same reason.
    """
    saved = sorted((folder / "chroma").glob("*/index_metadata.pickle"))
    files = [path for index in saved for path in sorted(index.parent.iterdir())]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _build(folder: Path, vectors: Vectors, centred: Matrix, step: Step) -> None:
    client = _client(folder)
    with closing(client):
        configuration = cast("Any", {"hnsw": _HNSW})
        collection = client.create_collection(_COLLECTION, configuration=configuration, embedding_function=None)
        size = min(int(client.get_max_batch_size()), 2_000)
        for start in range(0, len(vectors.rows), size):
            step("add")
            part = slice(start, start + size)
            collection.add(ids=[str(row) for row in vectors.rows[part]], embeddings=cast("Any", centred[part]))


def verify(generation: Generation, vectors: Vectors, centred: Matrix) -> None:
    """Check that a generation gives back what it should hold: the count, and every sampled vector itself.

    Raises:
        IndexDamagedError: it does not.
    """
    expected = len(vectors.rows)
    if generation.count() != expected:
        raise IndexDamagedError(
            f"generation {generation.manifest.number} holds {generation.count()} of {expected} vectors"
        )
    picks = np.unique(np.linspace(0, expected - 1, min(_CANARIES, expected)).astype(int))
    for pick, near in zip(picks, generation.nearest(centred[picks], 10), strict=True):
        # The same text twice gives the same vector twice: then another row at distance zero is as good.
        if int(vectors.rows[pick]) not in near and max(near.values(), default=0.0) < 0.999:
            raise IndexDamagedError(f"generation {generation.manifest.number} does not find row {vectors.rows[pick]}")


def replace_text(path: Path, text: str) -> None:
    """Write a small file so that a reader, or a machine that lost power, sees the old text or the new one."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync(path.parent)


def _sync_tree(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder, folder.parent]:
        _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
