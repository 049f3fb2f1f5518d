"""Index terms of chunks, from which postings are built (table `chunk_terms`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from ..analysis.analyzer import terms
from ..domain.chunks import Chunk
from .schema import CREATE_TERMS
from .session import Session


def index_terms(chunk: Chunk) -> str:
    """Return the index terms of a chunk as the catalog stores them: separated by spaces."""
    return " ".join(terms(chunk.passage))


class ChunkTerms:
    """Space-separated index terms by the row number of their chunk."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self, *, after_revision: int = -1) -> Iterator[tuple[int, bool, str]]:
        """Yield row number, whether the chunk is Korean, and terms of every chunk newer than a revision."""
        sql = """SELECT row, lang = 'ko', terms FROM chunks JOIN chunk_terms USING (row)
                 WHERE rev > ? ORDER BY row"""
        yield from self._session.execute(sql, (after_revision,))

    def by_rows(self, rows: Iterable[int]) -> dict[int, str]:
        """Return the space-separated terms of chunks, by row number."""
        sql = "SELECT row, terms FROM chunk_terms WHERE row IN ({marks})"
        return dict(self._session.select_in(sql, rows))

    def of_chunks(self, chunk_ids: Iterable[str]) -> set[str]:
        """Return the distinct terms of some chunks."""
        sql = "SELECT terms FROM chunks JOIN chunk_terms USING (row) WHERE chunk_id IN ({marks})"
        return {term for (text,) in self._session.select_in(sql, chunk_ids) for term in text.split()}

    def of_bilingual_papers(self) -> Iterator[tuple[str, bool, str]]:
        """Yield paper id, whether the chunk is of an abstract, and terms of the chunks that a lexicon is learned from.

        These are the Korean chunks of summaries that are not labeled `refused` or `invented`, and the abstracts of
        papers with a Korean chunk.
        """
        yield from self._session.execute(
            """SELECT chunks.paper_id, source = 'abstract', terms FROM chunks JOIN chunk_terms USING (row)
               LEFT JOIN entries USING (paper_id, digest_date)
               WHERE (source = 'abstract' AND chunks.paper_id IN (SELECT paper_id FROM chunks WHERE lang = 'ko'))
               OR (chunks.lang = 'ko' AND label NOT IN ('refused', 'invented'))
               ORDER BY row"""
        )

    def document_frequency(self, among: Iterable[str] | None = None) -> dict[str, int]:
        """Count the chunks that hold a term.

        Args:
            among: the terms to count, by default every term. One scan of the table answers any number of them.

        Returns:
            Counts by term; terms that no chunk holds are left out.
        """
        wanted = None if among is None else set(among)
        counts: Counter[str] = Counter()
        for (text,) in self._session.execute("SELECT terms FROM chunk_terms"):
            distinct = set(text.split())
            counts.update(distinct if wanted is None else distinct & wanted)
        return dict(counts)

    def missing_count(self) -> int:
        """Count the chunks without terms."""
        return self._session.count("chunks WHERE row NOT IN (SELECT row FROM chunk_terms)")

    def orphan_count(self) -> int:
        """Count the rows that belong to no chunk."""
        return self._session.count("chunk_terms WHERE row NOT IN (SELECT row FROM chunks)")

    def put(self, row: int, terms: str) -> None:
        """Store the terms of a chunk."""
        self._session.write("INSERT INTO chunk_terms VALUES (?, ?)", (row, terms))

    def remove(self, row: int) -> None:
        """Remove the terms of a chunk."""
        self._session.write("DELETE FROM chunk_terms WHERE row = ?", (row,))

    def rebuild(self, terms: Mapping[int, str]) -> None:
        """Create the table anew.

        Args:
            terms: space-separated terms by the row number of their chunk.
        """
        self._session.write("DROP TABLE IF EXISTS chunk_terms")
        self._session.write(CREATE_TERMS)
        self._session.write_many("INSERT INTO chunk_terms VALUES (?, ?)", terms.items())
