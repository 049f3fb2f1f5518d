"""Writing what is searched: chunks, their terms and vectors; with the records, what one transaction is made of."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import astuple

import numpy as np

from ..domain.papers import Chunk
from ..embeddings.base import Matrix
from .recording import Recorder


class Writer(Recorder):
    """One transaction's writes; reads see them. Made by `Catalog.write()`, which commits or rolls back."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._gone: set[str] = set()

    def replace_chunks(self, paper_id: str, chunks: Sequence[Chunk], terms: Mapping[str, str]) -> tuple[int, int]:
        """Make `chunks` the chunks of a paper, touching only those that differ.

        Args:
            paper_id: the paper that all of them belong to.
            chunks: what shall be there.
            terms: space-separated index terms by chunk id, for every chunk that is new or changed.

        Returns:
            How many chunks were added and removed; a changed one counts as both.
        """
        stored = {chunk.chunk_id: (row, chunk) for row, chunk in self.paper_chunks([paper_id]).items()}
        wanted = {chunk.chunk_id: chunk for chunk in chunks}
        gone = [(row, chunk) for key, (row, chunk) in stored.items() if wanted.get(key) != chunk]
        for row, _ in gone:
            self._sql.execute("DELETE FROM chunks WHERE row = ?", (row,))
            self._sql.execute("DELETE FROM lexical WHERE rowid = ?", (row,))
        added = 0
        for chunk in wanted.values():
            if chunk.chunk_id in stored and stored[chunk.chunk_id][1] == chunk:
                continue
            cursor = self._sql.execute(
                "INSERT INTO chunks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*astuple(chunk), chunk.passage_hash, self.new_rev),
            )
            self._sql.execute(
                "INSERT INTO lexical (rowid, terms) VALUES (?, ?)", (cursor.lastrowid, terms[chunk.chunk_id])
            )
            added += 1
        self._gone.update(chunk.passage_hash for _, chunk in gone)
        if gone:
            self.touch()  # a removal alone is a change too
        return added, len(gone)

    def finish(self) -> None:
        """Forget the vectors that no chunk needs any more; not before the end, since texts move between papers."""
        sql = (
            "DELETE FROM vectors WHERE passage_hash = ?1 AND NOT EXISTS (SELECT 1 FROM chunks WHERE passage_hash = ?1)"
        )
        self._sql.executemany(sql, [(hashed,) for hashed in sorted(self._gone)])
        self._gone.clear()

    def put_vectors(self, hashes: Sequence[str], model_id: str, matrix: Matrix) -> None:
        """Store the vectors of passages: row i of the float32 (n, d) matrix belongs to hash i."""
        rows = [
            (key, model_id, np.ascontiguousarray(row, np.float32).tobytes())
            for key, row in zip(hashes, matrix, strict=True)
        ]
        self._sql.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)
