"""Reading and writing datasets and runs."""

from __future__ import annotations

from .opening import open_dataset
from .own import write_own
from .tables import read_run, written_run

__all__ = ["open_dataset", "read_run", "write_own", "written_run"]
