"""Dataset formats of other projects: BEIR folders, TREC topics with qrels, AutoRAG's parquet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ....index.analysis.language import language
from ....index.domain.errors import ConfigError, FileError
from ..model import Dataset, DatasetQuery
from .text_lines import check_query_id, json_objects, numbered_lines, require_text
from .trec import Grades, paper_key, read_qrels

_TOPIC = re.compile(r"<top>(.*?)(</top>|(?=<top>)|\Z)", re.DOTALL)
_NUMBER = re.compile(r"<num>\s*(?:Number:)?\s*([^\s<]+)")
_TITLE = re.compile(r"<title>\s*(?:Topic:)?\s*(.*?)\s*(?=</?[a-z]|\Z)", re.DOTALL)

_NumberedQuery = tuple[int, str, str]  # line number, query id, text


def read_beir(folder: Path, split: str = "test") -> Dataset:
    """Read a BEIR folder (Thakur et al. 2021): `queries.jsonl` with `_id` and `text`, and `qrels/<split>.tsv`.

    Queries without a judgment in the split are left out, as BEIR does.

    Raises:
        FileError: a file is malformed, or the split does not exist.
    """
    qrels_path = folder / "qrels" / f"{split}.tsv"
    if not qrels_path.is_file():
        splits = ", ".join(sorted(path.stem for path in qrels_path.parent.glob("*.tsv"))) or "none"
        raise FileError(f"{qrels_path}: does not exist; available splits: {splits}")
    qrels = read_qrels(qrels_path)
    path = folder / "queries.jsonl"
    queries = (
        (number, require_text(path, number, record, "_id"), require_text(path, number, record, "text"))
        for number, record in json_objects(path)
    )
    return _dataset(folder.name, _unique(path, (query for query in queries if query[1] in qrels)), qrels)


def read_trec(topics: Path, qrels: Path) -> Dataset:
    """Read TREC topics (`<top>` blocks, or an id, a tab and a text per line) with their qrels.

    Raises:
        FileError: a file is malformed.
    """
    lines = list(numbered_lines(topics))
    read_topics = _topic_blocks if any("<top>" in line for _, line in lines) else _topic_table
    return _dataset(topics.parent.name or topics.stem, _unique(topics, read_topics(topics, lines)), read_qrels(qrels))


def read_autorag(path: Path) -> Dataset:
    """Read AutoRAG's QA data: a parquet file with `qid`, `query` and `retrieval_gt` (lists of document ids).

    AutoRAG requires one document of each inner list; here all documents are relevant.

    Raises:
        ConfigError: pyarrow is not installed.
        FileError: the file is not parquet, or lacks a column.
    """
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise ConfigError("parquet files need pyarrow: pip install 'nonmun[parquet]'") from error
    try:
        table: list[dict[str, Any]] = parquet.read_table(path, columns=["qid", "query", "retrieval_gt"]).to_pylist()
    except Exception as error:  # pyarrow raises its own exceptions, OSError and KeyError
        raise FileError(f"{path}: cannot be read as AutoRAG's QA data: {str(error).splitlines()[0]}") from error
    queries: list[_NumberedQuery] = []
    qrels: Grades = {}
    for number, row in enumerate(table, start=1):
        query_id = require_text(path, number, row, "qid")
        queries.append((number, query_id, require_text(path, number, row, "query")))
        qrels[query_id] = {paper_key(document): 1 for document in _flatten(row["retrieval_gt"])}
    return _dataset(path.parent.name or path.stem, _unique(path, queries), qrels)


def _flatten(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _flatten(item)
    elif value is not None:
        yield str(value)


def _topic_blocks(path: Path, lines: Sequence[tuple[int, str]]) -> Iterator[_NumberedQuery]:
    text = "\n".join(line for _, line in lines)
    for topic in _TOPIC.finditer(text):
        line_number = lines[text.count("\n", 0, topic.start())][0]
        query_id, title = _NUMBER.search(topic[1]), _TITLE.search(topic[1])
        if not topic[2] or not query_id or not title or not title[1].strip():
            raise FileError(f"{path}:{line_number}: the topic lacks <num>, <title> or </top>")
        yield line_number, query_id[1], " ".join(title[1].split())


def _topic_table(path: Path, lines: Sequence[tuple[int, str]]) -> Iterator[_NumberedQuery]:
    for number, line in lines:
        query_id, tab, text = line.partition("\t")
        if not tab or not query_id.strip() or not text.strip():
            raise FileError(f"{path}:{number}: is not a topic (expected an id, a tab and a text)")
        yield number, query_id.strip(), text.strip()


def _unique(path: Path, queries: Iterable[_NumberedQuery]) -> dict[str, str]:
    """Return texts by query id.

    Raises:
        FileError: an id is repeated or contains white space, or there are no queries.
    """
    texts: dict[str, str] = {}
    for number, query_id, text in queries:
        check_query_id(path, number, query_id, texts)
        texts[query_id] = text
    if not texts:
        raise FileError(f"{path}: contains no judged queries")
    return texts


def _dataset(name: str, texts: dict[str, str], qrels: Grades) -> Dataset:
    return Dataset(name, tuple(DatasetQuery(query_id, text, language(text)) for query_id, text in texts.items()), qrels)
