"""Judging: a blind pool, one key a judgment, and files that survive whatever comes."""

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
from nonmun.eval.annotation.judgments import Judgments, judging
from nonmun.eval.annotation.pool import Pair, pool
from nonmun.eval.annotation.session import sit
from nonmun.eval.datasets.append_log import alone, append, is_judgment, mend, take_back
from nonmun.eval.datasets.formats import open_dataset, write_own
from nonmun.eval.datasets.model import Dataset, Query
from nonmun.eval.experiments.summary import summarise
from nonmun.eval.runs.model import Found, Outcome, Run
from nonmun.eval.runs.storage import write_run

NOW = datetime(2025, 5, 16, 9, 30, tzinfo=UTC)
CODE = "from nonmun.cli import main; main()"
PAPERS = ["2505.00001", "2505.00002", "2505.00003", "2505.00004"]


def a_run(dataset: Dataset, name: str, rankings: dict[str, Sequence[str]], words: str = "") -> Run:
    outcomes = tuple(
        Outcome(
            query.query_id, query.text, query.lang, query.answerable, query.fields, {},
            tuple(Found(one, 1.0, words and f"Title of {one}", words) for one in rankings.get(query.query_id, ())),
        )
        for query in dataset.queries
    )  # fmt: skip
    about = {"name": "q", "corpus": "", "licence": "", "hash": "x", "queries": len(outcomes), "unanswerable": 0}
    record = {"dataset": about, "depth": 5, "seed": 0, "code": "0", "created": "2025-01-01T00:00:00+00:00"}
    return Run(name, record | {"unjudged_queries": []} | summarise(outcomes, 0), outcomes)


@pytest.fixture
def dataset() -> Dataset:
    queries = (
        Query("q1", "이상 탐지를 하는 [논문]은?", "ko"),
        Query("q2", "Which papers denoise?", "en"),
        Query("no", "오늘 점심은?", "ko", answerable=False),
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
    write_own(tmp_path / "set", dataset)
    for run in runs:
        write_run(tmp_path / run.name, run)
    return tmp_path / "set"


def judged(folder: Path) -> list[str]:
    return (folder / "qrels.tsv").read_text().splitlines()[1:]


def records(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "judgments.jsonl").read_text().splitlines()]


def press(folder: Path, runs: list[Run], keys: str) -> tuple[int, list[tuple[str, int, int]], list[str]]:
    """A sitting with these keys: how many were judged, what was shown, what was told."""
    shown: list[tuple[str, int, int]] = []
    told: list[str] = []
    waiting = iter(keys)

    def show(pair: Pair | None, number: int, total: int) -> None:
        shown.append((f"{pair.query.query_id} {pair.paper_id}" if pair else "end", number, total))

    with judging(folder, "kim") as (dataset, judgments):
        pairs = pool(dataset, runs, depth=2)
        kept = sit(pairs, judgments, lambda: next(waiting, ""), show, told.append)
    return kept, shown, told


# --- the pool


def test_pool_is_the_union_of_the_first(dataset: Dataset, runs: list[Run]) -> None:
    found = pool(dataset, runs, depth=2)
    assert {(one.query.query_id, one.paper_id) for one in found} == {
        ("q1", PAPERS[0]), ("q1", PAPERS[1]), ("q1", PAPERS[3]), ("q1", PAPERS[2]), ("q2", PAPERS[1]), ("q2", PAPERS[2])
    }  # fmt: skip
    assert [one.query.query_id for one in found] == ["q1"] * 4 + ["q2"] * 2
    assert len(pool(dataset, runs[:1], depth=1)) == 1  # of q2 the first is judged; `no` has no answer
    for one in found:
        shown_by_a = one.paper_id in PAPERS[: 3 if one.query.query_id == "q1" else 2]
        in_both = one.paper_id in (PAPERS[0], PAPERS[1])
        assert one.texts == (("words of run [a]",) if in_both else ()) or shown_by_a
        assert one.url == f"https://arxiv.org/abs/{one.paper_id}"


def test_order_betrays_neither_run_nor_rank(dataset: Dataset, runs: list[Run]) -> None:
    ids = [f"2505.{number:05}" for number in range(40)]
    one, other = a_run(dataset, "a", {"q1": ids}), a_run(dataset, "b", {"q1": ids[::-1]})
    forth = [pair.paper_id for pair in pool(dataset, [one, other], depth=40)]
    assert forth == [pair.paper_id for pair in pool(dataset, [other, one], depth=40)]
    assert sorted(forth) == ids
    assert forth not in (ids, ids[::-1])
    assert forth != [pair.paper_id for pair in pool(dataset, [one], depth=40, seed=1)]
    # A paper's place among the others says nothing of its rank.
    ranks = [ids.index(paper_id) for paper_id in forth]
    rising = sum(first < second for at, first in enumerate(ranks) for second in ranks[at + 1 :])
    assert 0.3 < rising / (40 * 39 / 2) < 0.7


def test_runs_of_another_dataset(dataset: Dataset, runs: list[Run]) -> None:
    other = Dataset("q", (Query("q1", "다른 질문", "ko"), *dataset.queries[1:]), {})
    with pytest.raises(ConfigError, match="run a is of another dataset, whose q1 asks something else; run this one"):
        pool(other, runs)
    with pytest.raises(ConfigError, match="run a is of another dataset"):
        pool(Dataset("q", dataset.queries[1:], {}), runs)


# --- a sitting


def test_keys(folder: Path, runs: list[Run]) -> None:
    kept, shown, told = press(folder, runs, "3s0x")
    assert kept == 2
    assert [(number, total) for _, number, total in shown] == [(1, 6), (2, 6), (3, 6), (4, 6)]
    assert told == ["0 to 3 grades, s skips, u takes back, q ends"]
    first, third = shown[0][0].split(), shown[2][0].split()
    assert judged(folder) == ["q2\t2505.00001\t2", f"{first[0]}\t{first[1]}\t3", f"{third[0]}\t{third[1]}\t0"]
    assert [(one["query"], one["paper"], one["grade"], one["judge"]) for one in records(folder)] == [
        (*first, 3, "kim"), (*third, 0, "kim")
    ]  # fmt: skip
    assert all(datetime.fromisoformat(str(one["time"])).tzinfo for one in records(folder))


def test_another_sitting_goes_on(folder: Path, runs: list[Run]) -> None:
    _, first, _ = press(folder, runs, "12q3")
    _, second, _ = press(folder, runs, "s")
    assert second[0] == (first[2][0], 1, 4)
    kept, last, _ = press(folder, runs, "0000")
    assert kept == 4
    assert last[-1] == ("end", 5, 4)
    assert press(folder, runs, "")[1] == [("end", 1, 0)]
    assert len(judged(folder)) == 7
    assert open_dataset(folder).qrels.keys() == {"q1", "q2"}


def test_undo(folder: Path, runs: list[Run]) -> None:
    before = (folder / "qrels.tsv").read_bytes()
    kept, shown, told = press(folder, runs, "u1s2uuu3")
    assert kept == 1
    assert told == ["nothing to take back in this sitting", "taken back", "taken back", told[0]]
    names = [name for name, _, _ in shown]
    assert names == [names[0], names[1], names[2], names[3], names[2], names[0], names[1]]
    assert judged(folder)[1:] == ["\t".join([*names[0].split(), "3"])]
    assert len(records(folder)) == 1
    assert press(folder, runs, "u")[2] == [told[0]]  # earlier sittings stay
    assert press(folder, runs, "11111uuuuu")[0] == 0
    assert (folder / "qrels.tsv").read_bytes() == before + ("\t".join([*names[0].split(), "3"]) + "\n").encode()


def test_the_last_one_can_be_taken_back(folder: Path, runs: list[Run]) -> None:
    kept, shown, _ = press(folder, runs, "000000u3!")
    assert kept == 6
    assert [name for name, _, _ in shown][-3:] == ["end", shown[5][0], "end"]
    assert judged(folder)[-1].endswith("\t3")


def test_undo_after_somebody_else_wrote(folder: Path) -> None:
    with judging(folder, "kim") as (_, judgments):
        judgments.add("q1", PAPERS[0], 1)
        append(folder / "qrels.tsv", "q1\tx\t1")
        with pytest.raises(FileError, match="was changed by others"):
            judgments.undo()
        assert judgments.count == 1


# --- kills and other accidents


def test_a_kill_at_any_byte(folder: Path, runs: list[Run], dataset: Dataset) -> None:
    """Whatever a kill leaves of the last judgment, the next sitting has a dataset and asks for what is missing."""
    whole = (folder / "qrels.tsv").read_bytes()
    line = b"q1\t2505.00001\t3\n"
    for end in range(len(line) + 1):
        (folder / "qrels.tsv").write_bytes(whole + line[:end])
        with judging(folder, "kim") as (found, _):
            complete = end >= len(line) - 1
            assert found.qrels.get("q1", {}) == ({"2505.00001": 3} if complete else {})
            assert len(pool(found, runs, depth=2)) == (5 if complete else 6)
        assert (folder / "qrels.tsv").read_bytes() == whole + (line if complete else b"")
    record = json.dumps({"query": "q1", "judge": "김"}, ensure_ascii=False).encode() + b"\n"
    for end in range(len(record) + 1):
        (folder / "judgments.jsonl").write_bytes(record + record[:end])
        with judging(folder, "kim") as (_, judgments):
            judgments.add("q1", PAPERS[0], 1)
            judgments.undo()
        assert (folder / "judgments.jsonl").read_bytes() == record * (2 if end >= len(record) - 1 else 1)
    header = b"query\tpaper\tgrade\n"
    for end in range(len(header) + 1):
        (folder / "qrels.tsv").write_bytes(header[:end])
        with judging(folder, "kim") as (_, judgments):
            judgments.add("q1", PAPERS[0], 1)
        assert (folder / "qrels.tsv").read_bytes() == header + b"q1\t2505.00001\t1\n"


def test_a_full_disk_keeps_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with judging(folder, "kim") as (_, judgments):
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


def test_one_judge_at_a_time(folder: Path) -> None:
    with judging(folder, "kim"), pytest.raises(BusyError, match="another nonmun is writing"), judging(folder, "lee"):
        pass
    with judging(folder, "lee"):
        pass


def test_formats_of_others_are_refused(write: Callable[..., Path], folder: Path) -> None:
    beir = write({"queries.jsonl": "{}", "qrels/test.tsv": ""}, "beir")
    trec = write({"topics.txt": "", "qrels.txt": ""}, "trec")
    for other in (beir, trec, folder / "nothing", folder / "qrels.tsv"):
        with pytest.raises(FileError, match="our own format only"), judging(other, "kim"):
            pass
        assert not (other / ".lock").exists()


def test_journal(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert mend(path, is_judgment) == ""
    append(path, "한 줄", "머리")
    second = append(path, "두 줄", "머리")
    assert path.read_text() == "머리\n한 줄\n두 줄\n"
    take_back(second)
    assert path.read_text() == "머리\n한 줄\n"
    assert all(is_judgment(line) for line in ("query\tpaper\tgrade", "q\tp\t-1", "q 0 p 1"))
    assert not any(is_judgment(line) for line in ("", "q\tp", "q\tp\t", "a\tb\tc", "query\tpaper"))
    with pytest.raises(FileError, match="cannot be written"):
        append(tmp_path / "no" / "a", "x")
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be written"), alone(tmp_path / "file" / "x"):
        pass


def test_clock(folder: Path) -> None:
    kept = Judgments(folder, "kim", lambda: NOW)
    kept.add("q1", PAPERS[0], 2)
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
    assert "anew before you compare" in done.stdout
    assert [one["judge"] for one in records(folder)] == ["박", "박"]
    assert "3 of 4" in judge(folder, "00").stdout
    assert "that was all" in judge(folder, "11").stdout
    done = judge(folder, "")
    assert (done.returncode, done.stdout) == (0, "everything that these runs found is judged\n")


def test_command_says_what_is_wrong(folder: Path) -> None:
    (folder / "queries.jsonl").rename(folder / "other.jsonl")
    done = judge(folder, "3")
    assert done.returncode == 1
    assert "our own format only" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_command_in_a_terminal(folder: Path) -> None:
    """Keys count without Enter, and Ctrl-C keeps what was judged."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-c", CODE, "eval", "judge", "set", "a", "--judge", "kim"]
    process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, cwd=folder.parent)
    os.close(follower)
    seen = b""

    def until(words: bytes) -> None:
        nonlocal seen
        deadline = time.monotonic() + 30
        while words not in seen:
            assert time.monotonic() < deadline, seen
            if select.select([leader], [], [], 1)[0]:
                seen += os.read(leader, 4096)

    try:
        until(b"1 of 4")
        time.sleep(1)  # a key that comes before it is waited for is dropped
        os.write(leader, b"2")
        until(b"2 of 4")
        assert len(judged(folder)) == 2
        time.sleep(1)
        os.write(leader, b"\x03")
        until(b"1 of 4 judged")
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.wait()
        os.close(leader)
    assert len(judged(folder)) == 2


def test_a_killed_sitting(folder: Path) -> None:
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
