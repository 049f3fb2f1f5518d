"""Annotation: blind pooling, one key per judgment, and files that survive kills and full disks."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nonmun import BusyError, ConfigError, FileError
from nonmun.eval.annotation.judgments import JudgmentLog, open_judgments
from nonmun.eval.annotation.pool import PooledPaper, pool_papers
from nonmun.eval.annotation.session import run_session
from nonmun.eval.datasets.append_log import (
    append_line,
    is_complete_judgment,
    lock_folder,
    remove_line,
    repair_last_line,
)
from nonmun.eval.datasets.formats import open_dataset, write_dataset
from nonmun.eval.datasets.model import Dataset, DatasetQuery
from nonmun.eval.experiments.summary import summarize
from nonmun.eval.runs.model import QueryOutcome, Run, RunHit
from nonmun.eval.runs.storage import write_run

NOW = datetime(2025, 5, 16, 9, 30, tzinfo=UTC)
CODE = "from nonmun.cli import main; main()"
PAPERS = ["2505.00001", "2505.00002", "2505.00003", "2505.00004"]


def a_run(dataset: Dataset, name: str, rankings: dict[str, Sequence[str]], text: str = "") -> Run:
    outcomes = tuple(
        QueryOutcome(
            query.query_id, query.text, query.lang, query.answerable, query.fields, {},
            tuple(
                RunHit(paper_id, 1.0, text and f"Title of {paper_id}", text)
                for paper_id in rankings.get(query.query_id, ())
            ),
        )
        for query in dataset.queries
    )  # fmt: skip
    about = {"name": "q", "corpus": "", "licence": "", "hash": "x", "queries": len(outcomes), "unanswerable": 0}
    record = {"dataset": about, "depth": 5, "seed": 0, "code": "0", "created": "2025-01-01T00:00:00+00:00"}
    return Run(name, record | {"unjudged_queries": []} | summarize(outcomes, 0), outcomes)


@pytest.fixture
def dataset() -> Dataset:
    queries = (
        DatasetQuery("q1", "이상 탐지를 하는 [논문]은?", "ko"),
        DatasetQuery("q2", "Which papers denoise?", "en"),
        DatasetQuery("no", "오늘 점심은?", "ko", answerable=False),
    )
    return Dataset("q", queries, {"q2": {"2505.00001": 2}})


@pytest.fixture
def runs(dataset: Dataset) -> list[Run]:
    return [
        a_run(dataset, "a", {"q1": PAPERS[:3], "q2": PAPERS[:2], "no": PAPERS}, "words of run [a]"),
        a_run(dataset, "b", {"q1": PAPERS[::-1], "q2": PAPERS[1:3]}),
    ]


@pytest.fixture
def folder(dataset: Dataset, runs: list[Run], tmp_path: Path) -> Path:
    write_dataset(tmp_path / "set", dataset)
    for run in runs:
        write_run(tmp_path / run.name, run)
    return tmp_path / "set"


def judged(folder: Path) -> list[str]:
    return (folder / "qrels.tsv").read_text().splitlines()[1:]


def records(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "judgments.jsonl").read_text().splitlines()]


def annotate(folder: Path, runs: list[Run], keys: str) -> tuple[int, list[tuple[str, int, int]], list[str]]:
    """Run a session with these keys; return the number of judgments, the shown papers and the messages."""
    shown: list[tuple[str, int, int]] = []
    messages: list[str] = []
    remaining = iter(keys)

    def show(pair: PooledPaper | None, number: int, total: int) -> None:
        shown.append((f"{pair.query.query_id} {pair.paper_id}" if pair else "end", number, total))

    with open_judgments(folder, "kim") as (dataset, judgments):
        pool = pool_papers(dataset, runs, depth=2)
        count = run_session(pool, judgments, lambda: next(remaining, ""), show, messages.append)
    return count, shown, messages


# --- the pool


def test_pools_the_union_of_top_ranks(dataset: Dataset, runs: list[Run]) -> None:
    found = pool_papers(dataset, runs, depth=2)
    assert {(pair.query.query_id, pair.paper_id) for pair in found} == {
        ("q1", PAPERS[0]), ("q1", PAPERS[1]), ("q1", PAPERS[3]), ("q1", PAPERS[2]), ("q2", PAPERS[1]), ("q2", PAPERS[2])
    }  # fmt: skip
    assert [pair.query.query_id for pair in found] == ["q1"] * 4 + ["q2"] * 2
    assert len(pool_papers(dataset, runs[:1], depth=1)) == 1  # of q2 the first is judged; `no` has no answer
    for pair in found:
        shown_by_a = pair.paper_id in PAPERS[: 3 if pair.query.query_id == "q1" else 2]
        in_both = pair.paper_id in (PAPERS[0], PAPERS[1])
        assert pair.texts == (("words of run [a]",) if in_both else ()) or shown_by_a
        assert pair.url == f"https://arxiv.org/abs/{pair.paper_id}"


def test_pool_order_is_independent_of_runs_and_ranks(dataset: Dataset, runs: list[Run]) -> None:
    ids = [f"2505.{number:05}" for number in range(40)]
    first, other = a_run(dataset, "a", {"q1": ids}), a_run(dataset, "b", {"q1": ids[::-1]})
    pooled = [pair.paper_id for pair in pool_papers(dataset, [first, other], depth=40)]
    assert pooled == [pair.paper_id for pair in pool_papers(dataset, [other, first], depth=40)]
    assert sorted(pooled) == ids
    assert pooled not in (ids, ids[::-1])
    assert pooled != [pair.paper_id for pair in pool_papers(dataset, [first], depth=40, seed=1)]
    # Position in the pool and rank are uncorrelated.
    ranks = [ids.index(paper_id) for paper_id in pooled]
    rising = sum(first < second for at, first in enumerate(ranks) for second in ranks[at + 1 :])
    assert 0.3 < rising / (40 * 39 / 2) < 0.7


def test_rejects_runs_of_another_dataset(dataset: Dataset, runs: list[Run]) -> None:
    other = Dataset("q", (DatasetQuery("q1", "다른 질문", "ko"), *dataset.queries[1:]), {})
    with pytest.raises(
        ConfigError, match="run a is of another dataset: the text of its query q1 differs; run this dataset"
    ):
        pool_papers(other, runs)
    with pytest.raises(ConfigError, match="run a is of another dataset"):
        pool_papers(Dataset("q", dataset.queries[1:], {}), runs)


# --- a session


def test_session_handles_every_key(folder: Path, runs: list[Run]) -> None:
    count, shown, messages = annotate(folder, runs, "3s0x")
    assert count == 2
    assert [(number, total) for _, number, total in shown] == [(1, 6), (2, 6), (3, 6), (4, 6)]
    assert messages == ["0 to 3 grade, s skips, u undoes, q quits"]
    first, third = shown[0][0].split(), shown[2][0].split()
    assert judged(folder) == ["q2\t2505.00001\t2", f"{first[0]}\t{first[1]}\t3", f"{third[0]}\t{third[1]}\t0"]
    assert [(record["query"], record["paper"], record["grade"], record["judge"]) for record in records(folder)] == [
        (*first, 3, "kim"), (*third, 0, "kim")
    ]  # fmt: skip
    assert all(datetime.fromisoformat(str(record["time"])).tzinfo for record in records(folder))


def test_later_session_continues(folder: Path, runs: list[Run]) -> None:
    _, first, _ = annotate(folder, runs, "12q3")
    _, second, _ = annotate(folder, runs, "s")
    assert second[0] == (first[2][0], 1, 4)
    count, last, _ = annotate(folder, runs, "0000")
    assert count == 4
    assert last[-1] == ("end", 5, 4)
    assert annotate(folder, runs, "")[1] == [("end", 1, 0)]
    assert len(judged(folder)) == 7
    assert open_dataset(folder).qrels.keys() == {"q1", "q2"}


def test_undo_removes_judgments_of_this_session(folder: Path, runs: list[Run]) -> None:
    before = (folder / "qrels.tsv").read_bytes()
    count, shown, messages = annotate(folder, runs, "u1s2uuu3")
    assert count == 1
    assert messages == ["nothing to undo in this session", "undone", "undone", messages[0]]
    names = [name for name, _, _ in shown]
    assert names == [names[0], names[1], names[2], names[3], names[2], names[0], names[1]]
    assert judged(folder)[1:] == ["\t".join([*names[0].split(), "3"])]
    assert len(records(folder)) == 1
    assert annotate(folder, runs, "u")[2] == [messages[0]]  # judgments of earlier sessions stay
    assert annotate(folder, runs, "11111uuuuu")[0] == 0
    assert (folder / "qrels.tsv").read_bytes() == before + ("\t".join([*names[0].split(), "3"]) + "\n").encode()


def test_last_judgment_can_be_undone(folder: Path, runs: list[Run]) -> None:
    count, shown, _ = annotate(folder, runs, "000000u3!")
    assert count == 6
    assert [name for name, _, _ in shown][-3:] == ["end", shown[5][0], "end"]
    assert judged(folder)[-1].endswith("\t3")


def test_undo_fails_after_another_process_wrote(folder: Path) -> None:
    with open_judgments(folder, "kim") as (_, judgments):
        judgments.add("q1", PAPERS[0], 1)
        append_line(folder / "qrels.tsv", "q1\tx\t1")
        with pytest.raises(FileError, match="was changed by another process"):
            judgments.undo()
        assert judgments.count == 1


# --- kills and full disks


def test_recovers_from_a_kill_at_any_byte(folder: Path, runs: list[Run], dataset: Dataset) -> None:
    """After a kill during the last judgment, the next session opens the dataset and pools the missing pairs."""
    whole = (folder / "qrels.tsv").read_bytes()
    line = b"q1\t2505.00001\t3\n"
    for end in range(len(line) + 1):
        (folder / "qrels.tsv").write_bytes(whole + line[:end])
        with open_judgments(folder, "kim") as (found, _):
            complete = end >= len(line) - 1
            assert found.qrels.get("q1", {}) == ({"2505.00001": 3} if complete else {})
            assert len(pool_papers(found, runs, depth=2)) == (5 if complete else 6)
        assert (folder / "qrels.tsv").read_bytes() == whole + (line if complete else b"")
    record = json.dumps({"query": "q1", "judge": "김"}, ensure_ascii=False).encode() + b"\n"
    for end in range(len(record) + 1):
        (folder / "judgments.jsonl").write_bytes(record + record[:end])
        with open_judgments(folder, "kim") as (_, judgments):
            judgments.add("q1", PAPERS[0], 1)
            judgments.undo()
        assert (folder / "judgments.jsonl").read_bytes() == record * (2 if end >= len(record) - 1 else 1)
    header = b"query\tpaper\tgrade\n"
    for end in range(len(header) + 1):
        (folder / "qrels.tsv").write_bytes(header[:end])
        with open_judgments(folder, "kim") as (_, judgments):
            judgments.add("q1", PAPERS[0], 1)
        assert (folder / "qrels.tsv").read_bytes() == header + b"q1\t2505.00001\t1\n"


def test_full_disk_leaves_the_files_unchanged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_judgments(folder, "kim") as (_, judgments):
        judgments.add("q1", PAPERS[0], 1)
        before = (folder / "qrels.tsv").read_bytes(), (folder / "judgments.jsonl").read_bytes()
        calls: list[int] = []

        def fail(number: int) -> None:
            calls.append(number)
            if len(calls) == 2:  # the record was written; the judgment is not
                raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(FileError, match="No space left on device"):
            judgments.add("q1", PAPERS[1], 2)
        assert ((folder / "qrels.tsv").read_bytes(), (folder / "judgments.jsonl").read_bytes()) == before
        assert judgments.count == 1


def test_dataset_is_locked_for_one_annotator(folder: Path) -> None:
    with (
        open_judgments(folder, "kim"),
        pytest.raises(BusyError, match="another nonmun process is writing"),
        open_judgments(folder, "lee"),
    ):
        pass
    with open_judgments(folder, "lee"):
        pass


def test_rejects_other_dataset_formats(write: Callable[..., Path], folder: Path) -> None:
    beir = write({"queries.jsonl": "{}", "qrels/test.tsv": ""}, "beir")
    trec = write({"topics.txt": "", "qrels.txt": ""}, "trec")
    for other in (beir, trec, folder / "nothing", folder / "qrels.tsv"):
        with pytest.raises(FileError, match="not a dataset in the nonmun format"), open_judgments(other, "kim"):
            pass
        assert not (other / ".lock").exists()


def test_append_log(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert repair_last_line(path, is_complete_judgment) == ""
    append_line(path, "한 줄", "머리")
    second = append_line(path, "두 줄", "머리")
    assert path.read_text() == "머리\n한 줄\n두 줄\n"
    remove_line(second)
    assert path.read_text() == "머리\n한 줄\n"
    assert all(is_complete_judgment(line) for line in ("query\tpaper\tgrade", "q\tp\t-1", "q 0 p 1"))
    assert not any(is_complete_judgment(line) for line in ("", "q\tp", "q\tp\t", "a\tb\tc", "query\tpaper"))
    with pytest.raises(FileError, match="cannot be written"):
        append_line(tmp_path / "no" / "a", "x")
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be written"), lock_folder(tmp_path / "file" / "x"):
        pass


def test_judgments_record_the_time(folder: Path) -> None:
    judgments = JudgmentLog(folder, "kim", lambda: NOW)
    judgments.add("q1", PAPERS[0], 2)
    assert records(folder) == [
        {"query": "q1", "paper": PAPERS[0], "grade": 2, "judge": "kim", "time": "2025-05-16T09:30:00+00:00"}
    ]


# --- the command


def judge(folder: Path, keys: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CODE, "eval", "judge", "set", "a", "b", "--depth", "2", "--judge", "박", *more]
    env = {name: value for name, value in os.environ.items() if not name.startswith("NONMUN_")} | {"COLUMNS": "200"}
    return subprocess.run(command, input=keys, cwd=folder.parent, env=env, capture_output=True, text=True, timeout=60)


def test_command_reads_piped_keys(folder: Path) -> None:
    done = judge(folder, "3\n0\ns\nq\n")
    assert done.returncode == 0, done.stderr
    assert "1 of 6  이상 탐지를 하는 [논문]은?" in done.stdout
    assert "words of run [a]" in done.stdout
    assert "Title of 2505.0000" in done.stdout
    assert "https://arxiv.org/abs/2505.0000" in done.stdout
    assert "2 of 6 judged" in done.stdout
    assert "again before comparing" in done.stdout
    assert [record["judge"] for record in records(folder)] == ["박", "박"]
    assert "3 of 4" in judge(folder, "00").stdout
    assert "no papers are left" in judge(folder, "11").stdout
    done = judge(folder, "")
    assert (done.returncode, done.stdout) == (0, "every paper found by these runs is judged\n")


def test_command_reports_an_error_on_one_line(folder: Path) -> None:
    (folder / "queries.jsonl").rename(folder / "other.jsonl")
    done = judge(folder, "3")
    assert done.returncode == 1
    assert "not a dataset in the nonmun format" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_command_reads_keys_in_a_terminal(folder: Path) -> None:
    """Keys work without Enter, and Ctrl-C keeps the judgments."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-c", CODE, "eval", "judge", "set", "a", "--judge", "kim"]
    process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, cwd=folder.parent)
    os.close(follower)
    seen = b""

    def wait_for(text: bytes) -> None:
        nonlocal seen
        deadline = time.monotonic() + 30
        while text not in seen:
            assert time.monotonic() < deadline, seen
            if select.select([leader], [], [], 1)[0]:
                seen += os.read(leader, 4096)

    try:
        wait_for(b"1 of 4")
        time.sleep(1)  # a key that is typed before the command reads is dropped
        os.write(leader, b"2")
        wait_for(b"2 of 4")
        assert len(judged(folder)) == 2
        time.sleep(1)
        os.write(leader, b"\x03")
        wait_for(b"1 of 4 judged")
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.wait()
        os.close(leader)
    assert len(judged(folder)) == 2


def test_killed_session_keeps_its_judgments(folder: Path) -> None:
    command = [sys.executable, "-c", CODE, "eval", "judge", "set", "a", "b", "--judge", "kim"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=folder.parent, text=True, bufsize=0) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("1")
        process.stdin.flush()
        for line in process.stdout:
            if "2 of " in line:
                break
        process.kill()
    assert len(judged(folder)) == 2
    assert "1 of 5" in judge(folder, "").stdout
