"""Digest entries, their trust verdicts, earlier revisions and removals (tables `entries`, `revisions`, `removals`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from typing import Any

from ..domain.papers import Entry, Revision, Section, text_hash
from ..domain.trust import Label, Reason, Trust
from .papers import Papers
from .session import Session

_COLUMNS = (
    "digest_date, paper_id, version, url, title, body, sections, line, lang, ingested_at, label, reasons, wrong_paper"
)


class Entries:
    """Digest entries, one per day and paper."""

    def __init__(self, session: Session, papers: Papers) -> None:
        self._session, self._papers = session, papers

    def count(self) -> int:
        """Count the entries."""
        return self._session.count("entries")

    def days(self) -> tuple[str, ...]:
        """Return the ISO dates of the digests that have entries, oldest first."""
        return tuple(row[0] for row in self._session.execute("SELECT DISTINCT digest_date FROM entries ORDER BY 1"))

    def last_ingest(self) -> str | None:
        """Return the ISO time of the newest entry; None if there is none."""
        return self._session.execute("SELECT max(ingested_at) FROM entries").fetchone()[0]

    def get(self, digest_date: str, paper_id: str) -> tuple[str, Entry] | None:
        """Return an entry with the name of its document; None where it is not stored."""
        sql = f"SELECT name, {_COLUMNS} FROM entries WHERE digest_date = ? AND paper_id = ?"  # noqa: S608
        row = self._session.execute(sql, (digest_date, paper_id)).fetchone()
        return (row[0], _entry(row[1:])) if row else None

    def of_paper(self, paper_id: str) -> list[Entry]:
        """Return the entries about a paper, oldest first."""
        sql = f"SELECT {_COLUMNS} FROM entries WHERE paper_id = ? ORDER BY digest_date"  # noqa: S608 - fixed columns
        return [_entry(row) for row in self._session.execute(sql, (paper_id,))]

    def bodies(self, paper_ids: Iterable[str]) -> dict[tuple[str, str], str]:
        """Return the bodies of all entries about some papers, by paper id and digest date."""
        sql = "SELECT paper_id, digest_date, body FROM entries WHERE paper_id IN ({marks})"
        return {(row[0], row[1]): row[2] for row in self._session.select_in(sql, paper_ids)}

    def of_day(self, digest_date: str) -> list[tuple[str, Entry]]:
        """Return the entries of one day, each with the name of its document, ordered by line."""
        sql = f"SELECT name, {_COLUMNS} FROM entries WHERE digest_date = ? ORDER BY line, paper_id"  # noqa: S608
        return [(row[0], _entry(row[1:])) for row in self._session.execute(sql, (digest_date,))]

    def with_label(self, label: Label | None = None, limit: int | None = None, offset: int = 0) -> list[Entry]:
        """Return the entries that carry a trust label, or all entries, ordered by day, document, line and paper.

        Args:
            label: the label; None for any.
            limit: the number of entries to return at most; None for all.
            offset: the number of entries to skip.
        """
        sql = f"""SELECT {_COLUMNS} FROM entries WHERE ?1 IS NULL OR label = ?1
                  ORDER BY digest_date, name, line, paper_id LIMIT ?2 OFFSET ?3"""  # noqa: S608 - fixed columns
        parameters = label, -1 if limit is None else limit, offset
        return [_entry(row) for row in self._session.execute(sql, parameters)]

    def labels(self, paper_ids: Iterable[str]) -> dict[tuple[str, str], Label]:
        """Return the trust labels of papers' entries, by paper id and day."""
        sql = "SELECT paper_id, digest_date, label FROM entries WHERE paper_id IN ({marks})"
        return {(row[0], row[1]): row[2] for row in self._session.select_in(sql, paper_ids)}

    def labels_by_day(self) -> list[tuple[str, str, Label]]:
        """Return day, paper id and trust label of every entry, oldest day first."""
        sql = "SELECT digest_date, paper_id, label FROM entries ORDER BY digest_date, paper_id"
        return self._session.execute(sql).fetchall()

    def label_counts(self) -> dict[Label, int]:
        """Count the entries of each trust label; labels without entries are left out."""
        return dict(self._session.execute("SELECT label, count(*) FROM entries GROUP BY label").fetchall())

    def put(self, entry: Entry, document: str, now: str) -> None:
        """Store an entry in place of the one of the same day and paper, which becomes a revision.

        An entry with an unchanged body, in another document or on another line, keeps its verdict and the time when it
        was first ingested.

        Args:
            entry: the entry.
            document: the name of its document.
            now: the time, ISO 8601 in UTC.
        """
        self._papers.put(entry.paper_id)
        if stored := self.get(entry.digest_date, entry.paper_id):
            if stored[1].body == entry.body:
                now = stored[1].ingested_at
            else:
                self._put_revision(stored[1], stored[0], now, "edited")
        trust = entry.trust or Trust("unchecked")
        self._session.write(
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
                document,
                entry.version,
                entry.url,
                entry.title,
                entry.body,
                _json(entry.sections),
                entry.line,
                self._session.new_revision,
                entry.lang,
                now,
                trust.label,
                trust.wrong_paper,
                _json(trust.reasons),
            ),
        )

    def remove(self, digest_date: str, paper_id: str, now: str, why: str) -> None:
        """Remove an entry, which becomes a revision. Its chunks are removed by `Chunks.replace`.

        Args:
            digest_date: the entry's day.
            paper_id: the entry's paper.
            now: the time, ISO 8601 in UTC.
            why: how it ended: "moved" or "removed".
        """
        if stored := self.get(digest_date, paper_id):
            self._put_revision(stored[1], stored[0], now, why)
        self._session.write("DELETE FROM entries WHERE digest_date = ? AND paper_id = ?", (digest_date, paper_id))
        self._session.touch()

    def without_verdict(self, judge_version: str) -> list[tuple[str, str]]:
        """Return the day and paper id of entries without a verdict of a judge version, oldest day first."""
        sql = "SELECT digest_date, paper_id FROM entries WHERE judged != ? ORDER BY 1, 2"
        return self._session.execute(sql, (judge_version,)).fetchall()

    def put_trust(self, digest_date: str, paper_id: str, trust: Trust, judge_version: str) -> None:
        """Store the trust verdict on an entry.

        Args:
            digest_date: the entry's day.
            paper_id: the entry's paper.
            trust: the verdict.
            judge_version: version of the judge that gave it.
        """
        self._session.write(
            """UPDATE entries SET label = ?, wrong_paper = ?, reasons = ?, judged = ?
               WHERE digest_date = ? AND paper_id = ?""",
            (trust.label, trust.wrong_paper, _json(trust.reasons), judge_version, digest_date, paper_id),
        )
        self._session.touch()

    def revisions(self, paper_id: str) -> list[Revision]:
        """Return earlier states of a paper's entries, oldest first."""
        sql = """SELECT digest_date, paper_id, name, title, body, ingested_at, ended_at, why FROM revisions
                 WHERE paper_id = ? ORDER BY digest_date, rowid"""
        return [Revision(*row) for row in self._session.execute(sql, (paper_id,))]

    def revision_count(self) -> int:
        """Count the earlier states of all entries."""
        return self._session.count("revisions")

    def delete_revisions(self) -> None:
        """Delete the earlier states of all entries."""
        self._session.write("DELETE FROM revisions")

    def _put_revision(self, entry: Entry, document: str, now: str, why: str) -> None:
        self._session.write(
            "INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (entry.digest_date, entry.paper_id, document, entry.title, entry.body, entry.ingested_at, now, why),
        )

    def removals(self) -> set[tuple[str, str, str]]:
        """Return the texts that were removed by hand and are not ingested again.

        Returns:
            Day (empty for an abstract), paper id and hash of each text.
        """
        return set(self._session.execute("SELECT digest_date, paper_id, text_hash FROM removals"))

    def put_removal(self, digest_date: str, paper_id: str, text: str, now: str) -> None:
        """Record that a text was removed by hand, so that the next ingest does not restore it.

        Args:
            digest_date: the entry's day; empty for an abstract.
            paper_id: the paper.
            text: the removed text; only its hash is stored.
            now: the time, ISO 8601 in UTC.
        """
        row = (digest_date, paper_id, text_hash(text), now)
        self._session.write("INSERT OR REPLACE INTO removals VALUES (?, ?, ?, ?)", row)

    def delete_removals(self, removals: Iterable[tuple[str, str, str]]) -> None:
        """Delete records of `removals()`, which allows the texts to be ingested again."""
        sql = "DELETE FROM removals WHERE digest_date = ? AND paper_id = ? AND text_hash = ?"
        self._session.write_many(sql, sorted(removals))


def _entry(row: Sequence[Any]) -> Entry:
    """Build an entry from the values of `_COLUMNS`."""
    day, paper_id, version, url, title, body, sections, line, lang, ingested_at, label, reasons, wrong_paper = row
    parsed_sections = tuple(Section(*section) for section in json.loads(sections))
    trust = Trust(label, tuple(Reason(*reason) for reason in json.loads(reasons)), wrong_paper)
    return Entry(day, paper_id, version, url, title, body, parsed_sections, line, lang, ingested_at, trust)


def _json(items: Sequence[Section] | Sequence[Reason]) -> str:
    return json.dumps([astuple(item) for item in items], ensure_ascii=False)
