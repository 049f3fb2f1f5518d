"""What a retrieval system is to these benchmarks, and how its documents' scores become a ranking of papers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from corpus import Corpus
from numpy.typing import NDArray

SearchConfig = list[tuple[str, float]]
"""Papers with their scores, best first, each once."""


class System(Protocol):
    """Something that finds papers. Made anew for every index."""

    def index(self, corpus: Corpus) -> dict[str, Any]:
        """Take in all documents; what is worth noting of the index that was made."""
        ...

    def search(self, texts: Sequence[str], k: int) -> list[SearchConfig]:
        """The best `k` papers for each text, at most."""
        ...

    def close(self) -> None:
        """Release what it holds."""
        ...


def best_papers(owners: Sequence[str], scores: NDArray[np.float32], k: int, *, above: float = -np.inf) -> SearchConfig:
    """The best papers by the best of their documents; among equals, the first document wins.

    Args:
        owners: each document's paper.
        scores: each document's score.
        k: how many papers.
        above: documents that score no more than this do not count.
    """
    found: dict[str, float] = {}
    for row in np.argsort(-scores, kind="stable"):
        if len(found) == k or scores[row] <= above:
            break
        found.setdefault(owners[row], float(scores[row]))
    return list(found.items())
