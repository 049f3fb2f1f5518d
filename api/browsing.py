"""Browsing: the stored papers, entries and chunks, without a question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..index.analysis.records import record_chunks
from ..index.catalog.base import CatalogStore
from ..index.domain.arxiv_ids import require_arxiv_id
from ..index.domain.chunks import Chunk
from ..index.domain.errors import InputError, NotFoundError
from ..index.domain.filters import Filter, parse_date
from ..index.domain.papers import Entry, Paper, SourceStatus, StoredProblem, paper_url
from ..index.domain.trust import Label
from ..index.engine.shared import SharedEngine
from ..settings import Settings
from .results import ChunkDetails, DigestDay, DigestDetails, DigestEntry, EntryPage, PaperDetails, PaperPage, Status

MAX_PAGE = 200
"""Largest number of papers or entries of a page."""
MAX_OFFSET = 10_000_000
"""Largest number of papers or entries before a page."""


class Browsing:
    """Reads of the catalog; `Library` documents each. Safe to share between threads.

    Args:
        settings: configuration.
        catalog: the catalog to read.
        engines: opens the search engine.
    """

    def __init__(self, settings: Settings, catalog: CatalogStore, engines: SharedEngine) -> None:
        self._settings, self._catalog, self._engines = settings, catalog, engines

    def paper(self, paper_id: str, *, history: bool) -> PaperDetails:
        """Return a paper with the digest entries about it; see `Library.paper`."""
        key = require_arxiv_id(paper_id).paper_id
        with self._catalog.view() as view:
            revisions = view.entries.revisions(key) if history else []
            paper = view.papers.by_ids([key]).get(key)
            if paper is None and not revisions:
                raise NotFoundError(f"{key} is not in the index")
            paper = paper or Paper(key, revisions[-1].title, "", paper_url(key))
            return PaperDetails(paper, tuple(view.entries.of_paper(key)), tuple(revisions))

    def entries(self, label: Label | None) -> tuple[Entry, ...]:
        """Return the entries with a trust label; see `Library.entries`."""
        with self._catalog.view() as view:
            return tuple(view.entries.with_label(label))

    def papers(self, status: SourceStatus | None) -> tuple[Paper, ...]:
        """Return the papers whose source has a status; see `Library.papers`."""
        with self._catalog.view() as view:
            papers = view.papers.by_ids(view.papers.ids())
        return tuple(paper for _, paper in sorted(papers.items()) if status in {None, paper.source.status})

    def list_entries(self, label: Label | None, limit: int, offset: int) -> EntryPage:
        """Return a page of the entries with a trust label; see `Library.list_entries`."""
        _check_page(limit, offset)
        with self._catalog.view() as view:
            counts = view.entries.label_counts()
            total = sum(counts.values()) if label is None else counts.get(label, 0)
            return EntryPage(tuple(view.entries.with_label(label, limit, offset)), total, offset)

    def papers_by_id(self, paper_ids: Iterable[str]) -> dict[str, Paper]:
        """Return papers by arXiv id; those that are not in the index are left out."""
        with self._catalog.view() as view:
            return view.papers.by_ids(paper_ids)

    def list_papers(self, where: Filter, limit: int, offset: int) -> PaperPage:
        """Return a page of the papers that pass a filter; see `Library.list_papers`."""
        _check_page(limit, offset)
        with self._catalog.view() as view:
            ids = view.chunks.newest_papers(where, limit, offset)
            papers = view.papers.by_ids(ids)
            return PaperPage(tuple(papers[key] for key in ids if key in papers), view.chunks.paper_count(where), offset)

    def digests(self) -> tuple[DigestDay, ...]:
        """Return the days with digests, newest first; see `Library.digests`."""
        with self._catalog.view() as view:
            rows = view.entries.labels_by_day()
        first: dict[str, str] = {}
        for day, paper_id, _ in rows:
            first.setdefault(paper_id, day)
        days: dict[str, Counter[Label]] = {}
        new: Counter[str] = Counter()
        for day, paper_id, label in rows:
            days.setdefault(day, Counter())[label] += 1
            new[day] += first[paper_id] == day
        return tuple(DigestDay(day, labels.total(), new[day], dict(labels)) for day, labels in reversed(days.items()))

    def digest(self, digest_date: str) -> DigestDetails:
        """Return the digests of a day with their papers; see `Library.digest`."""
        day = str(parse_date("digest_date", digest_date))
        with self._catalog.view() as view:
            entries = [entry for _, entry in view.entries.of_day(day)]
            if not entries:
                raise NotFoundError(f"no digest of {day} is in the index")
            papers = view.papers.by_ids(entry.paper_id for entry in entries)
            days = view.entries.days()
        at = days.index(day)
        return DigestDetails(
            day,
            tuple(_digest_entry(entry, papers[entry.paper_id]) for entry in entries if entry.paper_id in papers),
            days[at - 1] if at else None,
            days[at + 1] if at + 1 < len(days) else None,
        )

    def chunks(self) -> tuple[Chunk, ...]:
        """Return all searchable chunks; see `Library.chunks`."""
        with self._catalog.view() as view:
            return tuple(view.chunks.all())

    def chunk(self, chunk_id: str) -> ChunkDetails:
        """Return a chunk in its place; see `Library.chunk`."""
        with self._catalog.view() as view:
            paper_id = chunk_id.partition(":")[0]
            paper = view.papers.by_ids([paper_id]).get(paper_id)
            rows = view.chunks.of_papers([paper_id])
            chunks = [*view.chunks.intact_by_rows(rows).values(), *(record_chunks(paper) if paper else ())]
            chunk = next((chunk for chunk in chunks if chunk.chunk_id == chunk_id), None)
            if chunk is None or paper is None:
                raise NotFoundError(f"{chunk_id[:200]} is not a chunk of the index")
            bodies = view.entries.bodies([chunk.paper_id])
            labels = view.entries.labels([chunk.paper_id])
        key = (chunk.paper_id, chunk.digest_date or "")
        starts = {
            other: other.find_in(bodies, paper.abstract)
            for other in chunks
            if (other.source, other.digest_date) == (chunk.source, chunk.digest_date)
        }

        def place(other: Chunk) -> tuple[int, int, str]:
            start = starts[other]
            return -1 if start is None else start, other.ordinal, other.chunk_id

        ids = [other.chunk_id for other in sorted(starts, key=place)]
        at, start = ids.index(chunk_id), starts[chunk]
        return ChunkDetails(
            chunk.chunk_id,
            chunk.paper_id,
            paper.title,
            chunk.section,
            chunk.lang,
            chunk.text,
            chunk.text_hash,
            labels.get(key),
            chunk.digest_date,
            start,
            None if start is None else start + len(chunk.text),
            ids[at - 1] if at else None,
            ids[at + 1] if at + 1 < len(ids) else None,
        )

    def chunk_ids(self, among: Iterable[str]) -> set[str]:
        """Return the chunk ids that are in the index; see `Library.chunk_ids`."""
        wanted = set(among)
        with self._catalog.view() as view:
            papers = view.papers.by_ids({chunk_id.partition(":")[0] for chunk_id in wanted if ":record:" in chunk_id})
            records = {chunk.chunk_id for paper in papers.values() for chunk in record_chunks(paper)}
            return view.chunks.existing_ids(wanted) | (wanted & records)

    def document_frequency(self, terms: Iterable[str] | None) -> dict[str, int]:
        """Return the number of chunks that hold each term; see `Library.document_frequency`."""
        with self._catalog.view() as view:
            return view.terms.document_frequency(terms)

    def problems(self, limit: int) -> tuple[StoredProblem, ...]:
        """Return what could not be read of documents; see `Library.problems`."""
        _check_page(limit, 0)
        with self._catalog.view() as view:
            return tuple(view.documents.newest_problems(limit))

    def status(self) -> Status:
        """Return the contents of the data directory; see `Library.status`."""
        with self._catalog.view() as view:
            counts = view.counts()
            return Status(
                papers=counts.papers,
                entries=counts.entries,
                chunks=counts.chunks,
                generation=self._engines.for_model(view.model_id, view.dimension).status().version,
                documents=counts.documents,
                abstracts=counts.abstracts,
                problems=counts.problems,
                model_id=view.model_id,
                rev=view.revision,
                data=str(self._settings.data),
                days=view.entries.days(),
                labels=view.entries.label_counts(),
                sources=view.papers.status_counts(),
                last_ingest=view.entries.last_ingest(),
            )


def _check_page(limit: int, offset: int) -> None:
    """Check the limits of a page.

    Raises:
        InputError: one is out of range.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise InputError("limit", f"is {limit} (expected 1 to {MAX_PAGE})")
    if not 0 <= offset <= MAX_OFFSET:
        raise InputError("offset", f"is {offset} (expected 0 to {MAX_OFFSET})")


def _digest_entry(entry: Entry, paper: Paper) -> DigestEntry:
    label = entry.trust.label if entry.trust else "unchecked"
    return DigestEntry(paper, label, is_new=paper.digest_dates[0] == entry.digest_date)
