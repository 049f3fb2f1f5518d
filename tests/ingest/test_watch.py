"""Watching a folder: new and changed digests once they have settled, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from nonmun.ingest.watch import settled_changes


def some(batches: Iterator[list[Path]]) -> list[Path]:
    """The next batch that holds something."""
    return next(batch for batch in batches if batch)


def test_batches_as_files_settle(tmp_path: Path) -> None:
    stop = threading.Event()
    batches = settled_changes([tmp_path], stop)
    try:
        assert next(batches) == [tmp_path]
        (tmp_path / "notes.txt").write_text("no digest", "utf-8")
        (tmp_path / ".2025-03-03.md.swp").write_text("an editor's own", "utf-8")
        (tmp_path / ".hidden.md").write_text("no digest either", "utf-8")
        with (tmp_path / "2025-03-03.md").open("w", encoding="utf-8") as file:
            for part in ("# one", "\n\n## two"):
                file.write(part)
                file.flush()
        (tmp_path / "more").mkdir()
        (tmp_path / "more" / "made.jsonl").write_text("{}", "utf-8")
        assert {path.name for path in some(batches)} == {"2025-03-03.md", "made.jsonl"}
        (tmp_path / "2025-03-03.md").unlink()
        (tmp_path / "2025-03-04.md").write_text("# later", "utf-8")
        assert [path.name for path in some(batches)] == ["2025-03-04.md"]
    finally:
        stop.set()
    assert list(batches) == []


def test_a_file_may_be_replaced_again_and_again(tmp_path: Path) -> None:
    stop = threading.Event()
    file, fresh = tmp_path / "2025-03-03.md", tmp_path / "fresh"
    file.write_text("# 0", "utf-8")
    batches = settled_changes([file], stop)
    try:
        assert next(batches) == [file]
        for turn in range(2):
            fresh.write_text(f"# {turn}", "utf-8")
            (tmp_path / "2025-03-04.md").write_text("not asked for", "utf-8")
            fresh.replace(file)
            assert some(batches) == [file]
    finally:
        stop.set()
