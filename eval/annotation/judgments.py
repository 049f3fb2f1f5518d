"""Judgments on disk: `qrels.tsv`, which counts, and `judgments.jsonl`, which says who judged when."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ...index.domain.errors import FileError
from ..datasets.append_log import HEADER, Written, alone, append, is_judgment, is_object, mend, take_back
from ..datasets.formats import open_dataset
from ..datasets.model import Dataset


class Judgments:
    """The judgments of one dataset, appended one by one.

    Both lines of a judgment are on the disk when `add` returns. The record is written before the judgment and taken
    back after it: whatever moment a kill comes at, no judgment stands without its record.

    Args:
        folder: of the dataset, in our own format.
        judge: who judges.
        clock: what time it is.
    """

    def __init__(self, folder: Path, judge: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._folder, self._judge, self._clock = folder, judge, clock
        self._written: list[tuple[Written, Written]] = []

    @property
    def count(self) -> int:
        """How many were added and not taken back."""
        return len(self._written)

    def add(self, query_id: str, paper_id: str, grade: int) -> None:
        """Keep a judgment.

        Raises:
            FileError: it cannot be written.
        """
        record = {"query": query_id, "paper": paper_id, "grade": grade, "judge": self._judge}
        record["time"] = self._clock().isoformat(timespec="seconds")
        said = append(self._folder / "judgments.jsonl", json.dumps(record, ensure_ascii=False))
        try:
            judged = append(self._folder / "qrels.tsv", f"{query_id}\t{paper_id}\t{grade}", HEADER)
        except FileError:
            take_back(said)
            raise
        self._written.append((judged, said))

    def undo(self) -> None:
        """Take back the last judgment that was added here.

        Raises:
            FileError: others wrote to the files since.
        """
        judged, said = self._written[-1]
        take_back(judged)
        take_back(said)
        self._written.pop()


@contextmanager
def judging(folder: Path, judge: str) -> Generator[tuple[Dataset, Judgments]]:
    """A dataset and its judgments, for one person at a time; what a kill tore before is mended.

    Raises:
        FileError: it is no dataset in our own format, or its files cannot be written.
        BusyError: somebody else is judging it.
    """
    if not (folder / "queries.jsonl").is_file() or (folder / "qrels").is_dir() or (folder / "qa.parquet").exists():
        raise FileError(
            f"{folder}: judgments are kept in our own format only: a folder with queries.jsonl (id and text a line), "
            "such as `nonmun eval make` makes"
        )
    with alone(folder):
        mend(folder / "qrels.tsv", is_judgment)
        mend(folder / "judgments.jsonl", is_object)
        yield open_dataset(folder), Judgments(folder, judge)
