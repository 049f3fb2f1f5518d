"""Passage vectors, one per passage hash and embedding model (table `vectors`)."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

import numpy as np

from ..domain.errors import IndexDamagedError
from ..domain.findings import REPAIR
from ..domain.vectors import Matrix, Vectors
from .session import Session

_BATCH = 4_096  # vectors that `invalid` loads at once
_IS_ORPHAN = "NOT EXISTS (SELECT 1 FROM passages WHERE passages.passage_hash = vectors.passage_hash)"


class StoredVectors:
    """Passage vectors of one or more embedding models."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self, model_id: str, dimension: int, *, after_revision: int = -1) -> Vectors:
        """Return the vectors of every chunk that is newer than a revision, by default of all chunks.

        Args:
            model_id: the embedding model.
            dimension: the length of its vectors.
            after_revision: only chunks with a higher revision.

        Raises:
            IndexDamagedError: a stored vector has another length.
        """
        cursor = self._session.execute(
            """SELECT row, lang = 'ko', vector FROM chunks JOIN vectors USING (passage_hash)
               WHERE model_id = ? AND rev > ? ORDER BY row""",
            (model_id, after_revision),
        )
        rows, korean, matrix = array("q"), bytearray(), _MatrixBuilder(dimension)
        for row, is_korean, vector in cursor:
            rows.append(row)
            korean.append(is_korean)
            matrix.append(vector)
        return Vectors(np.array(rows, np.int64), np.array(korean, np.bool_), matrix.build())

    def of_abstracts(self, model_id: str, dimension: int) -> tuple[list[str], Matrix]:
        """Return the vectors of every abstract's passages.

        Returns:
            The paper id of each row, ascending; the vectors, float32 (n, dimension).

        Raises:
            IndexDamagedError: a stored vector has another length.
        """
        sql = """SELECT paper_id, vector FROM chunks JOIN vectors USING (passage_hash)
                 WHERE model_id = ? AND source = 'abstract' ORDER BY paper_id, row"""
        papers: list[str] = []
        matrix = _MatrixBuilder(dimension)
        for paper_id, vector in self._session.execute(sql, (model_id,)):
            papers.append(paper_id)
            matrix.append(vector)
        return papers, matrix.build()

    def existing(self, passage_hashes: Iterable[str], model_id: str) -> set[str]:
        """Return those of some passage hashes that have a vector of a model."""
        sql = "SELECT passage_hash FROM vectors WHERE model_id = ? AND passage_hash IN ({marks})"
        return {row[0] for row in self._session.select_in(sql, passage_hashes, model_id)}

    def of_passages(self, passage_hashes: Iterable[str], model_id: str, dimension: int) -> dict[str, Matrix]:
        """Return the vectors of passages, float32 (dimension,), by hash; those without one of the model are left out.

        Raises:
            IndexDamagedError: a stored vector has another length.
        """
        sql = "SELECT passage_hash, vector FROM vectors WHERE model_id = ? AND passage_hash IN ({marks})"
        hashes: list[str] = []
        matrix = _MatrixBuilder(dimension)
        for passage_hash, vector in self._session.select_in(sql, passage_hashes, model_id):
            hashes.append(passage_hash)
            matrix.append(vector)
        return dict(zip(hashes, matrix.build(), strict=True))

    def models(self) -> list[tuple[str, int]]:
        """Return the model ids and dimensions of the stored vectors."""
        sql = "SELECT DISTINCT model_id, length(vector) / 4 FROM vectors ORDER BY 1, 2"
        return [(row[0], row[1]) for row in self._session.execute(sql)]

    def orphan_count(self) -> int:
        """Count the vectors whose passage belongs to no chunk and no sentence."""
        return self._session.count(f"vectors WHERE {_IS_ORPHAN}")

    def invalid(self, model_id: str, dimension: int) -> list[str]:
        """Return the passage hashes of a model's invalid vectors.

        A valid vector consists of `dimension` finite float32 numbers and has length one, or zero for an empty text.
        """
        cursor = self._session.execute("SELECT passage_hash, vector FROM vectors WHERE model_id = ?", (model_id,))
        invalid: list[str] = []
        while batch := cursor.fetchmany(_BATCH):
            complete = [row for row in batch if isinstance(row[1], bytes) and len(row[1]) == 4 * dimension]
            invalid += [row[0] for row in batch if not isinstance(row[1], bytes) or len(row[1]) != 4 * dimension]
            matrix = np.frombuffer(b"".join(row[1] for row in complete), np.float32).reshape(len(complete), dimension)
            with np.errstate(all="ignore"):
                lengths = np.sqrt(np.square(matrix, dtype=np.float64).sum(axis=1))
            valid = np.isfinite(lengths) & ((np.abs(lengths - 1) < 0.01) | (lengths == 0))
            invalid += [row[0] for row, is_valid in zip(complete, valid, strict=True) if not is_valid]
        return invalid

    def put(self, passage_hashes: Sequence[str], model_id: str, matrix: Matrix) -> None:
        """Store the vectors of passages.

        Args:
            passage_hashes: n hashes.
            model_id: the embedding model.
            matrix: float32 (n, d); row i is the vector of hash i.
        """
        rows = [
            (passage_hash, model_id, np.ascontiguousarray(row, np.float32).tobytes())
            for passage_hash, row in zip(passage_hashes, matrix, strict=True)
        ]
        self._session.write_many("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def remove_orphans_of(self, passage_hashes: Iterable[str]) -> None:
        """Remove the vectors of those passages that belong to no chunk and no sentence."""
        sql = f"DELETE FROM vectors WHERE passage_hash = ? AND {_IS_ORPHAN}"  # noqa: S608 - fixed names
        self._session.write_many(sql, [(passage_hash,) for passage_hash in sorted(passage_hashes)])

    def remove_unusable(self, model_id: str, dimension: int) -> None:
        """Remove vectors without a chunk or sentence, of another model than `model_id`, and invalid ones."""
        self._session.write("DELETE FROM vectors WHERE passage_hash NOT IN (SELECT passage_hash FROM passages)")
        self._session.write("DELETE FROM vectors WHERE model_id != ?", (model_id,))
        invalid = [(passage_hash,) for passage_hash in self.invalid(model_id, dimension)]
        self._session.write_many("DELETE FROM vectors WHERE passage_hash = ?", invalid)


class _MatrixBuilder:
    """Collects vectors in one buffer, so that they are not held a second time as BLOBs."""

    def __init__(self, dimension: int) -> None:
        self._dimension, self._rows, self._buffer = dimension, 0, bytearray()

    def append(self, vector: object) -> None:
        """Add a row.

        Raises:
            IndexDamagedError: it is not a BLOB of `dimension` float32 numbers.
        """
        if not isinstance(vector, bytes) or len(vector) != 4 * self._dimension:
            raise IndexDamagedError(f"the catalog holds vectors that are not {self._dimension} numbers long; {REPAIR}")
        self._rows += 1
        self._buffer += vector

    def build(self) -> Matrix:
        """Return all rows, float32 (n, dimension)."""
        return np.frombuffer(self._buffer, np.float32).reshape(self._rows, self._dimension)
