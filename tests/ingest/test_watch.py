"""Watching folders: new and changed digests once they are written, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from nonmun.ingest.watch import settled_changes


def collect(batches: Iterator[list[Path]], count: int) -> set[Path]:
    """Return the files of the next batches, until there are so many; a slow machine may need more than one batch."""
    files: set[Path] = set()
    while len(files) < count:
        files.update(next(batches))
    return files


def test_yields_files_once_they_are_written(tmp_path: Path) -> None:
    stop = threading.Event()
    batches = settled_changes([tmp_path], stop)
    try:
        assert next(batches) == [tmp_path]
        (tmp_path / "notes.txt").write_text("not a digest", "utf-8")
        (tmp_path / ".2025-03-03.md.swp").write_text("an editor's own", "utf-8")
        (tmp_path / ".hidden.md").write_text("not a digest either", "utf-8")
        with (tmp_path / "2025-03-03.md").open("w", encoding="utf-8") as file:
            for part in ("# one", "\n\n## two"):
                file.write(part)
                file.flush()
        (tmp_path / "more").mkdir()
        (tmp_path / "more" / "made.jsonl").write_text("{}", "utf-8")
        assert {path.name for path in collect(batches, 2)} == {"2025-03-03.md", "made.jsonl"}
        (tmp_path / "2025-03-03.md").unlink()
        (tmp_path / "2025-03-04.md").write_text("# later", "utf-8")
        assert [path.name for path in collect(batches, 1)] == ["2025-03-04.md"]
    finally:
        stop.set()
    assert list(batches) == []


def test_watches_a_file_that_is_replaced_repeatedly(tmp_path: Path) -> None:
    stop = threading.Event()
    file, fresh = tmp_path / "2025-03-03.md", tmp_path / "fresh"
    file.write_text("# 0", "utf-8")
    batches = settled_changes([file], stop)
    try:
        assert next(batches) == [file]
        for turn in range(2):
            fresh.write_text(f"# {turn}", "utf-8")
            (tmp_path / "2025-03-04.md").write_text("not watched", "utf-8")
            fresh.replace(file)
            assert collect(batches, 1) == {file}
    finally:
        stop.set()
