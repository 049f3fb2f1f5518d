"""The corpora of each variant, without the texts from which its queries were derived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from documents import (
    DIGESTS,
    Document,
    as_documents,
    normalize,
    read_abstract_documents,
    read_digests,
    read_notes,
    split_in_halves,
)
from query_sets import QUERY_SETS, QualityQuery, Variant, sets_of

from nonmun.index.analysis.language import has_hangul

VARIANTS: tuple[Variant, ...] = get_args(Variant)
_FIELDS = {"purpose": "purpose", "title": "translation_title", "conclusion": "conclusion"}


@dataclass(frozen=True, slots=True)
class QualityCorpus:
    """The documents of one index, and the queries it is evaluated with.

    Attributes:
        name: "abstracts", "pairs-0", "notes-purpose" and so on.
        documents: the indexed documents.
        kind: the only kind of query evaluated; empty for all kinds.
        excluded_field: the field of the notes from which those queries were derived; empty if none is excluded.
        excluded_parts: fields of single notes excluded because they contain a query's text, as "2503.14378 purpose".
        leaked: ids of queries without Hangul that occur in an English abstract: bare names, which stay in the corpus.
        target_papers: the papers whose queries are evaluated; None for all.
        digests: the folder of the digests whose sections are among the documents.
    """

    name: str
    documents: tuple[Document, ...]
    kind: str = ""
    excluded_field: str = ""
    excluded_parts: tuple[str, ...] = ()
    leaked: tuple[str, ...] = ()
    target_papers: frozenset[str] | None = None
    digests: Path | None = None

    def includes(self, query: QualityQuery) -> bool:
        """Return whether a query is evaluated on this corpus."""
        if self.kind not in ("", query.kind):
            return False
        return self.target_papers is None or not self.target_papers.isdisjoint(query.papers)


def corpora(data: Path, variant: Variant) -> Iterator[QualityCorpus]:
    """Yield the corpora of a variant.

    No note in a corpus contains the text of a query evaluated on it, in any query set; abstracts are included
    unchanged or excluded as a whole.
    """
    abstracts = read_abstract_documents(data)
    queries = [query for name in sets_of(variant) for query in QUERY_SETS[name].read(data)]
    if variant == "abstracts":
        yield QualityCorpus("abstracts", abstracts, leaked=_leaked_queries(abstracts, queries))
    elif variant == "pairs":
        yield from _pair_corpora(abstracts, read_notes(data), queries)
    elif variant == "notes":
        yield from _note_corpora(abstracts, read_notes(data), queries)
    elif variant == "korean":
        yield from _korean_corpora(abstracts, read_notes(data, quotations=False), queries)
    else:
        summaries = tuple(read_digests(data, {document.paper_id: document.title for document in abstracts}))
        yield QualityCorpus("everything", abstracts + summaries, digests=data / DIGESTS)


def _pair_corpora(
    abstracts: tuple[Document, ...], notes: Sequence[Mapping[str, Any]], queries: Sequence[QualityQuery]
) -> Iterator[QualityCorpus]:
    """Yield two corpora, each with the complete notes of one half of the papers, for the queries of the other half."""
    for number, half in enumerate(split_in_halves([note["id"] for note in notes])):
        targets = [query for query in queries if half.isdisjoint(query.papers)]
        excluded: list[str] = []
        included = as_documents([note for note in notes if note["id"] in half], "", _texts(targets), excluded)
        documents = (*abstracts, *included)
        leaked = _leaked_queries(abstracts, targets)
        yield QualityCorpus(f"pairs-{number}", documents, "", "", tuple(excluded), leaked, _papers(targets))


def _note_corpora(
    abstracts: tuple[Document, ...], notes: Sequence[Mapping[str, Any]], queries: Sequence[QualityQuery]
) -> Iterator[QualityCorpus]:
    """Yield a corpus for each kind of query, without the field from which its queries were derived."""
    for kind, field in _FIELDS.items():
        targets = [query for query in queries if query.kind == kind]
        excluded: list[str] = []
        documents = (*abstracts, *as_documents(notes, field, _texts(targets), excluded))
        yield QualityCorpus(
            f"notes-{kind}", documents, kind, field, tuple(excluded), _leaked_queries(abstracts, targets)
        )


def _korean_corpora(
    abstracts: tuple[Document, ...], notes: Sequence[Mapping[str, Any]], queries: Sequence[QualityQuery]
) -> Iterator[QualityCorpus]:
    """Yield two corpora, each without the abstracts of one half of the papers with notes, for that half's queries."""
    for number, half in enumerate(split_in_halves([note["id"] for note in notes])):
        targets = [query for query in queries if not half.isdisjoint(query.papers)]
        excluded: list[str] = []
        remaining = (document for document in abstracts if document.paper_id not in half)
        documents = (*remaining, *as_documents(notes, "", _texts(targets), excluded))
        yield QualityCorpus(f"korean-{number}", documents, excluded_parts=tuple(excluded), target_papers=half)


def _texts(queries: Sequence[QualityQuery]) -> set[str]:
    return {normalize(query.text) for query in queries}


def _papers(queries: Sequence[QualityQuery]) -> frozenset[str]:
    return frozenset(paper for query in queries for paper in query.papers)


def _leaked_queries(abstracts: Sequence[Document], queries: Sequence[QualityQuery]) -> tuple[str, ...]:
    """Return the ids of queries whose text occurs in an abstract or its title."""
    assert not any(has_hangul(document.text) for document in abstracts)  # so no query with Hangul can occur
    texts = [normalize(document.text) for document in abstracts]
    latin = {query.query_id: normalize(query.text) for query in queries if not has_hangul(query.text)}
    return tuple(query_id for query_id, query in latin.items() if any(query in text for text in texts))
