"""The catalog interface: a transactional store, read through snapshots and changed by transactions.

A store hands out views and transactions. Both are compositions of table groups, one class each, over one `Session`:

    view.documents   digest documents and parser problems
    view.entries     digest entries, trust verdicts, revisions, removals
    view.papers      papers, titles and abstracts of sources
    view.chunks      chunks and the filters that select them
    view.sentences   sentences of chunks
    view.vectors     passage vectors
    view.terms       index terms
    view.metadata    settings of the catalog

Users of the catalog depend on this module. `database.Catalog` implements the store. All SQL is in this package.
`Session` and the table groups are written for SQLite; another database needs its own.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from .chunks import Chunks
from .documents import Documents
from .entries import Entries
from .metadata import Metadata
from .papers import Papers
from .sentences import StoredSentences
from .session import Session
from .terms import ChunkTerms
from .vectors import StoredVectors


@dataclass(frozen=True, slots=True)
class Counts:
    """The size of a catalog."""

    documents: int
    entries: int
    papers: int
    abstracts: int
    chunks: int
    problems: int


class CatalogView:
    """A consistent snapshot of the catalog."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.metadata = Metadata(session)
        self.documents = Documents(session)
        self.papers = Papers(session)
        self.entries = Entries(session, self.papers)
        self.terms = ChunkTerms(session)
        self.sentences = StoredSentences(session)
        self.chunks = Chunks(session, self.terms, self.sentences)
        self.vectors = StoredVectors(session)

    @property
    def catalog_id(self) -> str:
        """The identity of the catalog. Row numbers of one catalog mean nothing in another."""
        return self.metadata.catalog_id

    @property
    def revision(self) -> int:
        """The revision of the snapshot; see `Session.revision`."""
        return self.session.revision

    @property
    def model_id(self) -> str | None:
        """The embedding model of the vectors; None where nothing is embedded yet."""
        return self.metadata.model_id

    @property
    def dimension(self) -> int:
        """The length of the vectors; 0 where nothing is embedded yet."""
        return self.metadata.dimension

    def counts(self) -> Counts:
        """Count documents, entries, papers, abstracts, chunks and problems."""
        return Counts(
            documents=self.documents.count(),
            entries=self.entries.count(),
            papers=self.papers.count(),
            abstracts=self.papers.abstract_count(),
            chunks=self.chunks.count(),
            problems=self.documents.problem_count(),
        )


class CatalogTransaction:
    """One transaction's changes. The store commits it, or rolls it back when its block raises.

    Attributes:
        view: the catalog with the changes of this transaction.
    """

    def __init__(self, session: Session) -> None:
        self.view = view = CatalogView(session)
        self.session = session
        self.metadata, self.documents, self.entries = view.metadata, view.documents, view.entries
        self.papers, self.chunks, self.sentences = view.papers, view.chunks, view.sentences
        self.vectors, self.terms = view.vectors, view.terms

    def touch(self) -> None:
        """Raise the revision, which invalidates every reader's cache."""
        self.session.touch()

    def finish(self) -> None:
        """Remove the vectors of removed chunks and sentences. The store calls this before it commits.

        Not earlier: within a transaction a passage may move from one paper to another.
        """
        self.vectors.remove_orphans_of(self.chunks.removed_passages)
        self.chunks.removed_passages.clear()


class CatalogStore(Protocol):
    """A catalog that threads share."""

    def view(self) -> AbstractContextManager[CatalogView]:
        """Open a snapshot for reading. Later transactions do not change it."""
        ...

    def write(self) -> AbstractContextManager[CatalogTransaction]:
        """Open a transaction: committed at the end of the block, rolled back when the block raises."""
        ...

    def close(self) -> None:
        """Release the store's connections."""
        ...
