"""What is asked: the query sets, and which papers answer them."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from documents import ABSTRACTS, DIGESTS, NOTES, Document, read_documents, read_lines, read_notes, shuffled

from nonmun.eval.datasets.synthesis.name_masking import NameDetector, remove_names
from nonmun.index.analysis.sentences import sentences
from nonmun.index.domain.papers import Language

Variant = Literal["abstracts", "pairs", "notes", "korean", "everything"]

_OWN = Path(__file__).with_name("questions")
_QRELS = "queries/ko2en_dev.qrels.tsv"
_SHORTEST = 8  # characters of a title without names
_IDS, _NAMES = 100, 240  # papers asked for by id and by name
_ID_FORMS = (
    "{}", "arXiv:{}v2", "https://arxiv.org/abs/{} 이 논문의 한계는?", "{}v1 결과를 요약해 줘", "https://arxiv.org/pdf/{}v1",
    "what does {} propose?", "https://huggingface.co/papers/{} 어떤 데이터셋을 썼나?",
)  # fmt: skip
_WORD = re.compile(r"\w(?:[\w.+-]*[\w+])?")
_NAMED = re.compile(r"([A-Z0-9][\w.+-]{2,})(?::\s+\S.*)")


@dataclass(frozen=True, slots=True)
class Query:
    """A question whose relevant papers are known."""

    query_id: str
    kind: str
    lang: Language
    text: str
    papers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuerySet:
    """Questions, and what they are asked of.

    Attributes:
        title: what the tables call it.
        variants: what is indexed for it.
        files: what it is made from, in the shared data.
        measures: shown by kind; systems are compared by the first.
        read: makes it, from the shared data.
    """

    title: str
    variants: tuple[Variant, ...]
    files: tuple[str, ...]
    measures: tuple[str, ...]
    read: Callable[[Path], list[Query]]


def _known(data: Path, name: str) -> list[Query]:
    """A query set of the shared data."""
    with (data / _QRELS).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    papers = {row["query-id"]: row["corpus-id"] for row in rows}
    assert len(papers) == len(rows), "a query has one relevant paper"
    return [
        Query(line["id"], line["kind"].removesuffix("-nonames"), "ko", line["text"], (papers[line["id"]],))
        for line in read_lines(data / f"queries/{name}.jsonl")
    ]


def _english(data: Path) -> list[Query]:
    """Of each paper with a Korean note its English title, with and without names, and its abstract's first sentence."""
    documents = {one.paper_id: one for one in read_documents(data)}
    names = NameDetector.fit(one.text for one in documents.values())
    return [
        query for note in read_notes(data) if (paper := documents.get(note["id"])) for query in _of_paper(paper, names)
    ]


def _of_paper(paper: Document, names: NameDetector) -> Iterator[Query]:
    (_, abstract), title = paper.parts[0], paper.title
    start, end = sentences(abstract)[0]
    nameless = remove_names(title, names.names(title, "en"))
    for kind, text in (("title", title), ("title without names", nameless), ("first sentence", abstract[start:end])):
        if len(text) >= _SHORTEST:
            yield Query(f"{kind.replace(' ', '-')}-{paper.paper_id}", kind, "en", text, (paper.paper_id,))


def _pairs(_: Path) -> list[Query]:
    """Our own questions, each in both languages."""
    languages: tuple[tuple[Language, str], ...] = (("ko", "Korean"), ("en", "English"))
    return [
        Query(f"{line['id']}-{lang}", kind, lang, line[lang], tuple(line["papers"]))
        for line in read_lines(_OWN / "pairs.jsonl")
        for lang, kind in languages
    ]


def _named(data: Path) -> list[Query]:
    """Papers asked for by their id, by the name in their title, and by that name in Hangul, alone and in a question."""
    titles = {one.paper_id: one.title for one in read_documents(data)}
    queries = [
        Query(f"id-{paper}", "id", "ko", _ID_FORMS[at % len(_ID_FORMS)].format(paper), (paper,))
        for at, paper in enumerate(shuffled(titles)[:_IDS])
    ]
    names = _unique_names(titles)
    for at, paper in enumerate(shuffled(names)[:_NAMES]):
        lang: Language = "en" if at % 2 else "ko"
        asked = f"what is {names[paper]}" if at % 2 else f"{names[paper]}가 뭐야?"
        queries.append(Query(f"name-{paper}", "name", lang, names[paper], (paper,)))
        queries.append(Query(f"name-asked-{paper}", "name asked", lang, asked, (paper,)))
    with (_OWN / "hangul_names.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            paper, name = row["paper"], row["name"]
            particle = "이" if (ord(name[-1]) - ord("가")) % 28 else "가"
            queries.append(Query(f"hangul-{paper}", "Hangul", "ko", name, (paper,)))
            queries.append(Query(f"hangul-asked-{paper}", "Hangul asked", "ko", f"{name}{particle} 뭐야?", (paper,)))
    return queries


def _unique_names(titles: dict[str, str]) -> dict[str, str]:
    """The one word before a title's colon, by paper, where no other title holds it."""
    words = Counter(word for title in titles.values() for word in set(_WORD.findall(title.casefold())))
    found = {paper: match[1] for paper, title in titles.items() if (match := _NAMED.fullmatch(title))}
    return {paper: name for paper, name in found.items() if words[name.casefold()] == 1}


_KO2EN: tuple[Variant, ...] = ("abstracts", "pairs", "notes")
_FIRST_TEN = ("r@10", "mrr@10")

QUERY_SETS = {
    "ko2en_dev": QuerySet(
        "Questions as they are",
        _KO2EN,
        (ABSTRACTS, NOTES, "queries/ko2en_dev.jsonl"),
        _FIRST_TEN,
        partial(_known, name="ko2en_dev"),
    ),
    "ko2en_nonames_dev": QuerySet(
        "Questions without rare Latin names",
        _KO2EN,
        (ABSTRACTS, NOTES, "queries/ko2en_nonames_dev.jsonl"),
        _FIRST_TEN,
        partial(_known, name="ko2en_nonames_dev"),
    ),
    "en2ko": QuerySet("English questions", ("korean",), (ABSTRACTS, NOTES), _FIRST_TEN, _english),
    "pairs": QuerySet("The same in Korean and English", ("everything",), (ABSTRACTS, DIGESTS), _FIRST_TEN, _pairs),
    "named": QuerySet("Papers by id and by name", ("everything",), (ABSTRACTS, DIGESTS), ("r@1",), _named),
}


def sets_of(variant: Variant) -> Sequence[str]:
    """The query sets that are asked of a variant."""
    return [name for name, one in QUERY_SETS.items() if variant in one.variants]
