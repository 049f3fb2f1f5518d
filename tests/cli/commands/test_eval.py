"""The evaluation commands: what they print and write, and their exit statuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nonmun.cli import main

SAMPLES = Path(__file__).parents[3] / "samples"
Nonmun = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def nonmun(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nonmun:
    """Run the command in this process, which loads the model only once."""

    def nonmun(*args: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        with monkeypatch.context() as patch:
            for name, value in ({"NONMUN_DATA": str(folder / "data"), "COLUMNS": "80"} | more).items():
                patch.setenv(name, value)
            patch.chdir(folder)
            patch.setattr(sys, "argv", ["nonmun", *map(str, args)])
            with pytest.raises(SystemExit) as ended:
                main()
        printed = capsys.readouterr()
        return subprocess.CompletedProcess(list(args), int(ended.value.code or 0), printed.out, printed.err)

    return nonmun


def parsed(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def one_line(done: subprocess.CompletedProcess[str], *words: str, status: int = 1) -> None:
    assert (done.returncode, done.stdout) == (status, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("nonmun: ")
    for word in words:
        assert word in done.stderr


@pytest.fixture(scope="module")
def dataset(folder: Path) -> Path:
    """The sample questions, an unanswerable one, one about a paper outside the index, and an unjudged one."""
    lines = (SAMPLES / "questions.txt").read_text("utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line.strip()]
    queries: list[dict[str, object]] = [
        {"id": f"q{at}", "text": text, "kind": "topic"} for at, (text, _) in enumerate(pairs)
    ]
    queries += [
        {"id": "rain", "text": "내일 비가 오나요", "kind": "near", "answerable": False},
        {"id": "far", "text": "A paper that is [not] here", "kind": "name"},
        {"id": "open", "text": "아무도 모르는 질문", "kind": "name"},
    ]
    path = folder / "questions"
    path.mkdir()
    judged = [f"q{at}\t{paper_id}\t1\n" for at, (_, paper_id) in enumerate(pairs)]
    (path / "qrels.tsv").write_text("".join([*judged, "far\t2401.99999\t1\n"]))
    (path / "queries.jsonl").write_text("".join(json.dumps(query) + "\n" for query in queries))
    (path / "dataset.toml").write_text('name = "questions [1]"\n')
    return path


@pytest.fixture(scope="module")
def runs(run: Nonmun, dataset: Path, folder: Path, ingested: subprocess.CompletedProcess[str]) -> Path:
    """Two runs, each made in its own process: one with the defaults, one with all channels disabled."""
    del ingested
    (folder / "nothing.toml").write_text("[search]\ndense = false\nlexical = false\nlexicon = false\n")
    first = run("eval", "run", dataset, "--out", folder / "base", "--answers")
    assert first.returncode == 0, first.stderr
    (folder / "first.out").write_text(first.stdout)
    (folder / "first.err").write_text(first.stderr)
    done = run("eval", "run", dataset, "--out", folder / "nothing", "--config", "nothing.toml", "--json")
    assert done.returncode == 0, done.stderr
    return folder


def test_run_prints_measures_and_warnings(runs: Path) -> None:
    out, err = (runs / "first.out").read_text(), (runs / "first.err").read_text()
    lines = out.splitlines()
    assert lines[0] == "base: questions [1], 13 queries"
    rows = {line.split()[0]: line.split() for line in lines if "…" in line}
    mean, low, _, high, queries = rows["ndcg@10"][1:]
    assert 0 < float(low) < float(mean) <= float(high) <= 1
    assert (queries, rows["quotes_verified"][1], rows["unsupported"][1]) == ("11", "1.000", "0.000")
    assert re.search(r"^ndcg@10 by kind: .*topic [01]\.\d{3} \(10\)", out, re.MULTILINE)
    assert re.search(r"^area under risk and coverage: 0\.\d{3}", out, re.MULTILINE)
    assert re.search(
        r"^ms, p50/p95/p99: terms .*dense .*lexical .*fusion .*evidence .*answer .*search ", out, re.MULTILINE
    )
    assert lines[-1] == f"written to {runs / 'base'}"
    assert err.splitlines() == [
        "1 judged papers are not in the index and count as missed: 2401.99999",
        "1 queries have no relevant paper judged and are not measured: open",
    ]


def test_run_writes_a_folder(runs: Path) -> None:
    record = json.loads((runs / "base" / "run.json").read_text())
    assert (record["name"], record["depth"], record["seed"]) == ("base", 100, 0)
    assert record["index"]["model_id"].startswith("multilingual-e5-small")
    assert record["index"]["generation"] == 1
    assert record["unknown_papers"] == ["2401.99999"]
    assert set(record["latencies"]["dense"]) == {"mean", "p50", "p95", "p99"}
    assert len((runs / "base" / "queries.jsonl").read_text().splitlines()) == 13
    assert (runs / "base" / "run.trec").read_text().startswith("q0 Q0 1706.03762 1 ")
    other = json.loads((runs / "nothing" / "run.json").read_text())
    assert other["configuration"]["search"]["dense"] is False
    assert other["dataset"]["hash"] == record["dataset"]["hash"]


def test_run_is_reproducible_in_another_process(runs: Path, nonmun: Nonmun, dataset: Path) -> None:
    done = nonmun("eval", "run", dataset, "--out", runs / "again", "--answers", "--name", "new name", "--json")
    record = parsed(done)
    assert record["name"] == "new name"
    before = json.loads((runs / "base" / "run.json").read_text())
    for key in ("measures", "slices", "risk_coverage", "dataset", "index", "configuration", "code", "unknown_papers"):
        assert record[key] == before[key]
    trec = [(runs / name / "run.trec").read_text().replace("new-name", "base") for name in ("again", "base")]
    assert trec[0] == trec[1]
    assert "2401.99999" in done.stderr  # warnings are not mixed with the JSON


def test_run_with_selected_measures(runs: Path, nonmun: Nonmun, dataset: Path) -> None:
    options = ["-k", "3", "--measure", "R@1", "--measure", "mrr@3", "--measure", "r@50", "--seed", "5"]
    record = parsed(nonmun("eval", "run", dataset, "--out", runs / "few", *options, "--json"))
    assert (list(record["measures"]), record["depth"], record["seed"]) == (["r@1", "mrr@3"], 3, 5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-k", "0"], ["k: is 0"]),
        (["-k", "101"], ["k: is 101"]),
        (["--measure", "colour"], ["measure", "colour"]),
        (["-k", "5", "--measure", "r@50"], ["measure", "r@50"]),
        (["--config", "no.toml"], ["no.toml", "cannot be read"]),
        (["--data", "nowhere"], ["nowhere", "nonmun ingest"]),
        (["--split", "dev", "BEIR"], []),
    ],
    ids=lambda value: " ".join(value),
)
def test_run_rejects_invalid_options(
    runs: Path, nonmun: Nonmun, dataset: Path, options: list[str], words: list[str], tmp_path: Path
) -> None:
    if "BEIR" in options:
        (tmp_path / "qrels").mkdir()
        (tmp_path / "queries.jsonl").write_text('{"_id": "a", "text": "x"}\n')
        done = nonmun("eval", "run", tmp_path, "--out", tmp_path / "out", "--split", "dev")
        one_line(done, "dev.tsv", "available splits: none")
    else:
        one_line(nonmun("eval", "run", dataset, "--out", tmp_path / "out", *options), *words)
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("runs")
def test_missing_and_damaged_files(nonmun: Nonmun, dataset: Path, tmp_path: Path) -> None:
    one_line(nonmun("eval", "run", tmp_path / "no", "--out", tmp_path / "out"), "does not exist")
    (tmp_path / "queries.jsonl").write_text('{"id": "q", "text": "x"}\n{\n')
    one_line(nonmun("eval", "run", tmp_path, "--out", tmp_path / "out"), "queries.jsonl:2", "JSON")
    (tmp_path / "file").write_text("x")
    one_line(nonmun("eval", "run", dataset, "--out", tmp_path / "file"), "file", "--out")
    one_line(nonmun("eval", "compare", tmp_path, tmp_path), "contains no run", "nonmun eval run")
    one_line(nonmun("eval", "score", dataset, tmp_path / "file", "--out", tmp_path / "out"), "file:1")
    (tmp_path / "words.toml").write_text("[search]\ncolour = 1\n")
    done = nonmun("eval", "run", dataset, "--out", tmp_path / "out", "--config", tmp_path / "words.toml")
    one_line(done, "search.colour", "words.toml")


def test_score(runs: Path, nonmun: Nonmun, dataset: Path, tmp_path: Path) -> None:
    scored = parsed(nonmun("eval", "score", dataset, runs / "base" / "run.trec", "--out", tmp_path / "own", "--json"))
    record = json.loads((runs / "base" / "run.json").read_text())
    assert scored["measures"] == {name: record["measures"][name] for name in scored["measures"]}
    assert len(scored["measures"]) == 12
    (tmp_path / "run.trec").write_text("q0 Q0 1706.03762v1 1 1 t\nx0 Q0 d 1 1 t\n")
    done = nonmun("eval", "score", dataset, tmp_path / "run.trec", "--out", tmp_path / "theirs")
    assert done.returncode == 0
    assert "theirs: questions [1], 13 queries" in done.stdout
    assert "1 queries of the run are not in the dataset and are ignored: x0" in done.stderr
    assert "12 queries are not in the run and count as nothing found: q1, q2, q3, q4, q5 …" in done.stderr
    parsed(nonmun("eval", "compare", tmp_path / "own", tmp_path / "theirs", "--json"))


def test_compare(runs: Path, nonmun: Nonmun) -> None:
    done = nonmun("eval", "compare", runs / "base", runs / "nothing")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("A: base   B: nothing")
    assert all(len(line) <= 80 for line in lines[:8])
    found = parsed(nonmun("eval", "compare", runs / "base", runs / "nothing", "--json"))
    assert [difference["measure"] for difference in found["differences"]] == ["ndcg@10", "r@10", "r@50", "mrr@10"]
    for difference in found["differences"]:
        assert (difference["b"], difference["won"], difference["lost"]) == (0, 0, 10)
        assert difference["p_value"] < difference["corrected"] < 0.05
    assert "won: 0 queries by ndcg@10" in lines
    assert "lost: 10 queries by ndcg@10" in lines
    first = found["moved"][0]
    assert any(first["text"] in line and "1.000 → 0.000  rank 1 → -" in line for line in lines)
    again = parsed(nonmun("eval", "compare", runs / "base", runs / "nothing", "--json"))
    assert again == found
    by = parsed(
        nonmun("eval", "compare", runs / "base", runs / "nothing", "--by", "Recall@1", "--measure", "R@1", "--json")
    )
    assert ([difference["measure"] for difference in by["differences"]], by["by"]) == (["r@1"], "r@1")


def test_compare_rejects_missing_measures_and_other_datasets(runs: Path, nonmun: Nonmun, tmp_path: Path) -> None:
    one_line(nonmun("eval", "compare", runs / "base", runs / "nothing", "--by", "colour"), "colour")
    one_line(nonmun("eval", "compare", runs / "base", runs / "nothing", "--measure", "correct"), "'correct'", "ndcg@10")
    (tmp_path / "queries.jsonl").write_text('{"id": "q", "text": "x"}\n')
    (tmp_path / "qrels.tsv").write_text("q 1706.03762 1\n")
    assert nonmun("eval", "run", tmp_path, "--out", tmp_path / "run").returncode == 0
    one_line(nonmun("eval", "compare", runs / "base", tmp_path / "run"), "different datasets")


def test_gate(runs: Path, nonmun: Nonmun) -> None:
    base, nothing = runs / "base", runs / "nothing"
    done = nonmun("eval", "gate", base, "--min", "quotes_verified=1", "--min", "r@10=0.5", "--min", "unsupported=0")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["pass"] * 3
    done = nonmun("eval", "gate", base, "--min", "r@10=0.99", "--min", "quotes_verified=1")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("FAIL  r@10 0.")
    same = nonmun("eval", "gate", base, "--baseline", base, "--max-loss", "nDCG@10=0", "--strict")
    assert same.returncode == 0
    lost = nonmun("eval", "gate", nothing, "--baseline", base, "--max-loss", "ndcg@10=0.1", "--json")
    [check] = json.loads(lost.stdout)
    assert (lost.returncode, check["passed"], check["change"]["mean"]) == (1, False, pytest.approx(-10 / 11, abs=1e-6))
    # Of the loss's interval, one end is beyond .95 and the other within it.
    assert nonmun("eval", "gate", nothing, "--baseline", base, "--max-loss", "ndcg@10=0.95").returncode == 0
    assert nonmun("eval", "gate", nothing, "--baseline", base, "--max-loss", "ndcg@10=0.95", "--strict").returncode == 1
    won = nonmun("eval", "gate", base, "--baseline", nothing, "--max-loss", "ndcg@10=0", "--strict")
    assert (won.returncode, won.stdout.startswith("pass  ndcg@10 +0.9")) == (0, True)


def test_gate_fails_a_run_of_empty_rankings(runs: Path, nonmun: Nonmun, dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "run.trec").write_text("q0 Q0 nothing 1 1 t\n")
    assert nonmun("eval", "score", dataset, tmp_path / "run.trec", "--out", tmp_path / "bad").returncode == 0
    done = nonmun("eval", "gate", tmp_path / "bad", "--baseline", runs / "base", "--max-loss", "ndcg@10=0.1")
    assert (done.returncode, done.stderr) == (1, "the depth of rankings differs from the baseline's\n")
    assert re.fullmatch(r"FAIL  ndcg@10 -0\.\d{4} \[.*\], maximum loss 0\.1: a greater loss is shown\n", done.stdout)


def test_gate_rejects_missing_options(runs: Path, nonmun: Nonmun) -> None:
    one_line(nonmun("eval", "gate", runs / "base"), "nothing to check")
    one_line(nonmun("eval", "gate", runs / "base", "--max-loss", "ndcg@10=0.1"), "--baseline")
    one_line(nonmun("eval", "gate", runs / "base", "--baseline", runs / "base", "--min", "r@1=0"), "--max-loss")
    one_line(nonmun("eval", "gate", runs / "base", "--min", "ndcg@10=2"), "from 0 to 1")
    one_line(nonmun("eval", "gate", runs / "nothing", "--min", "correct=0.5"), "'correct'")
    assert nonmun("eval", "gate").returncode == 2


@pytest.mark.parametrize("command", ["run", "score", "compare", "gate"])
def test_every_command_is_documented(nonmun: Nonmun, command: str) -> None:
    done = nonmun("eval", command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--json" in done.stdout
    assert command in nonmun("eval", "--help").stdout
