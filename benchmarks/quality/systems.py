"""The interface of a retrieval system, and rankings of papers from document scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from corpus import QualityCorpus
from numpy.typing import NDArray

Ranking = list[tuple[str, float]]
"""Distinct papers with their scores, best first."""


class System(Protocol):
    """A system that retrieves papers; one instance per index."""

    def index(self, corpus: QualityCorpus) -> dict[str, Any]:
        """Index all documents; return parameters and statistics of the index."""
        ...

    def search(self, texts: Sequence[str], k: int) -> list[Ranking]:
        """Return at most `k` papers for each text, best first."""
        ...

    def close(self) -> None:
        """Release the system's resources."""
        ...


def best_papers(owners: Sequence[str], scores: NDArray[np.float32], k: int, *, above: float = -np.inf) -> Ranking:
    """Rank papers by their best document; ties go to the earlier document.

    Args:
        owners: the paper id of each document.
        scores: the score of each document, float32 (n,).
        k: maximum number of papers.
        above: exclusive lower bound; documents with lower or equal scores are ignored.
    """
    ranking: dict[str, float] = {}
    for row in np.argsort(-scores, kind="stable"):
        if len(ranking) == k or scores[row] <= above:
            break
        ranking.setdefault(owners[row], float(scores[row]))
    return list(ranking.items())
