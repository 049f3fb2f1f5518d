"""Digest documents and the problems that their parsers reported (tables `documents`, `problems`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..domain.papers import Problem, StoredProblem, text_hash
from .session import Session

_COLUMNS = "digest_date, name, text_hash, recipe, path"
_WITH_REMOVED_TEXTS = "documents WHERE text != '' AND digest_date IN (SELECT digest_date FROM removals)"


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document without its text.

    Attributes:
        digest_date: ISO date of the digest.
        name: the file's name.
        hash: SHA-256 of the text.
        parser_version: version of the parser that read it.
        path: path of the file when it was last read.
    """

    digest_date: str
    name: str
    hash: str
    parser_version: str
    path: str

    @property
    def key(self) -> tuple[str, str]:
        """Date and name, which identify a document."""
        return self.digest_date, self.name


class Documents:
    """Digest documents."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self) -> int:
        """Count the documents."""
        return self._session.count("documents")

    def get(self, digest_date: str, name: str) -> StoredDocument | None:
        """Return a document; None where it is not stored."""
        sql = f"SELECT {_COLUMNS} FROM documents WHERE digest_date = ? AND name = ?"  # noqa: S608 - fixed columns
        row = self._session.execute(sql, (digest_date, name)).fetchone()
        return StoredDocument(*row) if row else None

    def all(self, digest_date: str | None = None) -> list[StoredDocument]:
        """Return the documents of one day, or of every day, ordered by day and name."""
        sql = f"SELECT {_COLUMNS} FROM documents WHERE ?1 IS NULL OR digest_date = ?1 ORDER BY 1, 2"  # noqa: S608
        return [StoredDocument(*row) for row in self._session.execute(sql, (digest_date,))]

    def texts(self) -> Iterator[tuple[StoredDocument, str]]:
        """Yield the documents with their texts, ordered by day and name; those with an erased text are left out."""
        sql = f"SELECT {_COLUMNS}, text FROM documents WHERE text != '' ORDER BY 1, 2"  # noqa: S608 - fixed columns
        for *fields, text in self._session.execute(sql):
            yield StoredDocument(*fields), text

    def changed(self) -> list[str]:
        """Return the days of the documents whose text is not the one that was ingested; erased texts are left out."""
        rows = self._session.execute("SELECT digest_date, text, text_hash FROM documents WHERE text != '' ORDER BY 1")
        return [day for day, text, stored in rows if text_hash(text) != stored]

    def from_path(self, path: str) -> list[StoredDocument]:
        """Return the documents that were last read from a file."""
        sql = f"SELECT {_COLUMNS} FROM documents WHERE path = ? ORDER BY 1, 2"  # noqa: S608 - fixed columns
        return [StoredDocument(*row) for row in self._session.execute(sql, (path,))]

    def put(self, document: StoredDocument, text: str, now: str, problems: Iterable[Problem] = ()) -> None:
        """Store a document and its problems, in place of its earlier state.

        Args:
            document: the document.
            text: its raw text; empty where it holds texts that were removed by hand.
            now: the time, ISO 8601 in UTC.
            problems: what its parser could not read.
        """
        self._session.write(
            """INSERT INTO documents (digest_date, name, text, text_hash, recipe, ingested_at, rev, path)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET text = excluded.text,
               text_hash = excluded.text_hash, recipe = excluded.recipe, ingested_at = excluded.ingested_at,
               rev = excluded.rev, path = excluded.path""",
            (
                *document.key,
                text,
                document.hash,
                document.parser_version,
                now,
                self._session.new_revision,
                document.path,
            ),
        )
        self._session.write("DELETE FROM problems WHERE digest_date = ? AND name = ?", document.key)
        rows = [(*document.key, problem.line, problem.message) for problem in problems]
        self._session.write_many("INSERT INTO problems VALUES (?, ?, ?, ?)", rows)

    def set_path(self, digest_date: str, name: str, path: str) -> None:
        """Record the new path of an unchanged document. The revision stays: nothing that is searched changes."""
        sql = "UPDATE documents SET path = ? WHERE digest_date = ? AND name = ?"
        self._session.write(sql, (path, digest_date, name))

    def remove(self, digest_date: str, name: str) -> None:
        """Remove a document that has no entries.

        Raises:
            sqlite3.IntegrityError: it still has entries.
        """
        self._session.touch()
        self._session.write("DELETE FROM documents WHERE digest_date = ? AND name = ?", (digest_date, name))

    def with_removed_texts(self) -> list[tuple[str, str]]:
        """Return the keys of the documents whose source text may hold a text that was removed by hand.

        These are all documents of the days of such texts: two documents of a day may have the same entry.
        """
        sql = f"SELECT digest_date, name FROM {_WITH_REMOVED_TEXTS} ORDER BY 1, 2"  # noqa: S608 - fixed names
        return self._session.execute(sql).fetchall()

    def erase_texts(self, keys: Iterable[tuple[str, str]]) -> None:
        """Erase the source texts of documents and the problems that quote them. Entries and the text's hash stay.

        Args:
            keys: days and names.
        """
        keys = list(keys)
        self._session.write_many("UPDATE documents SET text = '' WHERE digest_date = ? AND name = ?", keys)
        self._session.write_many("DELETE FROM problems WHERE digest_date = ? AND name = ?", keys)

    def problem_count(self) -> int:
        """Count the problems of all documents."""
        return self._session.count("problems")

    def newest_problems(self, limit: int) -> list[StoredProblem]:
        """Return problems of all documents, those of the documents ingested last first, then by line.

        Args:
            limit: the number of problems to return at most.
        """
        rows = self._session.execute(
            """SELECT digest_date, ingested_at, name, line, message FROM problems
               JOIN documents USING (digest_date, name)
               ORDER BY ingested_at DESC, digest_date DESC, name, line, problems.rowid LIMIT ?""",
            (limit,),
        )
        return [
            StoredProblem(day, ingested_at, Problem(name, line, message))
            for day, ingested_at, name, line, message in rows
        ]

    def problems(self, digest_date: str, name: str) -> list[Problem]:
        """Return what the parser of a document could not read, ordered by line."""
        rows = self._session.execute(
            "SELECT line, message FROM problems WHERE digest_date = ? AND name = ? ORDER BY line, rowid",
            (digest_date, name),
        )
        return [Problem(name, line, message) for line, message in rows]
