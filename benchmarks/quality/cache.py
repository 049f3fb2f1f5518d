"""Remembers vectors in one SQLite file, so that a model reads no text twice."""

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

_AT_ONCE = 64  # texts embedded between two commits: what a killed run loses
_SCHEMA = """create table if not exists vectors (
    model_id text, role text, hash blob, vector blob not null, primary key (model_id, role, hash)) without rowid"""


class CachedEmbedder:
    """An `Embedder` that asks another one only for texts that it does not know.

    Vectors are keyed by model id, role (a question and a passage of the same words differ) and the text's SHA-256. May
    be shared between threads; two processes may share a file.

    Args:
        model: who is asked.
        file: where vectors are kept; made where it is absent.
        observe: told after every batch how many texts it embedded.
    """

    def __init__(self, model: Embedder, file: Path, observe: Callable[[int], object] = lambda _: None) -> None:
        self._model, self._observe = model, observe
        self._lock = threading.Lock()
        self._db = sqlite3.connect(file, timeout=60, check_same_thread=False)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute(_SCHEMA)
        self.embedded = 0
        """Texts that the model had to read."""

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    @property
    def model_id(self) -> str:
        """The model's own: cached vectors are the same vectors."""
        return self._model.model_id

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._model.dimension

    @property
    def window(self) -> int:
        """How many tokens of a passage the model sees at once."""
        return self._model.window

    def count_tokens(self, text: str) -> int:
        """How many of `window`'s tokens the text takes."""
        return self._model.count_tokens(text)

    def queries(self, texts: Sequence[str]) -> Matrix:
        """Questions to float32 (n, dimension), unit rows, in order."""
        return self._vectors("query", texts, self._model.queries)

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Passages to float32 (n, dimension), unit rows, in order."""
        return self._vectors("passage", texts, self._model.passages)

    def _vectors(self, role: Role, texts: Sequence[str], embed: Callable[[Sequence[str]], Matrix]) -> Matrix:
        with self._lock:
            hashes = [hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in texts]
            missing = {key: text for key, text in zip(hashes, texts, strict=True) if self._known(role, key) is None}
            # By length, so that the texts of a batch pad little; the rows are keyed by hash, so order is free.
            todo = sorted(missing.items(), key=lambda item: len(item[1]))
            for start in range(0, len(todo), _AT_ONCE):
                part = todo[start : start + _AT_ONCE]
                self._put(role, [key for key, _ in part], embed([text for _, text in part]))
                self.embedded += len(part)
                self._observe(len(part))
            rows = [self._known(role, key) for key in hashes]
        if not rows:
            return np.zeros((0, self.dimension), np.float32)
        return np.frombuffer(b"".join(row for row in rows if row), np.float32).reshape(len(rows), -1).copy()

    def _known(self, role: Role, key: bytes) -> bytes | None:
        found = self._db.execute(
            "select vector from vectors where model_id = ? and role = ? and hash = ?", (self.model_id, role, key)
        ).fetchone()
        return found[0] if found else None

    def _put(self, role: Role, keys: Sequence[bytes], vectors: Matrix) -> None:
        rows = ((self.model_id, role, key, row.tobytes()) for key, row in zip(keys, vectors, strict=True))
        with self._db:
            self._db.executemany("insert or replace into vectors values (?, ?, ?, ?)", rows)
