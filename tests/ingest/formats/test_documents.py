"""Files and folders to documents: which are read, in which order, and what cannot be."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from nonmun.index.domain.errors import FileError
from nonmun.ingest.formats.documents import find_files, read_documents


@pytest.fixture
def folder(tmp_path: Path, samples: Path) -> Path:
    return Path(shutil.copytree(samples / "digests", tmp_path / "digests"))


def test_folders_are_searched_through(folder: Path) -> None:
    below = folder / "more"
    below.mkdir()
    shutil.move(folder / "2025-03-03.md", below / "2025-03-03.md")
    (folder / "notes.txt").write_text("no digest", "utf-8")
    (folder / "folder.md").mkdir()
    assert [path.name for path in find_files([folder])] == [
        "2025-03-04.md",
        "2025-03-05.md",
        "2025-03-06.md",
        "2025-03-03.md",
    ]


def test_each_file_once(folder: Path) -> None:
    link = folder / "link.md"
    link.symlink_to(folder / "2025-03-03.md")
    assert len(find_files([folder, folder / "2025-03-03.md", link, folder / ".." / "digests"])) == 4


def test_missing_and_empty_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="does not exist"):
        find_files([tmp_path / "none.md"])
    with pytest.raises(FileError, match=r"holds no \.md or \.jsonl file"):
        find_files([tmp_path])


def test_order_of_naming_changes_nothing(folder: Path) -> None:
    files = find_files([folder])
    assert read_documents(files) == read_documents(files[::-1])


def test_unreadable_files_do_not_stop_the_others(folder: Path) -> None:
    (folder / "large.md").write_bytes(b"x" * 1_000_001)
    (folder / "latin.md").write_bytes(b"one\ntwo\n\xe9t\xe9\n")
    reading = read_documents(find_files([folder]))
    assert len(reading.documents) == 4
    assert {Path(one).name for one in reading.failed} == {"large.md", "latin.md"}
    assert {Path(one.file).name: one.message for one in reading.problems} == {
        "large.md": "more than 1,000,000 bytes; split it into one file a day",
        "latin.md": "line 3 is not UTF-8; save the file as UTF-8",
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_forbidden_file_is_reported(folder: Path) -> None:
    (folder / "2025-03-03.md").chmod(0)
    reading = read_documents(find_files([folder]))
    assert (len(reading.documents), [one.message for one in reading.problems]) == (
        3,
        ["cannot be read: Permission denied"],
    )
