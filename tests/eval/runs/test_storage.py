"""A run on disk: read as it was written, and one line about whatever is damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nonmun import FileError, Library, NonmunError
from nonmun.eval.datasets.formats import read_run
from nonmun.eval.datasets.model import Dataset
from nonmun.eval.experiments.comparison import compare
from nonmun.eval.experiments.gate import gate
from nonmun.eval.experiments.runner import Plan, run_dataset
from nonmun.eval.metrics.answers import risk_coverage
from nonmun.eval.runs.model import Run
from nonmun.eval.runs.storage import read_run_folder, write_run


@pytest.fixture
def made(filled: Library, questions: Dataset) -> Run:
    return run_dataset(filled, questions, "base line", Plan(answers=True, worst=2))


def test_there_and_back(made: Run, tmp_path: Path) -> None:
    write_run(tmp_path / "deep" / "run", made)
    read = read_run_folder(tmp_path / "deep" / "run")
    assert (read.name, read.dataset_hash) == (made.name, made.dataset_hash)
    assert read.record == json.loads(json.dumps(made.record))
    for one, other in zip(read.outcomes, made.outcomes, strict=True):
        assert one.found[:10] == other.found[:10]
        assert [found.paper_id for found in one.found] == [found.paper_id for found in other.found]
        assert json.dumps(one.why) == json.dumps(other.why)
        assert replace(one, found=(), why=()) == replace(other, found=(), why=())
    assert sum(bool(one.why) for one in read.outcomes) == 2
    assert [one.reply for one in read.outcomes] == [one.reply for one in made.outcomes]


def test_bare(made: Run, tmp_path: Path) -> None:
    """No words of papers, but all that is compared."""
    write_run(tmp_path / "bare", made, bare=True)
    read = read_run_folder(tmp_path / "bare")
    written = (tmp_path / "bare" / "queries.jsonl").read_text("utf-8")
    words = [
        text for one in made.outcomes for found in one.found for text in (found.title, found.text) if len(text) > 20
    ]
    assert len(words) > 20
    assert not [text for text in words if text in written]
    assert all(one.why == () for one in read.outcomes)
    assert [[found.paper_id for found in one.found] for one in read.outcomes] == [
        [found.paper_id for found in one.found] for one in made.outcomes
    ]
    assert compare(read, made) == compare(made, made)
    assert risk_coverage(read.outcomes) == risk_coverage(made.outcomes)


def test_what_is_read_is_compared_alike(made: Run, tmp_path: Path) -> None:
    write_run(tmp_path / "run", made)
    read = read_run_folder(tmp_path / "run")
    assert compare(read, made) == compare(made, made)
    assert gate(read, made, max_loss={"ndcg@10": 0.0})[0].passed


def test_the_run_file_is_trecs(made: Run, tmp_path: Path) -> None:
    write_run(tmp_path, made)
    rankings = {one.query_id: [found.paper_id for found in one.found] for one in made.outcomes}
    read = read_run(tmp_path / "run.trec")
    assert {query: [paper_id for paper_id, _ in papers] for query, papers in read.items()} == rankings
    first = (tmp_path / "run.trec").read_text("utf-8").splitlines()[0].split()
    assert (first[1], first[3], first[5]) == ("Q0", "1", "base-line")


def test_written_twice(made: Run, make_run: Callable[..., Run], tmp_path: Path) -> None:
    write_run(tmp_path, made)
    other = make_run("other", [{"r@1": 1.0}])
    write_run(tmp_path, other)
    assert read_run_folder(tmp_path).name == "other"
    assert len(read_run_folder(tmp_path).outcomes) == 1


def test_a_folder_with_a_record_is_whole(made: Run, make_run: Callable[..., Run], tmp_path: Path) -> None:
    """What ends between two files leaves no record, so not the record of the run before."""
    write_run(tmp_path, make_run("other", [{"r@1": 1.0}]))
    (tmp_path / "queries.jsonl").unlink()
    (tmp_path / "queries.jsonl").mkdir()
    with pytest.raises(FileError, match="cannot be written"):
        write_run(tmp_path, made)
    with pytest.raises(FileError, match="holds no run"):
        read_run_folder(tmp_path)


def test_what_holds_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(FileError, match=r"holds no run \(no run\.json\)"):
            read_run_folder(path)
    with pytest.raises(FileError):
        read_run_folder(tmp_path / ("x" * 5000))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"5", b"null", b"\xff", b"{}", b'{"format": 2, "name": "x"}', b'{"format": 1, "name": "x"}',
        b'{"format": 1, "name": "x", "dataset": {"hash": "x"}, "measures": [], "depth": 1, "seed": 0}',
        b'{"format": 1, "name": "x", "dataset": [], "measures": {}, "depth": 1, "seed": 0}',
        b'{"format": 1, "name": "x", "dataset": {"hash": "x", "name": "x", "queries": 1}, "measures": {"r@1": 1}, '
        b'"depth": 1, "seed": 0}',
    ],
)  # fmt: skip
def test_damaged_record(make_run: Callable[..., Run], tmp_path: Path, content: bytes) -> None:
    write_run(tmp_path, make_run("x", [{"r@1": 1.0}]))
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(FileError, match=r"run\.json: is no record of a run") as error:
        read_run_folder(tmp_path)
    assert "\n" not in str(error.value)


_LEFT_OUT = object()


@pytest.mark.parametrize("value", [_LEFT_OUT, None, 5, "x", [5], {"x": "y"}])
@pytest.mark.parametrize(
    "key",
    "query_id text lang answerable fields relevant found ids timings measures reply why".split(),
)
def test_damaged_lines(make_run: Callable[..., Run], tmp_path: Path, key: str, value: Any) -> None:
    """Read as a run that can be compared, or refused in one line with its number."""
    run = make_run("x", [{"r@1": 1.0}, {"r@1": 0.5}])
    write_run(tmp_path, run)
    first, second = map(json.loads, (tmp_path / "queries.jsonl").read_text("utf-8").splitlines())
    if value is _LEFT_OUT:
        del second[key]
    else:
        second[key] = value
    (tmp_path / "queries.jsonl").write_text(f"{json.dumps(first)}\n{json.dumps(second)}\n")
    refused = ""
    try:
        read = read_run_folder(tmp_path)
    except FileError as error:
        refused = str(error)
    if refused:
        assert f"{tmp_path / 'queries.jsonl'}:2: is no query of a run" in refused
        assert "\n" not in refused
        return
    compare(run, read, by="r@1")
    compare(read, run, by="r@1")


def test_damaged_lines_of_other_kinds(make_run: Callable[..., Run], tmp_path: Path) -> None:
    write_run(tmp_path, make_run("x", [{"r@1": 1.0}, {"r@1": 0.5}]))
    path = tmp_path / "queries.jsonl"
    first, second = path.read_text("utf-8").splitlines()
    for content, words in [
        (f"{first}\n{second[:-9]}", r"queries\.jsonl:2: is no JSON"),
        (f"{first}\n[]", r"queries\.jsonl:2: is no JSON object"),
        (f"{first}\n", r"queries\.jsonl: holds 1 queries of 2"),
        (f"{first}\n{second}\n{second}", r"queries\.jsonl: holds 3 queries of 2"),
    ]:
        path.write_text(content, "utf-8")
        with pytest.raises(NonmunError, match=words):
            read_run_folder(tmp_path)
    path.unlink()
    with pytest.raises(FileError, match=r"queries\.jsonl:1: cannot be read"):
        read_run_folder(tmp_path)
