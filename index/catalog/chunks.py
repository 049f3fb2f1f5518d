"""Chunks, and the metadata filters that select them (table `chunks`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from datetime import date

import numpy as np

from ..domain.chunks import Chunk, ChunkInfo
from ..domain.filters import Filter
from ..domain.vectors import Rows
from .filters import condition
from .sentences import StoredSentences
from .session import Session
from .terms import ChunkTerms

_COLUMNS = "row, chunk_id, paper_id, source, digest_date, section, ordinal, lang, text, context"
_WITH_ENTRIES = "chunks LEFT JOIN entries USING (paper_id, digest_date)"
_INFO = f"""SELECT row, chunk_id, chunks.paper_id, section, chunks.lang, label, chunks.lang = 'ko' AND NOT EXISTS (
                SELECT 1 FROM chunks AS other WHERE other.paper_id = chunks.paper_id AND other.lang != 'ko')
            FROM {_WITH_ENTRIES}"""  # noqa: S608 - fixed names


class Chunks:
    """Chunks by row number.

    A row number is never reused and a changed chunk gets a new one, so a row number names one text for good.

    Attributes:
        removed_passages: passage hashes of the chunks and sentences that this transaction removed.
    """

    def __init__(self, session: Session, terms: ChunkTerms, sentences: StoredSentences) -> None:
        self._session, self._terms, self._sentences = session, terms, sentences
        self.removed_passages: set[str] = set()

    def count(self) -> int:
        """Count the chunks."""
        return self._session.count("chunks")

    def count_after(self, revision: int) -> int:
        """Count the chunks that are newer than a revision."""
        return self._session.count("chunks WHERE rev > ?", (revision,))

    def all(self) -> list[Chunk]:
        """Return every chunk, ordered by row number."""
        return [Chunk(*row[1:]) for row in self._session.execute(f"SELECT {_COLUMNS} FROM chunks ORDER BY row")]  # noqa: S608

    def by_rows(self, rows: Iterable[int]) -> dict[int, Chunk]:
        """Return chunks by row number; rows that were removed are left out."""
        sql = f"SELECT {_COLUMNS} FROM chunks WHERE row IN ({{marks}})"  # noqa: S608 - fixed columns
        return {row[0]: Chunk(*row[1:]) for row in self._session.select_in(sql, rows)}

    def intact_by_rows(self, rows: Iterable[int]) -> dict[int, Chunk]:
        """Return chunks by row number whose passage is the one that was ingested, and whose id names their paper.

        A bit of a text that changes on the disk goes unnoticed by SQLite, and would be quoted as the paper's words; a
        bit of the paper's id, as the words of another paper.
        """
        sql = f"SELECT passage_hash, {_COLUMNS} FROM chunks WHERE row IN ({{marks}})"  # noqa: S608 - fixed columns
        found = ((row[0], row[1], Chunk(*row[2:])) for row in self._session.select_in(sql, rows))
        return {
            row: chunk
            for passage_hash, row, chunk in found
            if chunk.passage_hash == passage_hash and chunk.chunk_id.partition(":")[0] == chunk.paper_id
        }

    def changed(self) -> list[str]:
        """Return the ids of the chunks whose passage is not the one that was ingested."""
        sql = f"SELECT passage_hash, {_COLUMNS} FROM chunks ORDER BY row"  # noqa: S608 - fixed columns
        found = ((row[0], Chunk(*row[2:])) for row in self._session.execute(sql))
        return [chunk.chunk_id for passage_hash, chunk in found if chunk.passage_hash != passage_hash]

    def of_papers(self, paper_ids: Iterable[str]) -> dict[int, Chunk]:
        """Return all chunks of some papers by row number."""
        sql = f"SELECT {_COLUMNS} FROM chunks WHERE paper_id IN ({{marks}}) ORDER BY row"  # noqa: S608 - fixed columns
        return {row[0]: Chunk(*row[1:]) for row in self._session.select_in(sql, paper_ids)}

    def infos(self, rows: Iterable[int]) -> dict[int, ChunkInfo]:
        """Return what ranking needs of chunks by row number; rows that were removed are left out."""
        records = self._session.select_in(f"{_INFO} WHERE row IN ({{marks}})", rows)
        return {record[0]: ChunkInfo(*record) for record in records}

    def infos_of_papers(self, paper_ids: Iterable[str]) -> dict[int, ChunkInfo]:
        """Return what ranking needs of all chunks of some papers, by row number."""
        records = self._session.select_in(f"{_INFO} WHERE chunks.paper_id IN ({{marks}})", paper_ids)
        return {record[0]: ChunkInfo(*record) for record in records}

    def existing_ids(self, chunk_ids: Iterable[str]) -> set[str]:
        """Return those of some chunk ids that exist."""
        sql = "SELECT chunk_id FROM chunks WHERE chunk_id IN ({marks})"
        return {row[0] for row in self._session.select_in(sql, chunk_ids)}

    def rows(self, where: Filter) -> Rows:
        """Return the row numbers of the chunks that pass a filter, int64 (n,), ascending."""
        sql_condition, values = condition(where)
        sql = f"SELECT row FROM {_WITH_ENTRIES} WHERE {sql_condition} ORDER BY row"  # noqa: S608
        return np.array([row for (row,) in self._session.execute(sql, values)], np.int64)

    def paper_count(self, where: Filter) -> int:
        """Count the papers with at least one chunk that passes a filter."""
        sql_condition, values = condition(where)
        sql = f"SELECT count(DISTINCT chunks.paper_id) FROM {_WITH_ENTRIES} WHERE {sql_condition}"  # noqa: S608
        return int(self._session.execute(sql, values).fetchone()[0])

    def newest_papers(self, where: Filter, limit: int, offset: int = 0) -> list[str]:
        """Return papers with a chunk that passes a filter, newest first, then by id.

        A paper's day is its latest digest day up to the end of the filter's window; for a window of publication dates
        it is the day of the paper's first version.
        """
        sql_condition, values = condition(where)
        until = (where.until or date.max).isoformat()
        day = "substr(max(published), 1, 10)" if where.by == "published" else "max(day)"
        sql = f"""SELECT chunks.paper_id FROM {_WITH_ENTRIES}
                  LEFT JOIN (SELECT paper_id, max(digest_date) AS day FROM entries WHERE digest_date <= ? GROUP BY 1)
                  USING (paper_id) LEFT JOIN sources USING (paper_id)
                  WHERE {sql_condition} GROUP BY chunks.paper_id
                  ORDER BY {day} DESC, chunks.paper_id LIMIT ? OFFSET ?"""  # noqa: S608
        return [row[0] for row in self._session.execute(sql, [until, *values, limit, offset])]

    def korean_texts(self) -> Iterator[str]:
        """Yield the texts of Korean chunks that a lexicon may be learned from, newest first.

        Summaries labeled `refused` or `invented` are left out.
        """
        sql = f"""SELECT text FROM {_WITH_ENTRIES}
                  WHERE chunks.lang = 'ko' AND coalesce(label, '') NOT IN ('refused', 'invented') ORDER BY row DESC"""  # noqa: S608
        yield from (text for (text,) in self._session.execute(sql))

    def without_vectors(self, model_id: str) -> list[Chunk]:
        """Return the chunks without a vector of a model. A complete ingest leaves none."""
        sql = f"""SELECT {_COLUMNS} FROM chunks WHERE NOT EXISTS
                  (SELECT 1 FROM vectors WHERE passage_hash = chunks.passage_hash AND model_id = ?)"""  # noqa: S608
        return [Chunk(*row[1:]) for row in self._session.execute(sql, (model_id,))]

    def replace(self, paper_id: str, chunks: Sequence[Chunk], terms: Mapping[str, str]) -> tuple[int, int]:
        """Make `chunks` the chunks of a paper. Unchanged chunks keep their rows.

        Args:
            paper_id: the paper that all of them belong to.
            chunks: the paper's chunks from now on.
            terms: space-separated index terms by chunk id, at least for every new or changed chunk.

        Returns:
            The numbers of added and of removed chunks; a changed chunk counts as both.
        """
        stored = {chunk.chunk_id: (row, chunk) for row, chunk in self.of_papers([paper_id]).items()}
        wanted = {chunk.chunk_id: chunk for chunk in chunks}
        removed = [(row, chunk) for key, (row, chunk) in stored.items() if wanted.get(key) != chunk]
        for row, _ in removed:
            self._session.write("DELETE FROM chunks WHERE row = ?", (row,))
            self._terms.remove(row)
            self.removed_passages.update(self._sentences.remove(row))
        added = [
            chunk for chunk in wanted.values() if chunk.chunk_id not in stored or stored[chunk.chunk_id][1] != chunk
        ]
        for chunk in added:
            cursor = self._session.write(
                "INSERT INTO chunks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*astuple(chunk), chunk.passage_hash, self._session.new_revision),
            )
            assert cursor.lastrowid is not None
            self._terms.put(cursor.lastrowid, terms[chunk.chunk_id])
        self.removed_passages.update(chunk.passage_hash for _, chunk in removed)
        if removed:
            self._session.touch()  # a removal alone changes the catalog too
        return len(added), len(removed)
