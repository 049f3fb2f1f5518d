"""A cache of vectors in an SQLite file, so that no text is embedded twice."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from nonmun.index.domain.vectors import Matrix
from nonmun.index.embeddings.base import Embedder

Role = Literal["query", "passage"]

_BATCH = 64  # texts per commit; a killed run loses at most one batch
_SCHEMA = """create table if not exists vectors (
    model_id text, role text, hash blob, vector blob not null, primary key (model_id, role, hash)) without rowid"""


class CachedEmbedder:
    """An `Embedder` that caches the vectors of another one.

    Keys are model id, role (a query and a passage with the same text have different vectors) and the text's SHA-256.
    Thread-safe; several processes may share a file.

    Args:
        model: embeds the texts that are not in the cache.
        file: the cache, created if absent.
        observe: called after every batch with the number of texts embedded.
    """

    def __init__(self, model: Embedder, file: Path, observe: Callable[[int], object] = lambda _: None) -> None:
        self._model, self._observe = model, observe
        self._lock = threading.Lock()
        self._db = sqlite3.connect(file, timeout=60, check_same_thread=False)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute(_SCHEMA)
        self.embedded = 0
        """Number of texts embedded by the model."""

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def model_id(self) -> str:
        """Return the id of the underlying model, whose vectors these are."""
        return self._model.model_id

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""
        return self._model.dimension

    @property
    def window(self) -> int:
        """Return the number of tokens that the model processes at once."""
        return self._model.window

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text, as counted by `window`."""
        return self._model.count_tokens(text)

    def queries(self, texts: Sequence[str]) -> Matrix:
        """Embed queries: float32 (n, dimension), unit rows, in order."""
        return self._vectors("query", texts, self._model.queries)

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Embed passages: float32 (n, dimension), unit rows, in order."""
        return self._vectors("passage", texts, self._model.passages)

    def _vectors(self, role: Role, texts: Sequence[str], embed: Callable[[Sequence[str]], Matrix]) -> Matrix:
        with self._lock:
            hashes = [hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in texts]
            missing = {key: text for key, text in zip(hashes, texts, strict=True) if self._get(role, key) is None}
            # Sorted by length to minimize padding; rows are looked up by hash, so their order does not matter.
            pending = sorted(missing.items(), key=lambda item: len(item[1]))
            for start in range(0, len(pending), _BATCH):
                batch = pending[start : start + _BATCH]
                self._put(role, [key for key, _ in batch], embed([text for _, text in batch]))
                self.embedded += len(batch)
                self._observe(len(batch))
            rows = [self._get(role, key) for key in hashes]
        if not rows:
            return np.zeros((0, self.dimension), np.float32)
        return np.frombuffer(b"".join(row for row in rows if row), np.float32).reshape(len(rows), -1).copy()

    def _get(self, role: Role, key: bytes) -> bytes | None:
        row = self._db.execute(
            "select vector from vectors where model_id = ? and role = ? and hash = ?", (self.model_id, role, key)
        ).fetchone()
        return row[0] if row else None

    def _put(self, role: Role, keys: Sequence[bytes], vectors: Matrix) -> None:
        rows = ((self.model_id, role, key, row.tobytes()) for key, row in zip(keys, vectors, strict=True))
        with self._db:
            self._db.executemany("insert or replace into vectors values (?, ?, ?, ?)", rows)
