"""Text files that grow by whole lines: a kill at any moment costs the line at hand, and nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from ...index.domain.errors import BusyError, FileError

HEADER = "query\tpaper\tgrade"
"""How a file of judgments begins."""


def is_judgment(line: str) -> bool:
    """Whether a line of a file of judgments is whole: its heading, or a query, a paper and a grade."""
    fields = line.split()
    return line == HEADER or (len(fields) in (3, 4) and fields[-1].lstrip("-").isdecimal())


def is_object(line: str) -> bool:
    """Whether a line of a JSONL file is whole."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Written:
    """A line that was appended, and where in its file, in bytes."""

    path: Path
    start: int
    line: str


def append(path: Path, line: str, header: str = "") -> Written:
    """Append a line, on the disk before this returns; a new file begins with the header.

    Raises:
        FileError: the file cannot be written; it is left as it was.
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
            return Written(path, start + len(text.encode()) - len(line.encode()) - 1, line)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror}); free or change it, and go on") from error


def take_back(written: Written) -> None:
    """Cut off a line that was appended.

    Raises:
        FileError: it is no longer the last one, or the file cannot be written.
    """
    data = f"{written.line}\n".encode()
    try:
        with written.path.open("r+b") as file:
            file.seek(written.start)
            if file.read() != data:
                raise FileError(f"{written.path}: was changed by others since; edit it by hand")
            file.truncate(written.start)
            os.fsync(file.fileno())
    except OSError as error:
        raise FileError(f"{written.path}: cannot be written ({error.strerror})") from error


def mend(path: Path, whole: Callable[[str], bool]) -> str:
    """End the last line of a file if it is whole, else cut it off: a kill may have come in its middle.

    Args:
        path: the file; nothing happens where it does not exist, or ends with a line end.
        whole: whether a line is all that it should be.

    Returns:
        What was cut off; empty where nothing was.

    Raises:
        FileError: the file cannot be read or written.
    """
    try:
        if not path.is_file():
            return ""
        data = path.read_bytes()
        start = data.rfind(b"\n") + 1
        torn = data[start:].decode("utf-8", "replace")
        if not torn:
            return ""
        if whole(torn.rstrip("\r")):
            with path.open("ab") as file:
                file.write(b"\n")
            return ""
        os.truncate(path, start)
    except OSError as error:
        raise FileError(f"{path}: cannot be mended ({error.strerror}); make it writable") from error
    return torn


@contextmanager
def alone(folder: Path) -> Generator[None]:
    """Keep a dataset's folder to one writer.

    Raises:
        BusyError: another process writes to it.
        FileError: the folder cannot be written.
    """
    lock = FileLock(folder / ".lock", blocking=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise BusyError(f"{folder}: another nonmun is writing to this dataset; wait for it to end") from error
    except OSError as error:
        raise FileError(f"{folder}: cannot be written ({error.strerror}); choose a folder that can") from error
    try:
        yield
    finally:
        lock.release()
