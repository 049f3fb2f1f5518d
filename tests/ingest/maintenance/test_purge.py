"""Purging: no file of the data directory holds a removed text afterwards, and searches stay as they were."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nonmun import Library, NotFoundError
from nonmun.cli import app

DAY = "2025-03-03"
WORD, REPLACED = "zyxqwordzq", "qxyvformerv"  # no analyzer splits them, and no other text holds them
ABSTRACT = "kwvzabstractw"
DIGEST = f"""# {DAY}

Notes before the first entry

## 2505.00001
🔗 https://arxiv.org/abs/2505.00001
**Summary**:
# Removed paper
The {WORD} model reads long documents with sparse attention.

---

## 2505.00002
🔗 https://arxiv.org/abs/2505.00002
**Summary**:
# Kept paper
The {REPLACED} network segments medical images with a transformer.
"""


@pytest.fixture
def digests(tmp_path: Path) -> Path:
    folder = tmp_path / "digests"
    folder.mkdir()
    (folder / f"{DAY}.md").write_text(DIGEST, "utf-8")
    record = {"id": "2505.00001", "title": "Removed", "text": f"We propose {ABSTRACT}, which reads long documents."}
    (tmp_path / "abstracts.jsonl").write_text(json.dumps(record), "utf-8")
    return folder


@pytest.fixture
def library(tmp_path: Path, digests: Path, embedder) -> Library:
    with Library.open(tmp_path / "data", embedding=embedder) as library:
        library.ingest(digests, tmp_path / "abstracts.jsonl")
        edited = DIGEST.replace(REPLACED, "newer")
        (digests / f"{DAY}.md").write_text(edited, "utf-8")
        library.ingest(digests)
        library.remove("2505.00001")
        yield library


def files_with(word: str, folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


def hits(library: Library) -> list[tuple[str, float]]:
    return [(hit.paper_id, hit.score) for hit in library.search("transformer segments medical images").hits]


def test_erases_removed_and_replaced_texts_from_every_file(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert all(files_with(word, folder) for word in (WORD, REPLACED, ABSTRACT))
    before = hits(library)
    counted = library.purgeable()
    report = library.purge()
    assert report.erased == counted
    assert (counted.revisions, counted.abstracts, counted.documents) == (2, 1, 1)
    assert [files_with(word, folder) for word in (WORD, REPLACED, ABSTRACT)] == [[], [], []]
    assert hits(library) == before
    assert not library.examine(thorough=True)
    assert library.paper("2505.00002", history=True).history == ()
    with pytest.raises(NotFoundError):
        library.paper("2505.00001", history=True)
    assert [path.name for path in (folder / "generations").glob("[0-9]*")] == [str(report.generation)]


def test_later_ingest_stores_nothing_of_what_was_removed(library: Library, tmp_path: Path, digests: Path) -> None:
    library.purge()
    edited = DIGEST.replace(REPLACED, "third").replace("Notes before", "Other notes before")
    (digests / f"{DAY}.md").write_text(edited, "utf-8")
    report = library.ingest(digests, tmp_path / "abstracts.jsonl")
    assert (report.changed, report.held_back) == (1, 2)  # the entry and the abstract
    library.purge()
    assert [files_with(word, tmp_path / "data") for word in (WORD, ABSTRACT)] == [[], []]
    assert not library.examine(thorough=True)


def test_readmitted_text_is_stored_again(library: Library, digests: Path) -> None:
    library.purge()
    library.ingest(digests, readmit=True)
    assert WORD in library.paper("2505.00001").entries[0].body
    assert not library.examine(thorough=True)


def test_purge_of_an_emptied_index_leaves_no_version(library: Library, tmp_path: Path, digests: Path) -> None:
    library.remove(DAY)
    report = library.purge()
    assert (report.chunks, report.generation) == (0, None)
    assert not files_with("segments", tmp_path / "data")
    assert not list((tmp_path / "data" / "generations").glob("[0-9]*"))
    library.ingest(digests, readmit=True)
    assert hits(library)[0][0] == "2505.00002"
    assert not library.examine(thorough=True)


@pytest.mark.parametrize("step", ["purge", "compact", "publish:switch", "clean"])
def test_interrupted_purge_is_completed_by_the_next(library: Library, tmp_path: Path, step: str) -> None:
    class StoppedError(Exception):
        pass

    def interrupt(progress: object) -> None:
        if asdict(progress)["what"] == step:
            raise StoppedError

    before = hits(library)
    with pytest.raises(StoppedError):
        library.purge(observe=interrupt)
    assert hits(library) == before
    library.purge()
    assert [files_with(word, tmp_path / "data") for word in (WORD, REPLACED, ABSTRACT)] == [[], [], []]
    assert not library.examine(thorough=True)


def test_command_lists_and_erases_only_when_told_to(tmp_path: Path, samples: Path, monkeypatch) -> None:
    data = str(tmp_path / "data")
    run = CliRunner().invoke
    run(app, ["ingest", str(samples / "digests" / "2025-03-03.md"), "--data", data], catch_exceptions=False)
    with Library.open(Path(data)) as library:
        paper = library.entries()[0].paper_id
    run(app, ["remove", paper, "--data", data], catch_exceptions=False)
    listed = json.loads(run(app, ["purge", "--data", data, "--json"], catch_exceptions=False).stdout)
    assert (listed["revisions"], listed["documents"]) == (1, 1)
    kept = Path(data) / "catalog.sqlite.before-20250101-000000"
    kept.write_bytes(b"")
    shown = run(app, ["purge", "--data", data], catch_exceptions=False)
    assert "would be erased: 1 earlier summaries" in shown.stdout
    assert kept.name in shown.stderr
    erased = run(app, ["purge", "--yes", "--data", data], catch_exceptions=False)
    assert "erased: 1 earlier summaries" in erased.stdout
    assert json.loads(run(app, ["purge", "--data", data, "--json"]).stdout)["revisions"] == 0
    assert kept.exists()
