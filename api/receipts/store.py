"""The stored receipts of a data directory: a file for each, which only the owner can read."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ...index.domain.errors import ConfigError, NotFoundError
from ...index.util.files import replace_private_text
from ..results import PaperDetails
from .checks import FindPaper, check_receipt, paper_finder
from .model import Receipt
from .storing import WAIT, NotStoredError, StoreFullError, UnreadableAnswerError, store_lock

FOLDER = "receipts"
"""The folder of the receipts in a data directory."""
MAX_RECEIPTS = 10_000

_ID = re.compile(r"[0-9a-f]{32}")
_SUFFIX, _UNFINISHED = ".json", ".new"
_NAMED = 5  # damaged files that an error names


class ReceiptStore:
    """The receipts of a data directory. Safe to share between threads and processes.

    Args:
        folder: the data directory.
        limit: number of receipts at most.
        wait: seconds to wait for another process that writes receipts.
    """

    def __init__(self, folder: Path, limit: int = MAX_RECEIPTS, wait: float = WAIT) -> None:
        self._folder, self._limit, self._wait = folder / FOLDER, limit, wait

    def add(self, receipt: Receipt, paper: Callable[[str], PaperDetails]) -> str:
        """Store what the index holds of a receipt, and return its id; the same answer is stored once.

        Where a stored receipt lacks words that the index holds again, or cannot be read, it is replaced.

        Args:
            receipt: the receipt.
            paper: returns a paper of the index by its id, or raises an error: `Library.paper`.

        Raises:
            StoreFullError: there are too many.
            StoreBusyError: another process holds the lock.
            NotStoredError: the folder cannot be written.
        """
        receipt_id, find_paper = receipt.receipt_id, paper_finder(paper)
        checked = check_receipt(receipt, find_paper).receipt
        with self._locked():
            self._remove_unfinished()
            ids = self.ids()
            if receipt_id in ids:
                if self._holds(receipt_id, checked, find_paper):
                    return receipt_id
            elif len(ids) >= self._limit:
                raise StoreFullError(
                    f"{self._limit:,} shared answers are stored, which is the limit; `nonmun receipts remove` removes "
                    "some"
                )
            self._write(receipt_id, checked)
            # A purge that ended since the first check has not seen the file; the papers are therefore looked up anew.
            self._erase(receipt_id, paper_finder(paper))
        return receipt_id

    def get(self, receipt_id: str) -> Receipt:
        """Return a receipt as it is stored. Before it is shown, it has to be checked.

        Raises:
            NotFoundError: there is none.
            UnreadableAnswerError: it cannot be read.
        """
        missing = NotFoundError(f"there is no shared answer {receipt_id[:40]!r}; it may have been removed")
        if not _ID.fullmatch(receipt_id):
            raise missing
        file = self._file(receipt_id)
        try:
            return Receipt.from_json(json.loads(file.read_text("utf-8")))
        except FileNotFoundError:
            raise missing from None
        except (OSError, ValueError, RecursionError) as error:
            raise UnreadableAnswerError(f"{file}: cannot be read ({error}); remove it") from error

    def ids(self) -> list[str]:
        """Return the ids of all receipts.

        Raises:
            ConfigError: the folder cannot be read.
        """
        names = (name.removesuffix(_SUFFIX) for name in self._names() if name.endswith(_SUFFIX))
        return sorted(name for name in names if _ID.fullmatch(name))

    def remove(self, receipt_id: str) -> None:
        """Remove a receipt.

        Raises:
            NotFoundError: there is none.
            StoreBusyError: another process holds the lock.
            NotStoredError: it cannot be removed.
        """
        if _ID.fullmatch(receipt_id) and self._folder.is_dir():
            with self._locked():
                try:
                    self._file(receipt_id).unlink()
                    return
                except FileNotFoundError:
                    pass
        raise NotFoundError(f"no shared answer {receipt_id[:40]}; `nonmun receipts list` shows them")

    def remove_all(self) -> int:
        """Remove all receipts; return their number.

        Raises:
            StoreBusyError: another process holds the lock.
            NotStoredError: one cannot be removed.
        """
        if not self._folder.is_dir():
            return 0
        with self._locked():
            self._remove_unfinished()
            ids = self.ids()
            for receipt_id in ids:
                self._file(receipt_id).unlink(missing_ok=True)
        return len(ids)

    def outdated(self, find_paper: FindPaper) -> list[str]:
        """Return the names of the files that hold words which the index does not hold any more.

        Files that a killed process did not finish count as such.

        Raises:
            UnreadableAnswerError: receipts cannot be read, and may hold such words.
        """
        damaged: list[str] = []
        names = [f"{receipt_id}{_SUFFIX}" for receipt_id in self._outdated(self.ids(), find_paper, damaged)]
        self._refuse(damaged)
        return [*names, *self._unfinished()]

    def erase(self, find_paper: FindPaper) -> int:
        """Erase from all receipts what the index does not hold any more; return the number of files that held it.

        Each receipt is locked by itself, so that others can be added meanwhile.

        Raises:
            StoreBusyError: another process holds the lock.
            NotStoredError: a receipt cannot be written.
            UnreadableAnswerError: receipts cannot be read, and may hold such words; it is erased from all others.
        """
        if not self._folder.is_dir():
            return 0
        damaged: list[str] = []
        ids, changed = self.ids(), 0
        for receipt_id in self._outdated(ids, find_paper, damaged):
            with self._locked():
                changed += self._erase(receipt_id, find_paper)
        with self._locked():  # what was being added at the start is complete now
            late = sorted({*self.ids()} - {*ids})
            changed += sum(
                self._erase(receipt_id, find_paper) for receipt_id in self._outdated(late, find_paper, damaged)
            )
            changed += self._remove_unfinished()
        self._refuse(damaged)
        return changed

    def damaged(self) -> list[str]:
        """Return the names of the receipts' files that cannot be read."""
        return [f"{receipt_id}{_SUFFIX}" for receipt_id in self.ids() if self._readable(receipt_id) is None]

    def _outdated(self, ids: Iterable[str], find_paper: FindPaper, damaged: list[str]) -> Iterator[str]:
        """Yield those of some receipts that hold words which the index does not hold any more.

        Args:
            ids: ids of the receipts.
            find_paper: returns the papers of the index.
            damaged: takes the ids of those that cannot be read.
        """
        for receipt_id in ids:
            try:
                if self._current(receipt_id, find_paper) is not None:
                    yield receipt_id
            except UnreadableAnswerError:
                damaged.append(receipt_id)

    def _refuse(self, damaged: list[str]) -> None:
        if damaged:
            shown = ", ".join(f"{receipt_id}{_SUFFIX}" for receipt_id in damaged[:_NAMED])
            more = f" and {len(damaged) - _NAMED} more" if len(damaged) > _NAMED else ""
            raise UnreadableAnswerError(
                f"{self._folder}: shared answers that cannot be read may hold removed words: {shown}{more}; remove "
                "them (`nonmun receipts remove ID`). All others were examined"
            )

    def _holds(self, receipt_id: str, receipt: Receipt, find_paper: FindPaper) -> bool:
        """Return whether a stored receipt can be read and shows the words of another one."""
        stored = self._readable(receipt_id)
        return stored is not None and _words(check_receipt(stored, find_paper).receipt) == _words(receipt)

    def _readable(self, receipt_id: str) -> Receipt | None:
        try:
            return self.get(receipt_id)
        except (NotFoundError, UnreadableAnswerError):
            return None

    def _erase(self, receipt_id: str, find_paper: FindPaper) -> bool:
        current = self._current(receipt_id, find_paper)
        if current is not None:
            self._write(receipt_id, current)
        return current is not None

    def _current(self, receipt_id: str, find_paper: FindPaper) -> Receipt | None:
        """Return a receipt without the words that the index does not hold any more; None if it has none of them."""
        try:
            stored = self.get(receipt_id)
        except NotFoundError:  # removed meanwhile
            return None
        current = check_receipt(stored, find_paper).receipt
        return None if _words(current) == _words(stored) else current

    def _write(self, receipt_id: str, receipt: Receipt) -> None:
        text = json.dumps(receipt.as_json(), ensure_ascii=False)
        replace_private_text(self._file(receipt_id), text)

    def _names(self) -> list[str]:
        """Return the names of the files in the folder."""
        try:
            with os.scandir(self._folder) as entries:  # a tenth of the time of Path.glob
                return [entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise ConfigError(f"{self._folder}: cannot be read ({error.strerror})") from error

    def _unfinished(self) -> list[str]:
        return [name for name in self._names() if name.endswith(_UNFINISHED)]

    def _remove_unfinished(self) -> int:
        """Remove what killed processes did not finish; under the lock, nobody else is writing."""
        names = self._unfinished()
        for name in names:
            (self._folder / name).unlink(missing_ok=True)
        return len(names)

    @contextmanager
    def _locked(self) -> Generator[None]:
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise NotStoredError(f"{self._folder}: cannot be written ({error.strerror})") from error
        with store_lock(self._folder / ".lock", self._folder, self._wait):
            yield

    def _file(self, receipt_id: str) -> Path:
        return self._folder / f"{receipt_id}{_SUFFIX}"


def _words(receipt: Receipt) -> object:
    """Return what a receipt holds of the index's words; where they stand does not count."""
    answer = receipt.answer
    quoted = [(citation.prefix, citation.quote, citation.suffix) for citation in answer.citations]
    return answer.answer, answer.interpretation.corrected, [hit.title for hit in answer.hits], quoted
