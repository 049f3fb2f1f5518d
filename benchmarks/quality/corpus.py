"""What is searched and what is asked: documents, queries and judgments from the shared data."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nonmun.index.korean import has_hangul
from nonmun.ingest.abstracts.file import read_abstracts

Kind = Literal["purpose", "title", "conclusion"]
Variant = Literal["abstracts", "pairs", "notes"]
Source = Literal["abstract", "note"]

KINDS: tuple[Kind, ...] = ("purpose", "title", "conclusion")
VARIANTS: tuple[Variant, ...] = ("abstracts", "pairs", "notes")
QUERY_SETS = ("ko2en_dev", "ko2en_nonames_dev")

ABSTRACTS = "abstracts/hf_daily_papers.jsonl.gz"
NOTES = "abstracts/korean_notes_dev.jsonl.gz"
QRELS = "queries/ko2en_dev.qrels.tsv"
# Left out are `translation_summary` and `text` (the abstract, translated whole, with the purpose at its end), and
# `advertising_copy` and `keywords`, which say nothing of their own.
_HEADINGS = {"translation_title": "제목", "purpose": "목적", "method": "방법", "conclusion": "결론"}
QUERY_FIELD: dict[Kind, str] = {"purpose": "purpose", "title": "translation_title", "conclusion": "conclusion"}


@dataclass(frozen=True, slots=True)
class Document:
    """Something that is said of a paper.

    Attributes:
        paper_id: arXiv id.
        source: the paper's own abstract, or a Korean note on it.
        date: the day that the note belongs to; empty for an abstract.
        title: the paper's English title; empty for a note, whose Korean title is one of its parts.
        parts: heading and text of each part; an abstract has one without heading.
    """

    paper_id: str
    source: Source
    date: str
    title: str
    parts: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """Title and parts as one text, a line each, without headings."""
        return "\n".join(text for text in (self.title, *(text for _, text in self.parts)) if text)


@dataclass(frozen=True, slots=True)
class Query:
    """A question whose one relevant paper is known."""

    query_id: str
    kind: Kind
    text: str

    @property
    def paper_id(self) -> str:
        """The paper whose note it was made of; ids are a letter for the kind, a hyphen and the paper's."""
        return self.query_id.partition("-")[2]


@dataclass(frozen=True, slots=True)
class Corpus:
    """What one index holds.

    Attributes:
        name: "abstracts", "pairs-0", or "notes-purpose" and so on.
        kinds: whose queries are asked of it.
        left_out: the field of the notes that those queries were made of; empty where there are no notes.
        dropped: fields of single notes left out because they hold a query's text, as "2503.14378 purpose".
        asked: the papers whose queries are asked of it; None where all are.
        named: queries without Hangul that stand in an English abstract: bare names, which nothing leaves out.
    """

    name: str
    documents: tuple[Document, ...]
    kinds: tuple[Kind, ...]
    left_out: str = ""
    dropped: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    asked: frozenset[str] | None = None

    def asks(self, query: Query) -> bool:
        """Whether a query is asked of this index."""
        return query.kind in self.kinds and (self.asked is None or query.paper_id in self.asked)


def corpora(data: Path, variant: Variant) -> Iterator[Corpus]:
    """The indexes of a variant: one of the abstracts, or with notes one for each kind of query.

    With notes, none of them contains the text of a query of its kind, whatever the query set; abstracts stay as they
    are.
    """
    found, problems = read_abstracts(data / ABSTRACTS)
    assert not problems, problems
    abstracts = tuple(Document(one.paper_id, "abstract", "", one.title, (("", one.text),)) for one in found)
    asked = [query for query_set in QUERY_SETS for query in read_queries(data, query_set)]
    if variant == "abstracts":
        yield Corpus("abstracts", abstracts, KINDS, named=_named(abstracts, asked))
        return
    notes = list(_lines(data / NOTES))
    if variant == "pairs":
        yield from _halves(abstracts, notes, asked)
        return
    for kind in KINDS:
        queries = [query for query in asked if query.kind == kind]
        dropped: list[str] = []
        kept = tuple(_notes(notes, QUERY_FIELD[kind], {_plain(query.text) for query in queries}, dropped))
        named = _named(abstracts, queries)
        yield Corpus(f"notes-{kind}", abstracts + kept, (kind,), QUERY_FIELD[kind], tuple(dropped), named)


def _halves(
    abstracts: tuple[Document, ...], notes: Sequence[dict[str, Any]], asked: Sequence[Query]
) -> Iterator[Corpus]:
    """Two indexes, each with the whole notes of one half of the papers, for the queries of the other half."""
    order = sorted((hashlib.sha256(note["id"].encode()).digest(), note["id"]) for note in notes)
    first = frozenset(paper_id for _, paper_id in order[: len(order) // 2])
    for number, held in enumerate((first, frozenset(note["id"] for note in notes) - first)):
        queries = [query for query in asked if query.paper_id not in held]
        dropped: list[str] = []
        known = [note for note in notes if note["id"] in held]
        kept = tuple(_notes(known, "", {_plain(query.text) for query in queries}, dropped))
        papers = frozenset(query.paper_id for query in queries)
        yield Corpus(f"pairs-{number}", abstracts + kept, KINDS, "", tuple(dropped), _named(abstracts, queries), papers)


def _notes(
    notes: Sequence[dict[str, Any]], left_out: str, forbidden: Collection[str], dropped: list[str]
) -> Iterator[Document]:
    for note in notes:
        parts: list[tuple[str, str]] = []
        for field, heading in _HEADINGS.items():
            value: str | list[str] | None = note[field]
            text = "\n".join(value) if isinstance(value, list) else value or ""
            if field == left_out or not text.strip():
                continue
            if _holds(text, forbidden):
                dropped.append(f"{note['id']} {field}")
            else:
                parts.append((heading, text.strip()))
        document = Document(note["id"], "note", note["date"], "", tuple(parts))
        assert not _holds(document.text, forbidden), f"{document.paper_id}: a query's own text would be indexed"
        if parts:
            yield document


def _holds(text: str, forbidden: Collection[str]) -> bool:
    plain = _plain(text)
    return any(one in plain for one in forbidden)


def _plain(text: str) -> str:
    """Text without what makes no difference: letter case and white space."""
    return " ".join(text.split()).casefold()


def _named(abstracts: Sequence[Document], queries: Sequence[Query]) -> tuple[str, ...]:
    """Queries whose text stands in an abstract or its title. One with Hangul cannot: no abstract has any."""
    assert not any(has_hangul(one.text) for one in abstracts)
    plain = [_plain(one.text) for one in abstracts]
    bare = {query.query_id: _plain(query.text) for query in queries if not has_hangul(query.text)}
    return tuple(key for key, text in bare.items() if any(text in one for one in plain))


def read_queries(data: Path, query_set: str) -> list[Query]:
    """The queries of a set, in the file's order."""
    found = list[Query]()
    for line in _lines(data / query_file(query_set)):
        kind = line["kind"].removesuffix("-nonames")
        assert kind in KINDS, kind
        found.append(Query(line["id"], kind, line["text"]))
    return found


def query_file(query_set: str) -> str:
    """Where a query set lies in the shared data."""
    return f"queries/{query_set}.jsonl"


def read_qrels(data: Path) -> dict[str, str]:
    """The relevant paper of each query."""
    with (data / QRELS).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    found = {row["query-id"]: row["corpus-id"] for row in rows}
    assert len(found) == len(rows), "a query has one relevant paper"
    return found


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    read = gzip.open if path.suffix == ".gz" else open
    with read(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
