"""Sentences of chunks (table `sentences`); their vectors are in table `vectors`, by passage hash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..domain.sentences import Sentence
from .session import Session

_OF_DIGESTS = "chunks WHERE EXISTS (SELECT 1 FROM entries WHERE entries.paper_id = chunks.paper_id)"


class StoredSentences:
    """Sentences by the row number of their chunk."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self) -> int:
        """Count the sentences."""
        return self._session.count("sentences")

    def of_rows(self, rows: Iterable[int]) -> dict[int, list[Sentence]]:
        """Return the sentences of chunks in reading order, by row number; chunks without any are left out."""
        sql = """SELECT row, start, "end", terms, passage_hash FROM sentences WHERE row IN ({marks}) ORDER BY 1, 2"""
        found: dict[int, list[Sentence]] = {}
        for row, *fields in self._session.select_in(sql, rows):
            found.setdefault(row, []).append(Sentence(*fields))
        return found

    def unsplit_rows(self) -> list[int]:
        """Return the rows of the chunks, of papers in digests, that have not been split into sentences."""
        sql = f"SELECT row FROM {_OF_DIGESTS} AND row NOT IN (SELECT row FROM split_chunks)"  # noqa: S608 - fixed names
        return [row for (row,) in self._session.execute(sql)]

    def without_vectors(self, model_id: str) -> dict[str, tuple[int, int, int]]:
        """Return the sentences without a vector of a model: row, start and end by passage hash."""
        sql = """SELECT passage_hash, row, start, "end" FROM sentences WHERE NOT EXISTS
                 (SELECT 1 FROM vectors WHERE passage_hash = sentences.passage_hash AND model_id = ?)"""
        return {key: (row, start, end) for key, row, start, end in self._session.execute(sql, (model_id,))}

    def put(self, sentences: Mapping[int, Sequence[Sentence]]) -> None:
        """Store all sentences of some chunks, by row number; a chunk may have none."""
        self._session.write_many("INSERT OR IGNORE INTO split_chunks VALUES (?)", [(row,) for row in sentences])
        self._session.write_many(
            "INSERT OR REPLACE INTO sentences VALUES (?, ?, ?, ?, ?)",
            [
                (row, sentence.start, sentence.end, sentence.terms, sentence.passage_hash)
                for row, of_chunk in sentences.items()
                for sentence in of_chunk
            ],
        )

    def remove(self, row: int) -> list[str]:
        """Remove the sentences of a chunk; return their passage hashes."""
        sql = "SELECT passage_hash FROM sentences WHERE row = ?"
        hashes = [key for (key,) in self._session.execute(sql, (row,))]
        self._session.write("DELETE FROM sentences WHERE row = ?", (row,))
        self._session.write("DELETE FROM split_chunks WHERE row = ?", (row,))
        return hashes

    def clear(self) -> None:
        """Remove all sentences; their vectors stay until the next `StoredVectors.remove_unusable`."""
        self._session.write("DELETE FROM sentences")
        self._session.write("DELETE FROM split_chunks")
