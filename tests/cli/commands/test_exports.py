"""`--format` of the commands that query the index, and the commands that list days."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import bibtexparser
import pytest
import rispy
import yaml

from ..conftest import CODE, environment

Run = Callable[..., "subprocess.CompletedProcess[str]"]
QUESTION = "저랭크 행렬만 학습하는 방법"
COMMANDS = {
    "ask": ["ask", QUESTION],
    "search": ["search", QUESTION, "-k", "3"],
    "paper": ["paper", "2106.09685"],
    "digest": ["digest", "2025-03-06"],
}

pytestmark = pytest.mark.usefixtures("ingested")


def printed(folder: Path, *args: str, **more: str) -> bytes:
    """Return standard output as it is, without a translation of line ends."""
    command = [sys.executable, "-c", CODE, *args]
    env = environment(NONMUN_DATA=str(folder / "data"), **more)
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, timeout=180, check=True).stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_bibtex(run: Run, command: str) -> None:
    done = run(*COMMANDS[command], "--format", "bibtex")
    assert (done.returncode, done.stderr) == (0, "")
    parsed = bibtexparser.parse_string(done.stdout)
    assert parsed.failed_blocks == []
    assert "2106.09685" in [entry["eprint"] for entry in parsed.entries]


@pytest.mark.parametrize("command", COMMANDS)
def test_csl_json(run: Run, command: str) -> None:
    items = json.loads(run(*COMMANDS[command], "--format", "csl-json").stdout)
    assert "arXiv:2106.09685" in [item["number"] for item in items]


@pytest.mark.parametrize("command", COMMANDS)
def test_markdown(run: Run, command: str) -> None:
    text = run(*COMMANDS[command], "--format", "markdown").stdout
    assert "\x1b" not in text
    front = yaml.safe_load(text.split("\n---\n")[0])
    assert "2106.09685" in front.get("papers", [front.get("arxiv")])


def test_ris_is_printed_byte_by_byte(folder: Path) -> None:
    raw = printed(folder, *COMMANDS["digest"], "--format", "ris", PYTHONUTF8="0", PYTHONIOENCODING="latin-1")
    assert raw.count(b"\n") == raw.count(b"\r\n") > 10
    records = rispy.loads(raw.decode("utf-8"), newline="\r\n")
    assert "arXiv:2106.09685" in [record["accession_number"] for record in records]


@pytest.mark.parametrize("command", COMMANDS)
def test_json_is_a_format(run: Run, command: str) -> None:
    def untimed(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
        result = json.loads(done.stdout)
        result.pop("timings", None)
        return result

    assert untimed(run(*COMMANDS[command], "--json")) == untimed(run(*COMMANDS[command], "--format", "json"))
    assert run(*COMMANDS[command]).stdout == run(*COMMANDS[command], "--format", "text").stdout


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["paper", "2106.09685", "--json", "--format", "ris"], ["--json", "contradicts --format ris"]),
        (["search", QUESTION, "--explain", "--format", "bibtex"], ["--explain", "bibtex"]),
        (["digest", "2020-01-01"], ["2020-01-01"]),
        (["digest", "yesterday"], ["yesterday", "YYYY-MM-DD"]),
    ],
)
def test_errors_are_one_line(run: Run, args: list[str], words: list[str]) -> None:
    done = run(*args)
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("nonmun: ")
    assert all(word in line for word in words)


def test_unknown_format_is_bad_usage(run: Run) -> None:
    done = run("paper", "2106.09685", "--format", "docx")
    assert done.returncode == 2
    assert "docx" in done.stderr
    assert "bibtex" in done.stderr


def test_digests(run: Run) -> None:
    lines = run("digests").stdout.splitlines()
    days = json.loads(run("digests", "--json").stdout)
    assert [line[:10] for line in lines] == [day["digest_date"] for day in days]
    assert [day["digest_date"] for day in days] == sorted((day["digest_date"] for day in days), reverse=True)
    assert len(days) == 4
    for line, day in zip(lines, days, strict=True):
        assert f"{day['papers']} papers, {day['new']} new" in line


def test_digest(run: Run) -> None:
    [newest, *_] = json.loads(run("digests", "--json").stdout)
    day = newest["digest_date"]
    shown = run("digest", day).stdout
    details = json.loads(run("digest", day, "--json").stdout)
    ids = [entry["paper"]["paper_id"] for entry in details["entries"]]
    assert len(ids) == newest["papers"]
    assert re.findall(r"^ +(\d{4}\.\d{5}) ", shown, re.MULTILINE) == ids
    assert f"digest before: {details['previous']}, after: none" in shown
