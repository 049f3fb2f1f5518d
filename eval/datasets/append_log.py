"""Append-only text files of whole lines: after a kill at any moment only the line being written is lost."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from ...index.domain.errors import BusyError, FileError

QRELS_HEADER = "query\tpaper\tgrade"
"""First line of a file of judgments."""


def is_complete_judgment(line: str) -> bool:
    """Return whether a line of `qrels.tsv` is complete: the header, or a query, a paper and a grade."""
    fields = line.split()
    return line == QRELS_HEADER or (len(fields) in (3, 4) and fields[-1].lstrip("-").isdecimal())


def is_complete_object(line: str) -> bool:
    """Return whether a line of a JSONL file is a complete JSON object."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class AppendedLine:
    """A line that was appended to a file, with its offset in bytes."""

    path: Path
    start: int
    line: str


def append_line(path: Path, line: str, header: str = "") -> AppendedLine:
    """Append a line and fsync the file; a new file begins with the header.

    Raises:
        FileError: the file cannot be written; its content is unchanged.
    """
    try:
        with path.open("ab") as file:
            start = file.tell()
            text = f"{header}\n{line}\n" if header and not start else f"{line}\n"
            try:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    os.truncate(path, start)
                raise
            return AppendedLine(path, start + len(text.encode()) - len(line.encode()) - 1, line)
    except OSError as error:
        raise FileError(
            f"{path}: cannot be written ({error.strerror}); make room or make it writable, then continue"
        ) from error


def remove_line(appended: AppendedLine) -> None:
    """Truncate a file before a line that was appended to it.

    Raises:
        FileError: the line is no longer the last one, or the file cannot be written.
    """
    data = f"{appended.line}\n".encode()
    try:
        with appended.path.open("r+b") as file:
            file.seek(appended.start)
            if file.read() != data:
                raise FileError(f"{appended.path}: was changed by another process since; edit it by hand")
            file.truncate(appended.start)
            os.fsync(file.fileno())
    except OSError as error:
        raise FileError(f"{appended.path}: cannot be written ({error.strerror})") from error


def repair_last_line(path: Path, is_complete: Callable[[str], bool]) -> str:
    """Terminate the last line of a file if it is complete, otherwise cut it off: a kill may have interrupted it.

    Args:
        path: the file; nothing happens if it does not exist or ends with a newline.
        is_complete: whether a line is complete.

    Returns:
        The text that was cut off; empty if nothing was.

    Raises:
        FileError: the file cannot be read or written.
    """
    try:
        if not path.is_file():
            return ""
        data = path.read_bytes()
        start = data.rfind(b"\n") + 1
        last_line = data[start:].decode("utf-8", "replace")
        if not last_line:
            return ""
        if is_complete(last_line.rstrip("\r")):
            with path.open("ab") as file:
                file.write(b"\n")
            return ""
        os.truncate(path, start)
    except OSError as error:
        raise FileError(f"{path}: cannot be repaired ({error.strerror}); make it writable") from error
    return last_line


@contextmanager
def lock_folder(folder: Path) -> Generator[None]:
    """Hold the write lock of a dataset folder, which is created if needed.

    Raises:
        BusyError: another process holds the lock.
        FileError: the folder cannot be written.
    """
    lock = FileLock(folder / ".lock", blocking=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise BusyError(
            f"{folder}: another nonmun process is writing to this dataset; wait until it has finished"
        ) from error
    except OSError as error:
        raise FileError(f"{folder}: cannot be written ({error.strerror}); choose a writable folder") from error
    try:
        yield
    finally:
        lock.release()
