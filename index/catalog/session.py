"""Reading what is searched: chunks, their vectors and their terms."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from ..domain.errors import IndexDamagedError
from ..domain.filters import Filter
from ..domain.findings import REPAIR
from ..domain.papers import Chunk, Language
from ..domain.trust import Label
from ..embeddings.base import Matrix
from .documents import Records

_CHUNK = "row, chunk_id, paper_id, source, digest_date, section, ordinal, lang, text, context"
_SPOT = """SELECT row, chunk_id, chunks.paper_id, section, chunks.lang, label, chunks.lang = 'ko' AND NOT EXISTS (
               SELECT 1 FROM chunks AS other WHERE other.paper_id = chunks.paper_id AND other.lang != 'ko') FROM chunks
           LEFT JOIN entries USING (paper_id, digest_date)"""


Rows = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Vectors:
    """Chunk vectors.

    Attributes:
        rows: int64 (n,), the chunks' row numbers, rising.
        korean: bool (n,), whether the chunk's language is Korean.
        matrix: float32 (n, d), unit rows.
    """

    rows: Rows
    korean: np.ndarray[Any, np.dtype[np.bool_]]
    matrix: Matrix


@dataclass(frozen=True, slots=True)
class ChunkInfo:
    """What ranking needs to know of a chunk: all but its words.

    Attributes:
        row: its row number.
        section: a `SectionName`, or "abstract".
        trust: the label of the summary that it stands in; None for an abstract.
        alone: whether it is Korean, and so is everything that is here of its paper.
    """

    row: int
    chunk_id: str
    paper_id: str
    section: str
    lang: Language
    trust: Label | None = None
    alone: bool = False


class CatalogView(Records):
    """What the catalog holds at one moment. Made by `Catalog.view()`."""

    def chunk_count(self) -> int:
        """How many chunks are here."""
        return self._count("chunks")

    def chunks(self, rows: Iterable[int]) -> dict[int, Chunk]:
        """Chunks by row number; rows that are gone are left out."""
        sql = f"SELECT {_CHUNK} FROM chunks WHERE row IN ({{marks}})"  # noqa: S608 - fixed columns
        return {row[0]: Chunk(*row[1:]) for row in self._among(sql, rows)}

    def chunk_infos(self, rows: Iterable[int]) -> dict[int, ChunkInfo]:
        """What ranking needs to know of chunks, by row number; rows that are gone are left out."""
        return {row[0]: ChunkInfo(*row) for row in self._among(f"{_SPOT} WHERE row IN ({{marks}})", rows)}

    def paper_chunk_infos(self, paper_ids: Iterable[str]) -> dict[int, ChunkInfo]:
        """The same of all chunks of some papers."""
        return {
            row[0]: ChunkInfo(*row) for row in self._among(f"{_SPOT} WHERE chunks.paper_id IN ({{marks}})", paper_ids)
        }

    def rows(self, wanted: Filter) -> Rows:
        """Row numbers of the chunks that a filter lets through, int64 (n,), rising."""
        condition, values = wanted.condition()
        sql = f"SELECT row FROM chunks LEFT JOIN entries USING (paper_id, digest_date) WHERE {condition} ORDER BY row"  # noqa: S608
        return np.array([row for (row,) in self._sql.execute(sql, values)], np.int64)

    def newest_papers(self, wanted: Filter, limit: int) -> list[str]:
        """Papers with chunks that a filter lets through, those of the latest day within its window first, then by id.

        The day is that of the digest, or of the paper's first version where the filter's window is of those.
        """
        condition, values = wanted.condition()
        until = (wanted.until or date.max).isoformat()
        day = "substr(max(published), 1, 10)" if wanted.by == "published" else "max(day)"
        sql = f"""SELECT chunks.paper_id FROM chunks LEFT JOIN entries USING (paper_id, digest_date)
                  LEFT JOIN (SELECT paper_id, max(digest_date) AS day FROM entries WHERE digest_date <= ? GROUP BY 1)
                  USING (paper_id) LEFT JOIN sources USING (paper_id)
                  WHERE {condition} GROUP BY chunks.paper_id ORDER BY {day} DESC, chunks.paper_id LIMIT ?"""  # noqa: S608
        return [row[0] for row in self._sql.execute(sql, [until, *values, limit])]

    def paper_count(self, wanted: Filter) -> int:
        """How many papers have chunks that a filter lets through."""
        condition, values = wanted.condition()
        source = "chunks LEFT JOIN entries USING (paper_id, digest_date)"
        sql = f"SELECT count(DISTINCT chunks.paper_id) FROM {source} WHERE {condition}"  # noqa: S608
        return int(self._sql.execute(sql, values).fetchone()[0])

    def chunk_ids(self, among: Iterable[str]) -> set[str]:
        """Which of some chunk ids are here."""
        return {row[0] for row in self._among("SELECT chunk_id FROM chunks WHERE chunk_id IN ({marks})", among)}

    def all_chunks(self) -> list[Chunk]:
        """Every chunk, by row number."""
        return [Chunk(*row[1:]) for row in self._sql.execute(f"SELECT {_CHUNK} FROM chunks ORDER BY row")]  # noqa: S608

    def paper_chunks(self, paper_ids: Iterable[str]) -> dict[int, Chunk]:
        """All chunks of some papers, by row number."""
        sql = f"SELECT {_CHUNK} FROM chunks WHERE paper_id IN ({{marks}}) ORDER BY row"  # noqa: S608 - fixed columns
        return {row[0]: Chunk(*row[1:]) for row in self._among(sql, paper_ids)}

    def without_vectors(self, model_id: str) -> list[Chunk]:
        """Chunks that have no vector of a model; none, unless something went wrong."""
        sql = f"""SELECT {_CHUNK} FROM chunks WHERE NOT EXISTS
                  (SELECT 1 FROM vectors WHERE passage_hash = chunks.passage_hash AND model_id = ?)"""  # noqa: S608
        return [Chunk(*row[1:]) for row in self._sql.execute(sql, (model_id,))]

    def known_passages(self, hashes: Iterable[str], model_id: str) -> set[str]:
        """Which of these passages already have a vector of that model."""
        sql = "SELECT passage_hash FROM vectors WHERE model_id = ? AND passage_hash IN ({marks})"
        return {row[0] for row in self._among(sql, hashes, model_id)}

    def vectors(self, model_id: str, dimension: int, *, after_rev: int = -1) -> Vectors:
        """Vectors of every chunk whose revision is above `after_rev`."""
        cursor = self._sql.execute(
            """SELECT row, lang = 'ko', vector FROM chunks JOIN vectors USING (passage_hash)
               WHERE model_id = ? AND rev > ? ORDER BY row""",
            (model_id, after_rev),
        )
        rows, korean, matrix = array("q"), bytearray(), _Matrix(dimension)
        for row, is_korean, vector in cursor:
            rows.append(row)
            korean.append(is_korean)
            matrix.add(vector)
        return Vectors(np.array(rows, np.int64), np.array(korean, np.bool_), matrix.done())

    def abstract_vectors(self, model_id: str, dimension: int) -> tuple[list[str], Matrix]:
        """Papers and vectors, float32 (n, d), of the passages of every abstract, one paper's together."""
        sql = """SELECT paper_id, vector FROM chunks JOIN vectors USING (passage_hash)
                 WHERE model_id = ? AND source = 'abstract' ORDER BY paper_id, row"""
        papers: list[str] = []
        matrix = _Matrix(dimension)
        for paper_id, vector in self._sql.execute(sql, (model_id,)):
            papers.append(paper_id)
            matrix.add(vector)
        return papers, matrix.done()

    def terms(self, *, after_rev: int = -1) -> Iterator[tuple[int, bool, str]]:
        """Row, whether it is Korean, and space-separated index terms of every chunk newer than `after_rev`."""
        sql = """SELECT row, lang = 'ko', terms FROM chunks JOIN lexical ON lexical.rowid = row
                 WHERE rev > ? ORDER BY row"""
        yield from self._sql.execute(sql, (after_rev,))

    def paired_terms(self) -> Iterator[tuple[str, bool, str]]:
        """Paper id, whether it is of an abstract, and terms, of every chunk that may teach a translation:
        none of papers without a Korean one.
        """
        yield from self._sql.execute(
            """SELECT chunks.paper_id, source = 'abstract', terms FROM chunks JOIN lexical ON lexical.rowid = row
               LEFT JOIN entries USING (paper_id, digest_date)
               WHERE (source = 'abstract' AND chunks.paper_id IN (SELECT paper_id FROM chunks WHERE lang = 'ko'))
               OR (chunks.lang = 'ko' AND label NOT IN ('refused', 'invented'))
               ORDER BY row"""
        )

    def korean_texts(self) -> Iterator[str]:
        """The text of every Korean chunk that may teach a translation, newest first."""
        sql = """SELECT text FROM chunks LEFT JOIN entries USING (paper_id, digest_date)
                 WHERE chunks.lang = 'ko' AND coalesce(label, '') NOT IN ('refused', 'invented') ORDER BY row DESC"""
        yield from (text for (text,) in self._sql.execute(sql))

    def changed_rows(self, after_rev: int) -> int:
        """How many chunks are newer than a revision."""
        return int(self._sql.execute("SELECT count(*) FROM chunks WHERE rev > ?", (after_rev,)).fetchone()[0])

    def terms_of(self, chunk_ids: Iterable[str]) -> set[str]:
        """The index terms of some chunks."""
        sql = "SELECT terms FROM chunks JOIN lexical ON lexical.rowid = row WHERE chunk_id IN ({marks})"
        return {term for (text,) in self._among(sql, chunk_ids) for term in text.split()}

    def document_frequency(self, terms: Iterable[str]) -> dict[str, int]:
        """In how many chunks each term occurs; terms that occur nowhere are left out."""
        return dict(self._among("SELECT term, doc FROM lexical_vocabulary WHERE term IN ({marks})", terms))


class _Matrix:
    """Vectors as they are read, one after the other: held once, not as blobs too."""

    def __init__(self, dimension: int) -> None:
        self._dimension, self._rows, self._bytes = dimension, 0, bytearray()

    def add(self, vector: object) -> None:
        """One more row.

        Raises:
            IndexDamagedError: it is no vector, or of another length.
        """
        if not isinstance(vector, bytes) or len(vector) != 4 * self._dimension:
            raise IndexDamagedError(f"the catalog holds vectors that are not {self._dimension} numbers long; {REPAIR}")
        self._rows += 1
        self._bytes += vector

    def done(self) -> Matrix:
        """All rows, float32 (n, d)."""
        return np.frombuffer(self._bytes, np.float32).reshape(self._rows, self._dimension)
