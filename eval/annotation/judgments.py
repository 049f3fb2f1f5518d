"""Storage of manual judgments: `qrels.tsv` with the grades, `judgments.jsonl` with annotator and time."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ...index.domain.errors import FileError
from ..datasets.append_log import (
    QRELS_HEADER,
    AppendedLine,
    append_line,
    is_complete_judgment,
    is_complete_object,
    lock_folder,
    remove_line,
    repair_last_line,
)
from ..datasets.formats import open_dataset
from ..datasets.model import Dataset


class JudgmentLog:
    """Appends judgments to a dataset.

    Both lines of a judgment are on disk when `add` returns. The record in `judgments.jsonl` is written before the
    grade and removed after it, so that after a kill at any moment no grade is without a record.

    Args:
        folder: the dataset folder, in the nonmun format.
        annotator: name of the person who judges.
        clock: returns the current time.
    """

    def __init__(self, folder: Path, annotator: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._folder, self._annotator, self._clock = folder, annotator, clock
        self._appended: list[tuple[AppendedLine, AppendedLine]] = []  # grade and record of each judgment

    @property
    def count(self) -> int:
        """Number of judgments that were added and not undone."""
        return len(self._appended)

    def add(self, query_id: str, paper_id: str, grade: int) -> None:
        """Append a judgment.

        Raises:
            FileError: it cannot be written; the files are unchanged.
        """
        fields = {"query": query_id, "paper": paper_id, "grade": grade, "judge": self._annotator}
        fields["time"] = self._clock().isoformat(timespec="seconds")
        record = append_line(self._folder / "judgments.jsonl", json.dumps(fields, ensure_ascii=False))
        try:
            judgment = append_line(self._folder / "qrels.tsv", f"{query_id}\t{paper_id}\t{grade}", QRELS_HEADER)
        except FileError:
            remove_line(record)
            raise
        self._appended.append((judgment, record))

    def undo(self) -> None:
        """Remove the last judgment that was added.

        Raises:
            FileError: another process has changed the files since.
        """
        judgment, record = self._appended[-1]
        remove_line(judgment)
        remove_line(record)
        self._appended.pop()


@contextmanager
def open_judgments(folder: Path, annotator: str) -> Generator[tuple[Dataset, JudgmentLog]]:
    """Lock a dataset for one annotator, repair lines that a kill interrupted, and yield it with its judgment log.

    Raises:
        FileError: the folder is not a dataset in the nonmun format, or its files cannot be written.
        BusyError: another process has locked the dataset.
    """
    if not (folder / "queries.jsonl").is_file() or (folder / "qrels").is_dir() or (folder / "qa.parquet").exists():
        raise FileError(
            f"{folder}: is not a dataset in the nonmun format, the only one that can be annotated (expected a folder "
            "with queries.jsonl, id and text per line, as `nonmun eval make` writes)"
        )
    with lock_folder(folder):
        repair_last_line(folder / "qrels.tsv", is_complete_judgment)
        repair_last_line(folder / "judgments.jsonl", is_complete_object)
        yield open_dataset(folder), JudgmentLog(folder, annotator)
