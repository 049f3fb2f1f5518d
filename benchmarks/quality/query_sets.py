"""The query sets with their relevant papers."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from documents import (
    ABSTRACTS,
    DIGESTS,
    NOTES,
    Document,
    order_by_hash,
    read_abstract_documents,
    read_jsonl,
    read_notes,
)

from nonmun.eval.datasets.synthesis.name_masking import NameDetector, remove_names
from nonmun.index.analysis.sentences import sentences
from nonmun.index.domain.papers import Language

Variant = Literal["abstracts", "pairs", "notes", "korean", "everything"]

_OWN = Path(__file__).with_name("questions")
_QRELS = "queries/ko2en_dev.qrels.tsv"
_MIN_LENGTH = 8  # characters of a title without names
_ID_QUERIES, _NAME_QUERIES = 100, 240  # papers queried by id and by name
_ID_FORMS = (
    "{}", "arXiv:{}v2", "https://arxiv.org/abs/{} 이 논문의 한계는?", "{}v1 결과를 요약해 줘", "https://arxiv.org/pdf/{}v1",
    "what does {} propose?", "https://huggingface.co/papers/{} 어떤 데이터셋을 썼나?",
)  # fmt: skip
_WORD = re.compile(r"\w(?:[\w.+-]*[\w+])?")
_NAMED_TITLE = re.compile(r"([A-Z0-9][\w.+-]{2,})(?::\s+\S.*)")


@dataclass(frozen=True, slots=True)
class QualityQuery:
    """A question with its relevant papers."""

    query_id: str
    kind: str
    lang: Language
    text: str
    papers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuerySet:
    """A query set and the corpus variants it is evaluated on.

    Attributes:
        title: its heading in the tables.
        variants: the corpus variants.
        files: its sources, relative to the shared data.
        measures: measures reported by kind; systems are compared by the first.
        read: reads it from the shared data.
    """

    title: str
    variants: tuple[Variant, ...]
    files: tuple[str, ...]
    measures: tuple[str, ...]
    read: Callable[[Path], list[QualityQuery]]


def _read_shared(data: Path, name: str) -> list[QualityQuery]:
    """Read a query set of the shared data."""
    with (data / _QRELS).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    papers = {row["query-id"]: row["corpus-id"] for row in rows}
    assert len(papers) == len(rows), "a query has several relevant papers"
    return [
        QualityQuery(line["id"], line["kind"].removesuffix("-nonames"), "ko", line["text"], (papers[line["id"]],))
        for line in read_jsonl(data / f"queries/{name}.jsonl")
    ]


def _read_english(data: Path) -> list[QualityQuery]:
    """Derive English queries from every paper with a Korean note.

    They are its title, with and without names, and the first sentence of its abstract.
    """
    documents = {document.paper_id: document for document in read_abstract_documents(data)}
    names = NameDetector.fit(document.text for document in documents.values())
    return [
        query
        for note in read_notes(data)
        if (paper := documents.get(note["id"]))
        for query in _english_queries(paper, names)
    ]


def _english_queries(paper: Document, names: NameDetector) -> Iterator[QualityQuery]:
    (_, abstract), title = paper.parts[0], paper.title
    start, end = sentences(abstract)[0]
    nameless = remove_names(title, names.names(title, "en"))
    for kind, text in (("title", title), ("title without names", nameless), ("first sentence", abstract[start:end])):
        if len(text) >= _MIN_LENGTH:
            yield QualityQuery(f"{kind.replace(' ', '-')}-{paper.paper_id}", kind, "en", text, (paper.paper_id,))


def _read_pairs(_: Path) -> list[QualityQuery]:
    """Read our own questions, each in both languages."""
    languages: tuple[tuple[Language, str], ...] = (("ko", "Korean"), ("en", "English"))
    return [
        QualityQuery(f"{line['id']}-{lang}", kind, lang, line[lang], tuple(line["papers"]))
        for line in read_jsonl(_OWN / "pairs.jsonl")
        for lang, kind in languages
    ]


def _read_named(data: Path) -> list[QualityQuery]:
    """Build queries for papers by id, by the name in the title, and by that name in Hangul.

    Names are queried alone and in a question.
    """
    titles = {document.paper_id: document.title for document in read_abstract_documents(data)}
    queries = [
        QualityQuery(f"id-{paper}", "id", "ko", _ID_FORMS[at % len(_ID_FORMS)].format(paper), (paper,))
        for at, paper in enumerate(order_by_hash(titles)[:_ID_QUERIES])
    ]
    names = _unique_names(titles)
    for at, paper in enumerate(order_by_hash(names)[:_NAME_QUERIES]):
        lang: Language = "en" if at % 2 else "ko"
        question = f"what is {names[paper]}" if at % 2 else f"{names[paper]}가 뭐야?"
        queries.append(QualityQuery(f"name-{paper}", "name", lang, names[paper], (paper,)))
        queries.append(QualityQuery(f"name-asked-{paper}", "name asked", lang, question, (paper,)))
    with (_OWN / "hangul_names.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            paper, name = row["paper"], row["name"]
            particle = "이" if (ord(name[-1]) - ord("가")) % 28 else "가"
            queries.append(QualityQuery(f"hangul-{paper}", "Hangul", "ko", name, (paper,)))
            queries.append(
                QualityQuery(f"hangul-asked-{paper}", "Hangul asked", "ko", f"{name}{particle} 뭐야?", (paper,))
            )
    return queries


def _unique_names(titles: dict[str, str]) -> dict[str, str]:
    """Return the single word before a title's colon, by paper, if no other title contains it."""
    words = Counter(word for title in titles.values() for word in set(_WORD.findall(title.casefold())))
    names = {paper: match[1] for paper, title in titles.items() if (match := _NAMED_TITLE.fullmatch(title))}
    return {paper: name for paper, name in names.items() if words[name.casefold()] == 1}


_KO2EN: tuple[Variant, ...] = ("abstracts", "pairs", "notes")
_MEASURES = ("r@10", "mrr@10")


def _shared_set(title: str, name: str) -> QuerySet:
    """Return a query set of the shared data."""
    files = (ABSTRACTS, NOTES, f"queries/{name}.jsonl")
    return QuerySet(title, _KO2EN, files, _MEASURES, partial(_read_shared, name=name))


QUERY_SETS = {
    "ko2en_dev": _shared_set("Original Korean queries", "ko2en_dev"),
    "ko2en_nonames_dev": _shared_set("Korean queries without rare Latin names", "ko2en_nonames_dev"),
    "en2ko": QuerySet("English queries", ("korean",), (ABSTRACTS, NOTES), _MEASURES, _read_english),
    "pairs": QuerySet(
        "The same questions in Korean and English", ("everything",), (ABSTRACTS, DIGESTS), _MEASURES, _read_pairs
    ),
    "named": QuerySet("Papers by id and by name", ("everything",), (ABSTRACTS, DIGESTS), ("r@1",), _read_named),
}


def sets_of(variant: Variant) -> Sequence[str]:
    """Return the names of the query sets that are evaluated on a variant."""
    return [name for name, query_set in QUERY_SETS.items() if variant in query_set.variants]
