"""Adapter from a llama-index `BaseEmbedding` to an `Embedder`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding

from ..domain.errors import ModelError
from ..domain.vectors import Matrix, unit_rows


class LlamaEmbedder:
    """An `Embedder` on top of any llama-index `BaseEmbedding`.

    llama-index exposes neither a model's window nor its tokenizer. `window` is a fixed 400 tokens, and `count_tokens`
    estimates two characters per token.

    Args:
        model: the llama-index model; embeds one text at once, to learn the dimension.

    Raises:
        ModelError: the model cannot embed.
    """

    window = 400
    _CHARACTERS_PER_TOKEN = 2

    def __init__(self, model: BaseEmbedding) -> None:
        self._model = model
        self._probe = self._embed(lambda: model.get_text_embedding_batch(["probe"]))

    @property
    def model_id(self) -> str:
        """Class name and model name of the llama-index model."""
        return f"llama-index/{type(self._model).__name__}/{self._model.model_name}"

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._probe.shape[1]

    def queries(self, texts: Sequence[str]) -> Matrix:
        """Embed queries: float32 (len(texts), dimension), rows of unit length, in order."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return self._embed(lambda: [self._model.get_query_embedding(text) for text in texts])

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Embed passages: float32 (len(texts), dimension), rows of unit length, in order."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return self._embed(lambda: self._model.get_text_embedding_batch(list(texts)))

    def count_tokens(self, text: str) -> int:
        """Estimate the number of tokens of a text."""
        return -(-len(text) // self._CHARACTERS_PER_TOKEN)

    def _embed(self, call: Any) -> Matrix:
        try:
            return unit_rows(call())
        except Exception as error:  # a client of a remote model may raise anything
            raise ModelError(f"{type(self._model).__name__}: {error}") from error
