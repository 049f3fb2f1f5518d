"""Which format a dataset is in."""

from __future__ import annotations

from pathlib import Path

from ....index.domain.errors import FileError
from ..model import Dataset
from .external import read_autorag, read_beir, read_trec
from .nonmun import read_own

_KNOWN = """a folder with queries.jsonl (and qrels.tsv, dataset.toml), a BEIR folder, \
a folder with TREC topics* and qrels*, or AutoRAG's qa.parquet"""


def open_dataset(path: Path, *, split: str = "test") -> Dataset:
    """Read a dataset in any format that is known.

    Args:
        path: a folder, or a parquet file.
        split: of a BEIR folder.

    Raises:
        FileError: it does not exist, is in no known format, or is not what it should be.
    """
    try:
        if not path.exists():
            raise FileError(f"{path}: does not exist; a dataset is {_KNOWN}")
        return _read(path, split)
    except OSError as error:  # a name too long, a folder that may not be looked into
        raise FileError(f"{path}: cannot be read ({error.strerror})") from error


def _read(path: Path, split: str) -> Dataset:
    if path.is_file() and path.suffix == ".parquet":
        return read_autorag(path)
    if (path / "qa.parquet").is_file():
        return read_autorag(path / "qa.parquet")
    if (path / "queries.jsonl").is_file():
        return read_beir(path, split) if (path / "qrels").is_dir() else read_own(path)
    topics, judged = _one(path, "topics*"), _one(path, "qrels*")
    if topics and judged:
        return read_trec(topics, judged)
    raise FileError(f"{path}: is no dataset; one is {_KNOWN}")


def _one(folder: Path, pattern: str) -> Path | None:
    found = sorted(path for path in folder.glob(pattern) if path.is_file()) if folder.is_dir() else []
    return found[0] if len(found) == 1 else None
