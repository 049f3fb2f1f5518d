"""Search results and quotations as frameworks represent documents: an id, a text, metadata and a score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, runtime_checkable

from ...index.domain.filters import NO_FILTER, Filter
from ...index.domain.hits import Hit
from ...index.query.question import MAX_HITS
from ..results import Answer, Results


@runtime_checkable
class Searchable(Protocol):
    """What a retriever needs: `Library.search`, or the same method of a client of the service."""

    def search(self, question: str, k: int = 10, *, where: Filter = NO_FILTER) -> Results:
        """Return the papers that best match a question; see `Library.search`."""
        ...


@dataclass(frozen=True, slots=True)
class RetrievedDocument:
    """A chunk, or a quotation from one.

    Attributes:
        id: id of the chunk; that of a quotation is `CHUNK[START:END]`.
        text: the text, exactly as stored.
        metadata: texts and numbers by name; None where there is no value.
        score: comparable within one search only; None for a quotation of a paper that is not among the hits.
    """

    id: str
    text: str
    metadata: dict[str, Any]
    score: float | None


def retrieve(library: Searchable, question: str, count: int, where: Filter = NO_FILTER) -> list[RetrievedDocument]:
    """Search, and return the chunks that match.

    Args:
        library: what to search.
        question: the question.
        count: number of chunks to return at most, 1 or more; a search finds up to 300.
        where: metadata filter.

    Raises:
        InputError: the question is empty or too long, or `count` is less than 1.
    """
    hits = library.search(question, min(count, MAX_HITS), where=where).hits  # a hit has one chunk or more
    return list(islice(evidence_documents(hits), count))


def evidence_documents(hits: Iterable[Hit]) -> Iterable[RetrievedDocument]:
    """Yield the chunks of evidence for some hits, best paper first, and the chunks of a paper best first.

    Their metadata are those of the paper (`paper_id`, `title`, `url`, and `digest_dates`, separated by commas) and of
    the chunk (`source`, `section`, `lang`, `trust`, `entry`; see `Evidence`).
    """
    for hit in hits:
        paper = _paper_metadata(hit)
        for evidence in hit.evidence:
            chunk = {name: getattr(evidence, name) for name in ("source", "section", "lang", "trust", "entry")}
            yield RetrievedDocument(evidence.chunk_id, evidence.text, paper | chunk, evidence.score)


def citation_documents(answer: Answer) -> list[RetrievedDocument]:
    """Return the quotations of an answer, in the order of its text; the score of one is that of its paper.

    Their metadata are those of the paper, as in `evidence_documents`, and of the quotation (`chunk_id`, `text_hash`,
    `start`, `end`, `trust`, `entry`; see `Citation`).
    """
    hits = {hit.paper_id: hit for hit in answer.hits}
    documents: list[RetrievedDocument] = []
    for citation in answer.citations:
        hit = hits.get(citation.paper_id)
        paper = _paper_metadata(hit) if hit else {"paper_id": citation.paper_id}
        names = ("chunk_id", "text_hash", "start", "end", "trust", "entry")
        metadata = paper | {name: getattr(citation, name) for name in names}
        number = f"{citation.chunk_id}[{citation.start}:{citation.end}]"
        documents.append(RetrievedDocument(number, citation.quote, metadata, hit.score if hit else None))
    return documents


def _paper_metadata(hit: Hit) -> dict[str, Any]:
    return {
        "paper_id": hit.paper_id,
        "title": hit.title,
        "url": hit.url,
        "digest_dates": ", ".join(hit.digest_dates),  # vector stores take no lists
    }
