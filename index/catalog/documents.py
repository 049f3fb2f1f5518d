"""Reading what came in: documents, entries and their history, sources, papers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..domain.papers import Abstract, Entry, Paper, Problem, Provenance, Revision, Section, paper_url
from ..domain.trust import Label, Reason, Trust
from .tables import Snapshot

_ENTRY = (
    "digest_date, paper_id, version, url, title, body, sections, line, lang, ingested_at, label, reasons, wrong_paper"
)
_SOURCE = "sources.title, abstract, origin, version, published, status, fetched_at, tried_at, reason"


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
class StoredDocument:
    """A stored document: when it was read, from what, and by which parser.

    Attributes:
        path: where the file lay when it was read last.
    """

    digest_date: str
    name: str
    hash: str
    recipe: str
    path: str

    @property
    def key(self) -> tuple[str, str]:
        """Day and name: by these a document is known."""
        return self.digest_date, self.name


def read_entry(row: Sequence[Any]) -> Entry:
    """An `Entry` from the columns of `_ENTRY`."""
    day, paper_id, version, url, title, body, sections, line, lang, ingested_at, label, reasons, wrong = row
    parts = tuple(Section(*part) for part in json.loads(sections))
    trust = Trust(label, tuple(Reason(*reason) for reason in json.loads(reasons)), wrong)
    return Entry(day, paper_id, version, url, title, body, parts, line, lang, ingested_at, trust)


class Records(Snapshot):
    """Documents, entries, sources and papers at one moment."""

    def counts(self) -> Counts:
        """How much is here."""
        return Counts(
            documents=self._count("documents"),
            entries=self._count("entries"),
            papers=self._count("papers"),
            abstracts=self._count("papers JOIN sources USING (paper_id) WHERE abstract != ''"),
            chunks=self._count("chunks"),
            problems=self._count("problems"),
        )

    def labels(self) -> dict[Label, int]:
        """How many entries carry each label; labels that none carries are left out."""
        return dict(self._sql.execute("SELECT label, count(*) FROM entries GROUP BY label").fetchall())

    def source_statuses(self) -> dict[str, int]:
        """How many papers have which source status."""
        sql = (
            "SELECT coalesce(status, 'never_tried'), count(*) FROM papers LEFT JOIN sources USING (paper_id) GROUP BY 1"
        )
        return dict(self._sql.execute(sql).fetchall())

    def document(self, digest_date: str, name: str) -> StoredDocument | None:
        """A stored document."""
        found = [one for one in self.documents(digest_date) if one.name == name]
        return found[0] if found else None

    def documents(self, digest_date: str | None = None) -> list[StoredDocument]:
        """The stored documents, of one day or of all, by day and name."""
        sql = """SELECT digest_date, name, text_hash, recipe, path FROM documents
                 WHERE ?1 IS NULL OR digest_date = ?1 ORDER BY 1, 2"""
        return [StoredDocument(*row) for row in self._sql.execute(sql, (digest_date,))]

    def documents_from(self, path: str) -> list[StoredDocument]:
        """The documents that were last read from a file."""
        sql = "SELECT digest_date, name, text_hash, recipe, path FROM documents WHERE path = ? ORDER BY 1, 2"
        return [StoredDocument(*row) for row in self._sql.execute(sql, (path,))]

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
        wanted = set(paper_ids)
        days: dict[str, list[str]] = {}
        titles: dict[str, str] = {}
        sql = "SELECT paper_id, digest_date, title FROM entries WHERE paper_id IN ({marks}) ORDER BY digest_date"
        for paper_id, day, title in self._among(sql, wanted):
            days.setdefault(paper_id, []).append(day)
            if title:
                titles.setdefault(paper_id, title)
        sql = f"SELECT paper_id, {_SOURCE} FROM papers LEFT JOIN sources USING (paper_id) WHERE paper_id IN ({{marks}})"  # noqa: S608
        found: dict[str, Paper] = {}
        for paper_id, title, abstract, origin, version, published, status, *rest in self._among(sql, wanted):
            source = Provenance(status, origin, version, *rest) if status else Provenance()
            named, when = title or titles.get(paper_id, ""), tuple(days.get(paper_id, ()))
            found[paper_id] = Paper(paper_id, named, abstract or "", paper_url(paper_id), when, published, source)
        return found

    def titles(self) -> dict[str, str]:
        """The titles of all papers that have one, a source's before a digest's, by paper id."""
        sql = """SELECT papers.paper_id, coalesce(nullif(sources.title, ''), max(entries.title), '') FROM papers
                 LEFT JOIN sources USING (paper_id) LEFT JOIN entries USING (paper_id) GROUP BY papers.paper_id"""
        return {paper_id: title for paper_id, title in self._sql.execute(sql) if title}

    def sources(self, paper_ids: Iterable[str]) -> dict[str, Abstract]:
        """What sources say of papers, shown ones or not, by paper id; papers of which none is known are left out."""
        sql = """SELECT paper_id, title, abstract, origin, version, published FROM sources
                 WHERE abstract != '' AND paper_id IN ({marks})"""
        return {row[0]: Abstract(*row) for row in self._among(sql, paper_ids)}

    def provenance(self, paper_ids: Iterable[str]) -> dict[str, Provenance]:
        """What came of asking sources for papers, shown ones or not; papers that none was asked for are left out."""
        sql = """SELECT paper_id, status, origin, version, fetched_at, tried_at, reason FROM sources
                 WHERE paper_id IN ({marks})"""
        return {row[0]: Provenance(*row[1:]) for row in self._among(sql, paper_ids)}

    def standalone(self, paper_ids: Iterable[str]) -> set[str]:
        """Which of some papers are here for their own sake, whether a digest speaks of them or not."""
        sql = "SELECT paper_id FROM papers WHERE standalone AND paper_id IN ({marks})"
        return {row[0] for row in self._among(sql, paper_ids)}

    def entries(self, paper_id: str) -> list[Entry]:
        """What digests say of a paper, oldest first."""
        sql = f"SELECT {_ENTRY} FROM entries WHERE paper_id = ? ORDER BY digest_date"  # noqa: S608 - fixed columns
        return [read_entry(row) for row in self._sql.execute(sql, (paper_id,))]

    def entry(self, digest_date: str, paper_id: str) -> tuple[str, Entry] | None:
        """One entry, with the name of the document it came from."""
        sql = f"SELECT name, {_ENTRY} FROM entries WHERE digest_date = ? AND paper_id = ?"  # noqa: S608 - fixed columns
        row = self._sql.execute(sql, (digest_date, paper_id)).fetchone()
        return (row[0], read_entry(row[1:])) if row else None

    def document_entries(self, digest_date: str) -> list[tuple[str, Entry]]:
        """The entries of one day, each with the name of the document it came from."""
        sql = f"SELECT name, {_ENTRY} FROM entries WHERE digest_date = ? ORDER BY line, paper_id"  # noqa: S608
        return [(row[0], read_entry(row[1:])) for row in self._sql.execute(sql, (digest_date,))]

    def labelled(self, label: Label | None = None) -> list[Entry]:
        """Entries that carry a label, or all, by day and place."""
        sql = f"SELECT {_ENTRY} FROM entries WHERE ?1 IS NULL OR label = ?1 ORDER BY digest_date, name, line"  # noqa: S608
        return [read_entry(row) for row in self._sql.execute(sql, (label,))]

    def entry_labels(self, paper_ids: Iterable[str]) -> dict[tuple[str, str], Label]:
        """Labels of entries, by paper id and day."""
        sql = "SELECT paper_id, digest_date, label FROM entries WHERE paper_id IN ({marks})"
        return {(row[0], row[1]): row[2] for row in self._among(sql, paper_ids)}

    def unjudged(self, recipe: str) -> list[tuple[str, str]]:
        """Entries whose verdict another recipe gave, or none yet: day and paper id, oldest day first."""
        sql = "SELECT digest_date, paper_id FROM entries WHERE judged != ? ORDER BY 1, 2"
        return self._sql.execute(sql, (recipe,)).fetchall()

    def revisions(self, paper_id: str) -> list[Revision]:
        """Earlier states of a paper's entries, oldest first."""
        sql = """SELECT digest_date, paper_id, name, title, body, ingested_at, ended_at, why FROM revisions
                 WHERE paper_id = ? ORDER BY digest_date, rowid"""
        return [Revision(*row) for row in self._sql.execute(sql, (paper_id,))]

    def removals(self) -> set[tuple[str, str, str]]:
        """What was removed by hand and is not taken in again: day (empty for a source), paper id, hash of the text."""
        return set(self._sql.execute("SELECT digest_date, paper_id, text_hash FROM removals"))
