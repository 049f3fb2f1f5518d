"""The commands that change an index (ingest, fetch, remove) and those that inspect it (trust, schema, paper)."""

from __future__ import annotations

import importlib.util
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nonmun.ingest.formats.jsonl import EntryRecord

SAMPLES = Path(__file__).parents[3] / "samples"
_FAKE = Path(__file__).parents[2] / "ingest" / "sources" / "fake_upstream.py"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def digests(folder: Path) -> Path:
    return Path(shutil.copytree(SAMPLES / "digests", folder / "digests"))


@pytest.fixture(scope="module")
def fake() -> Any:
    spec = importlib.util.spec_from_file_location("fake_upstream_of_commands", _FAKE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def upstream(fake: Any) -> Iterator[Any]:
    with fake.running() as server:
        yield server


def ran(run: Run, *args: str | Path, **more: str) -> str:
    done = run(*args, **more)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    return done.stdout


def status(run: Run) -> dict[str, Any]:
    return json.loads(ran(run, "status", "--json"))


def test_removed_papers_stay_out_until_readmitted(run: Run, digests: Path) -> None:
    ran(run, "ingest", digests)
    assert "2 entries and" in ran(run, "remove", "1706.03762")
    done = run("paper", "1706.03762")
    assert (done.returncode, "not in the index" in done.stderr) == (1, True)
    assert "removed" in ran(run, "paper", "1706.03762", "--history")
    out = ran(run, "ingest", digests)
    assert "nothing to do" in out
    assert "2 left out: removed by hand before" in out
    assert "2 new" in ran(run, "ingest", digests, "--readmit")
    done = run("remove", "2025-03-03", "2099-01-01")
    assert (done.returncode, "no digest of 2099-01-01" in done.stderr) == (1, True)
    assert status(run)["entries"] == 19
    done = run("remove", "everything")
    assert (done.returncode, "expected a day" in done.stderr) == (1, True)


def test_prune_requires_confirmation(run: Run, digests: Path) -> None:
    ran(run, "ingest", digests)
    (digests / "2025-03-06.md").unlink()
    out = ran(run, "ingest", digests, "--prune")
    assert "would remove" in out
    assert "--prune --yes removes them" in out
    assert status(run)["entries"] == 19
    ran(run, "ingest", digests, "--prune", "--yes")
    assert status(run)["days"][-1] == "2025-03-05"
    done = run("ingest", digests, "--yes")
    assert (done.returncode, "--prune" in done.stderr) == (1, True)


def test_trust_lists_summaries_with_reasons(run: Run, digests: Path) -> None:
    ran(run, "ingest", digests, "--abstracts", SAMPLES / "abstracts.jsonl")
    entries = json.loads(ran(run, "trust", "--json"))
    labels = [entry["trust"]["label"] for entry in entries]
    for label in set(labels):
        out = ran(run, "trust", "--label", label)
        assert out.count(f"trust: {label}") == labels.count(label)
    for entry in entries:
        for reason in entry["trust"]["reasons"]:
            assert 0 <= reason["start"] <= reason["end"] <= len(entry["body"])
    assert sum(status(run)["labels"].values()) == len(entries)
    assert run("trust", "--label", "perfect").returncode == 2


def test_schema_is_that_of_the_reader(run: Run) -> None:
    printed = json.loads(ran(run, "schema", "entries"))
    assert printed["properties"] == EntryRecord.model_json_schema()["properties"]
    assert run("schema", "papers").returncode == 2


def test_fetch_requests_missing_abstracts_only(
    run: Run, digests: Path, fake: Any, upstream: Any, tmp_path: Path
) -> None:
    env = {"NONMUN_DATA": str(tmp_path / "data"), "NONMUN_ARXIV_URL": f"{upstream.url}/api/query"}
    env |= {"NONMUN_HUGGINGFACE_URL": f"{upstream.url}/api/papers", "NONMUN_CONTACT": "someone@example.org"}
    ran(run, "ingest", digests / "2025-03-03.md", **env)
    before = json.loads(ran(run, "status", "--json", **env))
    known = "1706.03762"
    upstream.papers[known] = fake.Paper("A title", "Attention is enough, we say.")
    out = ran(run, "fetch", **env)
    assert "fetched 1 abstracts" in out
    assert f"{before['papers'] - 1} not found" in out
    details = json.loads(ran(run, "paper", known, "--json", **env))["paper"]
    assert (details["title"], details["abstract"]) == ("A title", "Attention is enough, we say.")
    assert (details["source"]["status"], details["source"]["origin"]) == ("found", "arxiv")
    assert details["source"]["fetched_at"]
    assert "someone@example.org" in upstream.log[0].agent
    requests = len(upstream.log)
    ran(run, "ingest", digests / "2025-03-03.md", "--fetch", **env)
    assert len(upstream.log) == requests  # neither found nor missing ones are requested again
    after = json.loads(ran(run, "status", "--json", **env))
    assert after["sources"] == {"found": 1, "not_found": before["papers"] - 1}


def test_watch_ingests_new_files(start: Any, tmp_path: Path, run: Run) -> None:
    watched, data = tmp_path / "watched", tmp_path / "data"
    watched.mkdir()
    shutil.copy(SAMPLES / "digests" / "2025-03-03.md", watched)
    process = start("ingest", str(watched), "--watch", "--data", str(data), cwd=tmp_path, PYTHONUNBUFFERED="1")
    try:
        assert process.stdout
        lines = iter(process.stdout.readline, "")
        assert any("nothing to do" in line for line in lines)
        shutil.copy(SAMPLES / "digests" / "2025-03-04.md", watched)
        assert any(line.startswith("entries: ") and "0 new" not in line for line in lines)
        assert any(line.startswith("the index holds") for line in lines)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert (process.returncode, "Traceback" in err) == (130, False), err
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    days = json.loads(ran(run, "status", "--json", "--data", data))["days"]
    assert days == ["2025-03-03", "2025-03-04"]
