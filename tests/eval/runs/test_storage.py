"""Storage of runs: round trips, and one-line errors for damaged files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nonmun import FileError, Library, NonmunError
from nonmun.eval.datasets.formats import read_trec_run
from nonmun.eval.datasets.model import Dataset
from nonmun.eval.experiments.comparison import compare
from nonmun.eval.experiments.gate import gate
from nonmun.eval.experiments.runner import RunConfig, run_dataset
from nonmun.eval.metrics.answers import risk_coverage
from nonmun.eval.runs.model import Run
from nonmun.eval.runs.storage import read_run, write_run


@pytest.fixture
def made(filled: Library, questions: Dataset) -> Run:
    return run_dataset(filled, questions, "base line", RunConfig(answers=True, explained=2))


def test_round_trip(made: Run, tmp_path: Path) -> None:
    write_run(tmp_path / "deep" / "run", made)
    read = read_run(tmp_path / "deep" / "run")
    assert (read.name, read.dataset_hash) == (made.name, made.dataset_hash)
    assert read.record == json.loads(json.dumps(made.record))
    for outcome, other in zip(read.outcomes, made.outcomes, strict=True):
        assert outcome.ranking[:10] == other.ranking[:10]
        assert [paper.paper_id for paper in outcome.ranking] == [paper.paper_id for paper in other.ranking]
        assert json.dumps(outcome.explanations) == json.dumps(other.explanations)
        assert replace(outcome, ranking=(), explanations=()) == replace(other, ranking=(), explanations=())
    assert sum(bool(outcome.explanations) for outcome in read.outcomes) == 2
    assert [outcome.answer for outcome in read.outcomes] == [outcome.answer for outcome in made.outcomes]


def test_field_names_in_the_files(made: Run, tmp_path: Path) -> None:
    write_run(tmp_path, made)
    line = json.loads((tmp_path / "queries.jsonl").read_text("utf-8").splitlines()[0])
    assert list(line) == [
        "query_id", "text", "lang", "answerable", "fields", "relevant", "timings", "measures", "reply", "why", "found",
        "ids",
    ]  # fmt: skip
    assert list(line["found"][0]) == ["paper_id", "score", "title", "text", "trust"]
    assert list(line["reply"]) == [
        "abstained", "reason", "cited", "quotes", "verified", "sentences", "unsupported", "confidence"
    ]  # fmt: skip
    record = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert list(record) == [
        "format", "name", "dataset", "depth", "seed", "code", "created", "unjudged_queries", "measures", "slices",
        "latencies", "risk_coverage", "index", "configuration", "unknown_papers",
    ]  # fmt: skip


def test_errors_name_the_field_of_the_file(made: Run, tmp_path: Path) -> None:
    write_run(tmp_path, made)
    first, *rest = (tmp_path / "queries.jsonl").read_text("utf-8").splitlines()
    damaged = json.loads(first) | {"relevant": {"x": "y"}}
    (tmp_path / "queries.jsonl").write_text("\n".join([json.dumps(damaged), *rest]), "utf-8")
    with pytest.raises(FileError, match=r"queries\.jsonl:1: is not a valid query of a run \(relevant\.x: "):
        read_run(tmp_path)


def test_run_without_texts(made: Run, tmp_path: Path) -> None:
    """It has no texts of papers, but everything that comparisons need."""
    write_run(tmp_path / "bare", made, texts=False)
    read = read_run(tmp_path / "bare")
    written = (tmp_path / "bare" / "queries.jsonl").read_text("utf-8")
    texts = [
        text
        for outcome in made.outcomes
        for paper in outcome.ranking
        for text in (paper.title, paper.text)
        if len(text) > 20
    ]
    assert len(texts) > 20
    assert not [text for text in texts if text in written]
    assert all(outcome.explanations == () for outcome in read.outcomes)
    assert [[paper.paper_id for paper in outcome.ranking] for outcome in read.outcomes] == [
        [paper.paper_id for paper in outcome.ranking] for outcome in made.outcomes
    ]
    assert compare(read, made) == compare(made, made)
    assert risk_coverage(read.outcomes) == risk_coverage(made.outcomes)


def test_stored_run_compares_like_the_original(made: Run, tmp_path: Path) -> None:
    write_run(tmp_path / "run", made)
    read = read_run(tmp_path / "run")
    assert compare(read, made) == compare(made, made)
    assert gate(read, made, max_loss={"ndcg@10": 0.0})[0].passed


def test_run_file_is_a_trec_run(made: Run, tmp_path: Path) -> None:
    write_run(tmp_path, made)
    rankings = {outcome.query_id: [paper.paper_id for paper in outcome.ranking] for outcome in made.outcomes}
    read = read_trec_run(tmp_path / "run.trec")
    assert {query: [paper_id for paper_id, _ in papers] for query, papers in read.items()} == rankings
    first = (tmp_path / "run.trec").read_text("utf-8").splitlines()[0].split()
    assert (first[1], first[3], first[5]) == ("Q0", "1", "base-line")


def test_replaces_an_earlier_run(made: Run, make_run: Callable[..., Run], tmp_path: Path) -> None:
    write_run(tmp_path, made)
    other = make_run("other", [{"r@1": 1.0}])
    write_run(tmp_path, other)
    assert read_run(tmp_path).name == "other"
    assert len(read_run(tmp_path).outcomes) == 1


def test_folder_with_a_record_is_complete(made: Run, make_run: Callable[..., Run], tmp_path: Path) -> None:
    """A write that fails between two files leaves no record, not even that of the run before."""
    write_run(tmp_path, make_run("other", [{"r@1": 1.0}]))
    (tmp_path / "queries.jsonl").unlink()
    (tmp_path / "queries.jsonl").mkdir()
    with pytest.raises(FileError, match="cannot be written"):
        write_run(tmp_path, made)
    with pytest.raises(FileError, match="contains no run"):
        read_run(tmp_path)


def test_rejects_folders_without_a_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(FileError, match=r"contains no run \(no run\.json\)"):
            read_run(path)
    with pytest.raises(FileError):
        read_run(tmp_path / ("x" * 5000))


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
    with pytest.raises(FileError, match=r"run\.json: is not a valid run record") as error:
        read_run(tmp_path)
    assert "\n" not in str(error.value)


_MISSING = object()


@pytest.mark.parametrize("value", [_MISSING, None, 5, "x", [5], {"x": "y"}])
@pytest.mark.parametrize(
    "key",
    "query_id text lang answerable fields relevant found ids timings measures reply why".split(),
)
def test_damaged_lines(make_run: Callable[..., Run], tmp_path: Path, key: str, value: Any) -> None:
    """A damaged line gives a run that can be compared, or a one-line error with its number."""
    run = make_run("x", [{"r@1": 1.0}, {"r@1": 0.5}])
    write_run(tmp_path, run)
    first, second = map(json.loads, (tmp_path / "queries.jsonl").read_text("utf-8").splitlines())
    if value is _MISSING:
        del second[key]
    else:
        second[key] = value
    (tmp_path / "queries.jsonl").write_text(f"{json.dumps(first)}\n{json.dumps(second)}\n")
    message = ""
    try:
        read = read_run(tmp_path)
    except FileError as error:
        message = str(error)
    if message:
        assert f"{tmp_path / 'queries.jsonl'}:2: is not a valid query of a run" in message
        assert "\n" not in message
        return
    compare(run, read, by="r@1")
    compare(read, run, by="r@1")


def test_damaged_queries_file(make_run: Callable[..., Run], tmp_path: Path) -> None:
    write_run(tmp_path, make_run("x", [{"r@1": 1.0}, {"r@1": 0.5}]))
    path = tmp_path / "queries.jsonl"
    first, second = path.read_text("utf-8").splitlines()
    for content, words in [
        (f"{first}\n{second[:-9]}", r"queries\.jsonl:2: is not valid JSON"),
        (f"{first}\n[]", r"queries\.jsonl:2: is not a JSON object"),
        (f"{first}\n", r"queries\.jsonl: contains 1 of 2 queries"),
        (f"{first}\n{second}\n{second}", r"queries\.jsonl: contains 3 of 2 queries"),
    ]:
        path.write_text(content, "utf-8")
        with pytest.raises(NonmunError, match=words):
            read_run(tmp_path)
    path.unlink()
    with pytest.raises(FileError, match=r"queries\.jsonl:1: cannot be read"):
        read_run(tmp_path)
