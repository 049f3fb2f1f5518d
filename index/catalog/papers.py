"""Papers, their titles and abstracts, and the state of abstract sources (tables `papers`, `sources`)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

from ..domain.filters import fold_name
from ..domain.papers import Abstract, Bibliography, Paper, Provenance, SourceStatus, paper_url
from .session import Session

_SOURCE = "sources.title, abstract, origin, version, published, bibliography, status, fetched_at, tried_at, reason"
_UNUSED_SOURCES = "sources WHERE paper_id NOT IN (SELECT paper_id FROM papers)"


class Papers:
    """Papers, and the titles and abstracts that sources gave.

    A paper is searched while a digest has an entry about it or while it is `standalone`. Abstracts are stored apart
    from papers and survive their removal, so that they need not be fetched again.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def count(self) -> int:
        """Count the papers."""
        return self._session.count("papers")

    def abstract_count(self) -> int:
        """Count the papers with an abstract."""
        return self._session.count("papers JOIN sources USING (paper_id) WHERE abstract != ''")

    def ids(self) -> set[str]:
        """Return the ids of all papers."""
        return {row[0] for row in self._session.execute("SELECT paper_id FROM papers")}

    def by_ids(self, paper_ids: Iterable[str]) -> dict[str, Paper]:
        """Return papers by id, with the days of their digests; unknown ids are left out."""
        wanted = set(paper_ids)
        days: dict[str, list[str]] = {}
        titles: dict[str, str] = {}
        sql = "SELECT paper_id, digest_date, title FROM entries WHERE paper_id IN ({marks}) ORDER BY digest_date"
        for paper_id, day, title in self._session.select_in(sql, wanted):
            days.setdefault(paper_id, []).append(day)
            if title:
                titles.setdefault(paper_id, title)
        sql = f"SELECT paper_id, {_SOURCE} FROM papers LEFT JOIN sources USING (paper_id) WHERE paper_id IN ({{marks}})"  # noqa: S608
        papers: dict[str, Paper] = {}
        for row in self._session.select_in(sql, wanted):
            paper_id, title, abstract, origin, version, published, bibliography, status, *times_and_reason = row
            papers[paper_id] = Paper(
                paper_id,
                title or titles.get(paper_id, ""),
                abstract or "",
                paper_url(paper_id),
                tuple(days.get(paper_id, ())),
                published,
                Provenance(status, origin, version, *times_and_reason) if status else Provenance(),
                **asdict(_bibliography(bibliography) or Bibliography()),
            )
        return papers

    def titles(self) -> dict[str, str]:
        """Return the titles of all papers that have one, by paper id; a source's title precedes a digest's."""
        sql = """SELECT papers.paper_id, coalesce(nullif(sources.title, ''), max(entries.title), '') FROM papers
                 LEFT JOIN sources USING (paper_id) LEFT JOIN entries USING (paper_id) GROUP BY papers.paper_id"""
        return {paper_id: title for paper_id, title in self._session.execute(sql) if title}

    def standalone(self, paper_ids: Iterable[str]) -> set[str]:
        """Return those papers that stay in the catalog without an entry."""
        sql = "SELECT paper_id FROM papers WHERE standalone AND paper_id IN ({marks})"
        return {row[0] for row in self._session.select_in(sql, paper_ids)}

    def unreferenced(self) -> list[str]:
        """Return the papers that are not standalone and have no entry."""
        sql = "SELECT paper_id FROM papers WHERE NOT standalone AND paper_id NOT IN (SELECT paper_id FROM entries)"
        return [row[0] for row in self._session.execute(sql)]

    def put(self, paper_id: str, *, standalone: bool = False) -> None:
        """Store a paper.

        Args:
            paper_id: the paper.
            standalone: whether it stays in the catalog without an entry; a paper never loses that here.
        """
        self._session.write(
            """INSERT INTO papers (paper_id, rev, standalone) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET
               standalone = standalone OR excluded.standalone""",
            (paper_id, self._session.new_revision, standalone),
        )

    def clear_standalone(self, paper_id: str) -> None:
        """Make a paper depend on its entries again. Its abstract stays stored."""
        self._session.write("UPDATE papers SET standalone = 0 WHERE paper_id = ?", (paper_id,))
        self._session.touch()

    def remove_unreferenced(self, paper_id: str) -> None:
        """Remove a paper if it is not standalone and has no entry."""
        self._session.write(
            """DELETE FROM papers WHERE paper_id = ?1 AND NOT standalone
               AND NOT EXISTS (SELECT 1 FROM entries WHERE paper_id = ?1)""",
            (paper_id,),
        )

    def sources(self, paper_ids: Iterable[str]) -> dict[str, Abstract]:
        """Return stored abstracts by paper id, also of ids without a paper; ids without an abstract are left out."""
        sql = """SELECT paper_id, title, abstract, origin, version, published, bibliography FROM sources
                 WHERE abstract != '' AND paper_id IN ({marks})"""
        rows = self._session.select_in(sql, paper_ids)
        return {row[0]: Abstract(*row[:-1], bibliography=_bibliography(row[-1])) for row in rows}

    def without_bibliography(self, limit: int) -> list[str]:
        """Return papers whose abstract is known and whose authors no source was asked for, newest ids first.

        Args:
            limit: the largest number of papers.
        """
        sql = """SELECT paper_id FROM papers JOIN sources USING (paper_id)
                 WHERE status = 'found' AND bibliography IS NULL ORDER BY paper_id DESC LIMIT ?"""
        return [paper_id for (paper_id,) in self._session.execute(sql, (limit,))]

    def unused_source_count(self) -> int:
        """Count the titles and abstracts that belong to no paper any more."""
        return self._session.count(_UNUSED_SOURCES)

    def delete_unused_sources(self) -> None:
        """Delete the titles and abstracts that belong to no paper any more."""
        self._session.write(f"DELETE FROM {_UNUSED_SOURCES}")  # noqa: S608 - fixed names
        self._session.write("DELETE FROM facets WHERE paper_id NOT IN (SELECT paper_id FROM papers)")

    def provenance(self, paper_ids: Iterable[str]) -> dict[str, Provenance]:
        """Return the state of sources by paper id, also of ids without a paper; ids never tried are left out."""
        sql = """SELECT paper_id, status, origin, version, fetched_at, tried_at, reason FROM sources
                 WHERE paper_id IN ({marks})"""
        return {row[0]: Provenance(*row[1:]) for row in self._session.select_in(sql, paper_ids)}

    def status_counts(self) -> dict[str, int]:
        """Count the papers of each source status."""
        sql = (
            "SELECT coalesce(status, 'never_tried'), count(*) FROM papers LEFT JOIN sources USING (paper_id) GROUP BY 1"
        )
        return dict(self._session.execute(sql).fetchall())

    def put_source(self, abstract: Abstract, now: str) -> None:
        """Store a paper's title and abstract from a source, in place of the stored ones.

        A known publication date or bibliography is kept where the new source has none. The verdicts on the paper's
        entries become stale, since they were decided by the abstract.

        Args:
            abstract: title, abstract and their origin.
            now: the time, ISO 8601 in UTC.
        """
        self._session.write(
            """INSERT INTO sources (paper_id, status, title, abstract, origin, version, published, bibliography,
               fetched_at, tried_at, reason) VALUES (?1, 'found', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, '')
               ON CONFLICT DO UPDATE SET status = 'found', title = excluded.title, abstract = excluded.abstract,
               origin = excluded.origin, version = excluded.version,
               published = coalesce(excluded.published, published),
               bibliography = coalesce(excluded.bibliography, bibliography),
               fetched_at = excluded.fetched_at, tried_at = excluded.tried_at, reason = ''""",
            (
                abstract.paper_id,
                abstract.title,
                abstract.text,
                abstract.origin,
                abstract.version,
                abstract.published,
                json.dumps(asdict(abstract.bibliography), ensure_ascii=False) if abstract.bibliography else None,
                now,
            ),
        )
        if abstract.bibliography:
            self._put_facets(abstract.paper_id, abstract.bibliography)
        self._session.write("UPDATE entries SET judged = '' WHERE paper_id = ?", (abstract.paper_id,))
        self._session.touch()

    def _put_facets(self, paper_id: str, bibliography: Bibliography) -> None:
        """Store what a search filters by, in place of the earlier values."""
        self._session.write("DELETE FROM facets WHERE paper_id = ?", (paper_id,))
        authors = {("author", fold_name(name)) for name in bibliography.authors}
        categories = {("category", category.casefold()) for category in bibliography.categories}
        rows = [(facet, value, paper_id) for facet, value in sorted(authors | categories) if value]
        self._session.write_many("INSERT INTO facets VALUES (?, ?, ?)", rows)

    def put_failure(self, paper_id: str, status: SourceStatus, reason: str, now: str) -> None:
        """Record that no source gave an abstract. A stored abstract and its status stay.

        Args:
            paper_id: the paper.
            status: "not_found" or "failed".
            reason: the cause, one line.
            now: the time, ISO 8601 in UTC.
        """
        self._session.write(
            """INSERT INTO sources (paper_id, status, title, abstract, tried_at, reason) VALUES (?, ?, '', '', ?, ?)
               ON CONFLICT DO UPDATE SET tried_at = excluded.tried_at, reason = excluded.reason,
               status = CASE WHEN abstract = '' THEN excluded.status ELSE status END""",
            (paper_id, status, now, reason),
        )
        self._session.touch()


def _bibliography(stored: str | None) -> Bibliography | None:
    """Return a bibliography as stored; None where no source was asked for it."""
    if stored is None:
        return None
    fields = json.loads(stored)
    return Bibliography(**fields | {name: tuple(fields[name]) for name in ("authors", "categories")})
