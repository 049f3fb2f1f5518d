"""Reading and writing datasets and runs."""

from __future__ import annotations

from .detect import open_dataset
from .nonmun import write_own
from .trec import read_run, written_run

__all__ = ["open_dataset", "read_run", "write_own", "written_run"]
