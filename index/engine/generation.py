"""One published generation: its manifest, and its vectors, checked before Chroma maps them."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..catalog.base import CatalogView
from ..domain.errors import IndexDamagedError
from ..domain.vectors import Matrix, Vectors
from .artifacts import FILES, Learned

SPACE = "cosine, centred by language"
COLLECTION = "chunks"
CANARIES = 64
"""How many vectors, at most, are asked whether they find themselves."""


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
        catalog: the identity of the catalog that it was built from; row numbers mean nothing to another one.
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
    catalog: str = ""

    def belongs_to(self, view: CatalogView) -> bool:
        """Whether the rows are those of this catalog, and none of them is newer than the snapshot.

        A catalog that was restored from a backup has another identity, so nothing of the time after it is found.
        """
        return self.catalog == view.catalog_id and self.rev <= view.revision


class Generation:
    """One published generation, open for queries. Row numbers in, row numbers out. Safe to share between threads.

    Chroma is opened when it is first asked: to import it and to open a store takes half a second.
    """

    def __init__(self, folder: Path, manifest: Manifest, learned: Learned) -> None:
        self.manifest, self.learned = manifest, learned
        self._folder, self._lock = folder, threading.Lock()
        self._store: tuple[Any, Any] | None = None
        self._is_closed = False

    @classmethod
    def open(cls, folder: Path) -> Generation:
        """Open a generation.

        Raises:
            IndexDamagedError: its manifest or what it learned cannot be read, or a file is not as it was published.
        """
        try:
            manifest = Manifest(**json.loads((folder / "manifest.json").read_text("utf-8")))
            # Chroma maps these files as they are: damaged ones give wrong neighbours, or end the process.
            if hashes(folder) != manifest.files:
                raise IndexDamagedError("its files are not those that were published")
            return cls(folder, manifest, Learned.load(folder))
        except (
            Exception
        ) as error:  # chromadb raises what its Rust core raises; whatever it is, the directory is of no use
            raise IndexDamagedError(f"{folder}: cannot be opened ({error}); the next ingest rebuilds it") from error

    @property
    def _collection(self) -> Any:
        with self._lock:
            if self._is_closed:  # its folder may be gone by now: Chroma would make an empty one in its place
                raise IndexDamagedError(f"generation {self.manifest.number}: is closed; another one was published")
            if self._store is None:
                client = open_client(self._folder)
                try:
                    # The stored configuration is never read and no embedding function is attached: both could run code.
                    self._store = client, client.get_collection(COLLECTION, embedding_function=None)
                except BaseException:
                    client.close()
                    raise
            return self._store[1]

    def nearest(self, vectors: Matrix, limit: int) -> list[dict[int, float]]:
        """The nearest chunks of each centred unit vector (n, d): cosine by row number, at most `limit` each.

        Raises:
            IndexDamagedError: the vector store cannot be read.
        """
        limit = min(limit, self.manifest.rows)
        if limit < 1:
            return [{} for _ in vectors]
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

    def lost(self, vectors: Vectors) -> list[int]:
        """Those rows of an even sample that do not find themselves.

        Args:
            vectors: what the store should hold.

        Raises:
            IndexDamagedError: the vector store cannot be read.
        """
        count = len(vectors.rows)
        picks = np.linspace(0, count - 1, min(CANARIES, count)).astype(int)
        # The same text twice gives the same vector twice: then another row at distance zero is as good.
        return [
            row
            for row, near in zip(vectors.rows[picks].tolist(), self.nearest(vectors.matrix[picks], 10), strict=True)
            if row not in near and max(near.values(), default=0.0) < 0.999
        ]

    def count(self) -> int:
        """How many vectors the store says it holds."""
        return int(self._collection.count())

    def rows(self) -> set[int]:
        """Every row number that the store holds.

        Raises:
            IndexDamagedError: the vector store cannot be read.
        """
        try:
            return {int(row) for row in self._collection.get(include=[])["ids"]}
        except Exception as error:
            raise IndexDamagedError(f"generation {self.manifest.number}: cannot be read ({error})") from error

    def stored(self, rows: Sequence[int]) -> dict[int, Matrix]:
        """Centred vectors as the store holds them, by row number; rows that it lacks are left out.

        Raises:
            IndexDamagedError: the vector store cannot be read.
        """
        try:
            found = self._collection.get(ids=[str(row) for row in rows], include=["embeddings"])
            return {int(row): vector for row, vector in zip(found["ids"], found["embeddings"], strict=True)}
        except Exception as error:
            raise IndexDamagedError(f"generation {self.manifest.number}: cannot be read ({error})") from error

    def close(self) -> None:
        """Release the store's files; whoever still holds the generation cannot ask it any more."""
        with self._lock:
            if self._store:
                self._store[0].close()
            self._store, self._is_closed = None, True


def open_client(folder: Path) -> Any:
    """Chroma over a generation's folder."""
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    return chromadb.PersistentClient(str(folder / "chroma"), settings=settings)


def checksum(vectors: Vectors) -> str:
    """SHA-256 over row numbers and vectors."""
    digest = hashlib.sha256(vectors.rows.tobytes())
    digest.update(vectors.matrix.tobytes())
    return digest.hexdigest()


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of the saved HNSW indexes' files, and of what was learned.

    A folder without `index_metadata.pickle` holds nothing saved: its vectors are still in Chroma's SQLite file, and
    what else lies there is written anew at every opening. That SQLite file is left out for the same reason.
    """
    saved = sorted((folder / "chroma").glob("*/index_metadata.pickle"))
    files = [path for index in saved for path in sorted(index.parent.iterdir())]
    files += [path for name in FILES if (path := folder / name).exists()]
    return {str(path.relative_to(folder)): _hash(path) for path in files}


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
