"""The Chroma collection of one generation. The only module that imports chromadb.

Only vectors are passed, and no embedding function is attached: a stored configuration could run code.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from ..domain.errors import IndexDamagedError
from ..domain.vectors import Matrix, Vectors
from .base import Observer

_COLLECTION = "chunks"
# Recall over speed: at these settings the 200 nearest of 100,000 agree with an exact scan in more than 99 of 100.
_HNSW = {"space": "cosine", "ef_construction": 200, "max_neighbors": 32, "ef_search": 400}
_BATCH = 2_000


class ChromaCollection:
    """Centered vectors in Chroma, addressed by row number. Safe to share between threads.

    Chroma is opened by the first query: importing it and opening a store takes half a second.

    Args:
        folder: the folder of the generation.
        name: name of the collection in error messages.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._lock = threading.Lock()
        self._opened: tuple[Any, Any] | None = None
        self._is_closed = False

    @classmethod
    def build(cls, folder: Path, vectors: Vectors, observe: Observer) -> None:
        """Write a collection of centered vectors into a new folder."""
        with closing(_client(folder)) as client:
            configuration = cast("Any", {"hnsw": _HNSW})
            collection = client.create_collection(_COLLECTION, configuration=configuration, embedding_function=None)
            size = min(int(client.get_max_batch_size()), _BATCH)
            for start in range(0, len(vectors.rows), size):
                observe("add")
                part = slice(start, start + size)
                ids = [str(row) for row in vectors.rows[part]]
                collection.add(ids=ids, embeddings=cast("Any", vectors.matrix[part]))
        _clear_unsaved(folder)

    @classmethod
    def files(cls, folder: Path) -> list[Path]:
        """Return the saved HNSW files in a generation's folder.

        A collection without `index_metadata.pickle` has saved nothing: its vectors are still in Chroma's SQLite file,
        which is left out because every opening rewrites it.
        """
        saved = sorted((folder / "chroma").glob("*/index_metadata.pickle"))
        return [path for index in saved for path in sorted(index.parent.iterdir())]

    @property
    def _collection(self) -> Any:
        with self._lock:
            if self._is_closed:  # the folder may be gone, and Chroma would make an empty one in its place
                raise IndexDamagedError(f"{self._name} is closed; another one was published")
            if self._opened is None:
                client = _client(self._folder)
                try:
                    self._opened = client, client.get_collection(_COLLECTION, embedding_function=None)
                except BaseException:
                    client.close()
                    raise
            return self._opened[1]

    def nearest(self, vectors: Matrix, limit: int) -> list[dict[int, float]]:
        """Return the cosines of the nearest chunks by row number, one dictionary a query.

        Args:
            vectors: centered unit vectors, float32 (n, d).
            limit: largest number of chunks a query, at most the size of the collection.

        Raises:
            IndexDamagedError: the collection cannot be read.
        """
        if limit < 1:
            return [{} for _ in vectors]
        try:
            result = self._collection.query(
                query_embeddings=cast("Any", vectors), n_results=limit, include=["distances"]
            )
        except Exception as error:  # chromadb raises what its Rust core raises
            raise self._unreadable(error) from error
        distances = result["distances"] or []
        return [
            {int(row): 1.0 - distance for row, distance in zip(ids, near, strict=True)}
            for ids, near in zip(result["ids"], distances, strict=True)
        ]

    def count(self) -> int:
        """Return the number of vectors that Chroma reports."""
        return int(self._collection.count())

    def rows(self) -> set[int]:
        """Return every row number in the collection.

        Raises:
            IndexDamagedError: the collection cannot be read.
        """
        try:
            return {int(row) for row in self._collection.get(include=[])["ids"]}
        except Exception as error:
            raise self._unreadable(error) from error

    def vectors(self, rows: Sequence[int]) -> dict[int, Matrix]:
        """Return stored vectors by row number; rows that are missing are left out.

        Raises:
            IndexDamagedError: the collection cannot be read.
        """
        try:
            result = self._collection.get(ids=[str(row) for row in rows], include=["embeddings"])
            return {int(row): vector for row, vector in zip(result["ids"], result["embeddings"], strict=True)}
        except Exception as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> IndexDamagedError:
        return IndexDamagedError(f"{self._name} cannot be read ({error})")

    def close(self) -> None:
        """Release the files; later queries raise IndexDamagedError."""
        with self._lock:
            if self._opened:
                self._opened[0].close()
            self._opened, self._is_closed = None, True


def _clear_unsaved(folder: Path) -> None:
    """Zero the HNSW files of a collection that is too small to be saved there.

    Chroma creates them from memory that it did not initialize, which may hold texts of this process.
    """
    for file in (folder / "chroma").glob("*/*.bin"):
        if file.name in {"data_level0.bin", "length.bin"} and not (file.parent / "index_metadata.pickle").exists():
            file.write_bytes(bytes(file.stat().st_size))


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(str(folder / "chroma"), settings=Settings(anonymized_telemetry=False))
