"""The stored receipts of a data directory: a file for each, which only the owner can read."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ...index.domain.errors import BusyError, ConfigError, NotFoundError
from ...index.util.files import replace_private_text
from .checks import FindPaper, check_receipt
from .model import Receipt

FOLDER = "receipts"
"""The folder of the receipts in a data directory."""
MAX_RECEIPTS = 10_000

_ID = re.compile(r"[0-9a-f]{32}")
_WAIT = 10.0  # seconds for another process that writes receipts


class StoreFullError(ConfigError):
    """The data directory holds as much of something as it may."""


class ReceiptStore:
    """The receipts of a data directory. Safe to share between threads and processes.

    Args:
        folder: the data directory.
        limit: number of receipts at most.
    """

    def __init__(self, folder: Path, limit: int = MAX_RECEIPTS) -> None:
        self._folder, self._limit = folder / FOLDER, limit

    def add(self, receipt: Receipt, find_paper: FindPaper) -> str:
        """Store what the index holds of a receipt, and return its id; the same answer is stored once.

        Args:
            receipt: the receipt.
            find_paper: returns the papers of the index.

        Raises:
            StoreFullError: there are too many.
            BusyError: another process holds the lock.
            ConfigError: the folder cannot be written.
        """
        receipt_id = receipt.receipt_id
        with self._locked():
            if self._file(receipt_id).exists():
                return receipt_id
            if len(self.ids()) >= self._limit:
                raise StoreFullError(
                    f"{self._limit:,} shared answers are stored, which is the limit; `nonmun receipts remove` removes "
                    "some"
                )
            self._write(receipt_id, check_receipt(receipt, find_paper).receipt)
            # A purge that ended meanwhile has not seen the file; one that comes later waits for the lock.
            self._erase(receipt_id, find_paper)
            return receipt_id

    def get(self, receipt_id: str) -> Receipt:
        """Return a receipt as it is stored. Before it is shown, it has to be checked.

        Raises:
            NotFoundError: there is none.
            ConfigError: it cannot be read.
        """
        missing = NotFoundError(f"there is no shared answer {receipt_id[:40]!r}; it may have been removed")
        if not _ID.fullmatch(receipt_id):
            raise missing
        file = self._file(receipt_id)
        try:
            return Receipt.from_json(json.loads(file.read_text("utf-8")))
        except FileNotFoundError:
            raise missing from None
        except (OSError, ValueError) as error:
            raise ConfigError(f"{file}: cannot be read ({error}); remove it") from error

    def ids(self) -> list[str]:
        """Return the ids of all receipts."""
        return sorted(file.stem for file in self._folder.glob("*.json") if _ID.fullmatch(file.stem))

    def remove(self, receipt_id: str) -> None:
        """Remove a receipt.

        Raises:
            NotFoundError: there is none.
            BusyError: another process holds the lock.
            ConfigError: it cannot be removed.
        """
        if receipt_id not in self.ids():
            raise NotFoundError(f"no shared answer {receipt_id[:40]}; `nonmun receipts list` shows them")
        with self._locked():
            self._file(receipt_id).unlink(missing_ok=True)

    def outdated(self, find_paper: FindPaper) -> list[str]:
        """Return the ids of the receipts that hold words which the index does not hold any more."""
        return [receipt_id for receipt_id in self.ids() if self._current(receipt_id, find_paper) is not None]

    def erase(self, find_paper: FindPaper) -> int:
        """Erase from all receipts what the index does not hold any more; return the number of those that changed.

        Raises:
            BusyError: another process holds the lock.
            ConfigError: a receipt cannot be read or written.
        """
        if not self.ids():
            return 0
        with self._locked():
            return sum(self._erase(receipt_id, find_paper) for receipt_id in self.ids())

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

    @contextmanager
    def _locked(self) -> Generator[None]:
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with FileLock(self._folder / ".lock", timeout=_WAIT, mode=0o600):
                yield
        except Timeout as error:
            raise BusyError(f"{self._folder}: another process is writing; try again when it has ended") from error
        except OSError as error:
            message = f"{self._folder}: cannot be written ({error.strerror}); is the disk full or the folder read-only?"
            raise ConfigError(message) from error

    def _file(self, receipt_id: str) -> Path:
        return self._folder / f"{receipt_id}.json"


def _words(receipt: Receipt) -> object:
    """Return what a receipt holds of the index's words; where they stand does not count."""
    answer = receipt.answer
    quoted = [(citation.prefix, citation.quote, citation.suffix) for citation in answer.citations]
    return answer.answer, answer.interpretation.corrected, [hit.title for hit in answer.hits], quoted
