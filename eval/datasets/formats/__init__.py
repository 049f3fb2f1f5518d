"""Readers and writers of dataset and run formats: nonmun, BEIR, TREC and AutoRAG."""

from __future__ import annotations

from .detect import open_dataset
from .nonmun import write_dataset
from .trec import format_trec_run, read_trec_run

__all__ = ["format_trec_run", "open_dataset", "read_trec_run", "write_dataset"]
