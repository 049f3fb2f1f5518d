"""Deciding how far to trust the entries whose words, abstracts or judge have changed."""

from __future__ import annotations

from collections.abc import Callable

from ..index.catalog import Catalog
from ..index.embedding import Embedder
from .apply import Applier
from .report import Report


def judge_entries(
    catalog: Catalog,
    applier: Applier,
    embedder: Callable[[], Embedder],
    step: Callable[[str], object],
    report: Report,
) -> None:
    """Nothing yet."""
