"""JSONL files of abstracts: invalid lines are reported, damaged files are rejected."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from nonmun.index.domain.errors import FileError
from nonmun.index.domain.papers import Abstract, Bibliography
from nonmun.ingest.sources.jsonl import read_abstracts


def line(identifier: object = "2505.00001", title: object = "Title", **more: object) -> str:
    return json.dumps({"id": identifier, "title": title, **(more or {"text": "Text."})}, ensure_ascii=False) + "\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "abstracts.jsonl"


def test_reads_the_samples(samples: Path) -> None:
    abstracts, problems = read_abstracts(samples / "abstracts.jsonl")
    assert (len(abstracts), problems) == (15, [])
    assert abstracts[0].title == "Attention Is All You Need"


def test_reports_invalid_lines_with_their_numbers(file: Path) -> None:
    lines = [
        line(),
        "\n",
        "{not json\n",
        "[1]\n",
        line(5),
        line("2505.1"),
        line("2505.00002", ""),
        line("2505.00002", None),
        line("2505.00002", text=" "),
        line("2505.00002", text=["x"]),
        "[" * 100_000 + "\n",
        '{"id": ' + "9" * 5_000 + "}\n",
        line("2505.00003"),
    ]
    file.write_text("".join(lines), "utf-8")
    abstracts, problems = read_abstracts(file)
    assert [abstract.paper_id for abstract in abstracts] == ["2505.00001", "2505.00003"]
    assert [problem.line for problem in problems] == list(range(3, 13))
    assert {problem.file for problem in problems} == {"abstracts.jsonl"}
    assert str(problems[3]) == "abstracts.jsonl:6: '2505.1' is not a valid arXiv id (expected one such as 2505.09264)"


def test_unwraps_text_and_accepts_both_field_names(file: Path) -> None:
    file.write_text(line(" arXiv:2505.00001v3", " A\n title ", abstract="  Hard\n  wrapped\ttext. "), "utf-8-sig")
    assert read_abstracts(file) == ([Abstract("2505.00001", "A title", "Hard wrapped text.")], [])


def test_reads_the_bibliography_if_authors_are_named(file: Path) -> None:
    more = {
        "text": "T",
        "authors": ["A\n B", "", 1, "C"],
        "categories": "cs.CL cs.LG",
        "doi": "10.1/x",
        "comment": None,
    }
    file.write_text(line(**more) + line("2505.00002", text="T", authors=[], doi="10.1/y") + line("2505.00003"), "utf-8")
    abstracts, problems = read_abstracts(file)
    assert [abstract.bibliography for abstract in abstracts] == [
        Bibliography(("A B", "C"), ("cs.CL", "cs.LG"), "10.1/x"),
        None,
        None,
    ]
    assert not problems


def test_replaces_a_lone_surrogate(file: Path) -> None:
    file.write_text('{"id": "2505.00001", "title": "T", "text": "a\\ud800b"}', "utf-8")
    assert read_abstracts(file)[0][0].text == "a?b"


def test_reports_duplicates_and_keeps_the_first(file: Path) -> None:
    file.write_text(line(text="one") + line("2505.00002") + line("2505.00001v2", text="two"), "utf-8")
    abstracts, problems = read_abstracts(file)
    assert [abstract.text for abstract in abstracts] == ["one", "Text."]
    assert [str(problem) for problem in problems] == [
        "abstracts.jsonl:3: 2505.00001 is already at line 1; that one is used"
    ]


def test_keeps_only_the_given_papers(file: Path) -> None:
    file.write_text(line() + line("2505.00002") + line("math.GT/0309136"), "utf-8")
    abstracts, problems = read_abstracts(file, {"math.GT/0309136", "2505.99999"})
    assert ([abstract.paper_id for abstract in abstracts], problems) == (["math.GT/0309136"], [])


def test_reads_gzip(tmp_path: Path) -> None:
    file = tmp_path / "abstracts.jsonl.gz"
    file.write_bytes(gzip.compress((line() + line("2505.00002")).encode()))
    assert len(read_abstracts(file)[0]) == 2


def many() -> bytes:
    text = "".join(line(f"2505.{number:05}", text=f"{number * 7919} words") for number in range(400))
    return gzip.compress(text.encode(), mtime=0)


@pytest.mark.parametrize("cut", [0.99, 0.5, 0.01])
def test_rejects_truncated_gzip(tmp_path: Path, cut: float) -> None:
    file, whole = tmp_path / "abstracts.jsonl.gz", many()
    file.write_bytes(whole[: int(len(whole) * cut)])
    with pytest.raises(FileError, match=r"abstracts\.jsonl\.gz:\d+: cannot be read"):
        read_abstracts(file)


def test_rejects_plain_text_named_gz(tmp_path: Path) -> None:
    file = tmp_path / "abstracts.jsonl.gz"
    file.write_text(line(), "utf-8")
    with pytest.raises(FileError):
        read_abstracts(file)


def test_rejects_gzip_with_a_wrong_byte(tmp_path: Path) -> None:
    file, whole = tmp_path / "abstracts.jsonl.gz", many()
    for at in range(10, len(whole), max(1, len(whole) // 60)):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with pytest.raises(FileError):
            read_abstracts(file)


@pytest.mark.parametrize("raw", [b'{"id": "\xff"}\n', b"\xff\xfe{"])
def test_rejects_other_encodings(file: Path, raw: bytes) -> None:
    file.write_bytes(raw)
    with pytest.raises(FileError, match="cannot be read"):
        read_abstracts(file)


def test_rejects_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(FileError):
            read_abstracts(path)


@pytest.mark.data
def test_real_abstracts(shared_data: Path) -> None:
    abstracts, problems = read_abstracts(shared_data / "abstracts" / "hf_daily_papers.jsonl.gz")
    assert (len(abstracts), problems) == (10_600, [])


def test_keeps_the_date_of_the_first_version_if_valid(tmp_path: Path) -> None:
    days = "2025-05-14T08:00:00.000Z", "2025-05-14", "soon", None, 3
    lines = [
        json.dumps({"id": f"2505.0000{number}", "title": "A", "text": "B", "published": day})
        for number, day in enumerate(days)
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), "utf-8")
    abstracts, problems = read_abstracts(tmp_path / "a.jsonl")
    assert [abstract.published for abstract in abstracts] == ["2025-05-14", "2025-05-14", None, None, None]
    assert problems == []


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "abstracts.jsonl"
    file.write_text('{"id": "2505.00001", "title": "T", "text": "x"}\n' + "x" * 1_000_001)
    with pytest.raises(FileError, match=r"abstracts\.jsonl:2: the line has more than 1,000,000 characters"):
        read_abstracts(file)


def test_a_bomb_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    file = tmp_path / "bomb.jsonl.gz"
    with gzip.open(file, "wb") as bomb:
        for _ in range(300):
            bomb.write(b" " * 999_998 + b"\n")
    assert file.stat().st_size < 1_000_000
    with pytest.raises(FileError, match=r"decompresses to more than 100 times"):
        read_abstracts(file)


def test_what_may_never_end_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    for path, words in (
        (tmp_path / "pipe.jsonl", "not a regular file"),
        (Path("/dev/zero"), "not a regular file"),
        (tmp_path, "folder"),
        (tmp_path / "no.jsonl", "does not exist"),
    ):
        with pytest.raises(FileError, match=words):
            read_abstracts(path)
