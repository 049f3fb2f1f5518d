"""Watching a folder: new and changed digests once they have settled, and nothing else."""

from __future__ import annotations

import threading
from pathlib import Path

from nonmun.ingest.watch import settled_changes


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
        assert {path.name for path in next(batches)} == {"2025-03-03.md", "made.jsonl"}
        (tmp_path / "2025-03-03.md").unlink()
        (tmp_path / "2025-03-04.md").write_text("# later", "utf-8")
        assert [path.name for path in next(batches)] == ["2025-03-04.md"]
    finally:
        stop.set()
    assert list(batches) == []
