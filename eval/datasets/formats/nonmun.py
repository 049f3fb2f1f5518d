"""The nonmun dataset format: a folder with `queries.jsonl`, `qrels.tsv` and `dataset.toml`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from ....index.analysis.language import language
from ....index.domain.errors import FileError
from ..append_log import QRELS_HEADER
from ..model import Dataset, DatasetQuery
from .text_lines import check_query_id, json_objects, numbered_lines, require_text
from .trec import read_qrels

_METADATA_KEYS = ("name", "corpus", "licence", "description")
_QUERY_KEYS = {"id", "text", "lang", "answerable", "without"}


def read_nonmun(folder: Path) -> Dataset:
    """Read a dataset in the nonmun format.

    `queries.jsonl` has one object per line: `id`, `text`, `lang` (ko or en), and optionally `answerable` (false if no
    paper answers the query), `without` (ids of chunks to exclude), `as_of` (an ISO date), `kind`, and any other field
    to slice by. `qrels.tsv` has query, paper and grade per line; `dataset.toml` has `name`, `corpus`, `licence`,
    `description`.

    Raises:
        FileError: a file is malformed.
    """
    metadata = _read_metadata(folder / "dataset.toml")
    queries = read_queries(folder / "queries.jsonl")
    qrels_path = folder / "qrels.tsv"
    qrels = read_qrels(qrels_path) if qrels_path.is_file() else {}
    unknown = sorted(qrels.keys() - {query.query_id for query in queries})
    if unknown:
        line = _first_line_of(qrels_path, unknown)
        raise FileError(
            f"{qrels_path}:{line}: judges queries that queries.jsonl does not contain: {', '.join(unknown[:5])}"
        )
    dataset = Dataset(
        metadata.get("name", folder.name), queries, qrels, metadata.get("corpus", ""), metadata.get("licence", "")
    )
    for query in queries:
        if not query.answerable and dataset.relevant_papers(query.query_id):
            line = _first_line_of(qrels_path, [query.query_id])
            raise FileError(
                f"{qrels_path}:{line}: has relevant papers for {query.query_id}, which is marked as not answerable"
            )
    return dataset


def _first_line_of(qrels_path: Path, query_ids: Sequence[str]) -> int:
    """Return the number of the first line that judges one of some queries."""
    first_fields = (
        (number, {line.split()[0], line.partition("\t")[0].strip()}) for number, line in numbered_lines(qrels_path)
    )
    return next(number for number, fields in first_fields if not fields.isdisjoint(query_ids))


def read_queries(path: Path) -> tuple[DatasetQuery, ...]:
    """Read the queries of `queries.jsonl`.

    Raises:
        FileError: a line is not a query or repeats an id, or there are no queries.
    """
    queries: dict[str, DatasetQuery] = {}
    for number, record in json_objects(path):
        query = _parse_query(path, number, record)
        check_query_id(path, number, query.query_id, queries)
        queries[query.query_id] = query
    if not queries:
        raise FileError(f"{path}: contains no queries")
    return tuple(queries.values())


def _parse_query(path: Path, number: int, record: dict[str, Any]) -> DatasetQuery:
    query_id, text = require_text(path, number, record, "id"), require_text(path, number, record, "text")
    lang = record.get("lang") or language(text)
    if lang not in ("ko", "en"):
        raise FileError(f"{path}:{number}: 'lang' is {str(lang)[:20]!r} (expected ko or en)")
    answerable = record.get("answerable", True)
    if not isinstance(answerable, bool):
        raise FileError(f"{path}:{number}: 'answerable' must be true or false")
    without = record.get("without", [])
    if not isinstance(without, list) or not all(isinstance(item, str) for item in cast("list[Any]", without)):
        raise FileError(f"{path}:{number}: 'without' must be a list of chunk ids")
    if record.get("as_of") is not None:
        _check_date(path, number, record["as_of"])
    fields = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in record.items()
        if name not in _QUERY_KEYS and value is not None
    }
    return DatasetQuery(query_id, text, lang, answerable, fields, tuple(cast("list[str]", without)))


def _check_date(path: Path, number: int, value: object) -> None:
    try:
        datetime.fromisoformat(cast("str", value))
    except (TypeError, ValueError) as error:
        raise FileError(f"{path}:{number}: 'as_of' is not a valid date (expected YYYY-MM-DD)") from error


def _read_metadata(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        metadata = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: cannot be read: {error}") from error
    for name, value in metadata.items():
        if name not in _METADATA_KEYS or not isinstance(value, str):
            raise FileError(f"{path}: {name!r} is not one of the strings {', '.join(_METADATA_KEYS)}")
    return metadata


def write_dataset(folder: Path, dataset: Dataset, description: str = "") -> None:
    """Write a dataset in the nonmun format.

    Raises:
        FileError: the folder cannot be written.
    """
    metadata = {"name": dataset.name, "corpus": dataset.corpus, "licence": dataset.licence, "description": description}
    records = [
        {"id": query.query_id, "text": query.text, "lang": query.lang}
        | ({} if query.answerable else {"answerable": False})
        | dict(query.fields)
        | ({"without": list(query.without)} if query.without else {})
        for query in dataset.queries
    ]
    judgments = [
        (query_id, paper_id, grade) for query_id, grades in dataset.qrels.items() for paper_id, grade in grades.items()
    ]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_metadata(folder, metadata)
        jsonl = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        (folder / "queries.jsonl").write_text(jsonl, "utf-8")
        tsv = "".join(f"{query_id}\t{paper_id}\t{grade}\n" for query_id, paper_id, grade in judgments)
        (folder / "qrels.tsv").write_text(f"{QRELS_HEADER}\n{tsv}", "utf-8")
    except OSError as error:
        raise FileError(f"{folder}: cannot be written ({error.strerror})") from error


def write_metadata(folder: Path, metadata: Mapping[str, str]) -> None:
    """Write `dataset.toml`, leaving out empty values.

    Raises:
        OSError: the file cannot be written.
    """
    toml = "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in metadata.items() if value)
    # JSON strings are TOML strings, except for DEL, which TOML requires to be escaped.
    (folder / "dataset.toml").write_text(toml.replace("\x7f", "\\u007f"), "utf-8")
