"""A cheap llama-index embedding: `llama-index:letters:Letters` in a process that has this folder on its PYTHONPATH."""

from __future__ import annotations

import hashlib

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding


class Letters(BaseEmbedding):
    """Embeds as counts of hashed letter pairs: offline, deterministic, not of unit length."""

    model_name: str = "letters-64"
    size: int = 64

    def _vector(self, text: str) -> list[float]:
        vector = np.full(self.size, 0.01)
        for at in range(len(text) - 1):
            pair = text[at : at + 2].encode("utf-8", "replace")
            vector[int.from_bytes(hashlib.blake2s(pair, digest_size=2).digest()) % self.size] += 1
        return vector.tolist()

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._vector(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._vector(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._vector(text)


def other() -> Letters:
    """Return another model."""
    return Letters(model_name="letters-48", size=48)
