"""Adapter: any llama-index `BaseEmbedding` as an `Embedder`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding

from ..domain.errors import ModelError
from ..domain.vectors import Matrix, unit_rows


class LlamaEmbedder:
    """Any llama-index `BaseEmbedding` as an `Embedder`.

    llama-index tells neither a model's window nor its tokens: chunks are made for `window` tokens of about two
    characters each.
    """

    window = 400
    _CHARACTERS_A_TOKEN = 2

    def __init__(self, model: BaseEmbedding) -> None:
        self._model = model
        self._probe = self._many(lambda: model.get_text_embedding_batch(["probe"]))

    @property
    def model_id(self) -> str:
        """Class and model name."""
        return f"llama-index/{type(self._model).__name__}/{self._model.model_name}"

    @property
    def dimension(self) -> int:
        """Length of a vector, as a first text showed it."""
        return self._probe.shape[1]

    def queries(self, texts: Sequence[str]) -> Matrix:
        """Questions to float32 (n, dimension), unit rows, in order."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return self._many(lambda: [self._model.get_query_embedding(text) for text in texts])

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Passages to float32 (n, dimension), unit rows, in order."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return self._many(lambda: self._model.get_text_embedding_batch(list(texts)))

    def count_tokens(self, text: str) -> int:
        """About how many tokens a text takes."""
        return -(-len(text) // self._CHARACTERS_A_TOKEN)

    def _many(self, call: Any) -> Matrix:
        try:
            return unit_rows(call())
        except Exception as error:  # a remote model raises whatever its client raises
            raise ModelError(f"{type(self._model).__name__}: {error}") from error
