"""The command line in a process of its own: output, errors on one line, exit statuses, signals."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import httpx
import pytest

SAMPLES = Path(__file__).parents[2] / "samples"
COMMANDS = (
    "ingest",
    "fetch",
    "remove",
    "ask",
    "chat",
    "search",
    "paper",
    "digest",
    "digests",
    "status",
    "trust",
    "schema",
    "doctor",
    "backup",
    "restore",
    "serve",
)

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]


def one_line(done: subprocess.CompletedProcess[str], *words: str, status: int = 1) -> None:
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("nonmun: ")
    for word in words:
        assert word in lines[0]


def test_help_lists_every_command(run: Run) -> None:
    done = run("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert re.search(rf"\b{command}\b", done.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(run: Run, command: str) -> None:
    done = run(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--data" in done.stdout or command == "schema"  # does not use an index
    summary = done.stdout.split(command, 1)[1].splitlines()[1:4]
    assert any(len(line.strip()) > 15 for line in summary), done.stdout


def test_ingest_prints_a_report(ingested: subprocess.CompletedProcess[str]) -> None:
    assert "4 days, 19 entries, 17 papers read" in ingested.stdout
    assert "entries: 19 new, 0 changed, 0 unchanged; 15 abstracts" in ingested.stdout
    assert "generation 1, no problems" in ingested.stdout


@pytest.mark.usefixtures("ingested")
def test_second_ingest_has_nothing_to_do(run: Run) -> None:
    done = run("ingest", SAMPLES / "digests", "--abstracts", SAMPLES / "abstracts.jsonl")
    assert done.returncode == 0
    assert "nothing to do" in done.stdout
    done = run("ingest", SAMPLES / "digests", "--json")
    report = json.loads(done.stdout)
    assert (report["new"], report["embedded"], report["unchanged"], report["problems"]) == (0, 0, 19, [])
    assert done.stderr == ""


@pytest.mark.usefixtures("ingested")
def test_ask(run: Run) -> None:
    done = run("ask", "큰 언어 모델의 가중치는 고정하고 저랭크 행렬만 학습하는 방법")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(
        r"^\[2106\.09685\] 2106\.09685:(?:summary@2025-03-0[36]|abstract):\S+ \d+-\d+(?: supported)?$",
        done.stdout,
        re.MULTILINE,
    )
    answer = json.loads(run("ask", "오늘 날씨", "--json", "-k", "2").stdout)
    assert (answer["abstained"], answer["reason"], len(answer["hits"])) == (True, "nothing_relevant", 2)


@pytest.mark.usefixtures("ingested")
def test_search_explains(run: Run) -> None:
    arguments = "저랭크 행렬을 학습하는 방법", "-k", "2", "--explain"
    shown = run("search", *arguments).stdout
    [first, second] = json.loads(run("search", *arguments, "--json").stdout)["explanations"]
    assert (first["rank"], second["rank"]) == (1, 2)
    assert all(
        channel["channel"] in shown and channel["chunk_id"] in shown for channel in first["channels"] if channel["rank"]
    )
    assert "by score" not in shown  # ranks follow the scores
    newest = run("search", "2025년 3월 논문", "--explain").stdout  # ranked by day, not by score
    assert re.search(r"^ +\d+\. by score$|^ +found by no channel$", newest, re.MULTILINE)


@pytest.mark.usefixtures("ingested")
def test_search(run: Run) -> None:
    done = run("search", "저랭크 행렬", "-k", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "2106.09685" in done.stdout
    hits = json.loads(run("search", "저랭크 행렬", "--k", "3", "--json").stdout)["hits"]
    assert len(hits) == 3
    assert hits[0]["paper_id"] == "2106.09685"


@pytest.mark.usefixtures("ingested")
def test_paper_and_status(run: Run) -> None:
    assert "Attention Is All You Need" in run("paper", "1706.03762v1").stdout
    assert json.loads(run("paper", "1706.03762", "--json").stdout)["paper"]["paper_id"] == "1706.03762"
    assert "17 papers, 15 with abstract; 19 entries on 4 days" in run("status").stdout
    status = json.loads(run("status", "--json").stdout)
    assert (status["papers"], status["engine"]) == (17, "openvino")


@pytest.mark.usefixtures("ingested")
@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["ask", ""], ["question"]),
        (["ask", "  "], ["question"]),
        (["search", "\t"], ["question"]),
        (["ask", "x" * 2001], ["question", "2,000"]),
        (["ask", "x", "-k", "0"], ["k: is 0", "100"]),
        (["search", "x", "-k", "1000"], ["k: is 1000"]),
        (["paper", "attention"], ["attention", "arXiv id"]),
        (["paper", "../../etc/passwd"], ["arXiv id"]),
        (["paper", "[bold]"], ["[bold]"]),
        (["paper", "2501.99999"], ["2501.99999", "not in the index"]),
        pytest.param(["ingest", "/no/such/folder"], ["/no/such/folder"]),
        pytest.param(["ingest", str(SAMPLES / "digests"), "--abstracts", "/no/such.jsonl"], ["/no/such.jsonl"]),
        (["status", "--data", "nowhere"], ["nowhere", "nonmun ingest"]),
        (["ask", "x", "--data", "nowhere"], ["nowhere", "nonmun ingest"]),
        (["serve", "--data", "nowhere", "--port", "0"], ["nowhere", "nonmun ingest"]),
        (["serve", "--port", "70000"], ["port"]),
        (["serve", "--port", "0", "--host", "no.such.host.invalid"], ["no.such.host.invalid", "--host"]),
        pytest.param(["status", "--data", "x" * 5000], ["--data"]),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else None,
)
def test_errors_are_one_line(run: Run, args: list[str], words: Sequence[str]) -> None:
    one_line(run(*args), *words)


@pytest.mark.usefixtures("ingested")
def test_configuration_errors_are_one_line(run: Run, tmp_path: Path) -> None:
    one_line(run("status", NONMUN_COLOUR="red"), "NONMUN_COLOUR", "unknown")
    one_line(run("status", NONMUN_PORT="many"), "NONMUN_PORT")
    one_line(run("ask", "x", NONMUN_EMBEDDING="word2vec"), "word2vec", "bundled")
    one_line(run("ask", "x", NONMUN_EMBEDDING="llama-index:no.such.module:x"), "no.such.module")


@pytest.mark.usefixtures("ingested")
def test_embedding_setting_that_is_not_an_embedding(run: Run) -> None:
    one_line(run("ask", "x", NONMUN_EMBEDDING="llama-index:os:path"), "os:path")


def test_unknown_key_in_the_settings_file(tmp_path: Path, start: Start) -> None:
    (tmp_path / "nonmun.toml").write_text("colour = 1\n")
    process = start("status", cwd=tmp_path)
    out, err = process.communicate(timeout=60)
    one_line(subprocess.CompletedProcess([], process.returncode, out, err), "colour", "nonmun.toml")


def test_bad_usage_is_status_two(run: Run) -> None:
    for args in (["ask"], ["nothing"], ["ask", "x", "-k", "many"], ["ask", "x", "--colour"]):
        done = run(*args)
        assert done.returncode == 2, args
        assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("ingested")
def test_port_in_use(run: Run) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        one_line(run("serve", "--port", port), port, "--port")


def test_interrupted_ingest_resumes(tmp_path: Path, run: Run, start: Start) -> None:
    digests = tmp_path / "digests"
    digests.mkdir()
    for day in range(1, 5):  # texts differ by day, so that every day has to be embedded
        for sample in (SAMPLES / "digests").glob("*.md"):
            date = f"2025-{int(sample.stem[-2:]):02d}-{day:02d}"
            text = sample.read_text("utf-8").replace(sample.stem, date)
            (digests / f"{date}.md").write_text(text.replace("니다.", f"니다 ({date})."), "utf-8")
    data = tmp_path / "data"
    process = start("ingest", str(digests), "--data", str(data), cwd=tmp_path)
    deadline = time.monotonic() + 120
    committed = 0
    while not committed:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
        try:
            with closing(sqlite3.connect(f"file:{data}/catalog.sqlite?mode=ro", uri=True)) as connection:
                committed = connection.execute("SELECT count(*) FROM documents").fetchone()[0]
        except sqlite3.Error:
            pass
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, (out, err)
    assert "Traceback" not in err
    partial = json.loads(run("status", "--json", "--data", data).stdout)
    assert 1 <= partial["documents"] < 16
    done = run("ingest", digests, "--data", data, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["days"] == 16
    assert report["new"] + partial["entries"] == 4 * 19
    assert json.loads(run("status", "--json", "--data", data).stdout)["documents"] == 16


def test_interrupt_prints_a_notice(tmp_path: Path, start: Start) -> None:
    process = start("ingest", str(SAMPLES / "digests"), "--data", str(tmp_path / "data"), cwd=tmp_path)
    while not (tmp_path / "data" / "ingest.holder").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted; committed changes are kept" in err


@pytest.mark.usefixtures("ingested")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_serve_stops_on_a_signal(folder: Path, ending: signal.Signals, start: Start) -> None:
    process = start("serve", "--port", "0", cwd=folder, NONMUN_DATA=str(folder / "data"), PYTHONUNBUFFERED="0")
    try:
        assert process.stdout
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found
        with httpx.Client(base_url=found[0], trust_env=False, timeout=60) as client:
            assert client.get("/healthz").json()["status"] == "ok"
            assert client.get("/readyz").status_code == 200
            assert client.post("/v1/ask", json={"question": "어텐션만으로 번역하는 모델"}).status_code == 200
        process.send_signal(ending)
        _, err = process.communicate(timeout=30)
        assert "Traceback" not in err
        assert process.returncode in {0, 130, -ending, 128 + ending}
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.mark.usefixtures("ingested")
def test_closed_pipe_ends_the_command(folder: Path, start: Start) -> None:
    process = start("paper", "1706.03762", cwd=folder, NONMUN_DATA=str(folder / "data"))
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert "Traceback" not in err
    assert process.returncode != 0


@pytest.mark.parametrize(("arguments", "status", "text"), [(["--help"], 0, "ingest"), (["paper", "1"], 1, "nonmun: ")])
def test_process_exits_after_flushing_its_output(folder: Path, arguments: list[str], status: int, text: str) -> None:
    command = [sys.executable, "-m", "nonmun", *arguments]
    env = os.environ | {"NONMUN_DATA": str(folder / "nothing"), "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == status
    assert text in done.stdout + done.stderr
    assert (done.stdout + done.stderr).endswith("\n")


def test_command_flushes_and_skips_finalization(folder: Path) -> None:
    code = """import atexit, sys
from nonmun.cli import command
atexit.register(print, "finalized")
sys.stdout.write("written")
sys.argv = ["nonmun", "schema", "entries"]
command()"""
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("written{")
    assert "finalized" not in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["schema", "entries"], ["--help"]])
def test_output_to_a_full_disk(folder: Path, arguments: list[str]) -> None:
    command = [sys.executable, "-m", "nonmun", *arguments]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1
    assert "no space is left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="closes streams in a shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_output(folder: Path, closed: str) -> None:
    command = ["sh", "-c", f'exec "$0" -m nonmun schema entries {closed}', sys.executable]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
