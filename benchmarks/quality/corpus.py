"""What is indexed: the documents of each variant, without the texts that its questions were made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from documents import DIGESTS, Document, as_documents, halves, plain, read_digests, read_documents, read_notes
from questions import QUERY_SETS, Query, Variant, sets_of

from nonmun.index.analysis.language import has_hangul

VARIANTS: tuple[Variant, ...] = get_args(Variant)
_FIELDS = {"purpose": "purpose", "title": "translation_title", "conclusion": "conclusion"}


@dataclass(frozen=True, slots=True)
class Corpus:
    """What one index holds.

    Attributes:
        name: "abstracts", "pairs-0", or "notes-purpose" and so on.
        kind: whose queries are asked of it; empty where all kinds are.
        left_out: the field of the notes that those queries were made of; empty where none is left out.
        dropped: fields of single notes left out because they hold a query's text, as "2503.14378 purpose".
        asked: the papers whose queries are asked of it; None where all are.
        named: queries without Hangul that stand in an English abstract: bare names, which nothing leaves out.
        digests: the folder whose digests are among the documents, section by section.
    """

    name: str
    documents: tuple[Document, ...]
    kind: str = ""
    left_out: str = ""
    dropped: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    asked: frozenset[str] | None = None
    digests: Path | None = None

    def asks(self, query: Query) -> bool:
        """Whether a query is asked of this index."""
        return self.kind in ("", query.kind) and (self.asked is None or not self.asked.isdisjoint(query.papers))


def corpora(data: Path, variant: Variant) -> Iterator[Corpus]:
    """The indexes of a variant.

    None of their notes contains the text of a query that is asked of it, whatever the query set; abstracts stay as
    they are, or are left out whole.
    """
    abstracts = read_documents(data)
    asked = [query for name in sets_of(variant) for query in QUERY_SETS[name].read(data)]
    if variant == "abstracts":
        yield Corpus("abstracts", abstracts, named=_named(abstracts, asked))
    elif variant == "pairs":
        yield from _halves(abstracts, read_notes(data), asked)
    elif variant == "notes":
        yield from _fields(abstracts, read_notes(data), asked)
    elif variant == "korean":
        yield from _korean(abstracts, read_notes(data, quotations=False), asked)
    else:
        summaries = tuple(read_digests(data, {one.paper_id: one.title for one in abstracts}))
        yield Corpus("everything", abstracts + summaries, digests=data / DIGESTS)


def _halves(
    abstracts: tuple[Document, ...], notes: Sequence[Mapping[str, Any]], asked: Sequence[Query]
) -> Iterator[Corpus]:
    """Two indexes, each with the whole notes of one half of the papers, for the queries of the other half."""
    for number, held in enumerate(halves([note["id"] for note in notes])):
        queries = [query for query in asked if held.isdisjoint(query.papers)]
        dropped: list[str] = []
        kept = as_documents([note for note in notes if note["id"] in held], "", _texts(queries), dropped)
        documents = (*abstracts, *kept)
        named = _named(abstracts, queries)
        yield Corpus(f"pairs-{number}", documents, "", "", tuple(dropped), named, _papers(queries))


def _fields(
    abstracts: tuple[Document, ...], notes: Sequence[Mapping[str, Any]], asked: Sequence[Query]
) -> Iterator[Corpus]:
    """An index for each kind of query, without the field that its queries were made of."""
    for kind, field in _FIELDS.items():
        queries = [query for query in asked if query.kind == kind]
        dropped: list[str] = []
        documents = (*abstracts, *as_documents(notes, field, _texts(queries), dropped))
        yield Corpus(f"notes-{kind}", documents, kind, field, tuple(dropped), _named(abstracts, queries))


def _korean(
    abstracts: tuple[Document, ...], notes: Sequence[Mapping[str, Any]], asked: Sequence[Query]
) -> Iterator[Corpus]:
    """Two indexes, each without the abstracts of one half of the papers with notes, for the queries of that half."""
    for number, half in enumerate(halves([note["id"] for note in notes])):
        queries = [query for query in asked if not half.isdisjoint(query.papers)]
        dropped: list[str] = []
        left = (one for one in abstracts if one.paper_id not in half)
        documents = (*left, *as_documents(notes, "", _texts(queries), dropped))
        yield Corpus(f"korean-{number}", documents, dropped=tuple(dropped), asked=half)


def _texts(queries: Sequence[Query]) -> set[str]:
    return {plain(query.text) for query in queries}


def _papers(queries: Sequence[Query]) -> frozenset[str]:
    return frozenset(paper for query in queries for paper in query.papers)


def _named(abstracts: Sequence[Document], queries: Sequence[Query]) -> tuple[str, ...]:
    """Queries whose text stands in an abstract or its title. One with Hangul cannot: no abstract has any."""
    assert not any(has_hangul(one.text) for one in abstracts)
    texts = [plain(one.text) for one in abstracts]
    bare = {query.query_id: plain(query.text) for query in queries if not has_hangul(query.text)}
    return tuple(key for key, text in bare.items() if any(text in one for one in texts))
