"""Detection of a dataset's format."""

from __future__ import annotations

from pathlib import Path

from ....index.domain.errors import FileError
from ..model import Dataset
from .external import read_autorag, read_beir, read_trec
from .nonmun import read_nonmun

_SUPPORTED = """a folder with queries.jsonl (and qrels.tsv, dataset.toml), a BEIR folder, \
a folder with TREC topics* and qrels*, or AutoRAG's qa.parquet"""


def open_dataset(path: Path, *, split: str = "test") -> Dataset:
    """Read a dataset in any supported format.

    Args:
        path: a folder, or a parquet file.
        split: split of a BEIR folder; ignored for other formats.

    Raises:
        FileError: the path does not exist, is in no supported format, or is malformed.
    """
    try:
        if not path.exists():
            raise FileError(f"{path}: does not exist (expected {_SUPPORTED})")
        return _read(path, split)
    except OSError as error:  # a name that is too long, a folder without read permission
        raise FileError(f"{path}: cannot be read ({error.strerror})") from error


def _read(path: Path, split: str) -> Dataset:
    if path.is_file() and path.suffix == ".parquet":
        return read_autorag(path)
    if (path / "qa.parquet").is_file():
        return read_autorag(path / "qa.parquet")
    if (path / "queries.jsonl").is_file():
        return read_beir(path, split) if (path / "qrels").is_dir() else read_nonmun(path)
    topics, qrels = _single_match(path, "topics*"), _single_match(path, "qrels*")
    if topics and qrels:
        return read_trec(topics, qrels)
    raise FileError(f"{path}: is not a dataset (expected {_SUPPORTED})")


def _single_match(folder: Path, pattern: str) -> Path | None:
    matches = [path for path in folder.glob(pattern) if path.is_file()] if folder.is_dir() else []
    return matches[0] if len(matches) == 1 else None
