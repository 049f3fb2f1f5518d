"""Writing the catalog: the statements that one transaction is made of."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple

import numpy as np

from .embedding import Matrix
from .papers import Chunk, Entry, Problem
from .reading import View


class Writer(View):
    """One transaction's writes; reads see them. Made by `Catalog.write()`, which commits or rolls back.

    The revision rises by one with the first write of the transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._new_rev: int | None = None
        self._gone: set[str] = set()

    @property
    def new_rev(self) -> int:
        """The revision that this transaction's rows carry."""
        if self._new_rev is None:
            self._new_rev = self.rev + 1
            self.set_meta("rev", str(self._new_rev))
        return self._new_rev

    def set_meta(self, key: str, value: str) -> None:
        """Store a setting with the catalog."""
        self._sql.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (key, value)
        )

    def put_document(
        self,
        digest_date: str,
        name: str,
        text: str,
        hashed: str,
        recipe: str,
        ingested_at: str,
        problems: Iterable[Problem],
    ) -> None:
        """Store a document's raw text and what was not understood in it, in place of its earlier state."""
        self._sql.execute(
            """INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET text = excluded.text,
               text_hash = excluded.text_hash, recipe = excluded.recipe, ingested_at = excluded.ingested_at,
               rev = excluded.rev""",
            (digest_date, name, text, hashed, recipe, ingested_at, self.new_rev),
        )
        self._sql.execute("DELETE FROM problems WHERE digest_date = ? AND name = ?", (digest_date, name))
        rows = [(digest_date, name, problem.line, problem.message) for problem in problems]
        self._sql.executemany("INSERT INTO problems VALUES (?, ?, ?, ?)", rows)

    def put_paper(self, paper_id: str, title: str = "", abstract: str = "") -> None:
        """Store what the source says of a paper; empty strings never replace what is known."""
        self._sql.execute(
            """INSERT INTO papers VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
               title = CASE WHEN excluded.title != '' THEN excluded.title ELSE title END,
               abstract = CASE WHEN excluded.abstract != '' THEN excluded.abstract ELSE abstract END,
               rev = excluded.rev
               WHERE excluded.title NOT IN ('', title) OR excluded.abstract NOT IN ('', abstract)""",
            (paper_id, title, abstract, self.new_rev),
        )

    def put_entry(self, entry: Entry, name: str) -> None:
        """Store an entry of document `name`, in place of the one of that day and paper."""
        self.put_paper(entry.paper_id)
        sections = json.dumps([astuple(section) for section in entry.sections], ensure_ascii=False)
        self._sql.execute(
            "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                entry.digest_date,
                entry.paper_id,
                name,
                entry.version,
                entry.url,
                entry.title,
                entry.body,
                sections,
                entry.line,
                self.new_rev,
            ),
        )

    def remove_entry(self, digest_date: str, paper_id: str, name: str) -> None:
        """Forget what document `name` says of a paper; its chunks are `replace_chunks`' to remove."""
        sql = "DELETE FROM entries WHERE digest_date = ? AND paper_id = ? AND name = ?"
        self._sql.execute(sql, (digest_date, paper_id, name))

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
            _ = self.new_rev  # a removal alone is a change too
        return added, len(gone)

    def finish(self) -> None:
        """Forget the vectors that no chunk needs any more; not before the end, since texts move between papers."""
        sql = (
            "DELETE FROM vectors WHERE passage_hash = ?1 AND NOT EXISTS (SELECT 1 FROM chunks WHERE passage_hash = ?1)"
        )
        self._sql.executemany(sql, [(hashed,) for hashed in sorted(self._gone)])
        self._gone.clear()

    def forget_if_empty(self, paper_id: str) -> None:
        """Forget a paper of which nothing is left: no title, no abstract, no entry."""
        self._sql.execute(
            """DELETE FROM papers WHERE paper_id = ?1 AND title = '' AND abstract = ''
               AND NOT EXISTS (SELECT 1 FROM entries WHERE paper_id = ?1)""",
            (paper_id,),
        )

    def replace_terms(self, terms: Mapping[int, str]) -> None:
        """Make the lexical index anew: space-separated terms by the row number of their chunk."""
        self._sql.execute("DELETE FROM lexical")
        self._sql.executemany("INSERT INTO lexical (rowid, terms) VALUES (?, ?)", terms.items())

    def put_vectors(self, hashes: Sequence[str], model_id: str, matrix: Matrix) -> None:
        """Store the vectors of passages: row i of the float32 (n, d) matrix belongs to hash i."""
        rows = [
            (key, model_id, np.ascontiguousarray(row, np.float32).tobytes())
            for key, row in zip(hashes, matrix, strict=True)
        ]
        self._sql.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)
