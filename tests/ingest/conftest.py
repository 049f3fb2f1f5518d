"""Fixtures of the crash tests: digests in two versions, and a data directory between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def write(folder: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")


@pytest.fixture(scope="module")
def versions(samples: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Three short digests; then the same with one edited, a paper removed from it, and one more digest."""
    parts = {path.name: path.read_text("utf-8").split("\n---\n")[:2] for path in (samples / "digests").iterdir()}
    later = parts.pop("2025-03-06.md")
    before = {name: "\n---\n".join(entries) for name, entries in parts.items()}
    edited = parts["2025-03-05.md"][0].replace("1.3B", "1.4B")
    return before, before | {"2025-03-05.md": edited, "2025-03-06.md": later[0]}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, samples: Path, versions) -> dict[str, dict[str, Any]]:
    """The files of a first ingest, and of a later one: those that `started` read, as they are by then."""
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    write(first, versions[0])
    write(second, versions[0])
    abstracts = str(samples / "abstracts.jsonl")
    return {"first": {"paths": [str(first)]}, "second": {"paths": [str(second)], "abstracts": abstracts}}


@pytest.fixture(scope="module")
def started(servers, files, versions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the first version of files that have changed since."""
    folder = tmp_path_factory.mktemp("started") / "data"
    paths = files["second"]["paths"]
    server = servers.get()
    assert server.ingest(folder, {"paths": paths})["exit"] == 0
    servers.put(server)
    write(Path(paths[0]), versions[1])
    return folder
