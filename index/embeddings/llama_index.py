"""llama-index both ways: its embeddings as ours, ours as its own, our search as a retriever."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from pydantic import PrivateAttr

from ..domain.errors import ModelError
from ..domain.hits import Hit
from ..domain.vectors import Matrix, unit_rows
from .base import Embedder


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


class NonmunEmbedding(BaseEmbedding):
    """One of our embedders as a llama-index `BaseEmbedding`."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder, **kwargs: Any) -> None:
        super().__init__(model_name=embedder.model_id, **kwargs)
        self._embedder = embedder

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._embedder.queries([query])[0].tolist()

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._embedder.passages([text])[0].tolist()

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._embedder.passages(texts).tolist()

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)


class _Results(Protocol):
    @property
    def hits(self) -> tuple[Hit, ...]: ...


class Searches(Protocol):
    """Whatever finds hits for a question: a `Library`."""

    def search(self, question: str, k: int = 10) -> _Results:
        """The `k` best papers."""
        ...


class NonmunRetriever(BaseRetriever):
    """Our search as a llama-index retriever: a node for each piece of evidence, best papers first.

    Nodes carry the chunk's id, and in their metadata `paper_id`, `title`, `url`, `source`, `section` and
    `digest_dates`.
    """

    def __init__(self, library: Searches, k: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._library, self._k = library, k

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._library.search(query_bundle.query_str, self._k).hits
        return [node for hit in hits for node in _nodes(hit)]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


def _nodes(hit: Hit) -> list[NodeWithScore]:
    return [
        NodeWithScore(
            node=TextNode(
                id_=item.chunk_id,
                text=item.text,
                metadata={
                    "paper_id": hit.paper_id,
                    "title": hit.title,
                    "url": hit.url,
                    "source": item.source,
                    "section": item.section,
                    "digest_dates": ", ".join(hit.digest_dates),
                },
            ),
            score=item.score,
        )
        for item in hit.evidence
    ]
