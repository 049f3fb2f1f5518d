"""Reading the catalog: what one snapshot says."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .embedding import Matrix
from .papers import Chunk, Entry, Paper, Problem, Section, paper_url

_ENTRY = "digest_date, paper_id, version, url, title, body, sections, line"
_CHUNK = "row, chunk_id, paper_id, source, digest_date, section, ordinal, lang, text, context"
_MAX_VARIABLES = 30_000  # SQLite's default limit is 32,766 bound values a statement


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a catalog holds."""

    documents: int
    entries: int
    papers: int
    abstracts: int
    chunks: int
    problems: int


@dataclass(frozen=True, slots=True)
class Vectors:
    """Chunk vectors.

    Attributes:
        rows: int64 (n,), the chunks' row numbers, rising.
        korean: bool (n,), whether the chunk's language is Korean.
        matrix: float32 (n, d), unit rows.
    """

    rows: np.ndarray[Any, np.dtype[np.int64]]
    korean: np.ndarray[Any, np.dtype[np.bool_]]
    matrix: Matrix


def batches(values: Sequence[Any], size: int = _MAX_VARIABLES) -> Iterator[Sequence[Any]]:
    """`values` in slices short enough to bind."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def read_entry(row: Sequence[Any]) -> Entry:
    """An `Entry` from the columns of `_ENTRY`."""
    day, paper_id, version, url, title, body, sections, line = row
    return Entry(day, paper_id, version, url, title, body, tuple(Section(*part) for part in json.loads(sections)), line)


class View:
    """What the catalog holds at one moment. Made by `Catalog.view()`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection

    def meta(self, key: str) -> str | None:
        """A setting stored with the catalog: the model's name, the chunker's version ..."""
        row = self._sql.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    @property
    def rev(self) -> int:
        """Number of the last transaction; rises with every one that changes something."""
        return int(self.meta("rev") or 0)

    def counts(self) -> Counts:
        """How much is here."""
        return Counts(
            documents=self._count("documents"),
            entries=self._count("entries"),
            papers=self._count("papers"),
            abstracts=self._count("papers WHERE abstract != ''"),
            chunks=self._count("chunks"),
            problems=self._count("problems"),
        )

    def chunk_count(self) -> int:
        """How many chunks are here."""
        return self._count("chunks")

    def _count(self, source: str) -> int:
        return int(self._sql.execute(f"SELECT count(*) FROM {source}").fetchone()[0])  # noqa: S608 - fixed names

    def document(self, digest_date: str, name: str) -> tuple[str, str] | None:
        """Hash of a stored document's text, and the recipe that read it."""
        return self._sql.execute(
            "SELECT text_hash, recipe FROM documents WHERE digest_date = ? AND name = ?", (digest_date, name)
        ).fetchone()

    def problems(self, digest_date: str, name: str) -> list[Problem]:
        """What was not understood in a document, by line."""
        rows = self._sql.execute(
            "SELECT line, message FROM problems WHERE digest_date = ? AND name = ? ORDER BY line, rowid",
            (digest_date, name),
        )
        return [Problem(name, line, message) for line, message in rows]

    def days(self) -> tuple[str, ...]:
        """ISO dates of the digests here, oldest first."""
        return tuple(row[0] for row in self._sql.execute("SELECT DISTINCT digest_date FROM entries ORDER BY 1"))

    def paper_ids(self) -> set[str]:
        """Every paper here."""
        return {row[0] for row in self._sql.execute("SELECT paper_id FROM papers")}

    def papers(self, paper_ids: Iterable[str]) -> dict[str, Paper]:
        """Papers by id, with the days they appeared on; unknown ids are left out."""
        wanted = sorted(set(paper_ids))
        stored = self.sources(wanted)
        days: dict[str, list[str]] = {}
        titles: dict[str, str] = {}
        for part in batches(wanted):
            sql = f"""SELECT paper_id, digest_date, title FROM entries
                      WHERE paper_id IN ({_marks(part)}) ORDER BY digest_date"""  # noqa: S608 - marks only
            for paper_id, day, title in self._sql.execute(sql, part):
                days.setdefault(paper_id, []).append(day)
                if title:
                    titles.setdefault(paper_id, title)
        return {
            paper_id: Paper(
                paper_id,
                title or titles.get(paper_id, ""),
                abstract,
                paper_url(paper_id),
                tuple(days.get(paper_id, ())),
            )
            for paper_id, (title, abstract) in stored.items()
        }

    def sources(self, paper_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Title and abstract as the source gave them, by paper id; empty strings where it gave none."""
        found: dict[str, tuple[str, str]] = {}
        for part in batches(sorted(set(paper_ids))):
            sql = f"SELECT paper_id, title, abstract FROM papers WHERE paper_id IN ({_marks(part)})"  # noqa: S608
            found.update((row[0], (row[1], row[2])) for row in self._sql.execute(sql, part))
        return found

    def entries(self, paper_id: str) -> list[Entry]:
        """What digests say of a paper, oldest first."""
        sql = f"SELECT {_ENTRY} FROM entries WHERE paper_id = ? ORDER BY digest_date"  # noqa: S608 - fixed columns
        return [read_entry(row) for row in self._sql.execute(sql, (paper_id,))]

    def document_entries(self, digest_date: str) -> list[tuple[str, Entry]]:
        """The entries of one day, each with the name of the document it came from."""
        sql = f"SELECT name, {_ENTRY} FROM entries WHERE digest_date = ? ORDER BY line"  # noqa: S608 - fixed columns
        return [(row[0], read_entry(row[1:])) for row in self._sql.execute(sql, (digest_date,))]

    def chunks(self, rows: Iterable[int]) -> dict[int, Chunk]:
        """Chunks by row number; rows that are gone are left out."""
        found: dict[int, Chunk] = {}
        for part in batches(sorted(set(rows))):
            sql = f"SELECT {_CHUNK} FROM chunks WHERE row IN ({_marks(part)})"  # noqa: S608 - fixed columns
            found.update((row[0], Chunk(*row[1:])) for row in self._sql.execute(sql, part))
        return found

    def paper_chunks(self, paper_ids: Iterable[str]) -> dict[int, Chunk]:
        """All chunks of some papers, by row number."""
        found: dict[int, Chunk] = {}
        for part in batches(sorted(set(paper_ids))):
            sql = f"SELECT {_CHUNK} FROM chunks WHERE paper_id IN ({_marks(part)}) ORDER BY row"  # noqa: S608
            found.update((row[0], Chunk(*row[1:])) for row in self._sql.execute(sql, part))
        return found

    def without_vectors(self, model_id: str) -> list[Chunk]:
        """Chunks that have no vector of a model; none, unless something went wrong."""
        sql = f"""SELECT {_CHUNK} FROM chunks WHERE NOT EXISTS
                  (SELECT 1 FROM vectors WHERE passage_hash = chunks.passage_hash AND model_id = ?)"""  # noqa: S608
        return [Chunk(*row[1:]) for row in self._sql.execute(sql, (model_id,))]

    def known_passages(self, hashes: Iterable[str], model_id: str) -> set[str]:
        """Which of these passages already have a vector of that model."""
        known: set[str] = set()
        for part in batches(sorted(set(hashes))):
            sql = f"SELECT passage_hash FROM vectors WHERE model_id = ? AND passage_hash IN ({_marks(part)})"  # noqa: S608
            known.update(row[0] for row in self._sql.execute(sql, (model_id, *part)))
        return known

    def vectors(self, model_id: str, dimension: int, *, after_rev: int = -1) -> Vectors:
        """Vectors of every chunk whose revision is above `after_rev`."""
        cursor = self._sql.execute(
            """SELECT row, lang = 'ko', vector FROM chunks JOIN vectors USING (passage_hash)
               WHERE model_id = ? AND rev > ? ORDER BY row""",
            (model_id, after_rev),
        )
        return _vectors(cursor.fetchall(), dimension)

    def vectors_of(self, rows: Iterable[int], model_id: str, dimension: int) -> Vectors:
        """Vectors of some chunks; rows that are gone are left out."""
        found: list[Any] = []
        for part in batches(sorted(set(rows))):
            sql = f"""SELECT row, lang = 'ko', vector FROM chunks JOIN vectors USING (passage_hash)
                      WHERE model_id = ? AND row IN ({_marks(part)}) ORDER BY row"""  # noqa: S608 - marks only
            found.extend(self._sql.execute(sql, (model_id, *part)))
        return _vectors(found, dimension)

    def changed_rows(self, after_rev: int) -> int:
        """How many chunks are newer than a revision."""
        return int(self._sql.execute("SELECT count(*) FROM chunks WHERE rev > ?", (after_rev,)).fetchone()[0])

    def matches(self, expression: str) -> dict[int, float]:
        """Rows that match an FTS5 expression with their BM25 score; higher is better."""
        return dict(
            self._sql.execute(
                "SELECT rowid, -bm25(lexical) FROM lexical WHERE lexical MATCH ?", (expression,)
            ).fetchall()
        )

    def document_frequency(self, terms: Iterable[str]) -> dict[str, int]:
        """In how many chunks each term occurs; terms that occur nowhere are left out."""
        found: dict[str, int] = {}
        for part in batches(sorted(set(terms))):
            sql = f"SELECT term, doc FROM lexical_vocabulary WHERE term IN ({_marks(part)})"  # noqa: S608 - marks only
            found.update(self._sql.execute(sql, part))
        return found


def _vectors(rows: Sequence[Any], dimension: int) -> Vectors:
    matrix = np.frombuffer(b"".join(row[2] for row in rows), np.float32).reshape(len(rows), dimension)
    return Vectors(
        np.array([row[0] for row in rows], np.int64), np.array([bool(row[1]) for row in rows], np.bool_), matrix
    )
