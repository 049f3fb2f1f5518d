"""Everyday terms: the words with which questions about anything are asked."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("everyday_terms.txt")


@cache
def everyday_terms() -> frozenset[str]:
    """Return the index terms that at least three of 720 everyday questions hold (benchmarks/answers/everyday_*.txt)."""
    return frozenset(_FILE.read_text("utf-8").split())
