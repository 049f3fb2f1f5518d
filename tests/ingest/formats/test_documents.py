"""Finding and reading digest files: which, in which order, and in which format."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nonmun.index.domain.errors import FileError
from nonmun.index.domain.papers import Entry, text_hash
from nonmun.ingest.formats.base import Digest, ParsedFile
from nonmun.ingest.formats.documents import find_files, is_digest, read_documents
from nonmun.ingest.formats.registry import register_format, unregister_format


@pytest.fixture
def folder(tmp_path: Path, samples: Path) -> Path:
    return Path(shutil.copytree(samples / "digests", tmp_path / "digests"))


def test_searches_folders(folder: Path) -> None:
    below = folder / "more"
    below.mkdir()
    shutil.move(folder / "2025-03-03.md", below / "2025-03-03.md")
    (folder / "notes.txt").write_text("not a digest", "utf-8")
    (folder / "folder.md").mkdir()
    assert [path.name for path in find_files([folder])] == [
        "2025-03-04.md",
        "2025-03-05.md",
        "2025-03-06.md",
        "2025-03-03.md",
    ]


def test_returns_each_file_once(folder: Path) -> None:
    link = folder / "link.md"
    link.symlink_to(folder / "2025-03-03.md")
    assert len(find_files([folder, folder / "2025-03-03.md", link, folder / ".." / "digests"])) == 4


def test_rejects_missing_files_and_empty_folders(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="does not exist"):
        find_files([tmp_path / "none.md"])
    with pytest.raises(FileError, match=r"holds no \.md or \.jsonl file"):
        find_files([tmp_path])


def test_order_of_files_does_not_matter(folder: Path) -> None:
    files = find_files([folder])
    assert read_documents(files) == read_documents(files[::-1])


def test_unreadable_files_do_not_stop_the_others(folder: Path) -> None:
    (folder / "large.md").write_bytes(b"x" * 1_000_001)
    (folder / "latin.md").write_bytes(b"one\ntwo\n\xe9t\xe9\n")
    result = read_documents(find_files([folder]))
    assert len(result.documents) == 4
    assert {Path(path).name for path in result.failed} == {"large.md", "latin.md"}
    assert {Path(problem.file).name: problem.message for problem in result.problems} == {
        "large.md": "more than 1,000,000 bytes; split it into one file a day",
        "latin.md": "line 3 is not UTF-8; save the file as UTF-8",
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_reports_a_file_without_permission(folder: Path) -> None:
    (folder / "2025-03-03.md").chmod(0)
    result = read_documents(find_files([folder]))
    assert (len(result.documents), [problem.message for problem in result.problems]) == (
        3,
        ["cannot be read: Permission denied"],
    )


def test_file_of_an_unknown_suffix_is_markdown(folder: Path) -> None:
    file = (folder / "2025-03-03.md").rename(folder / "2025-03-03.txt")
    assert not is_digest(file)
    (document,) = read_documents(find_files([file])).documents
    assert (document.digest.name, len(document.digest.entries), document.parser_version) == ("2025-03-03.txt", 4, "1")


class TableFormat:
    """A format as an extension would add it: `date<TAB>id<TAB>summary`."""

    suffixes = (".tsv",)
    version = "table-1"
    max_bytes = 100
    split_hint = "write less"

    def parse(self, text: str, name: str) -> ParsedFile:
        day, paper_id, summary = text.split("\t")
        return ParsedFile([(Digest(name, day, (Entry(day, paper_id, None, "", "", summary, (), 1),), ()), text)])


@pytest.fixture
def table_format() -> Iterator[TableFormat]:
    added = TableFormat()
    register_format(added)
    yield added
    unregister_format(added)


def test_reads_files_of_a_registered_format(table_format: TableFormat, folder: Path, tmp_path: Path) -> None:
    (folder / "made.tsv").write_text("2025-03-01\t2505.00001\tA summary.", "utf-8")
    (folder / "large.tsv").write_text("x" * 101, "utf-8")
    result = read_documents(find_files([folder]))
    document = result.documents[0]
    assert document.key == ("2025-03-01", "made.tsv")
    assert (document.parser_version, document.hash) == ("table-1", text_hash(document.text))
    assert [problem.message for problem in result.problems] == ["more than 100 bytes; write less"]
    with pytest.raises(ValueError, match=r"'\.tsv' is the suffix of another digest format"):
        register_format(TableFormat())
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match=r"holds no \.md or \.jsonl or \.tsv file"):
        find_files([tmp_path / "empty"])


def test_a_link_that_leaves_the_folder_is_refused_unless_named(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# Daily Papers – 2025-05-16\n", "utf-8")
    folder = tmp_path / "digests"
    folder.mkdir()
    (folder / "2025-05-16.md").write_text("# Daily Papers – 2025-05-16\n", "utf-8")
    (folder / "again.md").symlink_to(folder / "2025-05-16.md")
    assert len(find_files([folder])) == 1
    (folder / "2025-05-17.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(FileError, match=r"2025-05-17\.md: is a link that leaves"):
        find_files([folder])
    assert find_files([folder / "2025-05-17.md"]) == [folder / "2025-05-17.md"]
