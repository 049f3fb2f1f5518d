"""Writing what came in: documents, entries and their history, sources, papers, verdicts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import astuple

from ..domain.papers import Abstract, Entry, Problem, SourceStatus, text_hash
from ..domain.trust import Trust
from .session import CatalogView


class Recorder(CatalogView):
    """One transaction's writes of records; reads see them. The revision rises by one with the first write."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._new_rev: int | None = None

    @property
    def new_rev(self) -> int:
        """The revision that this transaction's rows carry."""
        if self._new_rev is None:
            self._new_rev = self.rev + 1
            self.set_meta("rev", str(self._new_rev))
        return self._new_rev

    def touch(self) -> None:
        """Raise the revision, so that every reader looks again."""
        _ = self.new_rev

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
        now: str,
        problems: Iterable[Problem] = (),
        path: str = "",
    ) -> None:
        """Store a document's raw text and what was not understood in it, in place of its earlier state."""
        self._sql.execute(
            """INSERT INTO documents (digest_date, name, text, text_hash, recipe, ingested_at, rev, path)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET text = excluded.text,
               text_hash = excluded.text_hash, recipe = excluded.recipe, ingested_at = excluded.ingested_at,
               rev = excluded.rev, path = excluded.path""",
            (digest_date, name, text, hashed, recipe, now, self.new_rev, path),
        )
        self._sql.execute("DELETE FROM problems WHERE digest_date = ? AND name = ?", (digest_date, name))
        rows = [(digest_date, name, problem.line, problem.message) for problem in problems]
        self._sql.executemany("INSERT INTO problems VALUES (?, ?, ?, ?)", rows)

    def move_document(self, digest_date: str, name: str, path: str) -> None:
        """Note where an unchanged document lies now; no change to what is known, so the revision stays."""
        sql = "UPDATE documents SET path = ? WHERE digest_date = ? AND name = ?"
        self._sql.execute(sql, (path, digest_date, name))

    def remove_document(self, digest_date: str, name: str) -> None:
        """Forget a document that holds no entries any more.

        Raises:
            sqlite3.IntegrityError: it still holds some.
        """
        self.touch()
        self._sql.execute("DELETE FROM documents WHERE digest_date = ? AND name = ?", (digest_date, name))

    def put_paper(self, paper_id: str, *, standalone: bool = False) -> None:
        """Make a paper known; `standalone` where it stays though no digest speaks of it."""
        self._sql.execute(
            """INSERT INTO papers (paper_id, rev, standalone) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET
               standalone = standalone OR excluded.standalone""",
            (paper_id, self.new_rev, standalone),
        )

    def put_source(self, abstract: Abstract, now: str) -> None:
        """Store what a source says of a paper, in place of what was known; a date is never lost."""
        self._sql.execute(
            """INSERT INTO sources (paper_id, status, title, abstract, origin, version, published, fetched_at, tried_at,
               reason) VALUES (?1, 'found', ?2, ?3, ?4, ?5, ?6, ?7, ?7, '') ON CONFLICT DO UPDATE SET status = 'found',
               title = excluded.title, abstract = excluded.abstract, origin = excluded.origin,
               version = excluded.version, published = coalesce(excluded.published, published),
               fetched_at = excluded.fetched_at, tried_at = excluded.tried_at, reason = ''""",
            (*astuple(abstract), now),
        )
        self._sql.execute("UPDATE entries SET judged = '' WHERE paper_id = ?", (abstract.paper_id,))
        self.touch()

    def put_failure(self, paper_id: str, status: SourceStatus, reason: str, now: str) -> None:
        """Note that no source gave a paper's abstract; one that is already known stays, with the reason beside it."""
        self._sql.execute(
            """INSERT INTO sources (paper_id, status, title, abstract, tried_at, reason) VALUES (?, ?, '', '', ?, ?)
               ON CONFLICT DO UPDATE SET tried_at = excluded.tried_at, reason = excluded.reason,
               status = CASE WHEN abstract = '' THEN excluded.status ELSE status END""",
            (paper_id, status, now, reason),
        )
        self.touch()

    def put_entry(self, entry: Entry, name: str, now: str) -> None:
        """Store an entry of document `name`, in place of the one of that day and paper, which becomes history.

        The same words in another file, or on another line, keep their verdict and the time when they came.
        """
        self.put_paper(entry.paper_id)
        if known := self.entry(entry.digest_date, entry.paper_id):
            if known[1].body == entry.body:
                now = known[1].ingested_at
            else:
                self._end(known[1], known[0], now, "edited")
        trust = entry.trust or Trust("unchecked")
        self._sql.execute(
            """INSERT INTO entries (digest_date, paper_id, name, version, url, title, body, sections, line, rev, lang,
               ingested_at, label, wrong_paper, reasons) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT DO UPDATE SET name = excluded.name, version = excluded.version, url = excluded.url,
               title = excluded.title, body = excluded.body, sections = excluded.sections, line = excluded.line,
               rev = excluded.rev, lang = excluded.lang, ingested_at = excluded.ingested_at,
               label = iif(body = excluded.body, label, excluded.label),
               wrong_paper = iif(body = excluded.body, wrong_paper, excluded.wrong_paper),
               reasons = iif(body = excluded.body, reasons, excluded.reasons),
               judged = iif(body = excluded.body, judged, '')""",
            (
                entry.digest_date,
                entry.paper_id,
                name,
                entry.version,
                entry.url,
                entry.title,
                entry.body,
                _json(entry.sections),
                entry.line,
                self.new_rev,
                entry.lang,
                now,
                trust.label,
                trust.wrong_paper,
                _json(trust.reasons),
            ),
        )

    def put_trust(self, digest_date: str, paper_id: str, trust: Trust, recipe: str) -> None:
        """Store the verdict on an entry, with the recipe that gave it."""
        self._sql.execute(
            """UPDATE entries SET label = ?, wrong_paper = ?, reasons = ?, judged = ?
               WHERE digest_date = ? AND paper_id = ?""",
            (trust.label, trust.wrong_paper, _json(trust.reasons), recipe, digest_date, paper_id),
        )
        self.touch()

    def remove_entry(self, digest_date: str, paper_id: str, now: str, why: str) -> None:
        """Make an entry history; its chunks are `replace_chunks`' to remove."""
        if known := self.entry(digest_date, paper_id):
            self._end(known[1], known[0], now, why)
        self._sql.execute("DELETE FROM entries WHERE digest_date = ? AND paper_id = ?", (digest_date, paper_id))
        self.touch()

    def _end(self, entry: Entry, name: str, now: str, why: str) -> None:
        self._sql.execute(
            "INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (entry.digest_date, entry.paper_id, name, entry.title, entry.body, entry.ingested_at, now, why),
        )

    def remove_paper(self, paper_id: str) -> None:
        """Let a paper go that is here for its own sake; what its source said stays known, and is not found."""
        self._sql.execute("UPDATE papers SET standalone = 0 WHERE paper_id = ?", (paper_id,))
        self.touch()

    def forget_if_empty(self, paper_id: str) -> None:
        """Forget a paper that no digest speaks of and that is not here for its own sake."""
        self._sql.execute(
            """DELETE FROM papers WHERE paper_id = ?1 AND NOT standalone
               AND NOT EXISTS (SELECT 1 FROM entries WHERE paper_id = ?1)""",
            (paper_id,),
        )

    def put_removal(self, digest_date: str, paper_id: str, text: str, now: str) -> None:
        """Remember that these words were removed by hand, so that reading them again does not bring them back."""
        row = (digest_date, paper_id, text_hash(text), now)
        self._sql.execute("INSERT OR REPLACE INTO removals VALUES (?, ?, ?, ?)", row)

    def forget_removals(self, removals: Iterable[tuple[str, str, str]]) -> None:
        """Let words in again: day (empty for a source), paper id, hash of the text."""
        sql = "DELETE FROM removals WHERE digest_date = ? AND paper_id = ? AND text_hash = ?"
        self._sql.executemany(sql, sorted(removals))


def _json(parts: Iterable[object]) -> str:
    return json.dumps([astuple(part) for part in parts], ensure_ascii=False)  # pyright: ignore[reportArgumentType]
