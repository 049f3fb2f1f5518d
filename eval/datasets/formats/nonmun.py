"""Our own format: a folder with `queries.jsonl`, `qrels.tsv` and `dataset.toml`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from ....index.analysis.language import language
from ....index.domain.errors import FileError
from ..append_log import HEADER
from ..model import Dataset, Query
from .text_lines import lines, objects, text_of
from .trec import read_qrels

_ABOUT = ("name", "corpus", "licence", "description")
_QUERY = {"id", "text", "lang", "answerable", "without"}


def read_own(folder: Path) -> Dataset:
    """Read a dataset of our own.

    `queries.jsonl` has an object a line: `id`, `text`, `lang` (ko or en), and if wanted `answerable` (false where no
    paper answers), `without` (ids of chunks to leave out), `as_of` (an ISO date), `kind`, and any other field to slice
    by. `qrels.tsv` has query, paper and grade a line; `dataset.toml` has `name`, `corpus`, `licence`, `description`.

    Raises:
        FileError: something in it is not what it should be.
    """
    about = _about(folder / "dataset.toml")
    queries = read_queries(folder / "queries.jsonl")
    judged = folder / "qrels.tsv"
    qrels = read_qrels(judged) if judged.is_file() else {}
    stray = sorted(qrels.keys() - {query.query_id for query in queries})
    if stray:
        line = _line_of(judged, stray)
        raise FileError(f"{judged}:{line}: names queries that queries.jsonl does not hold: {', '.join(stray[:5])}")
    dataset = Dataset(about.get("name", folder.name), queries, qrels, about.get("corpus", ""), about.get("licence", ""))
    for query in queries:
        if not query.answerable and dataset.relevant(query.query_id):
            line = _line_of(judged, [query.query_id])
            raise FileError(f"{judged}:{line}: names papers for {query.query_id}, which is marked as not answerable")
    return dataset


def _line_of(judged: Path, query_ids: Sequence[str]) -> int:
    """The first line that judges one of some queries."""
    starts = ((number, {line.split()[0], line.partition("\t")[0].strip()}) for number, line in lines(judged))
    return next(number for number, start in starts if not start.isdisjoint(query_ids))


def read_queries(path: Path) -> tuple[Query, ...]:
    """Read the queries of `queries.jsonl`.

    Raises:
        FileError: a line is none, or repeats an id.
    """
    found: dict[str, Query] = {}
    for number, record in objects(path):
        query = _query(path, number, record)
        if query.query_id in found:
            raise FileError(f"{path}:{number}: the id {query.query_id!r} is used before; give each query its own")
        found[query.query_id] = query
    if not found:
        raise FileError(f"{path}: holds no queries")
    return tuple(found.values())


def _query(path: Path, number: int, record: dict[str, Any]) -> Query:
    query_id, text = text_of(path, number, record, "id"), text_of(path, number, record, "text")
    if len(query_id.split()) > 1:
        raise FileError(f"{path}:{number}: the id {query_id!r} has white space, which run files cannot hold")
    lang = record.get("lang") or language(text)
    if lang not in ("ko", "en"):
        raise FileError(f"{path}:{number}: 'lang' is {str(lang)[:20]!r}; it must be ko or en")
    answerable = record.get("answerable", True)
    if not isinstance(answerable, bool):
        raise FileError(f"{path}:{number}: 'answerable' must be true or false")
    without = record.get("without", [])
    if not isinstance(without, list) or not all(isinstance(one, str) for one in cast("list[Any]", without)):
        raise FileError(f"{path}:{number}: 'without' must be a list of chunk ids")
    if record.get("as_of") is not None:
        _check_date(path, number, record["as_of"])
    fields = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in record.items()
        if name not in _QUERY and value is not None
    }
    return Query(query_id, text, lang, answerable, fields, tuple(cast("list[str]", without)))


def _check_date(path: Path, number: int, value: object) -> None:
    try:
        datetime.fromisoformat(cast("str", value))
    except (TypeError, ValueError) as error:
        raise FileError(f"{path}:{number}: 'as_of' is no date such as 2025-05-16") from error


def _about(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        about = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: cannot be read: {error}") from error
    for name, value in about.items():
        if name not in _ABOUT or not isinstance(value, str):
            raise FileError(f"{path}: {name!r} is not one of the texts {', '.join(_ABOUT)}")
    return about


def write_own(folder: Path, dataset: Dataset, description: str = "") -> None:
    """Write a dataset in our own format.

    Raises:
        FileError: the folder cannot be written.
    """
    about = {"name": dataset.name, "corpus": dataset.corpus, "licence": dataset.licence, "description": description}
    queries = [
        {"id": one.query_id, "text": one.text, "lang": one.lang}
        | ({} if one.answerable else {"answerable": False})
        | dict(one.fields)
        | ({"without": list(one.without)} if one.without else {})
        for one in dataset.queries
    ]
    judged = [(query, paper, grade) for query, grades in dataset.qrels.items() for paper, grade in grades.items()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_about(folder, about)
        jsonl = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in queries)
        (folder / "queries.jsonl").write_text(jsonl, "utf-8")
        tsv = f"{HEADER}\n" + "".join(f"{query}\t{paper}\t{grade}\n" for query, paper, grade in judged)
        (folder / "qrels.tsv").write_text(tsv, "utf-8")
    except OSError as error:
        raise FileError(f"{folder}: cannot be written ({error.strerror})") from error


def write_about(folder: Path, about: Mapping[str, str]) -> None:
    """Write `dataset.toml`: what is said of a dataset, empty texts left out.

    Raises:
        OSError: it cannot be written.
    """
    toml = "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in about.items() if value)
    # JSON's strings are TOML's, but for DEL, which TOML wants escaped.
    (folder / "dataset.toml").write_text(toml.replace("\x7f", "\\u007f"), "utf-8")
