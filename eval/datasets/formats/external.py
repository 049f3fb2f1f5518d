"""Other people's formats: BEIR folders, TREC topics with qrels, AutoRAG's parquet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ....index.analysis.language import language
from ....index.domain.errors import ConfigError, FileError
from ..model import Dataset, Query
from .text_lines import lines, objects, text_of
from .trec import Grades, paper_key, read_qrels

_TOPIC = re.compile(r"<top>(.*?)(</top>|(?=<top>)|\Z)", re.DOTALL)
_NUMBER = re.compile(r"<num>\s*(?:Number:)?\s*([^\s<]+)")
_TITLE = re.compile(r"<title>\s*(?:Topic:)?\s*(.*?)\s*(?=</?[a-z]|\Z)", re.DOTALL)

_Numbered = tuple[int, str, str]  # line, query id, text


def read_beir(folder: Path, split: str = "test") -> Dataset:
    """A BEIR folder (Thakur et al. 2021): `queries.jsonl` with `_id` and `text`, and `qrels/<split>.tsv`.

    Queries that the split does not judge are left out, as BEIR does.

    Raises:
        FileError: something in it is not what it should be, or the split does not exist.
    """
    judged = folder / "qrels" / f"{split}.tsv"
    if not judged.is_file():
        known = ", ".join(sorted(path.stem for path in judged.parent.glob("*.tsv"))) or "none"
        raise FileError(f"{judged}: does not exist; splits here: {known}")
    qrels = read_qrels(judged)
    path = folder / "queries.jsonl"
    read = (
        (number, text_of(path, number, one, "_id"), text_of(path, number, one, "text"))
        for number, one in objects(path)
    )  # fmt: skip
    return _dataset(folder.name, _distinct(path, (one for one in read if one[1] in qrels)), qrels)


def read_trec(topics: Path, judged: Path) -> Dataset:
    """TREC topics (`<top>` blocks, or a tab-separated id and text a line) with their qrels.

    Raises:
        FileError: something in them is not what it should be.
    """
    numbered = list(lines(topics))
    pairs = (_topics if any("<top>" in line for _, line in numbered) else _pairs)(topics, numbered)
    return _dataset(topics.parent.name or topics.stem, _distinct(topics, pairs), read_qrels(judged))


def read_autorag(path: Path) -> Dataset:
    """AutoRAG's QA data: a parquet file with `qid`, `query` and `retrieval_gt` (lists of document ids).

    AutoRAG asks for one of each inner list; here every id in them is relevant.

    Raises:
        ConfigError: pyarrow is not installed.
        FileError: the file is no parquet, or lacks a column.
    """
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise ConfigError("parquet files need pyarrow: pip install 'nonmun[parquet]'") from error
    try:
        table: list[dict[str, Any]] = parquet.read_table(path, columns=["qid", "query", "retrieval_gt"]).to_pylist()
    except Exception as error:  # pyarrow raises its own, OSError and KeyError
        raise FileError(f"{path}: cannot be read as AutoRAG's QA data: {str(error).splitlines()[0]}") from error
    pairs: list[_Numbered] = []
    qrels: Grades = {}
    for number, row in enumerate(table, start=1):
        query_id = text_of(path, number, row, "qid")
        pairs.append((number, query_id, text_of(path, number, row, "query")))
        qrels[query_id] = {paper_key(document): 1 for document in _flat(row["retrieval_gt"])}
    return _dataset(path.parent.name or path.stem, _distinct(path, pairs), qrels)


def _flat(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _flat(one)
    elif value is not None:
        yield str(value)


def _topics(path: Path, numbered: Sequence[tuple[int, str]]) -> Iterator[_Numbered]:
    text = "\n".join(line for _, line in numbered)
    for topic in _TOPIC.finditer(text):
        at = numbered[text.count("\n", 0, topic.start())][0]
        number, title = _NUMBER.search(topic[1]), _TITLE.search(topic[1])
        if not topic[2] or not number or not title or not title[1].strip():
            raise FileError(f"{path}:{at}: this topic lacks <num>, <title> or </top>")
        yield at, number[1], " ".join(title[1].split())


def _pairs(path: Path, numbered: Sequence[tuple[int, str]]) -> Iterator[_Numbered]:
    for number, line in numbered:
        query_id, tab, text = line.partition("\t")
        if not tab or not query_id.strip() or not text.strip():
            raise FileError(f"{path}:{number}: is no topic; it needs an id, a tab and a text")
        yield number, query_id.strip(), text.strip()


def _distinct(path: Path, pairs: Iterable[_Numbered]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, query_id, text in pairs:
        if len(query_id.split()) > 1:
            raise FileError(f"{path}:{number}: the id {query_id!r} has white space, which run files cannot hold")
        if query_id in found:
            raise FileError(f"{path}:{number}: the id {query_id!r} is used before; give each query its own")
        found[query_id] = text
    if not found:
        raise FileError(f"{path}: holds no judged queries")
    return found


def _dataset(name: str, texts: dict[str, str], qrels: Grades) -> Dataset:
    return Dataset(name, tuple(Query(key, text, language(text)) for key, text in texts.items()), qrels)
