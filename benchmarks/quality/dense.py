"""Exact search by cosine of the bundled model's vectors, one passage per document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from corpus import QualityCorpus
from systems import Ranking, best_papers

from nonmun.index.embeddings.base import Embedder


class Dense:
    """Exact search over one vector per document: of title and abstract, or of a note with one part per line.

    Text beyond the model's window is not truncated: the bundled model averages the vectors of consecutive windows.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._owners: list[str] = []
        self._vectors = np.zeros((0, 0), np.float32)

    def index(self, corpus: QualityCorpus) -> dict[str, Any]:
        """Index all documents."""
        texts = [document.text for document in corpus.documents]
        self._owners = [document.paper_id for document in corpus.documents]
        self._vectors = self._embedder.passages(texts)
        window = self._embedder.window
        long = sum(len(text) > window and self._embedder.count_tokens(text) > window for text in texts)
        return {"passages": len(texts), "window": window, "passages_over_window": long, "similarity": "cosine"}

    def search(self, texts: Sequence[str], k: int) -> list[Ranking]:
        """Return the best papers for each text."""
        cosines = self._embedder.queries(texts) @ self._vectors.T
        return [best_papers(self._owners, row, k) for row in cosines]

    def close(self) -> None:
        """Do nothing: the vectors are in memory."""
