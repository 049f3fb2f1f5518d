"""Raw cosines of the bundled model's vectors, one passage a document, all compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from corpus import Corpus
from systems import SearchConfig, best_papers

from nonmun.index.embeddings.base import Embedder


class Dense:
    """Exact search over one vector a document: of title and abstract, or of a note's parts, a line each.

    What exceeds the model's window is not cut off: the bundled model means the vectors of consecutive windows.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._owners: list[str] = []
        self._vectors = np.zeros((0, 0), np.float32)

    def index(self, corpus: Corpus) -> dict[str, Any]:
        """Take in all documents."""
        texts = [one.text for one in corpus.documents]
        self._owners = [one.paper_id for one in corpus.documents]
        self._vectors = self._embedder.passages(texts)
        window = self._embedder.window
        long = sum(len(text) > window and self._embedder.count_tokens(text) > window for text in texts)
        return {"passages": len(texts), "window": window, "passages_over_window": long, "similarity": "cosine"}

    def search(self, texts: Sequence[str], k: int) -> list[SearchConfig]:
        """The best papers for each text."""
        cosines = self._embedder.queries(texts) @ self._vectors.T
        return [best_papers(self._owners, row, k) for row in cosines]

    def close(self) -> None:
        """Nothing is held."""
